/* test-task.c - tests of src/mod/pve/task.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   tests/real/test-pve_task.py has what needs a server.  */

#include "taskturns.h"

#include <poll.h>

/* --- The clock --- */

#define ATTEMPTS 100

static bool skips; /* Nobody waits: the clock goes on instead.  */
static uint64_t skipped;

uint64_t __real_link_now (void);
int __real_poll (struct pollfd *fds, nfds_t count, int ms);
uint64_t __wrap_link_now (void);
int __wrap_poll (struct pollfd *fds, nfds_t count, int ms);

uint64_t
__wrap_link_now (void)
{
  return __real_link_now () + skipped;
}

int
__wrap_poll (struct pollfd *fds, nfds_t count, int ms)
{
  if (!skips)
    return __real_poll (fds, count, ms);
  skipped += (uint64_t)ms;
  return 0;
}

/* --- The tests --- */

static void
test_run (void **state)
{
  static const struct turn turns[]
      = { BEGUN,
          GOOD (STATUS, RUNS),
          GOOD (STATUS, "[{\"n\":1,\"t\":\"one\"}]"),
          GOOD (STATUS, ENDED ("WARNINGS: 2")),
          GOOD (STATUS, "[{\"n\":2,\"t\":\"two\"}]"),
          STOP };

  (void)state;
  assert_int_equal (run (turns), 0);
  assert_string_equal (answer_text.bytes,
                       "changed: yes\nupid: " OURS "\noutcome: warnings\n"
                       "exitstatus: WARNINGS: 2\nwarnings: 2\n");
  assert_lines ("TASK " OURS "\nPROGRESS one\nPROGRESS two\n");
}

static void
test_no_wait (void **state)
{
  static const struct turn turns[] = { BEGUN, STOP };

  (void)state;
  GIVE ("no-wait", "1");
  assert_int_equal (run (turns), 0);
  assert_string_equal (answer_text.bytes,
                       "changed: yes\nupid: " OURS "\noutcome: running\n");
}

static void
test_nothing_to_do (void **state)
{
  static const struct turn backup[] = { NO_TASKS, GOOD (SEND, "\"OK\""), STOP };
  static const struct turn resize[] = { NO_TASKS, GOOD (SEND, "null"), STOP };
  static const struct turn strange[] = { NO_TASKS, GOOD (SEND, "\"UPID:x\""),
                                         STOP };

  (void)state;
  assert_int_equal (run (backup), 0);
  assert_string_equal (answer_text.bytes, "changed: no\noutcome: ok\n");
  answer_text.length = 0;
  out.any_record = false;
  assert_int_equal (run (resize), 0);
  assert_string_equal (answer_text.bytes, "changed: no\noutcome: ok\n");
  assert_code (run (strange), GPG_ERR_INV_RESPONSE);
}

/* Only what says clearly that nothing was done is sent again.  */
static void
test_locked (void **state)
{
  static const struct turn turns[]
      = { NO_TASKS,
          { SEND, NULL, GPG_ERR_LOCKED, VERDICT_LOCKED, "backup" },
          BEGUN,
          ENDS ("CT is locked (snapshot)"),
          GOOD (STATUS, "[]"),
          GOOD (STATUS, "[]"),
          BEGUN,
          ENDS ("OK"),
          STOP };

  (void)state;
  assert_int_equal (run (turns), 0);
  assert_lines ("PROGRESS locked (backup): trying again\n"
                "TASK " OURS "\n"
                "PROGRESS locked (snapshot): trying again\n"
                "TASK " OURS "\n");
}

static void
test_locked_for_long (void **state)
{
  static const struct turn turns[]
      = { NO_TASKS,
          { SEND, NULL, GPG_ERR_LOCKED, VERDICT_LOCKED, "backup" },
          NO_TASKS,
          { SEND, NULL, GPG_ERR_LOCKED, VERDICT_LOCKED, "backup" },
          STOP };

  (void)state;
  work.deadline = link_now () + 1000;
  assert_code (run (turns), GPG_ERR_LOCKED);
  assert_detail (&work.failure, "lock", "backup");
}

static const struct turn again[] = {
  NO_TASKS, { SEND, NULL, GPG_ERR_LOCKED, VERDICT_LOCKED, "backup" }, STOP
};

/* Without a time limit it is LIMIT_PVE_LOCK_SECONDS, which the clock of this
   test passes quickly.  */
static void
test_locked_for_ever (void **state)
{
  struct turn turns[2 * ATTEMPTS + 1] = { 0 };
  uint64_t began = link_now ();

  (void)state;
  for (size_t i = 0; i < ATTEMPTS; i++)
    memcpy (turns + 2 * i, again, 2 * sizeof *again);
  turn = turns;
  skips = true;
  assert_code (task_run (&work, &request), GPG_ERR_LOCKED);
  skips = false;
  assert_detail (&work.failure, "lock", "backup");
  assert_true (link_now () - began <= LIMIT_PVE_LOCK_SECONDS * 1000);
  assert_true (link_now () - began > LIMIT_PVE_LOCK_SECONDS * 1000 - 5000);
  assert_true (turn > turns + 2 * 10);
}

static void
test_nothing_else_again (void **state)
{
  static const gpg_err_code_t codes[] = { GPG_ERR_NETWORK, GPG_ERR_CONFLICT,
                                          GPG_ERR_SERVER_FAILED,
                                          GPG_ERR_INV_STATE };

  (void)state;
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    {
      const struct turn refused[]
          = { NO_TASKS, { SEND, NULL, codes[i], VERDICT_FAILED, NULL }, STOP };
      const struct turn unseen[]
          = { { LIST, NULL, codes[i], VERDICT_FAILED, NULL }, STOP };

      assert_code (run (refused), codes[i]);
      assert_code (run (unseen), codes[i]);
    }
  for (size_t i = 0; i < 2; i++)
    {
      const struct turn failed[]
          = { BEGUN,
              GOOD (STATUS, i ? ENDED ("clone failed: CT is locked (backup)")
                              : ENDED ("job errors")),
              GOOD (STATUS, "[]"),
              GOOD (STATUS, "[]"),
              GOOD (STATUS, "[]"),
              STOP };

      assert_code (run (failed), GPG_ERR_GENERAL);
      assert_detail (&work.failure, "outcome", "failed");
    }
}

static void
say_stop (void)
{
  struct channel other;

  channel_init (&other, session);
  channel_begin (&other, WORK_STOP, 0);
  channel_end (&other);
  assert_int_equal (channel_flush (&other), 0);
  channel_release (&other);
}

static void
test_given_up (void **state)
{
  static const struct turn left[] = { BEGUN, STILL, STOP };

  (void)state;
  say_stop ();
  assert_code (run (left), GPG_ERR_CANCELED);
  assert_detail (&work.failure, "outcome", "running");
  assert_detail (&work.failure, "upid", OURS);
}

static void
test_given_up_and_stopped (void **state)
{
  static const struct turn stopped[]
      = { BEGUN,
          STILL,
          GOOD ("DELETE /nodes/pve1/tasks/", "null"),
          STILL,
          ENDS ("unexpected status"),
          STOP };

  (void)state;
  GIVE ("stop-on-cancel", "1");
  say_stop ();
  assert_code (run (stopped), GPG_ERR_CANCELED);
  assert_detail (&work.failure, "outcome", "aborted");
  assert_detail (&work.failure, "exitstatus", "unexpected status");
  assert_detail (&work.failure, "upid", OURS);
}

/* The client gives up while the request is under way.  */
static void
test_given_up_at_once (void **state)
{
#define CUT                                                                    \
  {                                                                            \
    SEND, NULL, GPG_ERR_CANCELED, VERDICT_LOST, NULL                           \
  }
  static const struct turn found[]
      = { NO_TASKS,
          CUT,
          NO_TASKS,
          GOOD (LIST, "[{\"upid\":\"" OURS "\"}]"),
          { STATUS, NULL, GPG_ERR_CANCELED, VERDICT_DONE, NULL },
          GOOD ("DELETE /nodes/pve1/tasks/", "null"),
          ENDS ("unexpected status"),
          STOP };

  (void)state;
  GIVE ("stop-on-cancel", "1");
  say_stop ();
  assert_code (run (found), GPG_ERR_CANCELED);
  assert_detail (&work.failure, "outcome", "aborted");
  assert_detail (&work.failure, "upid", OURS);
}

/* It ended well before it could be stopped.  */
static void
test_stopped_too_late (void **state)
{
  static const struct turn ended[] = {
    BEGUN, STILL, GOOD ("DELETE /nodes/pve1/tasks/", "null"), ENDS ("OK"), STOP
  };

  (void)state;
  GIVE ("stop-on-cancel", "1");
  say_stop ();
  assert_int_equal (run (ended), 0);
  assert_non_null (strstr (answer_text.bytes, "outcome: ok\n"));
}

/* A time limit stops nothing.  */
static void
test_time_is_up (void **state)
{
  static const struct turn turns[] = { BEGUN, STILL, STOP };

  (void)state;
  GIVE ("stop-on-cancel", "1");
  work.deadline = link_now () + 50;
  assert_code (run (turns), GPG_ERR_TIMEOUT);
  assert_detail (&work.failure, "outcome", "running");
  assert_detail (&work.failure, "upid", OURS);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { TEST (test_run),
                                      TEST (test_no_wait),
                                      TEST (test_nothing_to_do),
                                      TEST (test_locked),
                                      TEST (test_locked_for_long),
                                      TEST (test_locked_for_ever),
                                      TEST (test_nothing_else_again),
                                      TEST (test_given_up),
                                      TEST (test_given_up_and_stopped),
                                      TEST (test_given_up_at_once),
                                      TEST (test_stopped_too_late),
                                      TEST (test_time_is_up) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
