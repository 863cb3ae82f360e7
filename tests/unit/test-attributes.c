/* test-attributes.c - what a file has beside its content
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include <sys/xattr.h>
#include "../../src/plan/attributes.h"

static int old_fd;
static int new_fd;
static struct stat old_stat;

static int
setup (void **state)
{
  if (scratch_setup (state))
    return -1;
  scratch_write (*state, "/old", "old\n");
  scratch_write (*state, "/new", "new\n");
  old_fd = open (scratch_path (*state, "/old"), O_RDWR | O_CLOEXEC);
  new_fd = open (scratch_path (*state, "/new"), O_RDWR | O_CLOEXEC);
  return old_fd < 0 || new_fd < 0;
}

static int
teardown (void **state)
{
  close (old_fd);
  close (new_fd);
  return scratch_teardown (state);
}

static gpg_err_code_t
copy (struct failure *failure)
{
  assert_int_equal (fstat (old_fd, &old_stat), 0);
  return gpg_err_code (
      attributes_copy (old_fd, &old_stat, new_fd, "/old", failure));
}

static void
test_mode (void **state)
{
  struct stat fresh;

  (void)state;
  assert_int_equal (fchmod (old_fd, 0751), 0);
  assert_int_equal (copy (NULL), 0);
  assert_int_equal (fstat (new_fd, &fresh), 0);
  assert_int_equal (fresh.st_mode, old_stat.st_mode);
  assert_int_equal (fresh.st_uid, old_stat.st_uid);
}

/* All of the old one's, and none that only the new one has.  */
static void
test_extended (void **state)
{
  char value[64];

  (void)state;
  if (fsetxattr (old_fd, "user.one", "1", 1, 0))
    {
      print_message ("machine: no user attributes in this file system\n");
      skip ();
    }
  assert_int_equal (fsetxattr (old_fd, "user.two", "", 0, 0), 0);
  assert_int_equal (fsetxattr (new_fd, "user.one", "other", 5, 0), 0);
  assert_int_equal (fsetxattr (new_fd, "user.three", "3", 1, 0), 0);
  assert_int_equal (copy (NULL), 0);
  assert_int_equal (fgetxattr (new_fd, "user.one", value, sizeof value), 1);
  assert_int_equal (value[0], '1');
  assert_int_equal (fgetxattr (new_fd, "user.two", value, sizeof value), 0);
  assert_int_equal (fgetxattr (new_fd, "user.three", value, sizeof value), -1);
}

static void
test_capabilities (void **state)
{
  /* Version 2, cap_net_bind_service permitted and effective.  */
  static const unsigned char capability[20] = { 1, 0, 0, 2, 0, 4, 0, 0, 0, 0,
                                                0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
  unsigned char value[64];

  (void)state;
  if (fsetxattr (old_fd, "security.capability", capability, sizeof capability,
                 0))
    {
      print_message ("machine: only root can set capabilities\n");
      skip ();
    }
  assert_int_equal (copy (NULL), 0);
  assert_int_equal (
      fgetxattr (new_fd, "security.capability", value, sizeof value),
      sizeof capability);
  assert_memory_equal (value, capability, sizeof capability);
}

/* Who may not give files away cannot keep another's file theirs.  */
static void
test_owner_refused (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  gpg_error_t err;

  (void)state;
  assert_int_equal (fstat (old_fd, &old_stat), 0);
  old_stat.st_uid = 4711;
  if (!geteuid ())
    assert_int_equal (seteuid (65534), 0);
  err = attributes_copy (old_fd, &old_stat, new_fd, "/old", &failure);
  assert_int_equal (seteuid (getuid ()), 0);
  assert_int_equal (gpg_err_code (err), GPG_ERR_EPERM);
  assert_non_null (strstr (failure.text, "the owner"));
  assert_non_null (strstr (failure.text, "/old"));
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_mode),
    TEST (test_extended),
    TEST (test_capabilities),
    TEST (test_owner_refused),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
