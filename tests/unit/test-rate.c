/* test-rate.c - tests of src/gate/rate.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "check.h"

#include <signal.h>
#include <sys/wait.h>

#include "src/gate/rate.h"

#define START 1000000

static const struct rate ten = { 10, 1000 };

static int
setup (void **state)
{
  struct rates *rates;

  if (rates_new (&rates))
    return -1;
  *state = rates;
  return 0;
}

static int
teardown (void **state)
{
  rates_release (*state);
  return 0;
}

static uint64_t waited;

static bool
take (struct rates *rates, uint64_t uid, uint64_t now)
{
  return rate_take (rates, RATE_UID, uid, &ten, now, &waited);
}

/* How many calls of UID at the time NOW are admitted, of 1000.  */
static unsigned
taken (struct rates *rates, uint64_t uid, uint64_t now)
{
  unsigned count = 0;

  for (int i = 0; i < 1000; i++)
    count += take (rates, uid, now);
  return count;
}

static void
so_many_at_once (void **state)
{
  assert_int_equal (taken (*state, 0, START), 10);
  assert_int_equal (waited, 100);
  assert_false (take (*state, 0, START + 99));
  assert_int_equal (waited, 1);
  assert_true (take (*state, 0, START + 100));
  assert_false (take (*state, 0, START + 100));
  /* Others have their own.  */
  assert_int_equal (taken (*state, 1, START), 10);
  assert_int_equal (taken (*state, (uint32_t)-2, START), 10);
  /* What is not used is not saved up.  */
  assert_int_equal (taken (*state, 0, START + 100000), 10);
}

static void
so_many_in_the_long_run (void **state)
{
  unsigned count = 0;

  for (uint64_t now = START; now < START + 60000; now++)
    count += take (*state, 0, now) + take (*state, 0, now);
  assert_in_range (count, 600, 610);
  /* A steady client below the rate is never refused.  */
  for (uint64_t now = START; now < START + 60000; now += 100)
    assert_true (take (*state, 5, now));
}

static void
odd_rates (void **state)
{
  static const struct rate fast = { 1000000, 1 };
  static const struct rate slow = { 1, 24 * 3600 * 1000 };
  static const struct rate off = { 0, 0 };
  struct rates *rates = *state;
  unsigned count = 0;

  for (int i = 0; i < 1000100; i++)
    count += rate_take (rates, RATE_UID, 1, &fast, START, &waited);
  assert_int_equal (count, 1000000);
  assert_int_equal (waited, 1);
  assert_true (rate_take (rates, RATE_UID, 2, &slow, START, &waited));
  assert_false (rate_take (rates, RATE_UID, 2, &slow, START, &waited));
  assert_int_equal (waited, slow.window_ms);
  for (int i = 0; i < 1000; i++)
    assert_true (rate_take (rates, RATE_UID, 2, &off, START, &waited));
  assert_true (rate_take (NULL, RATE_UID, 2, &slow, START, &waited));
}

/* An identity is nobody's uid.  */
static void
kinds_are_apart (void **state)
{
  struct rates *rates = *state;
  uint64_t key = rate_key ("panel");

  assert_int_not_equal (key, rate_key ("panem"));
  assert_int_equal (key, rate_key ("panel"));
  for (int i = 0; i < 10; i++)
    assert_true (rate_take (rates, RATE_IDENTITY, 7, &ten, START, &waited));
  assert_false (rate_take (rates, RATE_IDENTITY, 7, &ten, START, &waited));
  assert_true (take (rates, 7, START));
  assert_true (rate_take (rates, RATE_IDENTITY, key, &ten, START, &waited));
}

/* A reload may change the rate, and a clock may jump: nobody waits longer than
   the window of the rate in force.  */
static void
another_rate_or_clock (void **state)
{
  static const struct rate slow = { 10, 60000 };
  struct rates *rates = *state;

  for (int i = 0; i < 10; i++)
    assert_true (rate_take (rates, RATE_UID, 1, &slow, START, &waited));
  assert_false (take (rates, 1, START));
  assert_int_equal (waited, 100);
  assert_int_equal (taken (rates, 1, START + 100), 1);
  assert_int_equal (taken (rates, 2, 2 * START), 10);
  assert_false (take (rates, 2, START));
  assert_int_equal (waited, 100);
  assert_int_equal (taken (rates, 2, START + 1000), 10);
}

/* Slots of those who were quiet for a window are others' again.  */
static void
slots_are_used_again (void **state)
{
  struct rates *rates = *state;

  for (uint64_t uid = 0; uid < 100000; uid++)
    assert_int_equal (taken (rates, uid, START + 1001 * uid), 10);
}

/* With more uids at once than there is room for, he who floods is remembered,
   and nobody inherits his debts.  */
static void
a_full_table (void **state)
{
  struct rates *rates = *state;

  assert_int_equal (taken (rates, 100000, START), 10);
  for (uint64_t uid = 0; uid < 20000; uid++)
    {
      assert_true (take (rates, uid, START));
      assert_true (take (rates, uid, START));
    }
  assert_false (take (rates, 100000, START));
}

/* Processes that count at once, and die of it, admit no more than one.  */
static void
processes_together (void **state)
{
  static const struct rate rate = { 10000, 1000 };
  struct rates *rates = *state;
  int ends[2];
  unsigned sum = 0;
  unsigned count;
  pid_t pids[4];

  assert_int_equal (pipe (ends), 0);
  for (int i = 0; i < 4; i++)
    {
      pids[i] = fork ();
      assert_true (pids[i] >= 0);
      if (pids[i])
        continue;
      count = 0;
      for (int n = 0; n < 5000; n++)
        count += rate_take (rates, RATE_UID, 1, &rate, START, &waited);
      (void)!write (ends[1], &count, sizeof count);
      raise (SIGKILL);
    }
  for (int i = 0; i < 4; i++)
    {
      assert_int_equal (waitpid (pids[i], NULL, 0), pids[i]);
      assert_int_equal (read (ends[0], &count, sizeof count), sizeof count);
      sum += count;
    }
  assert_int_equal (sum, 10000);
  close (ends[0]);
  close (ends[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (so_many_at_once),
    TEST (so_many_in_the_long_run),
    TEST (odd_rates),
    TEST (kinds_are_apart),
    TEST (another_rate_or_clock),
    TEST (slots_are_used_again),
    TEST (a_full_table),
    TEST (processes_together),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
