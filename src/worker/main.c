/* main.c - reeve-machine: the machine worker and the helper that forks it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   reeve-machine ROOT           sessions ask on descriptor 3, by messages that
                                carry the socket of a worker that only reads
   reeve-machine ROOT --change  descriptor 3 is the socket of one session, for
                                which something may be changed

   It reads nothing that a client wrote but the checked arguments of calls.  */

#include "config.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../call/work.h"
#include "operations.h"

#define REQUEST_FD 3

static void
set_signal (int number, void (*handler) (int))
{
  sigaction (number, &(struct sigaction){ .sa_handler = handler }, NULL);
}

static bool
is_closed (int fd)
{
  struct pollfd poll_in = { fd, 0, 0 };

  return poll (&poll_in, 1, 0) > 0 && poll_in.revents & POLLHUP;
}

/* Give each session that asks a worker.  Returns when nobody can ask any
   more.  */
static gpg_error_t
fork_workers (const struct machine *machine)
{
  struct channel channel;
  gpg_error_t err;

  /* Nobody asks how a worker ended.  */
  set_signal (SIGCHLD, SIG_IGN);
  channel_init (&channel, REQUEST_FD);
  for (;;)
    {
      pid_t pid;
      int fd = -1;

      err = channel_receive_fds (&channel, WORK_REQUEST, &fd, 1);
      /* An empty message looks like the end.  */
      if (gpg_err_code (err) == GPG_ERR_INV_PACKET
          || (gpg_err_code (err) == GPG_ERR_EOF && !is_closed (REQUEST_FD)))
        continue;
      if (err)
        return err;
      pid = fork ();
      if (!pid)
        {
          set_signal (SIGCHLD, SIG_DFL);
          close (REQUEST_FD);
          work_serve (fd, machine, operations, false);
          _exit (0);
        }
      close (fd);
    }
}

int
main (int argc, char **argv)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct machine machine;
  gpg_error_t err;

  if (argc < 2)
    {
      fputs ("reeve-machine is started by reeved\n", stderr);
      return 2;
    }
  /* What it knows of the machine is for nobody else's eyes.  */
  if (prctl (PR_SET_DUMPABLE, 0)
      || setrlimit (RLIMIT_CORE, &(struct rlimit){ 0, 0 }))
    return 2;
  set_signal (SIGPIPE, SIG_IGN);
  err = machine_open (argv[1], &machine, &failure);
  if (!err)
    {
      if (argc == 3 && !strcmp (argv[2], "--change"))
        work_serve (REQUEST_FD, &machine, operations, true);
      else
        err = fork_workers (&machine);
      machine_close (&machine);
    }
  if (gpg_err_code (err) == GPG_ERR_EOF)
    err = 0;
  if (err)
    fprintf (stderr, "reeve-machine: %s\n", failure_words (&failure, err));
  return err != 0;
}
