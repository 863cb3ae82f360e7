/* test-audit_rotate.c - the audit log's files
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "auditlog.h"
#include "src/gate/audit_inside.h"

static int64_t clock_ms;

int64_t __wrap_audit_now (void);

int64_t
__wrap_audit_now (void)
{
  return clock_ms;
}

static int
setup_clock (void **state)
{
  clock_ms = 1700000000000;
  return setup (state);
}

static void
test_size (void **state)
{
  struct audit *audit;

  (void)state;
  options.size = 2000;
  audit = open_audit ();
  for (int i = 0; i < 100; i++)
    log_get (audit);
  assert_log (100);
  assert_int_equal (check_log ().files, 25);
  assert_non_null (scratch_text (scratch, LOG ".1-4"));
  audit_close (audit);
  forget_state ();
  audit = open_audit ();
  for (int i = 0; i < 10; i++)
    log_get (audit);
  audit_close (audit);
  assert_log (110);
  assert_int_equal (check_log ().files, 28);
}

static void
test_age (void **state)
{
  struct audit *audit;

  (void)state;
  options.age_ms = 60000;
  audit = open_audit ();
  clock_ms += 100000;
  log_get (audit); /* An empty file is not too old.  */
  assert_int_equal (check_log ().files, 1);
  clock_ms += 1000;
  log_get (audit);
  assert_int_equal (check_log ().files, 2);
  clock_ms += 59000;
  log_get (audit);
  assert_int_equal (check_log ().files, 2);
  clock_ms += 1000;
  log_get (audit);
  assert_int_equal (check_log ().files, 3);
  assert_log (4);
  /* As the options are now.  */
  options.age_ms = 0;
  audit_configure (audit, &options);
  clock_ms += 1000000;
  log_get (audit);
  assert_int_equal (check_log ().files, 3);
  audit_close (audit);
}

static void
test_kept (void **state)
{
  struct verdict verdict;
  struct audit *audit;

  (void)state;
  options.size = 1;
  options.files = 3;
  audit = open_audit ();
  for (int i = 0; i < 10; i++)
    log_get (audit);
  audit_close (audit);
  verdict = check_log ();
  assert_int_equal (verdict.files, 4);
  /* Each file that went is on record, six of them.  */
  assert_int_equal (verdict.last, 10 + 6);
  assert_true (verdict.first > 6);
}

/* An end behind a rotation: its room is in the new file.  */
static void
test_begun (void **state)
{
  struct audit *audit;
  struct test_call test;
  struct call *call = call_make (&test, &set_verb, "/x");
  struct stat stat_now;

  (void)state;
  options.size = 1;
  audit = open_audit ();
  assert_int_equal (audit_begin (audit, &test_subject, call, NULL), 0);
  log_get (audit);
  assert_int_equal (stat (scratch_path (scratch, LOG), &stat_now), 0);
  assert_true (stat_now.st_blocks * 512 >= stat_now.st_size + AUDIT_END_MOST);
  audit_end (audit, &test_subject, call, 0, 1);
  assert_log (3);
  assert_int_equal (check_log ().files, 3);
  call_end (&test);
  audit_close (audit);
}

/* Another process sees that a new file was begun.  */
static struct audit *shared;

static void
append_some (void)
{
  audit_after_fork (shared);
  for (int i = 0; i < 3; i++)
    log_get (shared);
}

static void
test_others (void **state)
{
  (void)state;
  options.size = 1000;
  shared = open_audit ();
  for (int i = 0; i < 10; i++)
    {
      assert_int_equal (in_child (append_some), 0);
      log_get (shared);
      audit_tick (shared);
    }
  audit_close (shared);
  assert_log (40);
}

/* --- What goes wrong --- */

static void
rotate_with_fault (const char *call, unsigned at, int error)
{
  struct audit *audit;
  unsigned files;
  uint64_t records;

  options.size = 0;
  audit = open_audit ();
  log_get (audit);
  log_set (audit, false, NULL); /* The new file needs room for its end.  */
  files = check_log ().files;
  records = check_log ().records;
  options.size = 1;
  audit_configure (audit, &options);
  fault.kind = FAULT_ERROR;
  fault.call = call;
  fault.at = at;
  fault.error = error;
  log_get (audit);
  assert_non_null (fault.hit);
  fault_clear ();
  if (check_log ().files == files)
    {
      /* Tried again, but not at once.  */
      log_get (audit);
      assert_int_equal (check_log ().files, files);
      clock_ms += 60000;
      records++;
    }
  log_get (audit);
  assert_int_equal (check_log ().records, records + 2);
  assert_true (check_log ().files > files);
  audit_abort (audit, getpid ());
  audit_close (audit);
  assert_log (records + 3);
}

static void
test_faults (void **state)
{
  (void)state;
  rotate_with_fault ("openat", 1, ENOSPC);
  rotate_with_fault ("fallocate", 1, ENOSPC);
  rotate_with_fault ("fallocate", 1, EOPNOTSUPP);
  rotate_with_fault ("fdatasync", 1, EIO);
  rotate_with_fault ("renameat2", 1, EIO);
  rotate_with_fault ("renameat2", 2, EIO);
  rotate_with_fault ("ftruncate", 1, EIO);
  rotate_with_fault ("fsync", 1, EIO);
}

static void
test_kept_fault (void **state)
{
  struct audit *audit;

  (void)state;
  options.size = 1;
  options.files = 1;
  audit = open_audit ();
  log_get (audit);
  log_get (audit);
  fault.kind = FAULT_ERROR;
  fault.call = "unlinkat";
  fault.at = 1;
  fault.error = EIO;
  log_get (audit);
  fault_clear ();
  assert_log (3);
  assert_int_equal (check_log ().files, 3);
  fault.kind = FAULT_ERROR; /* The directory cannot be read.  */
  fault.call = "openat";
  fault.at = 2;
  fault.error = EMFILE;
  log_get (audit);
  fault_clear ();
  audit_close (audit);
  assert_int_equal (check_log ().bad, 0);
}

/* --- Killed --- */

static enum fault_kind killed;
static unsigned killed_at;

static void
rotate_and_die (void)
{
  struct audit *audit = open_audit ();

  log_set (audit, false, NULL);
  options.size = 1;
  audit_configure (audit, &options);
  fault.kind = killed;
  fault.call = NULL;
  fault.at = killed_at;
  log_get (audit);
  if (!fault.hit)
    _exit (42);
}

/* Return whether the process was killed.  */
static bool
kill_at (bool forget)
{
  struct audit *audit;
  struct verdict verdict;
  int status = in_child (rotate_and_die);

  if (forget)
    forget_state ();
  options.size = 0;
  audit = open_audit ();
  log_get (audit);
  audit_close (audit);
  verdict = check_log ();
  assert_int_equal (verdict.bad, 0);
  assert_int_equal (verdict.jumps, 0);
  assert_false (verdict.torn);
  assert_int_equal (verdict.begun, 0);
  return WIFSIGNALED (status);
}

static void
test_killed (void **state)
{
  (void)state;
  for (int forget = 0; forget < 2; forget++)
    for (killed = FAULT_KILL_BEFORE; killed <= FAULT_KILL_AFTER; killed++)
      {
        killed_at = 0;
        do
          killed_at++;
        while (kill_at (forget));
        assert_true (killed_at > 8);
      }
}

#define CLOCK_TEST(function)                                                   \
  cmocka_unit_test_setup_teardown (function, setup_clock, teardown)

int
main (void)
{
  const struct CMUnitTest tests[]
      = { CLOCK_TEST (test_size),       CLOCK_TEST (test_age),
          CLOCK_TEST (test_kept),       CLOCK_TEST (test_begun),
          CLOCK_TEST (test_others),     CLOCK_TEST (test_faults),
          CLOCK_TEST (test_kept_fault), CLOCK_TEST (test_killed) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
