/* test-yield.c - tests of src/mod/aug/yield.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "check.h"

#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "src/mod/aug/yield.h"

/* Compute for some MILLISECONDS.  */
static void
compute (clock_t milliseconds)
{
  clock_t end = clock () + milliseconds * (CLOCKS_PER_SEC / 1000);

  while (clock () < end)
    ;
}

/* Whether the processor is offered at short intervals.  */
static bool
is_yielding (void)
{
  struct itimerval timer;

  return !getitimer (ITIMER_REAL, &timer) && timer.it_value.tv_usec;
}

/* In a process of its own, since signals are its.  */
static int
play (void)
{
  yield_start ();
  compute (5);
  if (is_yielding ())
    return 1;
  compute (200);
  if (!is_yielding ())
    return 2;
  yield_rest ();
  if (is_yielding ())
    return 3;
  compute (200);
  return is_yielding () ? 0 : 4;
}

static void
long_requests_yield (void **state)
{
  int status;
  pid_t pid = fork ();

  (void)state;
  assert_true (pid >= 0);
  if (!pid)
    _exit (play ());
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFEXITED (status));
  assert_int_equal (WEXITSTATUS (status), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (long_requests_yield),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
