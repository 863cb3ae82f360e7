/* test-outcome.c - tests of src/mod/pve/outcome.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <string.h>

#include "src/mod/pve/outcome.h"

static void
assert_outcome (const char *exitstatus, enum outcome outcome)
{
  struct ending ending;

  assert_int_equal (outcome_read (exitstatus, &ending), outcome);
  assert_int_equal (ending.outcome, outcome);
}

static void
ok_is_ok (void **state)
{
  (void)state;
  assert_outcome ("OK", OUTCOME_OK);
}

/* F8: warnings are no failure.  */
static void
warnings_are_a_success_F8 (void **state)
{
  struct ending ending;

  (void)state;
  assert_int_equal (outcome_read ("WARNINGS: 1", &ending), OUTCOME_WARNINGS);
  assert_int_equal (ending.warnings, 1);
  assert_int_equal (outcome_read ("WARNINGS: 4711", &ending), OUTCOME_WARNINGS);
  assert_int_equal (ending.warnings, 4711);
  assert_int_equal (outcome_read ("WARNINGS: 99999999999999999999", &ending),
                    OUTCOME_WARNINGS);
  assert_true (ending.warnings == UINT64_MAX);
}

static void
what_ended_unsaid_was_aborted (void **state)
{
  (void)state;
  assert_outcome ("unexpected status", OUTCOME_ABORTED);
}

static void
all_else_failed (void **state)
{
  static const char *const texts[]
      = { "",
          "job errors",
          "ok",
          "OK ",
          "OK\n",
          "NOT OK",
          "WARNINGS: ",
          "WARNINGS: x",
          "WARNINGS: 1x",
          "WARNINGS: -1",
          "WARNINGS:1",
          " WARNINGS: 1",
          "warnings: 1",
          "an unexpected status",
          "unexpected status 7",
          "unable to get last line from task log - no such file",
          "command 'systemctl start x' failed: exit code 1" };

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_outcome (texts[i], OUTCOME_FAILED);
}

static void
a_right_may_be_missing_late (void **state)
{
  struct ending ending;

  (void)state;
  assert_int_equal (
      outcome_read ("403 Permission check failed (/vms/7001, VM.Backup)",
                    &ending),
      OUTCOME_REFUSED);
  assert_int_equal (ending.refusal.refused, REFUSED_RIGHT);
  assert_memory_equal (ending.refusal.privileges, "VM.Backup)", 10);
  assert_int_equal (
      outcome_read ("unable to restore CT 7001 - 403 Permission check failed "
                    "(/, Sys.Modify)",
                    &ending),
      OUTCOME_REFUSED);
  assert_int_equal (ending.refusal.path_length, 1);
  assert_memory_equal (ending.refusal.privileges, "Sys.Modify)", 11);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (ok_is_ok), cmocka_unit_test (warnings_are_a_success_F8),
    cmocka_unit_test (what_ended_unsaid_was_aborted),
    cmocka_unit_test (all_else_failed),
    cmocka_unit_test (a_right_may_be_missing_late)
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
