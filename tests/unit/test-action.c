/* test-action.c - tests of src/mod/pve/action.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "asked.h"

#include "protocol/memory.h"
#include "src/mod/pve/action.h"

/* What WORK sends by VERB to a server of RELEASE, as "METHOD PATH FORM".  */
static void
assert_sent (struct work *work, const char *verb, int release,
             const char *expected)
{
  const struct action *action = action_find (verb);
  auto_buffer struct buffer form = BUFFER_EMPTY;
  auto_buffer struct buffer all = BUFFER_EMPTY;
  auto_free char *path = NULL;
  const char *left_out;

  assert_non_null (action);
  assert_int_equal (action_path (work, action, &path), 0);
  action_form (work, action, release, &form, &left_out);
  buffer_printf (&all, "%s %s %s", action->method, path,
                 form.length ? form.bytes : "");
  assert_string_equal (all.bytes, expected);
}

static void
test_power (void **state)
{
  struct work work;
  ASKED (&work, "vmid", "100", "kind", "lxc", "node", "pve1", "force-stop", "1",
         "grace", "1001", "overrule-shutdown", "1");
  const struct action *stop = action_find ("STOP");
  auto_buffer struct buffer form = BUFFER_EMPTY;
  const char *left_out;

  (void)state;
  assert_sent (&work, "START", 0, "POST /nodes/pve1/lxc/100/status/start ");
  assert_sent (&work, "SHUTDOWN", 0,
               "POST /nodes/pve1/lxc/100/status/shutdown "
               "forceStop=1&timeout=2");
  assert_sent (&work, "STOP", 8,
               "POST /nodes/pve1/lxc/100/status/stop overrule-shutdown=1");
  assert_true (action_needs_release (&work, stop));
  assert_false (action_needs_release (&work, action_find ("START")));
  action_form (&work, stop, 7, &form, &left_out);
  assert_int_equal (form.length, 0);
  assert_string_equal (left_out, "overrule-shutdown");
}

static void
test_flags_that_are_off (void **state)
{
  struct work work;
  ASKED (&work, "vmid", "200", "kind", "qemu", "node", "pve1",
         "overrule-shutdown", "0", "purge", "0", "force", "0");

  (void)state;
  assert_sent (&work, "STOP", 7, "POST /nodes/pve1/qemu/200/status/stop ");
  assert_false (action_needs_release (&work, action_find ("STOP")));
  assert_sent (&work, "DESTROY", 0, "DELETE /nodes/pve1/qemu/200 ");
  assert_int_equal (action_check (&work, action_find ("DESTROY"), false), 0);
}

static void
test_kinds (void **state)
{
  struct work work;
  ASKED (&work, "vmid", "200", "newid", "201", "volid", "s1:backup/x", "kind",
         "qemu", "node", "pve1", "name", "web", "target", "pve2", "storage",
         "s2");

  (void)state;
  assert_sent (&work, "CLONE", 0,
               "POST /nodes/pve1/qemu/200/clone "
               "newid=201&name=web&storage=s2&target=pve2");
  assert_sent (&work, "MIGRATE", 0,
               "POST /nodes/pve1/qemu/200/migrate "
               "target=pve2&targetstorage=s2");
  assert_sent (&work, "RESTORE", 0,
               "POST /nodes/pve1/qemu vmid=200&archive=s1%3Abackup%2Fx&"
               "storage=s2");
}

static void
test_containers (void **state)
{
  struct work work;
  ASKED (&work, "vmid", "100", "newid", "101", "volid", "s1:backup/x", "kind",
         "lxc", "node", "pve1", "name", "web", "target", "pve2", "storage",
         "s2");

  (void)state;
  assert_sent (&work, "CLONE", 0,
               "POST /nodes/pve1/lxc/100/clone "
               "newid=101&hostname=web&storage=s2&target=pve2");
  assert_sent (&work, "MIGRATE", 0,
               "POST /nodes/pve1/lxc/100/migrate "
               "target=pve2&target-storage=s2");
  assert_sent (&work, "RESTORE", 0,
               "POST /nodes/pve1/lxc vmid=100&ostemplate=s1%3Abackup%2Fx&"
               "restore=1&storage=s2");
}

static void
test_what_is_encoded (void **state)
{
  struct work work;
  ASKED (&work, "vmid", "100", "vmid", "101", "kind", "lxc", "node", "pve1",
         "snapname", "a/b", "description", "a=b;c&d +\n", "disk", "rootfs",
         "size", "+2G", "volume-storage", "s1", "volid", "s1:iso/a?b.iso",
         "digest", "ab");

  (void)state;
  assert_sent (&work, "ROLLBACK", 0,
               "POST /nodes/pve1/lxc/100/snapshot/a%2Fb/rollback ");
  assert_sent (&work, "SNAPSHOT", 0,
               "POST /nodes/pve1/lxc/100/snapshot snapname=a%2Fb&"
               "description=a%3Db%3Bc%26d%20%2B%0A");
  assert_sent (&work, "RESIZE", 0,
               "PUT /nodes/pve1/lxc/100/resize "
               "disk=rootfs&size=%2B2G&digest=ab");
  assert_sent (&work, "DELETE-CONTENT", 0,
               "DELETE /nodes/pve1/storage/s1/content/"
               "s1%3Aiso%2Fa%3Fb.iso ");
  assert_sent (&work, "BACKUP", 0,
               "POST /nodes/pve1/vzdump vmid=100%2C101&remove=0");
}

/* A path whose parts are missing, or mean another path, is none.  */
static void
test_paths (void **state)
{
  static const char *const nodes[] = { "", ".", ".." };

  (void)state;
  for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
    {
      struct work work;
      ASKED (&work, "vmid", "100", "kind", "lxc", "node", nodes[i]);
      auto_free char *path = NULL;

      assert_int_equal (
          gpg_err_code (action_path (&work, action_find ("START"), &path)),
          GPG_ERR_INV_ARG);
      assert_null (path);
    }
}

static void
assert_refused (const char *verb, bool container, const char *name,
                const char *value)
{
  struct work work;
  ASKED (&work, "vmid", "100", name, value);

  assert_int_equal (
      gpg_err_code (action_check (&work, action_find (verb), container)),
      GPG_ERR_INV_ARG);
  failure_release (&work.failure);
}

static void
assert_taken (const char *verb, bool container, const char *name,
              const char *value)
{
  struct work work;
  ASKED (&work, "vmid", "100", name, value);

  assert_int_equal (action_check (&work, action_find (verb), container), 0);
}

static void
test_checks (void **state)
{
  static const char *const sizes[] = { "8", "8G", "+8G", "+0.5T", "1.25M" };
  static const char *const no_sizes[]
      = { "", "G", "+", "-1G", "1P", "1.G", ".5G", "1GB", "++1", "1 G", "1\n" };
  static const char *const no_disks[] = { "",       "0",  "Scsi0",  "scsi0,x",
                                          "scsi 0", "-x", "scsi0x", "mp_0" };

  (void)state;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    assert_taken ("RESIZE", true, "size", sizes[i]);
  for (size_t i = 0; i < sizeof no_sizes / sizeof *no_sizes; i++)
    assert_refused ("RESIZE", true, "size", no_sizes[i]);
  for (size_t i = 0; i < sizeof no_disks / sizeof *no_disks; i++)
    assert_refused ("RESIZE", false, "disk", no_disks[i]);
  assert_taken ("RESIZE", true, "disk", "rootfs");
  assert_taken ("RESIZE", false, "disk", "scsi30");
  assert_refused ("SNAPSHOT", true, "vmstate", "1");
  assert_taken ("SNAPSHOT", true, "vmstate", "0");
  assert_taken ("SNAPSHOT", false, "vmstate", "1");
  assert_refused ("MIGRATE", true, "online", "1");
  assert_refused ("MIGRATE", false, "restart", "1");
  assert_refused ("DESTROY", false, "force", "1");
}

static void
test_disk_sizes (void **state)
{
  static const struct
  {
    const char *volume;
    const char *size;
    bool same;
  } cases[] = {
    { "local:100/vm-100-disk-0.raw,size=64M", "64M", true },
    { "local:100/vm-100-disk-0.raw,size=64M", "65536K", true },
    { "local:100/vm-100-disk-0.raw,size=64M", "67108864", true },
    { "local:100/vm-100-disk-0.raw,size=64M,backup=0", "64M", true },
    { "size=512M,file=local:a", "0.5G", true },
    { "local:a,size=1.5G", "1536M", true },
    { "local:a,size=1048576", "1M", true },
    { "fast:110/subvol-110-disk-0.subvol,size=0T", "0", true },
    { "local:a,size=64M", "+64M", false },
    { "local:a,size=64M", "+0", false },
    { "local:a,size=64M", "65M", false },
    { "local:a,size=64M", "64G", false },
    { "local:a,size=64Mx", "64M", false },
    { "local:a,size=", "0", false },
    { "local:a,resize=64M", "64M", false },
    { "local:a", "64M", false },
    { "", "0", false },
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (action_disk_has (cases[i].volume, cases[i].size) != cases[i].same)
      {
        print_error ("%s, %s\n", cases[i].volume, cases[i].size);
        assert_true (false);
      }
}

static void
test_find (void **state)
{
  (void)state;
  assert_null (action_find (NULL));
  assert_null (action_find ("SET"));
  assert_string_equal (action_find ("SNAPSHOT")->inverse, "DELSNAPSHOT");
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (test_power),
          cmocka_unit_test (test_disk_sizes),
          cmocka_unit_test (test_flags_that_are_off),
          cmocka_unit_test (test_kinds),
          cmocka_unit_test (test_containers),
          cmocka_unit_test (test_what_is_encoded),
          cmocka_unit_test (test_paths),
          cmocka_unit_test (test_checks),
          cmocka_unit_test (test_find) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
