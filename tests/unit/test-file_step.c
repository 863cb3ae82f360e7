/* test-file_step.c - writing and removing files
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "filestep.h"
#include <limits.h>
#include <sys/xattr.h>
#include "../../protocol/memory.h"

/* --- What it does --- */

static void
test_replace (void **state)
{
  struct stat before;
  struct stat after;

  (void)state;
  assert_int_equal (chmod (scratch_path (scratch, "/etc/file"), 0640), 0);
  assert_int_equal (stat (scratch_path (scratch, "/etc/file"), &before), 0);
  assert_int_equal (run (plan_for ("/etc/file", NEW), NULL), 0);
  assert_string_equal (scratch_text (scratch, "/etc/file"), NEW);
  assert_int_equal (stat (scratch_path (scratch, "/etc/file"), &after), 0);
  assert_int_equal (after.st_mode, before.st_mode);
  assert_int_not_equal (after.st_ino, before.st_ino);
  assert_int_equal (after.st_nlink, 1);
  assert_int_equal (names (), 1);
}

static void
test_create (void **state)
{
  struct stat stat_of_it;

  (void)state;
  umask (0);
  assert_int_equal (run (plan_for ("/etc/new", NEW), NULL), 0);
  assert_string_equal (scratch_text (scratch, "/etc/new"), NEW);
  assert_int_equal (stat (scratch_path (scratch, "/etc/new"), &stat_of_it), 0);
  assert_int_equal (stat_of_it.st_mode & 07777, 0644);
  assert_int_equal (stat_of_it.st_nlink, 1);
  assert_int_equal (names (), 2);
}

static void
test_remove (void **state)
{
  (void)state;
  assert_int_equal (run (plan_for ("/etc/file", NULL), NULL), 0);
  assert_null (scratch_text (scratch, "/etc/file"));
  assert_int_equal (names (), 0);
}

static void
test_long_name (void **state)
{
  char path[5 + NAME_MAX + 1] = "/etc/";

  (void)state;
  memset (path + 5, 'n', NAME_MAX);
  assert_int_equal (run (plan_for (path, OLD), NULL), 0);
  assert_int_equal (run (plan_for (path, NEW), NULL), 0);
  assert_string_equal (scratch_text (scratch, path), NEW);
  assert_int_equal (run (plan_for (path, NULL), NULL), 0);
  assert_int_equal (names (), 1);
}

static void
test_through_link (void **state)
{
  struct stat link;

  (void)state;
  assert_int_equal (symlink ("file", scratch_path (scratch, "/etc/link")), 0);
  assert_int_equal (run (plan_for ("/etc/link", NEW), NULL), 0);
  assert_string_equal (scratch_text (scratch, "/etc/file"), NEW);
  assert_int_equal (lstat (scratch_path (scratch, "/etc/link"), &link), 0);
  assert_true (S_ISLNK (link.st_mode));
}

static void
test_describe (void **state)
{
  struct buffer text = BUFFER_EMPTY;
  struct plan *plan = plan_for ("/etc/file", NEW);

  (void)state;
  assert_int_equal (plan_describe (plan, &text), 0);
  assert_string_equal (text.bytes, "--- /etc/file\n+++ /etc/file\n"
                                   "@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n");
  plan_release (plan);
  buffer_clear (&text);
  plan = plan_for ("/etc/new", "x\n");
  assert_int_equal (plan_describe (plan, &text), 0);
  assert_string_equal (text.bytes,
                       "--- /dev/null\n+++ /etc/new\n@@ -0,0 +1 @@\n+x\n");
  plan_release (plan);
  buffer_clear (&text);
  plan = plan_for ("/etc/file", NULL);
  assert_int_equal (plan_describe (plan, &text), 0);
  assert_string_equal (
      text.bytes,
      "--- /etc/file\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n");
  plan_release (plan);
  buffer_clear (&text);
  plan = plan_for ("/etc/empty", "");
  assert_int_equal (plan_describe (plan, &text), 0);
  assert_string_equal (text.bytes, "--- /dev/null\n+++ /etc/empty\n");
  plan_release (plan);
  buffer_release (&text);
}

static void
test_attributes (void **state)
{
  /* user::rw- user:4711:r-- group::r-- mask::r-- other::---  */
  static const unsigned char list[]
      = { 2,    0,    0,    0,    1,    0,    6,    0,    0xff, 0xff, 0xff,
          0xff, 2,    0,    4,    0,    0x67, 0x12, 0,    0,    4,    0,
          4,    0,    0xff, 0xff, 0xff, 0xff, 0x10, 0,    4,    0,    0xff,
          0xff, 0xff, 0xff, 0x20, 0,    0,    0,    0xff, 0xff, 0xff, 0xff };
  const char *path = scratch_path (scratch, "/etc/file");
  unsigned char value[256];
  bool lists;

  (void)state;
  if (setxattr (path, "user.note", "kept", 4, 0))
    {
      print_message ("machine: no user attributes in this file system\n");
      skip ();
    }
  lists = !setxattr (path, "system.posix_acl_access", list, sizeof list, 0);
  assert_int_equal (run (plan_for ("/etc/file", NEW), NULL), 0);
  path = scratch_path (scratch, "/etc/file");
  assert_int_equal (getxattr (path, "user.note", value, sizeof value), 4);
  assert_memory_equal (value, "kept", 4);
  if (lists)
    {
      assert_int_equal (
          getxattr (path, "system.posix_acl_access", value, sizeof value),
          sizeof list);
      assert_memory_equal (value, list, sizeof list);
    }
}

static void
test_owner (void **state)
{
  struct stat after;

  (void)state;
  if (geteuid ())
    {
      print_message ("machine: only root can give a file away\n");
      skip ();
    }
  assert_int_equal (chown (scratch_path (scratch, "/etc/file"), 4711, 4712), 0);
  assert_int_equal (chmod (scratch_path (scratch, "/etc/file"), 06755), 0);
  assert_int_equal (run (plan_for ("/etc/file", NEW), NULL), 0);
  assert_int_equal (stat (scratch_path (scratch, "/etc/file"), &after), 0);
  assert_int_equal (after.st_uid, 4711);
  assert_int_equal (after.st_gid, 4712);
  assert_int_equal (after.st_mode & 07777, 06755);
}

/* --- What it refuses --- */

static void
test_changed_before (void **state)
{
  struct plan *plan = plan_for ("/etc/file", NEW);

  (void)state;
  scratch_write (scratch, "/etc/file", "other\n");
  refuse (plan, GPG_ERR_CONFLICT, "load it again");
  assert_string_equal (scratch_text (scratch, "/etc/file"), "other\n");

  plan = plan_for ("/etc/file", NEW);
  scratch_write (scratch, "/etc/copy", "other\n");
  assert_int_equal (rename (scratch_path (scratch, "/etc/copy"),
                            scratch_path (scratch, "/etc/file")),
                    0);
  refuse (plan, GPG_ERR_CONFLICT, "load it again");

  plan = plan_for ("/etc/new", NEW);
  scratch_write (scratch, "/etc/new", "other\n");
  refuse (plan, GPG_ERR_CONFLICT, "load it again");
  assert_string_equal (scratch_text (scratch, "/etc/new"), "other\n");

  plan = plan_for ("/etc/new", NULL);
  assert_int_equal (unlink (scratch_path (scratch, "/etc/new")), 0);
  refuse (plan, GPG_ERR_CONFLICT, "load it again");
}

static void
test_own (void **state)
{
  (void)state;
  scratch_mkdir (scratch, OWN_CONFIG_DIR);
  refuse (plan_for (OWN_CONFIG_FILE, NEW), GPG_ERR_FORBIDDEN,
          "reeve's own files");
}

static void
test_untrusted (void **state)
{
  (void)state;
  scratch_mkdir (scratch, "/etc/open");
  assert_int_equal (chmod (scratch_path (scratch, "/etc/open"), 0777), 0);
  refuse (plan_for ("/etc/open/new", NEW), GPG_ERR_FORBIDDEN,
          "the directory /etc/open");
  assert_int_equal (chmod (scratch_path (scratch, "/etc/open"), 01777), 0);
  assert_int_equal (run (plan_for ("/etc/open/new", NEW), NULL), 0);
}

static void
test_no_directory (void **state)
{
  (void)state;
  refuse (plan_for ("/etc/none/new", NEW), GPG_ERR_ENOENT, "/etc/none");
}

/* One step cannot be done: the others are not either.  */
static void
test_all_or_nothing (void **state)
{
  struct plan *plan = plan_for ("/etc/file", NEW);
  struct file_image none;

  (void)state;
  load ("/etc/none", &none);
  assert_int_equal (plan_file_write (plan, "/etc/new", &none, "x", 1), 0);
  assert_int_equal (plan_file_write (plan, "/etc/none/new", &none, "x", 1), 0);
  refuse (plan, GPG_ERR_ENOENT, "/etc/none");
  assert_string_equal (scratch_text (scratch, "/etc/file"), OLD);
}

/* --- Errors at every call --- */

/* A plan of all kinds: replace, create, replace, remove.  */
static struct plan *
plan_of_four (void)
{
  static const char *const paths[] = { "/etc/file", "/etc/new", "/etc/second",
                                       "/etc/third" };
  struct file_image image;
  struct plan *plan;

  scratch_write (scratch, "/etc/file", OLD);
  unlink (scratch_path (scratch, "/etc/new"));
  scratch_write (scratch, "/etc/second", OLD);
  scratch_write (scratch, "/etc/third", OLD);
  assert_int_equal (plan_new (&plan), 0);
  for (size_t i = 0; i < 4; i++)
    {
      load (paths[i], &image);
      if (i < 3)
        assert_int_equal (
            plan_file_write (plan, paths[i], &image, NEW, sizeof NEW - 1), 0);
      else
        assert_int_equal (plan_file_remove (plan, paths[i], &image), 0);
      file_image_release (&image);
    }
  return plan;
}

static void
assert_four (bool fresh)
{
  assert_text ("/etc/file", fresh ? NEW : OLD);
  assert_text ("/etc/new", fresh ? NEW : NULL);
  assert_text ("/etc/second", fresh ? NEW : OLD);
  assert_text ("/etc/third", fresh ? NULL : OLD);
}

static void
try_errors (int error)
{
  unsigned failed = 0;
  unsigned at;

  for (at = 1;; at++)
    {
      auto_failure struct failure failure = FAILURE_NONE;
      struct plan *plan = plan_of_four ();
      gpg_err_code_t code;
      const char *hit;

      fault.kind = FAULT_ERROR;
      fault.error = error;
      fault.at = at;
      code = run (plan, &failure);
      hit = fault.hit;
      fault_clear ();
      if (!hit)
        break;
      assert_four (!code);
      if (code)
        {
          failed++;
          assert_non_null (failure.text);
        }
      /* When all is done, a before-image that cannot be removed stays.  */
      assert_in_range (names (), 3, code ? 3 : 4);
      nftw (scratch_path (scratch, "/etc"), scratch_remove_one, 16,
            FTW_DEPTH | FTW_PHYS);
      scratch_mkdir (scratch, "/etc");
    }
  assert_true (failed > 30);
}

static void
test_no_space (void **state)
{
  (void)state;
  try_errors (ENOSPC);
}

static void
test_io_error (void **state)
{
  (void)state;
  try_errors (EIO);
}

/* File systems and mounts that cannot.  */
static void
test_cannot_exchange (void **state)
{
  static const struct
  {
    int error;
    gpg_err_code_t code;
    const char *text;
  } cases[] = { { EBUSY, GPG_ERR_EBUSY, "mount point" },
                { EINVAL, GPG_ERR_NOT_SUPPORTED, "file system" },
                { EPERM, GPG_ERR_EPERM, "lsattr" } };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct plan *plan = plan_for ("/etc/file", NEW);

      fault.kind = FAULT_ERROR;
      fault.call = "renameat2";
      fault.error = cases[i].error;
      fault.at = 1;
      refuse (plan, cases[i].code, cases[i].text);
      fault_clear ();
      assert_text ("/etc/file", OLD);
    }
}

/* The durability that is promised: how often the disk is waited for.  */
static void
test_cost (void **state)
{
  struct plan *plan;

  (void)state;
  assert_int_equal (run (plan_for ("/etc/file", OLD), NULL), 0);
  plan = plan_of_four ();
  fault.kind = FAULT_MEET;
  fault.call = "fsync";
  assert_int_equal (run (plan, NULL), 0);
  assert_int_equal (fault.count, 3 + 1);
  fault_clear ();
  plan = plan_of_four ();
  fault.kind = FAULT_MEET;
  fault.call = "fdatasync";
  assert_int_equal (run (plan, NULL), 0);
  assert_int_equal (fault.count, 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_replace),        TEST (test_create),
    TEST (test_remove),         TEST (test_long_name),
    TEST (test_through_link),   TEST (test_describe),
    TEST (test_attributes),     TEST (test_owner),
    TEST (test_changed_before), TEST (test_own),
    TEST (test_untrusted),      TEST (test_no_directory),
    TEST (test_all_or_nothing), TEST (test_no_space),
    TEST (test_io_error),       TEST (test_cannot_exchange),
    TEST (test_cost),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
