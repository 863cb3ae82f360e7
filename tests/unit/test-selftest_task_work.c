/* test-selftest_task_work.c - tests of src/mod/pve/selftest_task_work.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   tests/real/test-pve_selftest.py has what needs a server.  */

#include "apiturns.h"

#include "src/mod/pve/selftest_work.h"

#define GUEST "/nodes/n1/lxc/100"
#define FOUND                                                                  \
  GOOD ("GET /cluster/resources?type=vm",                                      \
        "[{\"vmid\":100,\"type\":\"lxc\",\"node\":\"n1\"}]")
#define TASKS GOOD ("GET /nodes/n1/tasks?source=all", "[]")
#define IDLE GOOD ("GET /nodes/n1/tasks?source=active&vmid=100", "[]")
#define UPID(type)                                                             \
  "UPID:n1:0000006E:0004A8D4:6A096AC0:" type ":100:agent@pve!ops:"
/* A task that succeeds.  */
#define TASK(request, type)                                                    \
  TASKS, GOOD (request, "\"" UPID (type) "\""),                                \
      GOOD ("GET /nodes/n1/tasks/",                                            \
            "{\"status\":\"stopped\",\"exitstatus\":\"OK\"}"),                 \
      GOOD ("GET /nodes/n1/tasks/", "[]")
#define TAKE TASK ("POST " GUEST "/snapshot snapname=s1", "vzsnapshot")
#define GO_BACK TASK ("POST " GUEST "/snapshot/s1/rollback", "vzrollback")
#define DELETE TASK ("DELETE " GUEST "/snapshot/s1", "vzdelsnapshot")
#define SNAPSHOTS(list) GOOD ("GET " GUEST "/snapshot", list)
#define THERE "[{\"name\":\"s1\"},{\"name\":\"current\",\"parent\":\"s1\"}]"
#define GONE "[{\"name\":\"current\"}]"
#define ARGUMENTS "vmid", "100", "node", "n1", "kind", "lxc", "snapname", "s1"

static void
test_only_guests_for_tests (void **state)
{
  static const struct
  {
    const char *config;
    bool taken;
  } cases[] = { { "{}", false },
                { "{\"tags\":\"\"}", false },
                { "{\"tags\":\"reeve-selftest\"}", true },
                { "{\"tags\":\"a;reeve-selftest;b\"}", true },
                { "{\"tags\":\"a, reeve-selftest\"}", true },
                { "{\"tags\":\"a reeve-selftest\"}", true },
                { "{\"tags\":\"reeve-selftests\"}", false },
                { "{\"tags\":\"a-reeve-selftest\"}", false },
                { "{\"tags\":\"reeve;selftest\"}", false },
                { "{\"tags\":\"Reeve-Selftest\"}", false },
                { "{\"tags\":7,\"description\":\"reeve-selftest\"}", false } };

  (void)state;
  GIVE (ARGUMENTS);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      const struct turn turns[]
          = { FOUND, GOOD ("GET " GUEST "/config", cases[i].config), STOP };

      assert_does (selftest_begin, turns,
                   cases[i].taken ? 0 : GPG_ERR_FORBIDDEN, "");
    }
}

/* The records of the answer without the seconds that each took.  */
static void
assert_records (const char *expected)
{
  auto_buffer struct buffer records = BUFFER_EMPTY;

  for (const char *line = answer_text.bytes; line && *line;)
    {
      size_t length = strcspn (line, "\n") + 1;

      if (strncmp (line, "seconds: ", 9))
        buffer_append (&records, line, length);
      line += length;
    }
  assert_string_equal (records.length ? records.bytes : "", expected);
}

/* The test ends with CODE, and tells EXPECTED.  */
static void
assert_acts (const struct turn *turns, gpg_err_code_t code,
             const char *expected)
{
  turn = turns;
  GIVE (ARGUMENTS);
  assert_code (selftest_act (&work), code);
  assert_null (turn->asked);
  assert_records (expected);
}

#define TAKEN "check: snapshot\nstate: ok\nmessage: it is in the list\n\n"

static void
test_all_is_well (void **state)
{
  static const struct turn turns[] = { FOUND,
                                       TAKE,
                                       SNAPSHOTS (THERE),
                                       GO_BACK,
                                       SNAPSHOTS (THERE),
                                       DELETE,
                                       SNAPSHOTS (GONE),
                                       STOP };

  (void)state;
  assert_acts (turns, 0,
               TAKEN "check: rollback\nstate: ok\n"
                     "message: the guest goes on from it\n\n"
                     "check: delete\nstate: ok\n"
                     "message: it is gone from the list\n");
}

/* A task that tells of a success is not believed.  */
static void
test_tasks_that_lie (void **state)
{
  static const struct turn none[] = { FOUND, TAKE, SNAPSHOTS (GONE), STOP };
  static const struct turn elsewhere[] = {
    FOUND, TAKE, SNAPSHOTS ("[{\"name\":\"s1\"},{\"name\":\"current\"}]"), STOP
  };

  (void)state;
  assert_acts (none, GPG_ERR_GENERAL,
               "check: snapshot\nstate: failed\nmessage: the task succeeded, "
               "but the snapshot s1 is not there\n");
  assert_detail (&work.failure, "check", "snapshot");
  failure_release (&work.failure);
  buffer_clear (&answer_text);
  writer_release (&out);
  out = (struct writer){ .sink = { keep, keep_status, NULL } };
  assert_acts (elsewhere, GPG_ERR_GENERAL,
               "check: snapshot\nstate: failed\nmessage: the task succeeded, "
               "but the guest does not go on from the snapshot s1\n");
}

static void
test_what_went_well_is_told (void **state)
{
  static const struct turn turns[] = { FOUND,
                                       TAKE,
                                       SNAPSHOTS (THERE),
                                       TASKS,
                                       { "POST " GUEST "/snapshot/s1/rollback",
                                         NULL, GPG_ERR_FORBIDDEN,
                                         VERDICT_FORBIDDEN, NULL },
                                       STOP };

  (void)state;
  assert_acts (turns, GPG_ERR_FORBIDDEN,
               TAKEN "check: rollback\nstate: failed\n"
                     "message: it went wrong\n");
  assert_detail (&work.failure, "check", "rollback");
}

static void
test_clean (void **state)
{
  static const struct turn nothing[] = { IDLE, FOUND, SNAPSHOTS (GONE),
                                         SNAPSHOTS (GONE), STOP };
  static const struct turn left[]
      = { IDLE, FOUND, SNAPSHOTS (THERE), DELETE, SNAPSHOTS (GONE), STOP };
  static const struct turn stays[]
      = { IDLE, FOUND, SNAPSHOTS (THERE), DELETE, SNAPSHOTS (THERE), STOP };
  static const struct turn stopped[]
      = { IDLE,
          FOUND,
          SNAPSHOTS (GONE),
          SNAPSHOTS (GONE),
          GOOD ("GET " GUEST "/status/current", "{\"status\":\"stopped\"}"),
          TASKS,
          { "POST " GUEST "/status/start", NULL, GPG_ERR_FORBIDDEN,
            VERDICT_FORBIDDEN, NULL },
          STOP };

  (void)state;
  GIVE (ARGUMENTS);
  assert_does (selftest_clean, nothing, 0, "");
  assert_does (selftest_clean, left, 0, "");
  assert_does (selftest_clean, stays, GPG_ERR_GENERAL, "");
  assert_string_equal (work.failure.text,
                       "delete what is left by PVE DELSNAPSHOT 100 s1: it is "
                       "still there");
  GIVE (ARGUMENTS, "start", "1");
  assert_does (selftest_clean, stopped, GPG_ERR_FORBIDDEN, "");
  assert_string_equal (work.failure.text,
                       "guest 100 is to be started by PVE START: it went "
                       "wrong");
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { TEST (test_only_guests_for_tests), TEST (test_all_is_well),
          TEST (test_tasks_that_lie), TEST (test_what_went_well_is_told),
          TEST (test_clean) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
