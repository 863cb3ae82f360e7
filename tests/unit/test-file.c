/* test-file.c - reading files that a client names, and reeve's own
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "check.h"
#include "faults.h"
#include <sys/socket.h>
#include <sys/un.h>
#include "../../src/base/file.h"

static struct scratch *scratch;

static int
setup (void **state)
{
  if (scratch_setup (state))
    return -1;
  scratch = *state;
  fault_clear ();
  scratch_mkdir (scratch, "/etc");
  scratch_write (scratch, "/etc/file", "content\n");
  return 0;
}

/* --- file_read --- */

static void
test_read (void **state)
{
  static const unsigned char hash_of_abc[FILE_HASH]
      = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
          0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
          0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
  struct file_image image;
  struct stat present;
  char *path;

  (void)state;
  scratch_write (scratch, "/etc/file", "abc");
  assert_int_equal (symlink ("file", scratch_path (scratch, "/etc/link")), 0);
  assert_int_equal (
      file_read (&scratch->machine, "/etc//link", 3, &image, &path, NULL), 0);
  assert_true (image.exists);
  assert_string_equal (path, "/etc/file");
  assert_int_equal (image.length, 3);
  assert_memory_equal (image.bytes, "abc", 4);
  assert_memory_equal (image.hash, hash_of_abc, FILE_HASH);
  assert_int_equal (stat (scratch_path (scratch, "/etc/file"), &present), 0);
  assert_int_equal (image.stat.st_ino, present.st_ino);
  free (path);
  file_image_release (&image);
  assert_null (image.bytes);
}

static void
test_read_empty (void **state)
{
  struct file_image image;

  (void)state;
  scratch_write (scratch, "/etc/file", "");
  assert_int_equal (
      file_read (&scratch->machine, "/etc/file", 0, &image, NULL, NULL), 0);
  assert_true (image.exists);
  assert_int_equal (image.length, 0);
  assert_string_equal (image.bytes, "");
  file_image_release (&image);
}

static void
test_read_missing (void **state)
{
  static const char *const missing[] = { "/etc/none", "/none/file" };
  struct file_image image;
  char *path;

  (void)state;
  for (size_t i = 0; i < 2; i++)
    {
      assert_int_equal (
          file_read (&scratch->machine, missing[i], 10, &image, &path, NULL),
          0);
      assert_false (image.exists);
      assert_null (image.bytes);
      assert_string_equal (path, missing[i]);
      free (path);
      file_image_release (&image);
    }
}

static void
read_fails (const char *path, size_t limit, gpg_err_code_t code)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct file_image image;
  char *resolved;

  assert_int_equal (gpg_err_code (file_read (&scratch->machine, path, limit,
                                             &image, &resolved, &failure)),
                    code);
  assert_non_null (failure.text);
  assert_null (image.bytes);
  assert_false (image.exists);
  assert_null (resolved);
}

static void
test_read_refused (void **state)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd;

  (void)state;
  read_fails ("/etc/file", 7, GPG_ERR_TOO_LARGE);
  read_fails ("/etc", 100, GPG_ERR_INV_OBJ);
  read_fails ("etc", 100, GPG_ERR_INV_NAME);
  read_fails ("/etc/file/x", 100, GPG_ERR_ENOTDIR);
  assert_int_equal (mkfifo (scratch_path (scratch, "/etc/fifo"), 0600), 0);
  read_fails ("/etc/fifo", 100, GPG_ERR_INV_OBJ);
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true (fd >= 0);
  snprintf (address.sun_path, sizeof address.sun_path, "%s",
            scratch_path (scratch, "/etc/socket"));
  assert_int_equal (bind (fd, (struct sockaddr *)&address, sizeof address), 0);
  close (fd);
  read_fails ("/etc/socket", 100, GPG_ERR_INV_OBJ);
}

/* Files of the kernel say that they are empty.  */
static void
test_read_proc (void **state)
{
  struct machine machine;
  struct file_image image;

  (void)state;
  assert_int_equal (machine_open (NULL, &machine, NULL), 0);
  assert_int_equal (
      file_read (&machine, "/proc/version", 4096, &image, NULL, NULL), 0);
  assert_true (image.length > 10);
  file_image_release (&image);
  assert_int_equal (gpg_err_code (file_read (&machine, "/proc/version", 10,
                                             &image, NULL, NULL)),
                    GPG_ERR_TOO_LARGE);
  machine_close (&machine);
}

/* The file is replaced by another one between look and open.  */
static void
replace_it (void)
{
  fault_clear ();
  scratch_write (scratch, "/etc/other", "other\n");
  assert_int_equal (rename (scratch_path (scratch, "/etc/other"),
                            scratch_path (scratch, "/etc/file")),
                    0);
}

static void
make_it_a_link (void)
{
  fault_clear ();
  assert_int_equal (unlink (scratch_path (scratch, "/etc/file")), 0);
  assert_int_equal (
      symlink ("/etc/second", scratch_path (scratch, "/etc/file")), 0);
}

static void
test_read_race (void **state)
{
  struct file_image image;

  (void)state;
  scratch_write (scratch, "/etc/second", "second\n");
  for (unsigned at = 1; at <= 6; at++)
    {
      scratch_write (scratch, "/etc/file", "content\n");
      fault.kind = FAULT_MEET;
      fault.call = "openat";
      fault.at = at;
      fault.before = replace_it;
      assert_int_equal (
          file_read (&scratch->machine, "/etc/file", 100, &image, NULL, NULL),
          0);
      fault_clear ();
      assert_true (!strcmp (image.bytes, "other\n")
                   || !strcmp (image.bytes, "content\n"));
      file_image_release (&image);

      fault.kind = FAULT_MEET;
      fault.call = "openat";
      fault.at = at;
      fault.before = make_it_a_link;
      assert_int_equal (
          file_read (&scratch->machine, "/etc/file", 100, &image, NULL, NULL),
          0);
      fault_clear ();
      assert_true (!strcmp (image.bytes, "other\n")
                   || !strcmp (image.bytes, "content\n")
                   || !strcmp (image.bytes, "second\n"));
      file_image_release (&image);
      unlink (scratch_path (scratch, "/etc/file"));
    }
}

/* --- file_open_own --- */

static void
own (const char *path, bool secret, gpg_err_code_t code, const char *text)
{
  auto_failure struct failure failure = FAILURE_NONE;
  gpg_error_t err;
  int fd;

  err = file_open_own (&scratch->machine, scratch_path (scratch, path), secret,
                       &fd, &failure);
  assert_int_equal (gpg_err_code (err), code);
  if (err)
    {
      assert_int_equal (fd, -1);
      assert_non_null (failure.text);
      assert_non_null (strstr (failure.text, text));
      assert_non_null (strstr (failure.text, scratch->root));
      return;
    }
  assert_true (fcntl (fd, F_GETFD) & FD_CLOEXEC);
  close (fd);
}

static void
mode (const char *path, mode_t bits)
{
  assert_int_equal (chmod (scratch_path (scratch, path), bits), 0);
}

static void
test_own (void **state)
{
  (void)state;
  own ("/etc/file", false, 0, NULL);
  own ("/etc/file", true, GPG_ERR_EPERM, "do chmod 0400");
  mode ("/etc/file", 0440);
  own ("/etc/file", true, GPG_ERR_EPERM, "do chmod 0400");
  mode ("/etc/file", 0400);
  own ("/etc/file", true, 0, NULL);
  mode ("/etc/file", 0620);
  own ("/etc/file", false, GPG_ERR_EPERM, "do chmod go-w");
  mode ("/etc/file", 0602);
  own ("/etc/file", false, GPG_ERR_EPERM, "do chmod go-w");
  mode ("/etc/file", 0600);
  mode ("/etc", 0775);
  own ("/etc/file", false, GPG_ERR_EPERM, "directory");
  mode ("/etc", 0700);
  own ("/etc/none", false, GPG_ERR_ENOENT, "none");
  own ("/none/file", false, GPG_ERR_ENOENT, "none");
  own ("/etc", false, GPG_ERR_INV_OBJ, "regular");
  assert_int_equal (symlink ("file", scratch_path (scratch, "/etc/link")), 0);
  own ("/etc/link", false, GPG_ERR_ELOOP, "link");
  assert_int_equal (mkfifo (scratch_path (scratch, "/etc/fifo"), 0600), 0);
  own ("/etc/fifo", false, GPG_ERR_INV_OBJ, "regular");
}

static void
own_directory (const char *path, gpg_err_code_t code, const char *text)
{
  auto_failure struct failure failure = FAILURE_NONE;
  gpg_error_t err = file_check_own_directory (
      &scratch->machine, scratch_path (scratch, path), &failure);

  assert_code (err, code);
  if (err)
    assert_non_null (strstr (failure.text, text));
}

static void
test_own_directory (void **state)
{
  (void)state;
  own_directory ("/etc", 0, NULL);
  mode ("/etc", 0770);
  own_directory ("/etc", GPG_ERR_EPERM, "chmod go-w");
  mode ("/etc", 0757);
  own_directory ("/etc", GPG_ERR_EPERM, "chmod go-w");
  mode ("/etc", 0755);
  own_directory ("/none", GPG_ERR_ENOENT, "none");
  own_directory ("/etc/file", GPG_ERR_ENOTDIR, "file");
  assert_int_equal (symlink ("etc", scratch_path (scratch, "/link")), 0);
  own_directory ("/link", GPG_ERR_ELOOP, "link");
}

static void
log_file (const char *path, gpg_err_code_t code, const char *text)
{
  auto_failure struct failure failure = FAILURE_NONE;
  gpg_error_t err;
  int fd;

  err = file_open_log (&scratch->machine, scratch_path (scratch, path), &fd,
                       &failure);
  assert_code (err, code);
  if (err)
    {
      assert_int_equal (fd, -1);
      assert_non_null (strstr (failure.text, text));
      return;
    }
  assert_true (fcntl (fd, F_GETFD) & FD_CLOEXEC);
  assert_int_equal (write (fd, "x", 1), 1);
  close (fd);
}

static void
test_log (void **state)
{
  struct stat stat;

  (void)state;
  log_file ("/etc/log", 0, NULL);
  log_file ("/etc/log", 0, NULL);
  assert_string_equal (scratch_text (scratch, "/etc/log"), "xx");
  assert_int_equal (lstat (scratch_path (scratch, "/etc/log"), &stat), 0);
  assert_int_equal (stat.st_mode & 0777, 0640);
  mode ("/etc/log", 0622);
  log_file ("/etc/log", GPG_ERR_EPERM, "chmod go-w");
  mode ("/etc/log", 0600);
  assert_int_equal (link (scratch_path (scratch, "/etc/log"),
                          scratch_path (scratch, "/etc/name")),
                    0);
  log_file ("/etc/log", GPG_ERR_INV_OBJ, "one name");
  assert_int_equal (symlink ("file", scratch_path (scratch, "/etc/link")), 0);
  log_file ("/etc/link", GPG_ERR_ELOOP, "link");
  log_file ("/none/log", GPG_ERR_ENOENT, "none");
  log_file ("/etc", GPG_ERR_EISDIR, "etc");
  assert_int_equal (mkfifo (scratch_path (scratch, "/etc/fifo"), 0600), 0);
  log_file ("/etc/fifo", GPG_ERR_ENXIO, "fifo");
}

static void
test_own_strangers (void **state)
{
  (void)state;
  if (geteuid ())
    {
      print_message ("machine: only root can give files away\n");
      skip ();
    }
  assert_int_equal (chown (scratch_path (scratch, "/etc/file"), 4711, 0), 0);
  own ("/etc/file", false, GPG_ERR_EPERM, "uid 4711");
  scratch->machine.uid = 4711;
  own ("/etc/file", false, 0, NULL);
  scratch->machine.uid = 0;
  assert_int_equal (chown (scratch_path (scratch, "/etc/file"), 0, 0), 0);
  assert_int_equal (chown (scratch_path (scratch, "/etc"), 4711, 0), 0);
  own ("/etc/file", false, GPG_ERR_EPERM, "uid 4711");
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_read),          TEST (test_read_empty), TEST (test_read_missing),
    TEST (test_read_refused),  TEST (test_read_proc),  TEST (test_read_race),
    TEST (test_own_directory), TEST (test_log),        TEST (test_own),
    TEST (test_own_strangers),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
