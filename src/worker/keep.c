/* keep.c - a helper: it forks workers for sessions and sees to their end
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "keep.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../protocol/limits.h"
#include "../base/leash.h"
#include "../call/work.h"

#define QUIET_MS 1000 /* Between looks at whose time is over.  */

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

/* Whether the end of a child interrupts only the waiting, so that none is
   missed, and the session sees it at once.  */
static void
block_ends (bool block)
{
  sigset_t ends;

  sigemptyset (&ends);
  sigaddset (&ends, SIGCHLD);
  sigprocmask (block ? SIG_BLOCK : SIG_UNBLOCK, &ends, NULL);
}

/* Fork a worker for the session that made the socket FD, which belongs to
   LEASHES then.  A session that was taken over gets no more than others, and
   none stays when it is gone, or has closed its end.  */
static void
give_worker (struct leashes *leashes, int fd,
             void (*serve) (int fd, void *context), void *context)
{
  pid_t helper = getpid ();
  pid_t session, pid;
  int pidfd;

  if (leash_session (fd, &session, &pidfd))
    {
      close (fd);
      return;
    }
  pid = leash_limit (leashes, session, LIMIT_WORKERS) ? fork () : -1;
  if (pid < 0)
    {
      close (pidfd);
      close (fd);
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
      block_ends (false);
      close (KEEP_FD);
      serve (fd, context);
      _exit (0);
    }
  if (leash_put (leashes, pid, session, pidfd, fd))
    kill (pid, SIGKILL);
}

gpg_error_t
keep_prepare (void)
{
  if (prctl (PR_SET_DUMPABLE, 0)
      || setrlimit (RLIMIT_CORE, &(struct rlimit){ 0, 0 }))
    return gpg_error_from_syserror ();
  set_signal (SIGPIPE, SIG_IGN);
  return 0;
}

gpg_error_t
keep_workers (void (*serve) (int fd, void *context), void *context)
{
  struct leashes leashes = { 0 };
  struct channel channel;
  gpg_error_t err = 0;

  set_signal (SIGCHLD, wake_up);
  block_ends (true);
  channel_init (&channel, KEEP_FD);
  while (!err)
    {
      int fd = -1;

      reap (&leashes);
      if (!leash_wait (&leashes, KEEP_FD, leashes.count ? QUIET_MS : -1))
        continue;
      err = channel_receive_fds (&channel, WORK_REQUEST, &fd, 1);
      /* An empty message looks like the end.  */
      if (gpg_err_code (err) == GPG_ERR_INV_PACKET
          || (gpg_err_code (err) == GPG_ERR_EOF && !is_closed (KEEP_FD)))
        err = 0;
      if (!err && fd >= 0)
        give_worker (&leashes, fd, serve, context);
      else if (fd >= 0)
        close (fd);
    }
  leash_release (&leashes);
  return gpg_err_code (err) == GPG_ERR_EOF ? 0 : err;
}
