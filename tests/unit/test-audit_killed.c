/* test-audit_killed.c - the audit log when processes die while they append
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "auditlog.h"

static enum fault_kind killed;
static unsigned killed_at;

static void
work_and_die (void)
{
  struct audit *audit;

  fault.kind = killed;
  fault.at = killed_at;
  audit = open_audit ();
  log_get (audit);
  log_set (audit, true, NULL);
  audit_event (audit, "stop", NULL, "x");
  audit_close (audit);
  if (!fault.hit)
    _exit (42);
}

/* Kill a process at a point of its way; what it left is put right by a
   process that was there before (SURVIVOR), or by one that comes then.  */
static bool
kill_at (bool survivor, bool forget)
{
  struct audit *audit = survivor ? open_audit () : NULL;
  uint64_t records = check_log ().records;
  pid_t pid = start_child (work_and_die);
  struct verdict verdict;
  int status;

  assert_int_equal (waitpid (pid, &status, 0), pid);
  if (forget && !access (scratch_path (scratch, STATE), F_OK))
    forget_state ();
  if (survivor)
    audit_abort (audit, pid);
  else
    audit = open_audit ();
  log_get (audit);
  verdict = check_log ();
  assert_int_equal (verdict.bad, 0);
  assert_int_equal (verdict.jumps, 0);
  assert_false (verdict.torn);
  assert_int_equal (verdict.begun, 0);
  assert_true (verdict.records > records);
  audit_close (audit);
  return WIFSIGNALED (status);
}

static void
test_killed (void **state)
{
  (void)state;
  for (int way = 0; way < 3; way++)
    for (killed = FAULT_KILL_BEFORE; killed <= FAULT_KILL_AFTER; killed++)
      {
        killed_at = 0;
        do
          killed_at++;
        while (kill_at (way == 0, way == 2));
        assert_true (killed_at > 15);
      }
}

/* At any instruction.  */
static void
work_for_ever (void)
{
  struct audit *audit = open_audit ();

  for (;;)
    {
      log_get (audit);
      log_set (audit, true, NULL);
    }
}

static void
test_killed_anywhere (void **state)
{
  struct audit *audit;

  (void)state;
  options.size = 20000;
  audit = open_audit ();
  for (int i = 0; i < 100; i++)
    {
      pid_t pid = start_child (work_for_ever);
      pid_t other = start_child (work_for_ever);

      usleep ((useconds_t)(1000 + i * 17));
      kill (pid, SIGKILL);
      assert_int_equal (waitpid (pid, NULL, 0), pid);
      kill (other, SIGKILL);
      assert_int_equal (waitpid (other, NULL, 0), other);
      audit_abort (audit, pid);
      audit_abort (audit, other);
      log_get (audit);
    }
  audit_close (audit);
  assert_int_equal (check_log ().bad, 0);
  assert_int_equal (check_log ().jumps, 0);
  assert_false (check_log ().torn);
  assert_int_equal (check_log ().begun, 0);
  assert_true (check_log ().records > 500);
}

/* A record that was written when its process died before it could say so.  */
static void
die_behind_write (void)
{
  struct audit *audit = open_audit ();

  fault.kind = FAULT_KILL_AFTER;
  fault.call = "pwrite";
  fault.at = 1;
  log_set (audit, true, NULL);
}

static void
test_written (void **state)
{
  struct audit *audit = open_audit ();
  pid_t pid;
  int status;

  (void)state;
  pid = start_child (die_behind_write);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFSIGNALED (status));
  audit_abort (audit, pid);
  assert_says ("\"event\":\"aborted\",\"call\":\"abc.7\",\"verb\":\"TEST SET\","
               "\"begin\":1,");
  assert_log (2);
  assert_says_not ("recovered");
  audit_close (audit);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { TEST (test_killed),
                                      TEST (test_killed_anywhere),
                                      TEST (test_written) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
