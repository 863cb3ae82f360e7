/* test-tally.c - events a uid, shared by processes
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include <signal.h>
#include <sys/wait.h>
#include "../../src/base/tally.h"

static int
setup (void **state)
{
  struct tally *tally;

  if (tally_new (&tally))
    return -1;
  *state = tally;
  return 0;
}

static int
teardown (void **state)
{
  tally_release (*state);
  return 0;
}

static void
test_window (void **state)
{
  struct tally *tally = *state;

  assert_int_equal (tally_recent (tally, 0, 1000, 1000), 0);
  tally_add (tally, 0, 1000);
  tally_add (tally, 0, 2000);
  tally_add (tally, (uid_t)-2, 2000);
  assert_int_equal (tally_recent (tally, 0, 2500, 5000), 2);
  assert_int_equal (tally_recent (tally, 0, 2500, 1000), 1);
  assert_int_equal (tally_recent (tally, 0, 2500, 400), 0);
  assert_int_equal (tally_recent (tally, (uid_t)-2, 2500, 5000), 1);
  assert_int_equal (tally_recent (tally, 1, 2500, 5000), 0);
}

static void
test_forget (void **state)
{
  struct tally *tally = *state;

  tally_add (tally, 5, 1000);
  tally_add (tally, 6, 1000);
  tally_forget (tally, 5);
  assert_int_equal (tally_recent (tally, 5, 1000, 1000), 0);
  assert_int_equal (tally_recent (tally, 6, 1000, 1000), 1);
  tally_add (tally, 5, 1001);
  assert_int_equal (tally_recent (tally, 5, 1001, 1000), 1);
}

static void
test_many_events (void **state)
{
  struct tally *tally = *state;
  uint64_t now;

  for (now = 1; now <= 1000; now++)
    tally_add (tally, 7, now);
  assert_int_equal (tally_recent (tally, 7, 1000, 1000), TALLY_EVENTS);
  assert_int_equal (tally_recent (tally, 7, 1000, 4), 5);
}

/* More uids than there is room for: those heard of last are remembered.  */
static void
test_many_uids (void **state)
{
  struct tally *tally = *state;
  uid_t uid;

  tally_add (tally, 100000, 1);
  for (uid = 1; uid <= 1000; uid++)
    tally_add (tally, uid, 10 + uid);
  assert_int_equal (tally_recent (tally, 100000, 1010, 2000), 0);
  for (uid = 1000 - 200; uid <= 1000; uid++)
    assert_int_equal (tally_recent (tally, uid, 1010, 2000), 1);
}

/* Who has many events is not forgotten because others come.  */
static void
test_many_uids_do_not_help (void **state)
{
  struct tally *tally = *state;
  const uint64_t start = 1000000;
  uid_t uid;

  for (int i = 0; i < 3; i++)
    tally_add (tally, 100000, start + (uint64_t)i);
  for (uid = 1; uid <= 1000; uid++)
    {
      tally_add (tally, uid, start + 10);
      tally_add (tally, uid, start + 10);
    }
  assert_int_equal (tally_recent (tally, 100000, start + 10, 1000), 3);
  /* After a while it is as good as forgotten, and others need the room.  */
  for (uid = 1; uid <= 1000; uid++)
    tally_add (tally, uid, 2 * start);
  assert_int_equal (tally_recent (tally, 100000, 2 * start, 2 * start), 0);
}

/* Four processes count at once.  */
static void
count_together (struct tally *tally)
{
  pid_t pids[4];
  int status;
  int i;

  for (i = 0; i < 4; i++)
    {
      pids[i] = fork ();
      assert_true (pids[i] >= 0);
      if (!pids[i])
        {
          tally_add (tally, 9, 100);
          tally_add (tally, (uid_t)(10 + i), 100);
          /* Death loses nothing of what others count.  */
          raise (SIGKILL);
        }
    }
  for (i = 0; i < 4; i++)
    assert_int_equal (waitpid (pids[i], &status, 0), pids[i]);
  assert_int_equal (tally_recent (tally, 9, 100, 10), 4);
  for (i = 0; i < 4; i++)
    assert_int_equal (tally_recent (tally, (uid_t)(10 + i), 100, 10), 1);
}

static void
test_processes (void **state)
{
  count_together (*state);
  for (int round = 0; round < 100; round++)
    {
      struct tally *tally;

      assert_int_equal (tally_new (&tally), 0);
      count_together (tally);
      tally_release (tally);
    }
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_window),
    TEST (test_forget),
    TEST (test_many_events),
    TEST (test_many_uids),
    TEST (test_many_uids_do_not_help),
    TEST (test_processes),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
