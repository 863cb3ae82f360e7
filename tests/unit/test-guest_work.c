/* test-guest_work.c - tests of src/mod/pve/guest_work.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   tests/real/test-pve_change.py has what needs a server.  */

#include "apiturns.h"

#include "src/mod/pve/guest_work.h"

#define RESOURCES "GET /cluster/resources?type=vm"
#define GUESTS                                                                 \
  GOOD (RESOURCES,                                                             \
        "[{\"vmid\":100,\"type\":\"lxc\",\"node\":\"n1\",\"name\":\"a\"},"     \
        "{\"vmid\":101,\"type\":\"lxc\",\"node\":\"n1\"},"                     \
        "{\"vmid\":200,\"type\":\"qemu\",\"node\":\"n2\","                     \
        "\"hastate\":\"started\"}]")
#define LXC "/nodes/n1/lxc/100"
#define CURRENT GOOD ("GET " LXC "/status/current", "{\"status\":\"running\"}")
#define TOLD "kind: lxc\nnode: n1\nname: a\nstatus: running\nmanaged: no\n"
#define TASKS GOOD ("GET /nodes/n1/tasks?source=all", "[]")
#define UPID(type)                                                             \
  "UPID:n1:0000006E:0004A8D4:6A096AC0:" type ":100:agent@pve!ops:"

static void
test_look (void **state)
{
  static const struct turn one[] = { GUESTS, CURRENT, STOP };
  static const struct turn two[] = { GUESTS, CURRENT, GUESTS, STOP };
  static const struct turn machine[]
      = { GUESTS,
          GOOD ("GET /nodes/n2/qemu/200/status/current",
                "{\"status\":\"running\",\"qmpstatus\":\"paused\"}"),
          STOP };

  (void)state;
  GIVE ("vmid", "100");
  assert_does (guest_look, one, 0, TOLD);
  GIVE ("vmid", "200");
  assert_does (guest_look, machine, 0,
               "kind: qemu\nnode: n2\nstatus: running\nstate: paused\n"
               "managed: yes\n");
  GIVE ("verb", "BACKUP", "vmid", "100", "vmid", "101");
  assert_does (guest_look, two, 0, TOLD);
  /* One request goes to one node.  */
  GIVE ("verb", "BACKUP", "vmid", "100", "vmid", "200");
  assert_does (guest_look, two, GPG_ERR_INV_ARG, TOLD);
  assert_string_equal (work.failure.text,
                       "guest 200 is on n2, not on n1 as the first: name "
                       "guests of one node");
}

/* What the kind of guest has not is refused before it is looked at.  */
static void
test_look_refuses (void **state)
{
  static const struct turn turns[] = { GUESTS, STOP };

  (void)state;
  GIVE ("verb", "MIGRATE", "vmid", "100", "target", "n2", "online", "1");
  assert_does (guest_look, turns, GPG_ERR_INV_ARG, "");
  assert_string_equal (work.failure.text, "containers have no --online");
}

static void
test_look_resize (void **state)
{
#define RESIZED(config)                                                        \
  {                                                                            \
    GUESTS, CURRENT, GOOD ("GET " LXC "/config", config), STOP                 \
  }
  static const struct turn turns[] = RESIZED (
      "{\"rootfs\":\"s:v,size=64M\",\"digest\":\"d\"}");
  static const struct turn none[] = RESIZED ("{\"digest\":\"d\"}");

  (void)state;
  GIVE ("verb", "RESIZE", "vmid", "100", "disk", "rootfs", "size", "64M");
  assert_does (guest_look_resize, turns, 0,
               TOLD "volume: s:v,size=64M\nsame: yes\ndigest: d\n");
  GIVE ("verb", "RESIZE", "vmid", "100", "disk", "rootfs", "size", "+64M");
  assert_does (guest_look_resize, turns, 0,
               TOLD "volume: s:v,size=64M\nsame: no\ndigest: d\n");
  assert_does (guest_look_resize, none, GPG_ERR_NOT_FOUND, TOLD);
  assert_string_equal (work.failure.text, "the guest has no disk rootfs");
}

#define ARGUMENTS "node", "n1", "kind", "lxc", "vmid", "100", "no-wait", "1"

static void
test_act (void **state)
{
  static const struct turn turns[]
      = { TASKS,
          GOOD ("POST " LXC "/snapshot snapname=s1&description=a%3Db",
                "\"" UPID ("vzsnapshot") "\""),
          STOP };
  static const struct turn nothing[] = { STOP };

  (void)state;
  GIVE ("verb", "SNAPSHOT", "snapname", "s1", "description", "a=b", ARGUMENTS);
  assert_does (guest_act, turns, 0,
               "changed: yes\nupid: " UPID (
                   "vzsnapshot") "\noutcome: running\nsnapshot: s1\n");
  GIVE ("verb", "SET", ARGUMENTS);
  assert_does (guest_act, nothing, GPG_ERR_NOT_IMPLEMENTED, "");
}

/* What became so meanwhile is no error; anything else is.  */
static void
test_act_that_was_done (void **state)
{
#define REFUSED(path, text)                                                    \
  {                                                                            \
    TASKS,                                                                     \
        { "POST " LXC "/status/" path, NULL, GPG_ERR_INV_STATE,                \
          VERDICT_RUNNING, text },                                             \
        STOP                                                                   \
  }
  static const struct turn runs[] = REFUSED ("start", "CT 100 already running");
  static const struct turn stopped[] = REFUSED ("stop", "CT 100 not running");
  static const struct turn other[] = REFUSED ("start", "CT 100 not running");

  (void)state;
  GIVE ("verb", "START", ARGUMENTS);
  assert_does (guest_act, runs, 0, "changed: no\n");
  assert_does (guest_act, other, GPG_ERR_INV_STATE, "");
  GIVE ("verb", "STOP", ARGUMENTS);
  assert_does (guest_act, stopped, 0, "changed: no\n");
  /* The way back of START is STOP.  */
  GIVE ("verb", "START", ARGUMENTS);
  assert_does (guest_undo, stopped, 0, "");
  GIVE ("verb", "ROLLBACK", "snapname", "s1", ARGUMENTS);
  assert_does (guest_undo, &(struct turn)STOP, GPG_ERR_NOT_IMPLEMENTED, "");
}

/* An option that a server is too old for is left out, with a warning.  */
static void
test_old_servers (void **state)
{
#define STOPS(release, form)                                                   \
  {                                                                            \
    GOOD ("GET /version", "{\"release\":\"" release "\"}"), TASKS,             \
        GOOD ("POST " LXC "/status/stop" form, "\"" UPID ("vzstop") "\""),     \
        STOP                                                                   \
  }
#define DONE "changed: yes\nupid: " UPID ("vzstop") "\noutcome: running\n"
  static const struct turn old[] = STOPS ("7.4", "");
  static const struct turn young[] = STOPS ("8.4", " overrule-shutdown=1");

  (void)state;
  GIVE ("verb", "STOP", "overrule-shutdown", "1", ARGUMENTS);
  assert_does (guest_act, young, 0, DONE);
  assert_does (guest_act, old, 0,
               "S WARNING this server is too old to know overrule-shutdown: "
               "it is left out\n" DONE);
}

/* A snapshot stays while a task may need it.  */
static void
test_busy (void **state)
{
#define ACTIVE "GET /nodes/n1/tasks?source=active&vmid=100"
  static const struct turn busy[] = { GOOD (ACTIVE, "[{}]"), STOP };
  static const struct turn idle[] = { GOOD (ACTIVE, "[]"),
                                      TASKS,
                                      { "DELETE " LXC "/snapshot/s1", NULL,
                                        GPG_ERR_FORBIDDEN, VERDICT_FORBIDDEN,
                                        NULL },
                                      STOP };

  (void)state;
  GIVE ("snapname", "s1", ARGUMENTS);
  assert_does (guest_snapshot_undo, busy, GPG_ERR_CONFLICT, "");
  assert_non_null (strstr (work.failure.text, "the snapshot s1 stays"));
  assert_does (guest_snapshot_undo, idle, GPG_ERR_FORBIDDEN, "");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_look), TEST (test_look_refuses),      TEST (test_look_resize),
    TEST (test_act),  TEST (test_act_that_was_done), TEST (test_old_servers),
    TEST (test_busy)
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
