/* yield.c - a worker that is long at it lets others go first
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "yield.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/time.h>

#define LONG_US 50000 /* Of processor time.  */
#define TURN_US 300   /* By the clock.  */

static volatile sig_atomic_t yielding;

/* Short requests, many together, come here too: then this is in vain.  */
static void
begin (int number)
{
  const struct itimerval often = { { 0, TURN_US }, { 0, TURN_US } };
  int saved = errno;

  (void)number;
  if (!yielding)
    yielding = !setitimer (ITIMER_REAL, &often, NULL);
  errno = saved;
}

static void
yield (int number)
{
  int saved = errno;

  (void)number;
  sched_yield ();
  errno = saved;
}

void
yield_start (void)
{
  const struct itimerval late = { { 0, LONG_US }, { 0, LONG_US } };

  sigaction (SIGPROF,
             &(struct sigaction){ .sa_handler = begin, .sa_flags = SA_RESTART },
             NULL);
  sigaction (SIGALRM,
             &(struct sigaction){ .sa_handler = yield, .sa_flags = SA_RESTART },
             NULL);
  setitimer (ITIMER_PROF, &late, NULL);
}

void
yield_rest (void)
{
  const struct itimerval never = { 0 };

  if (!yielding)
    return;
  setitimer (ITIMER_REAL, &never, NULL);
  yielding = 0;
}
