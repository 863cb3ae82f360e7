/* test-task_find.c - tests of src/mod/pve/task_find.c, as task.c uses it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "taskturns.h"

/* The task of a request whose answer was lost is among others: one that was
   there before, one that is older, another token's, of another type, of another
   guest.  */
static void
test_lost_and_found (void **state)
{
#define BEFORE TASK ("00000001", "6A096AC0", "vzstart", "100", "agent@pve!ops")
  static const struct turn turns[] = {
    GOOD (LIST, "[{\"upid\":\"" BEFORE "\"}]"),
    LOST,
    { LIST, NULL, GPG_ERR_NETWORK, VERDICT_DONE, NULL },
    GOOD (LIST, "[]"),
    GOOD (
        LIST,
        "[{\"upid\":\"" BEFORE
        "\"},{\"upid\":\"" TASK ("00000002", "6A096ABF", "vzstart", "100", "agent@pve!ops") "\"},{\"upid\":\"" TASK (
            "00000003", "6A096AC1", "vzstart", "100",
            "root@pam") "\"},"
                        "{\"upid\":\"" TASK (
                            "00000004", "6A096AC1", "vzstop", "100",
                            "agent@pve!ops") "\"},{\"upid\":"
                                             "\"" TASK ("00000005", "6A096AC1",
                                                        "vzstart", "1000",
                                                        "agent@pve!"
                                                        "ops") "\"}"
                                                               ",{"
                                                               "\"u"
                                                               "pid"
                                                               "\":"
                                                               "7},"
                                                               "{},"
                                                               "{\""
                                                               "upi"
                                                               "d\""
                                                               ":"
                                                               "\"" OURS "\"}"
                                                               "]"),
    GOOD (STATUS "UPID%3Apve1%3A0000006E", ENDED ("OK")),
    GOOD (STATUS, "[]"),
    STOP
  };

  (void)state;
  assert_int_equal (run (turns), 0);
  assert_non_null (strstr (answer_text.bytes, "upid: " OURS));
  assert_non_null (strstr (answer_text.bytes, "S WARNING it went wrong"));
  assert_lines ("PROGRESS the answer was lost, but its task was found\n"
                "TASK " OURS "\n");
}

static void
test_lost (void **state)
{
  static const struct turn begun[] = { NO_TASKS, LOST,     NO_TASKS,
                                       NO_TASKS, NO_TASKS, STOP };
  static const struct turn blind[]
      = { NO_TASKS,
          LOST,
          { LIST, NULL, GPG_ERR_BAD_AUTH, VERDICT_STRANGER, NULL },
          STOP };

  (void)state;
  work.deadline = link_now () + 300;
  assert_code (run (begun), GPG_ERR_TIMEOUT);
  assert_detail (&work.failure, "outcome", "lost");
  assert_non_null (strstr (work.failure.text, "probably nothing"));
  failure_release (&work.failure);
  work.deadline = 0;
  assert_code (run (blind), GPG_ERR_SERVER_FAILED);
  assert_detail (&work.failure, "outcome", "lost");
  assert_non_null (strstr (work.failure.text, "unknown"));
}

/* What need not begin a task cannot be known by one.  */
static void
test_lost_without_a_task (void **state)
{
  static const char *const none[] = { NULL };
  static const struct turn turns[] = { NO_TASKS, LOST, STOP };
  struct task_request other = request;
  char *upid;

  (void)state;
  other.types = none;
  turn = turns;
  assert_code (task_start (&work, &other, &upid), GPG_ERR_SERVER_FAILED);
  assert_null (turn->asked);
  assert_detail (&work.failure, "outcome", "lost");
  assert_non_null (strstr (work.failure.text, "unknown"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = { TEST (test_lost_and_found),
                                      TEST (test_lost),
                                      TEST (test_lost_without_a_task) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
