/* test-place.c - following paths
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include <limits.h>
#include <sys/xattr.h>
#include "../../protocol/limits.h"
#include "../../src/base/file.h"

static struct scratch *scratch;

static int
setup (void **state)
{
  if (scratch_setup (state))
    return -1;
  scratch = *state;
  scratch_mkdir (scratch, "/a");
  scratch_mkdir (scratch, "/a/b");
  scratch_mkdir (scratch, "/etc");
  scratch_write (scratch, "/a/b/file", "content");
  scratch_write (scratch, "/etc/hosts", "the scratch one");
  return 0;
}

static void
link_to (const char *target, const char *path)
{
  assert_int_equal (symlink (target, scratch_path (scratch, path)), 0);
}

/* PATH must lead to RESOLVED, which exists or not.  */
static void
leads_to (const char *path, const char *resolved, bool exists)
{
  struct place place;
  struct stat stat;

  assert_int_equal (place_find (&scratch->machine, path, &place, NULL), 0);
  assert_string_equal (place.path, resolved);
  assert_int_equal (place.exists, exists);
  assert_true (place.trusted);
  assert_null (place.suspect);
  assert_int_equal (
      fstatat (place.directory_fd, place.name, &stat, AT_SYMLINK_NOFOLLOW),
      exists ? 0 : -1);
  if (exists)
    assert_int_equal (stat.st_ino, place.stat.st_ino);
  place_release (&place);
}

static void
fails (const char *path, gpg_err_code_t code)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct place place;

  assert_int_equal (
      gpg_err_code (place_find (&scratch->machine, path, &place, &failure)),
      code);
  assert_non_null (failure.text);
  assert_int_equal (place.directory_fd, -1);
  place_release (&place);
}

static void
test_plain (void **state)
{
  (void)state;
  leads_to ("/a/b/file", "/a/b/file", true);
  leads_to ("//a/./b//file", "/a/b/file", true);
  leads_to ("/a/b/file/", "/a/b/file", true);
  leads_to ("/a/b/none", "/a/b/none", false);
  leads_to ("/a/b/none/.", "/a/b/none", false);
  leads_to ("/a/b", "/a/b", true);
  leads_to ("/...", "/...", false);
  leads_to ("/", "/", true);
  leads_to ("/.", "/", true);
}

static void
test_up (void **state)
{
  (void)state;
  leads_to ("/a/b/../b/file", "/a/b/file", true);
  leads_to ("/a/b/../../etc/hosts", "/etc/hosts", true);
  leads_to ("/../../../etc/hosts", "/etc/hosts", true);
  leads_to ("/a/b/../../../../etc/hosts", "/etc/hosts", true);
  leads_to ("/a/..", "/", true);
  leads_to ("/a/b/..", "/a", true);
  fails ("/none/../etc/hosts", GPG_ERR_ENOENT);
  fails ("/etc/hosts/../hosts", GPG_ERR_ENOTDIR);
}

static void
test_links (void **state)
{
  (void)state;
  link_to ("b/file", "/a/relative");
  leads_to ("/a/relative", "/a/b/file", true);
  link_to ("/etc/hosts", "/a/absolute");
  leads_to ("/a/absolute", "/etc/hosts", true);
  link_to ("/a/b", "/dir");
  leads_to ("/dir/file", "/a/b/file", true);
  leads_to ("/dir/../b/file", "/a/b/file", true);
  link_to ("../../../../../../etc", "/a/out");
  leads_to ("/a/out/hosts", "/etc/hosts", true);
  link_to ("/a/b/new", "/dangling");
  leads_to ("/dangling", "/a/b/new", false);
  link_to ("/", "/a/root");
  leads_to ("/a/root/etc/hosts", "/etc/hosts", true);
  leads_to ("/a/root", "/", true);
  fails ("/dangling/x", GPG_ERR_ENOENT);
}

static void
test_loops (void **state)
{
  char path[64];
  int i;

  (void)state;
  link_to ("/loop", "/loop");
  fails ("/loop", GPG_ERR_ELOOP);
  link_to ("b/../link0", "/a/link0");
  fails ("/a/link0", GPG_ERR_ELOOP);
  link_to ("file", "/a/b/l0");
  for (i = 1; i <= LIMIT_LINKS; i++)
    {
      char target[16];

      snprintf (target, sizeof target, "l%d", i - 1);
      snprintf (path, sizeof path, "/a/b/l%d", i);
      link_to (target, path);
    }
  snprintf (path, sizeof path, "/a/b/l%d", LIMIT_LINKS - 1);
  leads_to (path, "/a/b/file", true);
  snprintf (path, sizeof path, "/a/b/l%d", LIMIT_LINKS);
  fails (path, GPG_ERR_ELOOP);
}

static void
test_limits (void **state)
{
  char path[LIMIT_PATH + 8];
  size_t i;

  (void)state;
  fails ("etc/hosts", GPG_ERR_INV_NAME);
  fails ("", GPG_ERR_INV_NAME);
  memset (path, 'n', sizeof path);
  path[0] = '/';
  path[1 + NAME_MAX] = 0;
  leads_to (path, path, false);
  path[1 + NAME_MAX] = 'n';
  path[2 + NAME_MAX] = 0;
  fails (path, GPG_ERR_INV_NAME);
  memset (path, '/', sizeof path);
  path[LIMIT_PATH] = 0;
  leads_to (path, "/", true);
  path[LIMIT_PATH] = '/';
  path[LIMIT_PATH + 1] = 0;
  fails (path, GPG_ERR_INV_NAME);
  /* Many ways up cost what they cost, not the square of it.  */
  for (i = 0; i + 5 < LIMIT_PATH; i += 5)
    memcpy (path + i, "/a/..", 5);
  path[i] = 0;
  leads_to (path, "/", true);
}

static void
test_errors (void **state)
{
  (void)state;
  fails ("/none/file", GPG_ERR_ENOENT);
  fails ("/etc/hosts/x", GPG_ERR_ENOTDIR);
}

/* A magic link is no way out of the root, only its text counts.  */
static void
test_magic (void **state)
{
  struct machine machine;
  struct place place;

  (void)state;
  assert_int_equal (machine_open (NULL, &machine, NULL), 0);
  if (!place_find (&machine, "/proc/self/root/etc", &place, NULL))
    {
      assert_string_equal (place.path, "/etc");
      place_release (&place);
    }
  if (!place_find (&machine, "/proc/self/fd/0", &place, NULL))
    {
      assert_true (!place.exists || !S_ISLNK (place.stat.st_mode));
      place_release (&place);
    }
  machine_close (&machine);
}

static void
suspect (const char *path, const char *directory)
{
  struct place place;

  assert_int_equal (place_find (&scratch->machine, path, &place, NULL), 0);
  assert_false (place.trusted);
  assert_string_equal (place.suspect, directory);
  place_release (&place);
}

static void
test_writable_by_all (void **state)
{
  (void)state;
  link_to ("file", "/a/b/link");
  link_to ("/a/b", "/dir");
  assert_int_equal (chmod (scratch_path (scratch, "/a/b"), 0777), 0);
  suspect ("/a/b/file", "/a/b");
  suspect ("/a/b/none", "/a/b");
  suspect ("/dir/none", "/a/b");
  suspect ("/a/b/../../etc/hosts", "/a/b");
  fails ("/a/b/link", GPG_ERR_FORBIDDEN);
  assert_int_equal (chmod (scratch_path (scratch, "/a/b"), 01777), 0);
  leads_to ("/a/b/link", "/a/b/file", true);
}

/* Make a group that is neither root's nor the daemon's the one of DIRECTORY;
   as an ordinary user by not counting the user's own.  */
static void
give_to_group (const char *directory)
{
  if (geteuid ())
    scratch->machine.gid = (gid_t)-1;
  else
    assert_int_equal (
        chown (scratch_path (scratch, directory), (uid_t)-1, 4711), 0);
}

static void
test_writable_by_group (void **state)
{
  (void)state;
  if (!getegid () && geteuid ())
    {
      print_message ("machine: this user's group is root's\n");
      skip ();
    }
  link_to ("file", "/a/b/link");
  assert_int_equal (chmod (scratch_path (scratch, "/a/b"), 0775), 0);
  /* Root's own group, or the user's.  */
  leads_to ("/a/b/link", "/a/b/file", true);
  give_to_group ("/a/b");
  suspect ("/a/b/file", "/a/b");
  suspect ("/a/b/none", "/a/b");
  suspect ("/a/b/../../etc/hosts", "/a/b");
  fails ("/a/b/link", GPG_ERR_FORBIDDEN);
  assert_int_equal (chmod (scratch_path (scratch, "/a/b"), 01775), 0);
  leads_to ("/a/b/link", "/a/b/file", true);
  assert_int_equal (chmod (scratch_path (scratch, "/a/b"), 0755), 0);
  leads_to ("/a/b/link", "/a/b/file", true);
}

/* What chmod shows for a group may be what a list gives to anybody.  */
static void
test_access_list (void **state)
{
  struct
  {
    uint32_t version;
    struct
    {
      uint16_t tag, rights;
      uint32_t id;
    } entry[5];
  } list = { 2,
             { { 0x01, 7, ~0U }, /* The owner.  */
               { 0x02, 7, 4711 },
               { 0x04, 5, ~0U }, /* The group.  */
               { 0x10, 7, ~0U }, /* The mask.  */
               { 0x20, 5, ~0U } } };

  (void)state;
  link_to ("file", "/a/b/link");
  if (setxattr (scratch_path (scratch, "/a/b"), "system.posix_acl_access",
                &list, sizeof list, 0))
    {
      print_message ("machine: no access lists here: %s\n", strerror (errno));
      skip ();
    }
  suspect ("/a/b/file", "/a/b");
  fails ("/a/b/link", GPG_ERR_FORBIDDEN);
  /* A list that gives nobody else more than to read is harmless.  */
  assert_int_equal (chmod (scratch_path (scratch, "/a/b"), 0755), 0);
  leads_to ("/a/b/link", "/a/b/file", true);
}

static void
test_strangers (void **state)
{
  (void)state;
  if (geteuid ())
    {
      print_message ("machine: only root can give files away\n");
      skip ();
    }
  link_to ("b/file", "/a/link");
  assert_int_equal (lchown (scratch_path (scratch, "/a/link"), 4711, 0), 0);
  fails ("/a/link", GPG_ERR_FORBIDDEN);
  assert_int_equal (chown (scratch_path (scratch, "/a"), 4711, 0), 0);
  suspect ("/a/b/file", "/a");
  assert_int_equal (lchown (scratch_path (scratch, "/a/link"), 0, 0), 0);
  fails ("/a/link", GPG_ERR_FORBIDDEN);
  scratch->machine.uid = 4711;
  leads_to ("/a/link", "/a/b/file", true);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_plain),       TEST (test_up),
    TEST (test_links),       TEST (test_loops),
    TEST (test_limits),      TEST (test_errors),
    TEST (test_magic),       TEST (test_writable_by_all),
    TEST (test_strangers),   TEST (test_writable_by_group),
    TEST (test_access_list),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
