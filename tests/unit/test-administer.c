/* test-administer.c - tests of src/daemon/administer.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <fnmatch.h>
#include "policyhand.h"
#include "protocol/memory.h"
#include "src/daemon/administer.h"

static struct daemon daemon_;
static char printed[65536]; /* On standard output and standard error.  */

/* Have the next function print into a file.  */
static int
catch_output (const struct scratch *scratch)
{
  int kept = dup (STDOUT_FILENO);
  int fd = open (scratch_path (scratch, "/printed"),
                 O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

  fflush (stdout);
  dup2 (fd, STDOUT_FILENO);
  close (fd);
  log_set_file (scratch_path (scratch, "/printed"));
  return kept;
}

static void
end_catching (const struct scratch *scratch, int kept)
{
  fflush (stdout);
  dup2 (kept, STDOUT_FILENO);
  close (kept);
  log_set_file (NULL);
  snprintf (printed, sizeof printed, "%s", scratch_text (scratch, "/printed"));
}

/* What was printed fits PATTERN.  */
static void
prints (const char *pattern)
{
  if (fnmatch (pattern, printed, 0))
    print_message ("# %s\n", printed);
  assert_int_equal (fnmatch (pattern, printed, 0), 0);
}

static int
lint (void **state, const char *one, const char *other)
{
  char *path[] = { (char *)one, (char *)other };
  int kept = catch_output (*state);
  int status = administer_lint (&daemon_, path, one && other ? 2 : one ? 1 : 0);

  end_catching (*state, kept);
  return status;
}

/* Test the policy PATH against EXPECTED.  */
static int
try (void **state, const char *path, const char *expected)
{
  const struct scratch *scratch = *state;
  int kept, status;

  scratch_write (scratch, "/expected", expected);
  kept = catch_output (scratch);
  status = administer_test (&daemon_, path,
                            scratch_path (scratch, "/expected"));
  end_catching (scratch, kept);
  return status;
}

static int
keys (void **state)
{
  int kept = catch_output (*state);
  int status = administer_keys (&daemon_);

  end_catching (*state, kept);
  return status;
}

static int
administer_setup (void **state)
{
  struct scratch *scratch;

  if (setup (state))
    return -1;
  scratch = *state;
  daemon_ = (struct daemon){ .machine = scratch->machine,
                             .registry = registry };
  return 0;
}

static void
write_policy (void **state, const char *text)
{
  scratch_write (*state, OWN_POLICY_DIR "/a.policy", text);
}

/* --- Lint --- */

static void
test_a_clean_policy (void **state)
{
  assert_int_equal (lint (state, NULL, NULL), 0);
  prints ("identities: 0, files: 0, mistakes: 0, remarks: 0\n");
  write_policy (state, PANEL "allow = *\n");
  assert_int_equal (lint (state, NULL, NULL), 0);
  prints ("identities: 1, files: 1, mistakes: 0, remarks: 0\n");
}

static void
test_remarks_are_no_mistakes (void **state)
{
  write_policy (state, PANEL "key = old.key expires=2001-01-01\n"
                             "expires = 2002-02-02\ndeny = *\n");
  assert_int_equal (lint (state, NULL, NULL), 0);
  prints ("*/a.policy:1: identity panel: no rule allows it anything\n"
          "*/a.policy:1: identity panel has expired\n"
          "*/a.policy:3: identity panel: the key old.key has expired\n"
          "identities: 1, files: 1, mistakes: 0, remarks: 3\n");
}

static void
test_all_mistakes_are_told (void **state)
{
  write_policy (state, "key = early.key\n[identity panel\nkey = panel.key\n"
                       "[identity two]\nkey = two.key\nkey = panel.key\n"
                       "allow = UNIT FLY\nallow = UNIT SHOW\nrate = fast\n"
                       "[identity two]\nfoo\n");
  scratch_write (*state, OWN_POLICY_DIR "/b.policy", "bar\n");
  assert_int_equal (lint (state, NULL, NULL), 1);
  prints ("*/a.policy:1: settings stand below*\n"
          "*/a.policy:2: a section is*\n"
          "*/a.policy:7: *UNIT FLY*\n"
          "*/a.policy:9: rate*\n"
          "*/a.policy:10: *twice\n"
          "*/b.policy:1: *\n"
          "mistakes: 6, remarks: 0\n");
}

static void
test_what_the_machine_lacks_is_a_mistake (void **state)
{
  write_policy (state, PANEL "key = none.key\npeer = no-such-user\n"
                             "allow = *\n");
  assert_int_equal (lint (state, NULL, NULL), 1);
  prints ("*/a.policy:4: peer: this machine has no user*\n"
          "*/a.policy:3: identity panel: *none.key: No such file*\n"
          "identities: 1, files: 1, mistakes: 2, remarks: 0\n");
  write_policy (state, "[identity panel]\nallow = *\n");
  assert_int_equal (lint (state, NULL, NULL), 1);
  prints ("*/a.policy:1: the identity panel has no key*\nmistakes: 1, *");
}

static void
test_files_and_directories_are_named (void **state)
{
  const struct scratch *scratch = *state;
  const char *other;

  write_policy (state, "bad\n");
  scratch_mkdir (scratch, "/other");
  scratch_write (scratch, "/other/x.policy", PANEL "allow = *\n");
  scratch_write (scratch, "/other/notes", "bad\n");
  scratch_write (scratch, "/one",
                 "[identity one]\nkey = panel.key\n"
                 "allow = *\n");
  other = scratch_path (scratch, "/other");
  assert_int_equal (lint (state, other, scratch_path (scratch, "/one")), 0);
  prints ("identities: 2, files: 2, mistakes: 0, remarks: 0\n");
  assert_int_equal (lint (state, scratch_path (scratch, "/none"), other), 1);
  prints ("*/none: No such file or directory\nmistakes: 1, remarks: 0\n");
}

/* --- Test --- */

static void
test_expectations_that_hold (void **state)
{
  write_policy (state, PANEL "key = none.key\nallow = UNIT SHOW unit=a*\n"
                             "allow = AUG READ path=/files/a\n");
  assert_int_equal (try (state, NULL,
                         "# comment\n\n \nallow panel UNIT SHOW ab\n"
                         "refuse panel UNIT SHOW \"b b\"\n"
                         "refuse panel UNIT STOP a\n"
                         "allow panel UNIT SHOW --lines=3 a%20b\n"
                         "refuse panel AUG WRITE path=/files/b\n"
                         "allow panel AUG GET"),
                    0);
  prints ("6 passed, 0 failed\n");
}

static void
test_expectations_about_permits (void **state)
{
  write_policy (state, PANEL "allow = *\nallow = UNIT START exec=1 unit=a\n");
  assert_int_equal (try (state, NULL,
                         "allow panel UNIT START --exec a\n"
                         "allow panel UNIT START b\n"
                         "refuse panel UNIT START --exec b\n"),
                    0);
  prints ("3 passed, 0 failed\n");
  assert_int_equal (try (state, NULL, "allow panel UNIT START --exec b\n"), 1);
  prints ("*/expected:1: expected \"allow\", but UNIT START: no rule\n"
          "0 passed, 1 failed\n");
}

static void
test_expectations_that_fail (void **state)
{
  write_policy (state, PANEL "allow = UNIT *\ndeny = UNIT STOP unit=a\n");
  assert_int_equal (try (state, NULL,
                         "allow panel UNIT STOP a\n\n"
                         "refuse panel UNIT SHOW a\n"
                         "allow panel FILE PUT /a\n"
                         "allow panel UNIT SHOW a\n"),
                    1);
  prints ("*/expected:1: expected \"allow\", but UNIT STOP: deny, "
          "*/a.policy:4: deny = UNIT STOP unit=a\n"
          "*/expected:3: expected \"refuse\", but UNIT SHOW: allow, "
          "*/a.policy:3: allow = UNIT ?\n"
          "*/expected:4: expected \"allow\", but FILE PUT: no rule\n"
          "1 passed, 3 failed\n");
}

static void
test_another_policy_is_tested (void **state)
{
  const struct scratch *scratch = *state;

  char path[4096];

  write_policy (state, "bad\n");
  scratch_write (scratch, "/one", PANEL "allow = *\n");
  snprintf (path, sizeof path, "%s", scratch_path (scratch, "/one"));
  assert_int_equal (try (state, path, "allow panel UNIT STOP a\n"), 0);
  assert_int_equal (try (state, NULL, ""), 2);
  prints ("*a.policy:1: *");
}

static void
test_mistakes_in_the_expectations (void **state)
{
  static const char *const texts[]
      = { "allow panel UNIT\n",         "permit panel UNIT SHOW a\n",
          "allow ghost UNIT SHOW a\n",  "allow panel UNIT FLY\n",
          "allow panel UNIT START\n",   "allow panel UNIT SHOW \"a\n",
          "allow panel UNIT SHOW %zz\n" };
  const struct scratch *scratch = *state;
  int kept, fd;

  write_policy (state, PANEL "allow = *\n");
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    {
      assert_int_equal (try (state, NULL, texts[i]), 2);
      prints ("*/expected:1: *");
    }
  fd = open (scratch_path (scratch, "/nul"), O_WRONLY | O_CREAT | O_CLOEXEC,
             0600);
  assert_int_equal (write (fd, "# a\n#\0\n", 7), 7);
  close (fd);
  kept = catch_output (scratch);
  assert_int_equal (
      administer_test (&daemon_, NULL, scratch_path (scratch, "/nul")), 2);
  assert_int_equal (
      administer_test (&daemon_, NULL, scratch_path (scratch, "/none")), 2);
  assert_int_equal (
      administer_test (&daemon_, NULL, scratch_path (scratch, "/etc")), 2);
  end_catching (scratch, kept);
  prints ("*/nul:2: a NUL character\n*/none: No such*\n*/etc: Is a dir*\n");
}

/* --- Keys --- */

static void
test_keys_are_listed (void **state)
{
  const struct scratch *scratch = *state;

  scratch_write (scratch, OWN_KEYS_DIR "/wide.key", KEY);
  scratch_write (scratch, OWN_KEYS_DIR "/short.key", "short\n");
  set_mode (scratch, OWN_KEYS_DIR "/short.key", 0400);
  write_policy (state, PANEL "key = old.key expires=2001-01-01\n"
                             "key = none.key expires=2101-01-01T00:00:01Z\n"
                             "key = wide.key\nkey = short.key\n"
                             "[identity late]\nkey = panel.key\n"
                             "expires = 2101-02-03\n"
                             "[identity gone]\n"
                             "key = panel.key expires=2101-01-01\n"
                             "expires = 2001-02-03\n");
  assert_int_equal (keys (state), 0);
  prints ("panel\tpanel.key\t-\t*/a.policy\t2\tvalid\n"
          "panel\told.key\t2001-01-01T00:00:00Z\t*/a.policy\t3\texpired\n"
          "panel\tnone.key\t2101-01-01T00:00:01Z\t*/a.policy\t4\tmissing\n"
          "panel\twide.key\t-\t*/a.policy\t5\tunusable\n"
          "panel\tshort.key\t-\t*/a.policy\t6\tunusable\n"
          "late\tpanel.key\t2101-02-03T00:00:00Z\t*/a.policy\t8\tvalid\n"
          "gone\tpanel.key\t2001-02-03T00:00:00Z\t*/a.policy\t11\texpired\n");
}

static void
test_keys_of_a_broken_policy (void **state)
{
  write_policy (state, PANEL "foo = bar\n");
  assert_int_equal (keys (state), 1);
  prints ("*/a.policy:3: unknown setting*");
}

static void
test_a_full_disk_is_told (void **state)
{
  int kept = dup (STDOUT_FILENO);
  int full = open ("/dev/full", O_WRONLY | O_CLOEXEC);
  int status;

  fflush (stdout);
  write_policy (state, PANEL "allow = *\n");
  log_set_file (scratch_path (*state, "/printed"));
  dup2 (full, STDOUT_FILENO);
  status = administer_keys (&daemon_);
  dup2 (kept, STDOUT_FILENO);
  clearerr (stdout);
  close (kept);
  close (full);
  log_set_file (NULL);
  assert_int_equal (status, 2);
}

#define ADMINISTER_TEST(name)                                                  \
  cmocka_unit_test_setup_teardown (name, administer_setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    ADMINISTER_TEST (test_a_clean_policy),
    ADMINISTER_TEST (test_remarks_are_no_mistakes),
    ADMINISTER_TEST (test_all_mistakes_are_told),
    ADMINISTER_TEST (test_what_the_machine_lacks_is_a_mistake),
    ADMINISTER_TEST (test_files_and_directories_are_named),
    ADMINISTER_TEST (test_expectations_that_hold),
    ADMINISTER_TEST (test_expectations_about_permits),
    ADMINISTER_TEST (test_expectations_that_fail),
    ADMINISTER_TEST (test_another_policy_is_tested),
    ADMINISTER_TEST (test_mistakes_in_the_expectations),
    ADMINISTER_TEST (test_keys_are_listed),
    ADMINISTER_TEST (test_keys_of_a_broken_policy),
    ADMINISTER_TEST (test_a_full_disk_is_told),
  };

  return cmocka_run_group_tests (tests, make_registry, drop_registry);
}
