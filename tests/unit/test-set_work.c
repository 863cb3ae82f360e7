/* test-set_work.c - tests of src/mod/pve/set_work.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   tests/real/test-pve_set.py has what needs a server.  */

#include "apiturns.h"

#include "src/mod/pve/set_work.h"

#define CONFIG "/nodes/n1/lxc/100/config"
#define TASKS GOOD ("GET /nodes/n1/tasks?source=all", "[]")
#define OLD "{\"digest\":\"d1\",\"memory\":512}"
#define NEW "{\"digest\":\"d2\",\"memory\":1024}"
#define READ(config) GOOD ("GET " CONFIG, config)
#define SENT(form) GOOD ("PUT " CONFIG " " form, "null")
#define FAILED(form, code, verdict)                                            \
  {                                                                            \
    "PUT " CONFIG " " form, NULL, code, verdict, NULL                          \
  }
#define NO_PENDING GOOD ("GET /nodes/n1/lxc/100/pending", "[]")
#define DONE "changed: yes\noutcome: ok\n"

/* To set memory from 512 to 1024.  */
#define ARGUMENTS                                                              \
  "node", "n1", "kind", "lxc", "vmid", "100", "setting", "memory=1024",        \
      "digest", "d1", "back", "memory=512"

static void
test_look (void **state)
{
#define LOOKS(config)                                                          \
  {                                                                            \
    GOOD ("GET /cluster/resources?type=vm",                                    \
          "[{\"vmid\":100,\"type\":\"lxc\",\"node\":\"n1\"}]"),                \
        GOOD ("GET /nodes/n1/lxc/100/status/current", "{}"), READ (config),    \
        STOP                                                                   \
  }
#define TOLD "kind: lxc\nnode: n1\nmanaged: no\n"
  static const struct turn other[] = LOOKS (OLD);
  static const struct turn same[] = LOOKS (
      "{\"digest\":\"d1\",\"memory\":\"1024\",\"lock\":\"backup\"}");
  static const struct turn unset[] = LOOKS ("{}");

  (void)state;
  GIVE ("vmid", "100", "setting", "memory=1024");
  assert_does (set_look, other, 0,
               TOLD "digest: d1\nsame: no\nlocked: no\n"
                    "changes: - memory: 512\\x0a+ memory: 1024\\x0a\n"
                    "back: memory=512\n");
  assert_does (set_look, same, 0,
               TOLD "digest: d1\nsame: yes\nlocked: yes\nchanges: \n"
                    "back: memory=1024\n");
  assert_does (set_look, unset, 0,
               TOLD "digest: \nsame: no\nlocked: no\n"
                    "changes: + memory: 1024\\x0a\nback: delete=memory\n");
}

static void
test_act (void **state)
{
  static const struct turn turns[] = { TASKS, SENT ("memory=1024&digest=d1"),
                                       NO_PENDING, STOP };
  static const struct turn waits[]
      = { TASKS, SENT ("memory=1024&digest=d1"),
          GOOD ("GET /nodes/n1/lxc/100/pending",
                "[{\"key\":\"cores\",\"pending\":2},"
                "{\"key\":\"memory\",\"pending\":1024}]"),
          STOP };

  (void)state;
  GIVE (ARGUMENTS);
  assert_does (set_act, turns, 0, DONE);
  assert_does (set_act, waits, 0,
               "changed: yes\noutcome: ok\npending: memory\n");
}

/* With a snapshot before it the digest is another: it is read anew, and must
   have the values that were there.  */
static void
test_act_behind_a_snapshot (void **state)
{
  static const struct turn turns[]
      = { READ ("{\"digest\":\"d9\",\"memory\":512}"), TASKS,
          SENT ("memory=1024&digest=d9"), NO_PENDING, STOP };
  static const struct turn changed[]
      = { READ ("{\"digest\":\"d9\",\"memory\":768}"), STOP };

  (void)state;
  GIVE (ARGUMENTS, "snapname", "s1");
  assert_does (set_act, turns, 0, "changed: yes\noutcome: ok\nsnapshot: s1\n");
  assert_does (set_act, changed, GPG_ERR_CONFLICT, "");
}

/* That it was locked at planning is a line that is gone, and no conflict.  */
static void
test_act_behind_a_lock (void **state)
{
#define CONFLICT                                                               \
  TASKS, FAILED ("memory=1024&digest=d1", GPG_ERR_CONFLICT, VERDICT_CHANGED)
  static const struct turn turns[]
      = { CONFLICT,   READ ("{\"digest\":\"d9\",\"memory\":512}"),
          TASKS,      SENT ("memory=1024&digest=d9"),
          NO_PENDING, STOP };
  static const struct turn once[] = { CONFLICT, STOP };

  (void)state;
  GIVE (ARGUMENTS, "locked", "yes");
  assert_does (set_act, turns, 0, DONE);
  GIVE (ARGUMENTS, "locked", "no");
  assert_does (set_act, once, GPG_ERR_CONFLICT, "");
}

/* What was done in part is put back, unless somebody has changed it since.  */
static void
test_act_in_part (void **state)
{
#define HALF                                                                   \
  TASKS, FAILED ("memory=1024&digest=d1", GPG_ERR_INV_ARG, VERDICT_PARAMETERS)
  static const struct turn nothing[] = { HALF, READ (OLD), STOP };
  static const struct turn back[] = { HALF, READ (NEW), TASKS,
                                      SENT ("memory=512&digest=d2"), STOP };
  static const struct turn left[] = {
    HALF, READ (NEW), TASKS,
    FAILED ("memory=512&digest=d2", GPG_ERR_CONFLICT, VERDICT_CHANGED), STOP
  };

  (void)state;
  GIVE (ARGUMENTS);
  assert_does (set_act, nothing, GPG_ERR_INV_ARG, "");
  assert_detail (&work.failure, "not-undone", NULL);
  assert_does (set_act, back, GPG_ERR_INV_ARG, "");
  assert_detail (&work.failure, "not-undone", NULL);
  assert_does (set_act, left, GPG_ERR_INV_ARG, "");
  assert_detail (&work.failure, "not-undone", "it went wrong");
}

/* An answer that was lost: what is there tells.  */
static void
test_act_lost (void **state)
{
#define GONE                                                                   \
  TASKS, FAILED ("memory=1024&digest=d1", GPG_ERR_UNFINISHED, VERDICT_LOST)
  static const struct turn done[] = { GONE, READ (NEW), NO_PENDING, STOP };
  static const struct turn none[] = { GONE, READ (OLD), STOP };

  (void)state;
  GIVE (ARGUMENTS);
  assert_does (set_act, done, 0, DONE);
  assert_does (set_act, none, GPG_ERR_SERVER_FAILED, "");
  assert_detail (&work.failure, "outcome", "lost");
}

/* Errors after which nothing is changed need no look.  */
static void
test_act_refused (void **state)
{
  static const gpg_err_code_t codes[] = { GPG_ERR_FORBIDDEN, GPG_ERR_BAD_AUTH,
                                          GPG_ERR_NETWORK,
                                          GPG_ERR_NOT_TRUSTED };

  (void)state;
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    {
      const struct turn turns[] = {
        TASKS, FAILED ("memory=1024&digest=d1", codes[i], VERDICT_FAILED), STOP
      };

      GIVE (ARGUMENTS);
      assert_does (set_act, turns, codes[i], "");
    }
}

static void
test_undo (void **state)
{
  static const struct turn turns[] = { READ (NEW), TASKS,
                                       SENT ("memory=512&digest=d2"), STOP };

  (void)state;
  GIVE (ARGUMENTS);
  assert_does (set_undo, turns, 0, "");
}

int
main (void)
{
  const struct CMUnitTest tests[] = { TEST (test_look),
                                      TEST (test_act),
                                      TEST (test_act_behind_a_snapshot),
                                      TEST (test_act_behind_a_lock),
                                      TEST (test_act_in_part),
                                      TEST (test_act_lost),
                                      TEST (test_act_refused),
                                      TEST (test_undo) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
