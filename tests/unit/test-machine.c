/* test-machine.c - the root, and what is reeve's own below it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"

static void
test_open (void **state)
{
  struct scratch *scratch = *state;
  struct machine machine;
  struct stat root;
  struct stat here;
  char *path;

  assert_int_equal (machine_open (NULL, &machine, NULL), 0);
  assert_string_equal (machine.root, "");
  assert_int_equal (fstat (machine.root_fd, &here), 0);
  assert_int_equal (stat ("/", &root), 0);
  assert_int_equal (here.st_ino, root.st_ino);
  path = machine_path (&machine, "/etc");
  assert_string_equal (path, "/etc");
  free (path);
  machine_close (&machine);

  scratch_mkdir (scratch, "/tree");
  assert_int_equal (symlink ("tree", scratch_path (scratch, "/link")), 0);
  assert_int_equal (
      machine_open (scratch_path (scratch, "/link/"), &machine, NULL), 0);
  assert_string_equal (strrchr (machine.root, '/'), "/tree");
  assert_int_equal (machine.uid, geteuid ());
  path = machine_path (&machine, "/etc/x");
  assert_non_null (strstr (path, "/tree/etc/x"));
  free (path);
  machine_close (&machine);
}

static void
test_open_errors (void **state)
{
  struct scratch *scratch = *state;
  auto_failure struct failure failure = FAILURE_NONE;
  struct machine machine;

  assert_int_equal (gpg_err_code (machine_open (scratch_path (scratch, "/none"),
                                                &machine, &failure)),
                    GPG_ERR_ENOENT);
  assert_non_null (strstr (failure.text, "/none"));
  machine_close (&machine);
  scratch_write (scratch, "/file", "");
  assert_int_equal (gpg_err_code (machine_open (scratch_path (scratch, "/file"),
                                                &machine, NULL)),
                    GPG_ERR_ENOTDIR);
  machine_close (&machine);
}

static void
test_trust (void **state)
{
  struct machine machine = { .root_fd = -1, .uid = 1000, .gid = 100 };
  struct scratch *scratch = *state;

  assert_true (machine_trusts (&machine, 0));
  assert_true (machine_trusts (&machine, 1000));
  assert_false (machine_trusts (&machine, 1001));
  assert_true (machine_trusts_group (&machine, 0));
  assert_true (machine_trusts_group (&machine, 100));
  assert_false (machine_trusts_group (&machine, 1000));
  assert_int_equal (scratch->machine.uid, geteuid ());
  assert_int_equal (scratch->machine.gid, geteuid () ? getegid () : 0);
}

static void
test_own (void **state)
{
  static const char *const own[] = {
    OWN_CONFIG_DIR,
    OWN_CONFIG_FILE,
    OWN_KEYS_DIR "/panel.key",
    OWN_POLICY_DIR,
    OWN_SOCKET,
    OWN_JOURNAL_DIR "/1",
    OWN_LOG_DIR "/audit.jsonl",
    SBINDIR "/reeved",
    BINDIR "/reeve",
    PKGLIBEXECDIR "/reeve-augeas",
    "/etc/systemd/system/reeved.service",
    "/usr/lib/systemd/system/reeved.socket",
    "/lib/systemd/system/reeve-agent.service",
    "/run/systemd/system/reeved.service.d/override.conf",
    "/etc/systemd/system/sockets.target.wants/reeved.socket",
    "/etc/systemd/system/service.d/limits.conf",
    "/run/systemd/system/socket.d",
  };
  static const char *const other[] = {
    "/",
    "/etc",
    SYSCONFDIR "/reeves",
    SYSCONFDIR "/reev",
    SBINDIR "/reeved2",
    BINDIR,
    "/etc/systemd/system/ssh.service",
    "/etc/systemd/system/ssh.service.d/limits.conf",
    "/etc/systemd/system/service.dump",
    "/etc/systemd/systemreeve",
    "/home/reeve",
  };
  struct scratch *scratch = *state;

  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    assert_true (machine_owns (&scratch->machine, own[i]));
  for (size_t i = 0; i < sizeof other / sizeof *other; i++)
    assert_false (machine_owns (&scratch->machine, other[i]));
}

/* The directories are elsewhere, and links lead there.  */
static void
test_own_by_link (void **state)
{
  struct scratch *scratch = *state;

  scratch_mkdir (scratch, SYSCONFDIR);
  scratch_mkdir (scratch, "/srv");
  scratch_mkdir (scratch, "/srv/reeve-etc");
  scratch_mkdir (scratch, "/srv/other");
  assert_int_equal (
      symlink ("/srv/reeve-etc", scratch_path (scratch, OWN_CONFIG_DIR)), 0);
  assert_true (machine_owns (&scratch->machine, "/srv/reeve-etc"));
  assert_true (machine_owns (&scratch->machine, "/srv/reeve-etc/new"));
  assert_true (machine_owns (&scratch->machine, "/srv/reeve-etc/keys/new"));
  assert_false (machine_owns (&scratch->machine, "/srv/other/new"));
  assert_false (machine_owns (&scratch->machine, "/srv"));
}

/* What options name counts like the usual places; what is elsewhere, not. */
static void
test_own_added (void **state)
{
  struct scratch *scratch = *state;
  struct machine *machine = &scratch->machine;

  scratch_write (scratch, "/elsewhere.conf", "");
  assert_false (machine_owns (machine, "/elsewhere.conf"));
  assert_int_equal (machine_add_own (machine, "/"), 0);
  assert_int_equal (
      machine_add_own (machine, scratch_path (scratch, "/elsewhere.conf")), 0);
  assert_true (machine_owns (machine, "/elsewhere.conf"));
  assert_false (machine_owns (machine, "/elsewhere.conf2"));
  assert_false (machine_owns (machine, "/hosts"));
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, scratch_setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_open), TEST (test_open_errors), TEST (test_trust),
    TEST (test_own),  TEST (test_own_by_link), TEST (test_own_added),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
