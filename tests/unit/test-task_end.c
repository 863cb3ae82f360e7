/* test-task_end.c - tests of src/mod/pve/task_end.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "failed.h"

#include <string.h>

#include "src/mod/pve/task_end.h"
#include "src/mod/pve/task_log.h"

#define UPID(type) "UPID:pve1:0000006E:0004A8D4:6A096AC0:" type ":100:a@pve!t:"

static struct buffer answer;

/* In place of task_log.c, which asks a server.  */
void
task_log_tail (struct work *work, const char *upid, struct buffer *text)
{
  fail (&work->failure, GPG_ERR_NETWORK, "the log cannot be read");
  failure_detail (&work->failure, "status", "595");
  if (strstr (upid, "vzdump"))
    buffer_string (text, "one\ntwo");
}

static gpg_error_t
keep (void *context, const char *bytes, size_t length)
{
  (void)context;
  buffer_append (&answer, bytes ? bytes : "", length);
  return 0;
}

/* The fields that EXITSTATUS makes.  */
static void
assert_written (const char *upid, const char *exitstatus, const char *expected)
{
  struct writer out = { .sink = { keep, NULL, NULL } };

  buffer_clear (&answer);
  assert_int_equal (task_end_write (&out, upid, exitstatus), 0);
  assert_int_equal (writer_record_end (&out), 0);
  assert_string_equal (answer.bytes, expected);
  writer_release (&out);
}

static void
test_write (void **state)
{
  (void)state;
  assert_written (UPID ("vzstart"), NULL, "outcome: running\n");
  assert_written (UPID ("vzstart"), "OK", "outcome: ok\nexitstatus: OK\n");
  assert_written (UPID ("vzstart"), "WARNINGS: 12",
                  "outcome: warnings\nexitstatus: WARNINGS: 12\n"
                  "warnings: 12\n");
  assert_written (UPID ("vzdump"), "job errors",
                  "outcome: failed\nexitstatus: job errors\n");
  assert_written (UPID ("vzstart"), "unexpected status",
                  "outcome: aborted\nexitstatus: unexpected status\n");
  assert_written (UPID ("vzrestore"),
                  "no - 403 Permission check failed (/vms/1, A|B)",
                  "outcome: refused\n"
                  "exitstatus: no - 403 Permission check failed (/vms/1, A|B)\n"
                  "privilege: A|B\npath: /vms/1\n");
  assert_written (UPID ("vzrestore"), "403 Permission check failed",
                  "outcome: refused\n"
                  "exitstatus: 403 Permission check failed\n");
  buffer_release (&answer);
}

static void
test_high_availability (void **state)
{
  static const char *const types[] = { UPID ("hastart"), UPID ("hastop"),
                                       UPID ("hashutdown"), UPID ("hamigrate"),
                                       UPID ("harelocate") };

  (void)state;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    {
      assert_written (types[i], "OK", "outcome: queued\nexitstatus: OK\n");
      assert_written (types[i], "broken",
                      "outcome: failed\nexitstatus: broken\n");
    }
  buffer_release (&answer);
}

static void
test_judge (void **state)
{
  static const struct
  {
    const char *upid;
    const char *exitstatus;
    gpg_err_code_t code;
    const char *outcome;
    const char *log;
    const char *lock;
    const char *privilege;
  } cases[] = {
    { UPID ("vzstart"), "OK", GPG_ERR_NO_ERROR, NULL, NULL, NULL, NULL },
    { UPID ("vzstart"), "WARNINGS: 1", GPG_ERR_NO_ERROR, NULL, NULL, NULL,
      NULL },
    { UPID ("vzdump"), "job errors", GPG_ERR_GENERAL, "failed", "one\ntwo",
      NULL, NULL },
    { UPID ("vzstart"), "broken", GPG_ERR_GENERAL, "failed", NULL, NULL, NULL },
    { UPID ("vzstart"), "unexpected status", GPG_ERR_GENERAL, "aborted", NULL,
      NULL, NULL },
    { UPID ("vzdump"), "403 Permission check failed (/, Sys.Modify)",
      GPG_ERR_FORBIDDEN, "refused", "one\ntwo", NULL, "Sys.Modify" },
    { UPID ("vzstart"), "VM is locked (clone)", GPG_ERR_LOCKED, "failed", NULL,
      "clone", NULL },
    { UPID ("vzstart"), "can't lock file '/run/x.lock' - got timeout",
      GPG_ERR_LOCKED, "failed", NULL, "/run/x.lock", NULL },
    /* It may have done something before.  */
    { UPID ("qmigrate"), "migration aborted: VM is locked (clone)",
      GPG_ERR_GENERAL, "failed", NULL, NULL, NULL },
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct work work = { .number = 1 };

      assert_code (task_end_judge (&work, cases[i].upid, cases[i].exitstatus),
                   cases[i].code);
      assert_detail (&work.failure, "outcome", cases[i].outcome);
      assert_detail (&work.failure, "exitstatus",
                     cases[i].outcome ? cases[i].exitstatus : NULL);
      assert_detail (&work.failure, "upid",
                     cases[i].outcome ? cases[i].upid : NULL);
      assert_detail (&work.failure, "log", cases[i].log);
      assert_detail (&work.failure, "lock", cases[i].lock);
      assert_detail (&work.failure, "privilege", cases[i].privilege);
      /* Of having asked for the log.  */
      assert_detail (&work.failure, "status", NULL);
      failure_release (&work.failure);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_write),
                                      cmocka_unit_test (test_high_availability),
                                      cmocka_unit_test (test_judge) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
