/* test-directory.c - directories of reeve's own
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"
#include "scratch.h"
#include "faults.h"
#include "src/base/directory.h"

static struct scratch *scratch;

static int
setup (void **state)
{
  if (scratch_setup (state))
    return -1;
  scratch = *state;
  fault_clear ();
  return 0;
}

static void
test_make (void **state)
{
  const struct machine *machine = &scratch->machine;
  struct stat made;
  int fd;

  (void)state;
  assert_code (directory_open (machine, "/a/b", 0700, &fd, NULL),
               GPG_ERR_ENOENT);
  assert_int_equal (fd, -1);
  assert_int_equal (directory_make (machine, "/a/b", 0700, NULL), 0);
  assert_int_equal (directory_make (machine, "/a/b", 0755, NULL), 0);
  assert_int_equal (stat (scratch_path (scratch, "/a"), &made), 0);
  assert_int_equal (made.st_mode & 07777, 0755);
  assert_int_equal (stat (scratch_path (scratch, "/a/b"), &made), 0);
  assert_int_equal (made.st_mode & 07777, 0700);
  assert_int_equal (directory_open (machine, "/a/b", 0700, &fd, NULL), 0);
  assert_true (fd >= 0);
  close (fd);
}

static void
test_refused (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  const struct machine *machine = &scratch->machine;
  int fd;

  (void)state;
  scratch_mkdir (scratch, "/a");
  assert_int_equal (chmod (scratch_path (scratch, "/a"), 0775), 0);
  assert_code (directory_open (machine, "/a", 0750, &fd, &failure),
               GPG_ERR_EPERM);
  assert_non_null (strstr (failure.text, "do chmod 0750 "));
  scratch_write (scratch, "/file", "x");
  assert_code (directory_make (machine, "/file/x", 0700, NULL),
               GPG_ERR_ENOTDIR);
  assert_code (directory_open (machine, "/file", 0700, &fd, NULL),
               GPG_ERR_ENOTDIR);
}

static void
test_errors (void **state)
{
  const struct machine *machine = &scratch->machine;

  (void)state;
  fault.kind = FAULT_ERROR;
  fault.error = ENOSPC;
  fault.call = "mkdirat";
  fault.at = 1;
  assert_code (directory_make (machine, "/a", 0700, NULL), GPG_ERR_ENOSPC);
  fault.call = "fsync";
  fault.count = 0;
  assert_code (directory_make (machine, "/a", 0700, NULL), GPG_ERR_ENOSPC);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = { TEST (test_make), TEST (test_refused),
                                      TEST (test_errors) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
