/* test-device.c - tests of src/mod/hw/device.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "check.h"

#include <sys/sysmacros.h>

#include "src/mod/hw/device.h"

static int
setup (void **state)
{
  if (scratch_setup (state))
    return -1;
  mkdir (scratch_path (*state, "/dev"), 0755);
  mkdir (scratch_path (*state, "/dev/disk"), 0755);
  return 0;
}

static void
make_file (const struct scratch *scratch, const char *path)
{
  int fd = open (scratch_path (scratch, path), O_CREAT | O_WRONLY, 0644);

  assert_true (fd >= 0);
  close (fd);
}

/* NAME is the device PATH.  */
static void
assert_device (const struct machine *machine, const char *name,
               const char *path)
{
  char *found, *os_path, *expected = machine_path (machine, path);

  assert_int_equal (device_find (machine, name, &found, &os_path, NULL), 0);
  assert_string_equal (found, path);
  assert_string_equal (os_path, expected);
  free (found);
  free (os_path);
  free (expected);
}

static void
assert_no_device (const struct machine *machine, const char *name,
                  gpg_err_code_t code)
{
  auto_failure struct failure failure = FAILURE_NONE;
  char *path, *os_path;

  assert_code (device_find (machine, name, &path, &os_path, &failure), code);
  assert_non_null (failure.text);
  assert_null (path);
  assert_null (os_path);
}

static void
links_are_followed (void **state)
{
  const struct scratch *scratch = *state;
  const struct machine *machine = &scratch->machine;

  make_file (scratch, "/dev/sda");
  make_file (scratch, "/secret");
  assert_int_equal (symlink ("../sda", scratch_path (scratch, "/dev/disk/a")),
                    0);
  assert_int_equal (symlink ("/secret", scratch_path (scratch, "/dev/disk/b")),
                    0);
  assert_device (machine, "/dev/sda", "/dev/sda");
  assert_device (machine, "/dev/disk/a", "/dev/sda");
  assert_no_device (machine, "/dev/disk/b", GPG_ERR_INV_OBJ);
  assert_no_device (machine, "/secret", GPG_ERR_INV_OBJ);
}

static void
others_are_none (void **state)
{
  const struct scratch *scratch = *state;
  const struct machine *machine = &scratch->machine;

  make_file (scratch, "/dev/sda");
  assert_no_device (machine, "/dev/disk", GPG_ERR_INV_OBJ);
  assert_no_device (machine, "/dev/sdb", GPG_ERR_NOT_FOUND);
  assert_no_device (machine, "/dev/none/sdb", GPG_ERR_NOT_FOUND);
  assert_no_device (machine, "/dev/sda/1", GPG_ERR_NOT_FOUND);
}

/* Without a root only device files count, and of character devices only those
   of disks.  */
static void
the_machine_itself (void **state)
{
  struct machine machine;

  (void)state;
  assert_int_equal (machine_open ("", &machine, NULL), 0);
  assert_no_device (&machine, "/dev/null", GPG_ERR_INV_OBJ);
  assert_no_device (&machine, "/dev/tty", GPG_ERR_INV_OBJ);
  assert_no_device (&machine, "/etc/passwd", GPG_ERR_INV_OBJ);
  machine_close (&machine);
}

static void
device_files (void **state)
{
  const struct scratch *scratch = *state;
  const struct machine *machine = &scratch->machine;

  if (geteuid ())
    {
      print_message ("machine: only root makes device files\n");
      skip ();
    }
  /* Numbers that no driver has: nothing opens them here.  */
  if (mknod (scratch_path (scratch, "/dev/sdz"), S_IFBLK | 0600,
             makedev (259, 999))
      || mknod (scratch_path (scratch, "/dev/nvme7"), S_IFCHR | 0600,
                makedev (259, 998))
      || mknod (scratch_path (scratch, "/dev/watchdog"), S_IFCHR | 0600,
                makedev (259, 997))
      || mknod (scratch_path (scratch, "/dev/nvme-fabrics"), S_IFCHR | 0600,
                makedev (259, 996)))
    {
      print_message ("machine: no device files can be made here\n");
      skip ();
    }
  assert_device (machine, "/dev/sdz", "/dev/sdz");
  assert_device (machine, "/dev/nvme7", "/dev/nvme7");
  assert_no_device (machine, "/dev/watchdog", GPG_ERR_INV_OBJ);
  assert_no_device (machine, "/dev/nvme-fabrics", GPG_ERR_INV_OBJ);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (links_are_followed, setup,
                                     scratch_teardown),
    cmocka_unit_test_setup_teardown (others_are_none, setup, scratch_teardown),
    cmocka_unit_test (the_machine_itself),
    cmocka_unit_test_setup_teardown (device_files, setup, scratch_teardown)
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
