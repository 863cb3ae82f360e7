/* interrupt.c - Ctrl-C while the server works
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include "cli.h"

/* What the handler needs; set while it is not installed.  */
static reeve_t interrupted_reeve;
static volatile sig_atomic_t connection = -1;
static volatile sig_atomic_t tries;
static volatile sig_atomic_t seen;

static struct sigaction before;
static bool installed;

/* The first one asks the server to give the call up; who does not want to wait
   for that says it again, which ends the connection.  */
static void
on_interrupt (int number)
{
  int saved = errno;

  (void)number;
  seen = 1;
  if (tries)
    shutdown (connection, SHUT_RDWR);
  else if (!reeve_cancel (interrupted_reeve))
    tries = 1;
  errno = saved;
}

void
interrupt_start (reeve_t reeve)
{
  struct sigaction action = { .sa_handler = on_interrupt,
                              .sa_flags = SA_RESTART };
  int in, out;

  reeve_get_fds (reeve, &in, &out);
  interrupted_reeve = reeve;
  connection = in;
  tries = 0;
  sigemptyset (&action.sa_mask);

  /* Who ignores the signal, as a shell does for what it runs in the
     background, goes on doing so.  */
  installed = !sigaction (SIGINT, NULL, &before) && before.sa_handler != SIG_IGN
              && !sigaction (SIGINT, &action, NULL);
}

void
interrupt_end (void)
{
  if (installed)
    sigaction (SIGINT, &before, NULL);
  installed = false;
}

bool
interrupt_seen (void)
{
  return seen;
}

bool
interrupt_take (void)
{
  bool result = seen;

  seen = 0;
  return result;
}

void
interrupt_leave (void)
{
  sigset_t set;

  if (!seen)
    return;
  sigaction (SIGINT, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
  sigemptyset (&set);
  sigaddset (&set, SIGINT);
  sigprocmask (SIG_UNBLOCK, &set, NULL);
  raise (SIGINT);
}
