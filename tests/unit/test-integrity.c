/* test-integrity.c - tests of src/gate/integrity.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "check.h"
#include "daemonhand.h"

#include <sys/time.h>
#include <time.h>
#include "src/gate/integrity.h"

#define POLICY OWN_POLICY_DIR "/a.policy"
#define KEY OWN_KEYS_DIR "/panel.key"

/* The configuration as it was loaded.  */
static struct integrity_file config;

static int
setup (void **state)
{
  struct daemonhand *hand;

  if (daemonhand_setup (state))
    return -1;
  hand = *state;
  scratch_write (hand->scratch, OWN_CONFIG_FILE, "debug\n");
  config.os_path = strdup (scratch_path (hand->scratch, OWN_CONFIG_FILE));
  integrity_look (config.os_path, &config.stat);
  return config.os_path ? 0 : -1;
}

static int
teardown (void **state)
{
  free (config.os_path);
  return daemonhand_teardown (state);
}

/* All is as it was loaded.  */
static void
is_intact (struct daemonhand *hand)
{
  auto_failure struct failure failure = FAILURE_NONE;
  gpg_error_t err = integrity_check (&hand->daemon.policy.seen, &config,
                                     &failure);

  if (err)
    print_error ("%s\n", failure.text);
  assert_int_equal (err, 0);
}

/* PATH is named as the one that is not; then a load makes it good.  */
static void
is_changed (struct daemonhand *hand, const char *path, const char *what)
{
  auto_failure struct failure failure = FAILURE_NONE;
  char words[200];

  assert_code (integrity_check (&hand->daemon.policy.seen, &config, &failure),
               GPG_ERR_CONFIGURATION);
  snprintf (words, sizeof words, "configuration: %s %s on disk",
            strrchr (path, '/') + 1, what);
  assert_non_null (failure.text);
  if (!strstr (failure.text, words))
    print_error ("%s\n", failure.text);
  assert_non_null (strstr (failure.text, words));
  assert_true (strlen (failure.text) <= LIMIT_ERROR_TEXT);
  assert_string_equal (failure.details->name, "file");
  assert_string_equal (failure.details->value,
                       scratch_path (hand->scratch, path));
}

static void
load (struct daemonhand *hand)
{
  integrity_look (config.os_path, &config.stat);
  daemonhand_load (hand);
  is_intact (hand);
}

/* Change PATH in each way that keeps it a good file; after each, a load is
   content.  */
static void
change (struct daemonhand *hand, const char *path, const char *text)
{
  char real[4096], other[4200];
  struct timespec same[2];
  struct stat stat;

  snprintf (real, sizeof real, "%s", scratch_path (hand->scratch, path));
  snprintf (other, sizeof other, "%s.other", real);
  load (hand);

  /* Content: of another length, of the same one, at the same time.  */
  assert_int_equal (lstat (real, &stat), 0);
  assert_int_equal (chmod (real, 0600), 0);
  is_changed (hand, path, "changed");
  load (hand);
  scratch_write (hand->scratch, path, text);
  is_changed (hand, path, "changed");
  load (hand);
  scratch_write (hand->scratch, path, text);
  is_changed (hand, path, "changed");
  load (hand);
  assert_int_equal (lstat (real, &stat), 0);
  scratch_write (hand->scratch, path, text);
  same[0] = stat.st_atim;
  same[1] = stat.st_mtim;
  assert_int_equal (utimensat (AT_FDCWD, real, same, 0), 0);
  is_changed (hand, path, "changed");
  load (hand);

  /* Mode.  */
  assert_int_equal (chmod (real, 0400), 0);
  is_changed (hand, path, "changed");
  load (hand);
  assert_int_equal (chmod (real, 0600), 0);

  /* Another file of the same content, time and mode.  */
  assert_int_equal (lstat (real, &stat), 0);
  scratch_write (hand->scratch, path, text);
  load (hand);
  assert_int_equal (rename (real, other), 0);
  is_changed (hand, path, "was removed");
  scratch_write (hand->scratch, path, text);
  assert_int_equal (chmod (real, 0600), 0);
  is_changed (hand, path, "changed");
  load (hand);
  assert_int_equal (unlink (real), 0);
  assert_int_equal (symlink (other, real), 0);
  is_changed (hand, path, "changed");
  assert_int_equal (unlink (real), 0);
  assert_int_equal (rename (other, real), 0);
  is_changed (hand, path, "changed");
  assert_int_equal (chmod (real, 0600), 0);
  load (hand);
}

static void
nothing_changed (void **state)
{
  struct daemonhand *hand = *state;

  is_intact (hand);
  load (hand);
}

static void
a_policy_file_changes (void **state)
{
  change (*state, POLICY, "[identity panel]\nkey = panel.key\n");
}

static void
a_key_changes (void **state)
{
  change (*state, KEY, PANEL_KEY "\n");
}

static void
the_configuration_changes (void **state)
{
  change (*state, OWN_CONFIG_FILE, "foreground\n");
}

/* Which the daemon does not read.  */
static void
pve_conf_changes (void **state)
{
  struct daemonhand *hand = *state;

  load (hand);
  scratch_write (hand->scratch, OWN_PVE_FILE, "insecure\n");
  is_changed (hand, OWN_PVE_FILE, "appeared");
  change (hand, OWN_PVE_FILE, "timeout 5s\n");
  assert_int_equal (unlink (scratch_path (hand->scratch, OWN_PVE_FILE)), 0);
  is_changed (hand, OWN_PVE_FILE, "was removed");
  load (hand);
}

static void
a_file_changes_its_owner (void **state)
{
  static const char *const paths[] = { POLICY, KEY, OWN_CONFIG_FILE };
  struct daemonhand *hand = *state;

  if (getuid ())
    {
      print_message ("machine: only root can give files away\n");
      skip ();
    }
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    {
      const char *real = scratch_path (hand->scratch, paths[i]);

      assert_int_equal (chown (real, 0, 4711), 0);
      is_changed (hand, paths[i], "changed");
      load (hand);
      real = scratch_path (hand->scratch, paths[i]);
      assert_int_equal (chown (real, 4711, 0), 0);
      is_changed (hand, paths[i], "changed");
      assert_int_equal (chown (real, 0, 0), 0);
      load (hand);
    }
}

static void
policy_files_come_and_go (void **state)
{
  struct daemonhand *hand = *state;
  const char *more = OWN_POLICY_DIR "/b.policy";

  /* What is none does not matter.  */
  scratch_write (hand->scratch, OWN_POLICY_DIR "/a.policy~", "x");
  scratch_write (hand->scratch, OWN_POLICY_DIR "/.a.policy", "x");
  is_intact (hand);
  scratch_write (hand->scratch, more, "# none\n");
  is_changed (hand, more, "appeared");
  assert_int_equal (unlink (scratch_path (hand->scratch, more)), 0);
  is_intact (hand);
  scratch_write (hand->scratch, more, "# none\n");
  load (hand);
  assert_int_equal (unlink (scratch_path (hand->scratch, more)), 0);
  is_changed (hand, more, "was removed");
  load (hand);
  assert_int_equal (symlink ("a.policy", scratch_path (hand->scratch, more)),
                    0);
  is_changed (hand, more, "appeared");
}

static void
the_directory_changes (void **state)
{
  struct daemonhand *hand = *state;
  char real[4096], other[4200];

  snprintf (real, sizeof real, "%s",
            scratch_path (hand->scratch, OWN_POLICY_DIR));
  snprintf (other, sizeof other, "%s.other", real);
  load (hand);
  assert_int_equal (chmod (real, 0777), 0);
  is_changed (hand, OWN_POLICY_DIR, "changed");
  assert_int_equal (chmod (real, 0755), 0);
  /* Another directory, or a link to one, has other files.  */
  assert_int_equal (rename (real, other), 0);
  is_changed (hand, POLICY, "was removed");
  assert_int_equal (symlink (other, real), 0);
  is_changed (hand, OWN_POLICY_DIR, "changed");
}

/* No directory, then an empty one, then one with a file.  */
static void
the_directory_appears (void **state)
{
  struct daemonhand *hand = *state;

  assert_int_equal (unlink (scratch_path (hand->scratch, POLICY)), 0);
  assert_int_equal (rmdir (scratch_path (hand->scratch, OWN_POLICY_DIR)), 0);
  load (hand);
  scratch_mkdir (hand->scratch, OWN_POLICY_DIR);
  is_intact (hand);
  scratch_write (hand->scratch, POLICY, "# none\n");
  is_changed (hand, POLICY, "appeared");
  load (hand);
  assert_int_equal (unlink (scratch_path (hand->scratch, POLICY)), 0);
  assert_int_equal (rmdir (scratch_path (hand->scratch, OWN_POLICY_DIR)), 0);
  is_changed (hand, POLICY, "was removed");
  load (hand);
}

static void
the_configuration_appears (void **state)
{
  struct daemonhand *hand = *state;
  const char *real = scratch_path (hand->scratch, OWN_CONFIG_FILE);

  assert_int_equal (unlink (real), 0);
  is_changed (hand, OWN_CONFIG_FILE, "was removed");
  load (hand);
  scratch_write (hand->scratch, OWN_CONFIG_FILE, "debug\n");
  is_changed (hand, OWN_CONFIG_FILE, "appeared");
  /* None is read.  */
  free (config.os_path);
  config.os_path = NULL;
  is_intact (hand);
}

/* However soon after a load a change comes, it is seen.  */
static void
changes_in_the_same_moment (void **state)
{
  struct daemonhand *hand = *state;
  char text[] = "[identity panel]\nkey = panel.key\n# 0\n";

  for (int i = 0; i < 30; i++)
    {
      text[sizeof text - 3] = (char)('0' + i % 10);
      scratch_write (hand->scratch, POLICY, text);
      daemonhand_load (hand);
      text[sizeof text - 3] = (char)('0' + (i + 1) % 10);
      scratch_write (hand->scratch, POLICY, text);
      is_changed (hand, POLICY, "changed");
    }
}

/* --- What a load refuses --- */

static void
refuses (struct daemonhand *hand, gpg_err_code_t code, const char *path)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct daemon *daemon = &hand->daemon;
  struct policy policy;

  assert_code (
      policy_load (&daemon->machine, &daemon->registry, &policy, &failure),
      code);
  assert_non_null (failure.text);
  assert_non_null (strstr (failure.text, path));
  assert_int_equal (policy.count, 0);
  assert_int_equal (policy.seen.count, 0);
}

static void
directories_that_others_can_write_to (void **state)
{
  static const char *const own[] = { OWN_CONFIG_DIR, OWN_POLICY_DIR,
                                     OWN_KEYS_DIR };
  struct daemonhand *hand = *state;

  /* Also where there is no file in them.  */
  assert_int_equal (unlink (scratch_path (hand->scratch, POLICY)), 0);
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    {
      char real[4096], other[4200];

      snprintf (real, sizeof real, "%s", scratch_path (hand->scratch, own[i]));
      snprintf (other, sizeof other, "%s.other", real);
      assert_int_equal (chmod (real, 0757), 0);
      refuses (hand, GPG_ERR_EPERM, own[i]);
      assert_int_equal (chmod (real, 0775), 0);
      refuses (hand, GPG_ERR_EPERM, own[i]);
      assert_int_equal (chmod (real, 0755), 0);
      assert_int_equal (rename (real, other), 0);
      assert_int_equal (symlink (other, real), 0);
      refuses (hand, GPG_ERR_ELOOP, own[i]);
      assert_int_equal (unlink (real), 0);
      scratch_write (hand->scratch, own[i], "");
      refuses (hand, GPG_ERR_ENOTDIR, own[i]);
      assert_int_equal (unlink (real), 0);
      assert_int_equal (rename (other, real), 0);
      if (!getuid ())
        {
          assert_int_equal (chown (real, 4711, 0), 0);
          refuses (hand, GPG_ERR_EPERM, own[i]);
          assert_int_equal (chown (real, 0, 0), 0);
        }
      load (hand);
    }
}

/* A check costs little beside a call, which takes some 50 us.  */
static void
a_check_is_cheap (void **state)
{
  struct daemonhand *hand = *state;
  struct timespec start, end;
  enum
  {
    TIMES = 2000
  };

  load (hand);
  clock_gettime (CLOCK_MONOTONIC, &start);
  for (int i = 0; i < TIMES; i++)
    is_intact (hand);
  clock_gettime (CLOCK_MONOTONIC, &end);
  print_message ("%.2f us for %zu files\n",
                 ((double)(end.tv_sec - start.tv_sec) * 1e6
                  + (double)(end.tv_nsec - start.tv_nsec) / 1e3)
                     / TIMES,
                 hand->daemon.policy.seen.count + 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (nothing_changed),
    TEST (a_policy_file_changes),
    TEST (a_key_changes),
    TEST (the_configuration_changes),
    TEST (pve_conf_changes),
    TEST (a_file_changes_its_owner),
    TEST (policy_files_come_and_go),
    TEST (the_directory_changes),
    TEST (the_directory_appears),
    TEST (the_configuration_appears),
    TEST (changes_in_the_same_moment),
    TEST (directories_that_others_can_write_to),
    TEST (a_check_is_cheap),
  };

  return cmocka_run_group_tests_name ("integrity", tests, NULL, NULL);
}
