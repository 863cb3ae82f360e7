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
#include <sys/wait.h>
#include <unistd.h>

#include "../../protocol/limits.h"
#include "../base/leash.h"
#include "../call/work.h"
#include "operations.h"

#define REQUEST_FD 3
#define QUIET_MS 1000 /* A child's end may come before the wait begins.  */

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

static void
wake_up (int number)
{
  (void)number;
}

static void
reap (struct leashes *leashes)
{
  pid_t pid;

  while ((pid = waitpid (-1, NULL, WNOHANG)) > 0)
    leash_drop (leashes, pid);
}

/* Fork a worker for the session that made the socket FD.  A session that was
   taken over gets no more than others, and none stays when it is gone.  */
static void
give_worker (const struct machine *machine, struct leashes *leashes, int fd)
{
  pid_t helper = getpid ();
  pid_t session, pid;
  int pidfd;

  if (leash_session (fd, &session, &pidfd))
    return;
  pid = leash_limit (leashes, session, LIMIT_MACHINE_WORKERS) ? fork () : -1;
  if (pid < 0)
    {
      close (pidfd);
      return;
    }
  if (!pid)
    {
      /* Without its helper nobody would end it.  */
      if (prctl (PR_SET_PDEATHSIG, SIGKILL) || getppid () != helper)
        _exit (1);
      close (pidfd);
      leash_release (leashes);
      set_signal (SIGCHLD, SIG_DFL);
      close (REQUEST_FD);
      work_serve (fd, machine, operations, false);
      _exit (0);
    }
  if (leash_put (leashes, pid, session, pidfd))
    kill (pid, SIGKILL);
}

/* Give each session that asks a worker.  Returns when nobody can ask any
   more.  */
static gpg_error_t
fork_workers (const struct machine *machine)
{
  struct leashes leashes = { 0 };
  struct channel channel;
  gpg_error_t err = 0;

  set_signal (SIGCHLD, wake_up);
  channel_init (&channel, REQUEST_FD);
  while (!err)
    {
      int fd = -1;

      reap (&leashes);
      if (!leash_wait (&leashes, REQUEST_FD, leashes.count ? QUIET_MS : -1))
        continue;
      err = channel_receive_fds (&channel, WORK_REQUEST, &fd, 1);
      /* An empty message looks like the end.  */
      if (gpg_err_code (err) == GPG_ERR_INV_PACKET
          || (gpg_err_code (err) == GPG_ERR_EOF && !is_closed (REQUEST_FD)))
        err = 0;
      if (!err && fd >= 0)
        give_worker (machine, &leashes, fd);
      if (fd >= 0)
        close (fd);
    }
  leash_release (&leashes);
  return err;
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
