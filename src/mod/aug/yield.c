/* yield.c - a worker that is long at it lets others go first
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "yield.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>

#include "../../../protocol/link.h"

#define LONG_US 50000 /* Of processor time.  */
#define TURN_US 300   /* By the clock.  */
#define TURN_MOST 4000

static volatile sig_atomic_t yielding;

/* Have a turn of MICROSECONDS begin now.  */
static int
begin_turn (uint64_t microseconds)
{
  const struct itimerval once = { { 0, 0 }, { 0, (suseconds_t)microseconds } };

  return setitimer (ITIMER_REAL, &once, NULL);
}

/* Short requests, many together, come here too: then this is in vain.  */
static void
begin (int number)
{
  int saved = errno;

  (void)number;
  if (!yielding)
    yielding = !begin_turn (TURN_US);
  errno = saved;
}

/* The next turn begins when the processor is back, and is as long as others
   had it: beside programs that never wait a request still gets its half.  */
static void
yield (int number)
{
  int saved = errno;
  uint64_t left = link_now_us ();
  uint64_t turn;

  (void)number;
  sched_yield ();
  turn = TURN_US + link_now_us () - left;
  if (yielding)
    begin_turn (turn < TURN_MOST ? turn : TURN_MOST);
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
  yielding = 0;
  setitimer (ITIMER_REAL, &never, NULL);
}
