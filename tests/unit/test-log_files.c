/* test-log_files.c - tests of protocol/log_files.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"
#include "scratch.h"

#include "protocol/log_files.h"

static struct log_files files;

static gpg_error_t
open_file (void *opaque, const char *name, int *r_fd)
{
  const struct log_files *all = opaque;

  *r_fd = openat (all->directory_fd, name, O_RDONLY | O_CLOEXEC);
  return *r_fd < 0 ? gpg_error_from_syserror () : 0;
}

static int
setup (void **state)
{
  if (scratch_setup (state))
    return -1;
  files = (struct log_files){ .open = open_file, .opaque = &files };
  files.directory_fd = open (((struct scratch *)*state)->root,
                             O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return files.directory_fd < 0 ? -1 : 0;
}

static int
teardown (void **state)
{
  close (files.directory_fd);
  return scratch_teardown (state);
}

/* The next file is NAME, or none.  */
static void
expect (const char *name)
{
  struct log_file file;
  int fd;

  assert_int_equal (log_files_next (&files, &file, &fd), 0);
  if (name)
    {
      assert_true (fd >= 0);
      assert_string_equal (file.name, name);
      close (fd);
    }
  else
    assert_int_equal (fd, -1);
}

static void
rotate (const struct scratch *scratch, const char *name)
{
  char path[64];

  snprintf (path, sizeof path, "/%s", name);
  assert_int_equal (rename (scratch_path (scratch, "/audit.jsonl"),
                            scratch_path (scratch, path)),
                    0);
  scratch_write (scratch, "/audit.jsonl", "");
}

static void
names (void **state)
{
  static const char *const wrong[]
      = { "",
          "audit",
          "audit.jsonl.",
          "audit.jsonl.new",
          "audit.jsonl.1",
          "audit.jsonl.1-",
          "audit.jsonl.0-5",
          "audit.jsonl.5-4",
          "audit.jsonl.01-5",
          "audit.jsonl.+1-5",
          "audit.jsonl.1-5x",
          "audit.jsonl.1-18446744073709551615",
          "audit.jsonl.-1-5",
          "audit.jsonlx1-5",
          "audit.jsonl.99999999999999999999-"
          "99999999999999999999999999999999999999999999999" };
  struct log_file file;

  (void)state;
  assert_true (log_file_parse ("audit.jsonl", &file));
  assert_int_equal (file.first, 0);
  assert_true (log_file_parse ("audit.jsonl.7-12", &file));
  assert_int_equal (file.first, 7);
  assert_int_equal (file.last, 12);
  assert_string_equal (file.name, "audit.jsonl.7-12");
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false (log_file_parse (wrong[i], &file));
}

static void
in_order (void **state)
{
  const struct scratch *scratch = *state;

  expect (NULL);
  scratch_write (scratch, "/audit.jsonl.100-200", "");
  scratch_write (scratch, "/audit.jsonl.1-9", "");
  scratch_write (scratch, "/audit.jsonl.10-99", "");
  scratch_write (scratch, "/audit.jsonl.1-3", "");
  scratch_write (scratch, "/audit.jsonl.new", "");
  scratch_write (scratch, "/other", "");
  scratch_write (scratch, "/audit.jsonl", "");
  expect ("audit.jsonl.1-3");
  expect ("audit.jsonl.1-9");
  expect ("audit.jsonl.10-99");
  expect ("audit.jsonl.100-200");
  expect ("audit.jsonl");
  expect (NULL);
  expect (NULL);
}

static void
while_others_rotate (void **state)
{
  const struct scratch *scratch = *state;

  scratch_write (scratch, "/audit.jsonl", "");
  expect ("audit.jsonl");
  expect (NULL);
  rotate (scratch, "audit.jsonl.1-5");
  expect ("audit.jsonl");
  rotate (scratch, "audit.jsonl.6-9");
  rotate (scratch, "audit.jsonl.10-12");
  expect ("audit.jsonl.10-12");
  assert_int_equal (unlink (scratch_path (scratch, "/audit.jsonl")), 0);
  expect (NULL);
  scratch_write (scratch, "/audit.jsonl", "");
  expect ("audit.jsonl");
  expect (NULL);
}

/* One is gone between looking and opening.  */
static gpg_error_t
open_gone (void *opaque, const char *name, int *r_fd)
{
  if (!strcmp (name, "audit.jsonl.1-3"))
    {
      unlinkat (files.directory_fd, name, 0);
      return gpg_error (GPG_ERR_ENOENT);
    }
  return open_file (opaque, name, r_fd);
}

/* It is rotated between looking and opening.  */
static gpg_error_t
open_rotated (void *opaque, const char *name, int *r_fd)
{
  if (!strcmp (name, "audit.jsonl")
      && faccessat (files.directory_fd, "audit.jsonl.1-3", F_OK, 0))
    {
      int fd;

      renameat (files.directory_fd, name, files.directory_fd,
                "audit.jsonl.1-3");
      fd = openat (files.directory_fd, name, O_CREAT | O_WRONLY | O_CLOEXEC,
                   0600);
      close (fd);
    }
  return open_file (opaque, name, r_fd);
}

static gpg_error_t
open_fails (void *opaque, const char *name, int *r_fd)
{
  (void)opaque;
  (void)name;
  *r_fd = -1;
  return gpg_error (GPG_ERR_EIO);
}

static void
races (void **state)
{
  const struct scratch *scratch = *state;
  struct log_file file;
  int fd;

  scratch_write (scratch, "/audit.jsonl.1-3", "");
  scratch_write (scratch, "/audit.jsonl", "");
  files.open = open_gone;
  expect ("audit.jsonl");
  expect (NULL);
  files.at = (struct log_file){ .first = 0 };
  files.inode = 0;
  files.open = open_rotated;
  expect ("audit.jsonl.1-3");
  expect ("audit.jsonl");
  expect (NULL);
  files.at = (struct log_file){ .first = 0 };
  files.inode = 0;
  files.open = open_fails;
  assert_code (log_files_next (&files, &file, &fd), GPG_ERR_EIO);
  assert_int_equal (fd, -1);
  close (files.directory_fd);
  files.directory_fd = -1;
  assert_code (log_files_next (&files, &file, &fd), GPG_ERR_EBADF);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (names),
    TEST (in_order),
    TEST (while_others_rotate),
    TEST (races),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
