/* test-policy_setting.c - tests of the settings of identities, and of looking
   at a policy that is not in force
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <grp.h>
#include <time.h>
#include "policyhand.h"
#include "../../protocol/memory.h"

#define PAST "2001-02-03"
#define FUTURE "2999-12-31"

/* --- Keys --- */

static void
identities_have_several_keys (void **state)
{
  struct scratch *scratch = *state;
  struct policy policy;
  int fd;

  scratch_write (scratch, OWN_KEYS_DIR "/new.key", "another " KEY);
  set_mode (scratch, OWN_KEYS_DIR "/new.key", 0400);
  assert_right (state,
                PANEL "key = new.key   expires=2999-12-31T01:02:03Z\n"
                      "[identity b]\nkey = panel.key\n",
                &policy);
  assert_int_equal (policy_keys_most (&policy), 2);
  assert_int_equal (policy.identity[0].key_count, 2);
  assert_string_equal (policy.identity[0].key[1].file, "new.key");
  assert_int_equal (policy.identity[0].key[1].expires, 32503597323);
  assert_int_equal (policy.identity[0].key[1].line, 3);
  assert_int_equal (
      identity_open_key (policy.identity, 1, &scratch->machine, &fd, NULL), 0);
  close (fd);
  policy_release (&policy);
  assert_int_equal (policy_keys_most (&policy), 1);
}

static void
keys_have_a_limit (void **state)
{
  struct scratch *scratch = *state;
  struct policy policy;
  char text[512] = "[identity a]\n";
  char path[100];

  for (int i = 0; i <= POLICY_KEYS; i++)
    {
      snprintf (path, sizeof path, "%s/%d.key", OWN_KEYS_DIR, i);
      scratch_write (scratch, path, KEY);
      set_mode (scratch, path, 0400);
      if (i == POLICY_KEYS)
        {
          assert_right (state, text, &policy);
          assert_int_equal (policy_keys_most (&policy), POLICY_KEYS);
          policy_release (&policy);
        }
      snprintf (text + strlen (text), sizeof text - strlen (text),
                "key = %d.key\n", i);
    }
  assert_wrong (state, text, GPG_ERR_LIMIT_REACHED, "a.policy:10:", "8");
}

/* The file of a key that has expired may be gone.  */
static void
keys_expire (void **state)
{
  struct policy policy;

  assert_right (state, PANEL "key = gone.key expires=" PAST "\n", &policy);
  assert_true (identity_expired (policy.identity[0].key[1].expires));
  assert_false (identity_expired (policy.identity[0].key[0].expires));
  policy_release (&policy);
  assert_wrong (state, PANEL "key = gone.key expires=" FUTURE "\n",
                GPG_ERR_ENOENT, "a.policy:3:", "gone.key");
}

static void
times_are_seconds (void **state)
{
  int64_t now = time (NULL);

  (void)state;
  assert_false (identity_expired (0));
  assert_true (identity_expired (now));
  assert_true (identity_expired (1));
  assert_false (identity_expired (now + 100));
}

static void
identities_expire (void **state)
{
  struct policy policy;

  assert_right (state, PANEL "expires = 2001-02-03\n", &policy);
  assert_int_equal (policy.identity[0].expires, 981158400);
  policy_release (&policy);
  assert_right (state, PANEL "expires = 2024-02-29T23:59:59Z\n", &policy);
  assert_int_equal (policy.identity[0].expires, 1709251199);
  policy_release (&policy);
}

/* --- Peers --- */

static void
admits_users_and_groups (void **state)
{
  static const gid_t groups[] = { 100, 7, 200 };
  struct policy policy;

  assert_right (state,
                "[identity a]\nkey = panel.key\npeer = 7\npeer = root\n"
                "[identity b]\nkey = panel.key\npeer = 8\npeer-group = 200\n"
                "peer-group = root\n",
                &policy);
  assert_true (identity_admits (policy.identity, 0, NULL, 0));
  assert_true (identity_admits (policy.identity, 7, groups, 3));
  assert_false (identity_admits (policy.identity, 8, groups, 3));
  assert_true (identity_admits (policy.identity + 1, 8, NULL, 0));
  assert_true (identity_admits (policy.identity + 1, 9, groups, 3));
  assert_false (identity_admits (policy.identity + 1, 9, groups, 2));
  assert_true (identity_admits (policy.identity + 1, 9, &(gid_t){ 0 }, 1));
  assert_true (policy_admits (&policy, 8, NULL, 0));
  assert_true (policy_admits (&policy, 9, groups, 3));
  assert_false (policy_admits (&policy, 9, groups, 2));
  policy_release (&policy);

  assert_right (state, PANEL, &policy);
  assert_true (identity_admits (policy.identity, 12345, NULL, 0));
  assert_true (policy_admits (&policy, 12345, NULL, 0));
  policy_release (&policy);

  /* With a group alone, no user is it by his number.  */
  assert_right (state, PANEL "peer-group = 5\n", &policy);
  assert_false (identity_admits (policy.identity, 0, groups, 3));
  assert_false (identity_admits (policy.identity, 5, NULL, 0));
  policy_release (&policy);
}

/* --- The others --- */

static void
reads_the_others (void **state)
{
  struct policy policy;

  assert_right (state,
                "[identity a]\nkey = panel.key\nceiling = read\n"
                "rate = 100/60s\ndry-run = yes\n"
                "[identity b]\nkey = panel.key\nceiling = write\n"
                "rate = 1000000/500ms\ndry-run = no\n"
                "[identity c]\nkey = panel.key\nceiling = destroy\n",
                &policy);
  assert_int_equal (policy.identity[0].ceiling, EFFECT_READ);
  assert_int_equal (policy.identity[0].rate.calls, 100);
  assert_int_equal (policy.identity[0].rate.window_ms, 60000);
  assert_true (policy.identity[0].dry_run);
  assert_int_equal (policy.identity[1].ceiling, EFFECT_WRITE);
  assert_int_equal (policy.identity[1].rate.calls, 1000000);
  assert_int_equal (policy.identity[1].rate.window_ms, 500);
  assert_false (policy.identity[1].dry_run);
  assert_int_equal (policy.identity[2].ceiling, EFFECT_DESTROY);
  assert_int_equal (policy.identity[2].rate.calls, 0);
  policy_release (&policy);
}

static void
refuses (void **state)
{
  static const struct
  {
    const char *line;
    gpg_err_code_t code;
    const char *reason;
  } wrong[] = {
    { "key = b.key until=2030-01-01", GPG_ERR_SYNTAX, "expires=" },
    { "key = b.key expires=2030-01-01 x", GPG_ERR_SYNTAX, "expires=" },
    { "key = b.key expires=", GPG_ERR_INV_TIME, "2027-01-31" },
    { "expires = tomorrow", GPG_ERR_INV_TIME, "tomorrow" },
    { "expires = 2027-02-29", GPG_ERR_INV_TIME, "2027-02-29" },
    { "expires = 2027-13-01", GPG_ERR_INV_TIME, "2027-13-01" },
    { "expires = 2027-1-1", GPG_ERR_INV_TIME, "2027-1-1" },
    { "expires = 27-01-01", GPG_ERR_INV_TIME, "27-01-01" },
    { "expires = 1969-01-01", GPG_ERR_INV_TIME, "1969" },
    { "expires = 2027-01-01 ", 0, NULL },
    { "expires = 2027-01-01T00:00:00", GPG_ERR_INV_TIME, "T12:00:00Z" },
    { "expires = 2027-01-01T24:00:00Z", GPG_ERR_INV_TIME, "T24" },
    { "expires = 2027-01-01T00:00:60Z", GPG_ERR_INV_TIME, "60Z" },
    { "expires = 2027-01-01T00:00:00+1", GPG_ERR_INV_TIME, "+1" },
    { "expires = 2027-01-01x", GPG_ERR_INV_TIME, "01x" },
    { "peer-group = no such group", GPG_ERR_NOT_FOUND, "no such group" },
    { "peer-group = 4294967295", GPG_ERR_INV_ARG, "peer-group" },
    { "ceiling = Write", GPG_ERR_INV_ARG, "read, write or destroy" },
    { "ceiling = all", GPG_ERR_INV_ARG, "read, write or destroy" },
    { "rate = 100", GPG_ERR_INV_ARG, "100/60s" },
    { "rate = /60s", GPG_ERR_INV_ARG, "100/60s" },
    { "rate = -1/60s", GPG_ERR_INV_ARG, "100/60s" },
    { "rate = 1 /60s", GPG_ERR_INV_ARG, "100/60s" },
    { "rate = 0/60s", GPG_ERR_INV_ARG, "1000000" },
    { "rate = 1000001/60s", GPG_ERR_INV_ARG, "1000000" },
    { "rate = 99999999999999999999/60s", GPG_ERR_INV_ARG, "1000000" },
    { "rate = 0", GPG_ERR_INV_ARG, "100/60s" },
    { "rate = 1/", GPG_ERR_INV_ARG, "1ms to 24h" },
    { "rate = 1/2d", GPG_ERR_INV_ARG, "1ms to 24h" },
    { "dry-run = 1", GPG_ERR_INV_ARG, "yes or no" },
    { "ceiling = read\nceiling = read", GPG_ERR_DUP_VALUE, "ceiling" },
    { "rate = 1/1s\nrate = 1/1s", GPG_ERR_DUP_VALUE, "rate" },
    { "dry-run = no\ndry-run = no", GPG_ERR_DUP_VALUE, "dry-run" },
    { "expires = " FUTURE "\nexpires = " FUTURE, GPG_ERR_DUP_VALUE, "expires" },
  };
  struct policy policy;
  char text[256];

  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      snprintf (text, sizeof text, "%s%s\n", PANEL, wrong[i].line);
      if (wrong[i].code)
        assert_wrong (state, text, wrong[i].code,
                      strchr (wrong[i].line, '\n') ? "a.policy:4:"
                                                   : "a.policy:3:",
                      wrong[i].reason);
      else
        {
          assert_right (state, text, &policy);
          policy_release (&policy);
        }
    }
}

/* Once is once for each identity.  */
static void
settings_are_those_of_a_section (void **state)
{
  struct policy policy;

  assert_right (state,
                PANEL "ceiling = read\n[identity b]\nkey = panel.key\n"
                      "ceiling = write\n",
                &policy);
  policy_release (&policy);
}

/* --- Looking at a policy --- */

static char complaints[4096];

static void
complain (void *context, const char *text)
{
  assert_ptr_equal (context, complaints);
  strncat (complaints, text, sizeof complaints - strlen (complaints) - 2);
  strcat (complaints, "\n");
}

static gpg_error_t
look (void **state, const char *const *paths, size_t count,
      struct policy *r_policy, struct failure *failure)
{
  struct scratch *scratch = *state;
  const struct policy_source source = { .machine = &scratch->machine,
                                        .registry = &registry,
                                        .path = paths,
                                        .count = count,
                                        .complain = complain,
                                        .context = complaints };

  *complaints = 0;
  return policy_load_from (&source, r_policy, failure);
}

static void
looks_at_any_file (void **state)
{
  struct scratch *scratch = *state;
  auto_failure struct failure failure = FAILURE_NONE;
  auto_free char *one = NULL;
  auto_free char *two = NULL;
  struct policy policy;

  scratch_write (scratch, "/etc/one", PANEL "allow = AUG *\n");
  scratch_write (scratch, "/etc/two",
                 "[identity two]\nkey = two.key\nkey = panel.key\n"
                 "peer = no-such\npeer-group = no-such\n"
                 "allow = FILE PUT path=/link/x\n");
  assert_int_equal (symlink ("etc", scratch_path (scratch, "/link")), 0);
  one = strdup (scratch_path (scratch, "/etc/one"));
  two = strdup (scratch_path (scratch, "/etc/two"));
  assert_int_equal (
      look (state, (const char *[]){ one, two }, 2, &policy, &failure), 0);
  assert_int_equal (policy.count, 2);
  assert_int_equal (policy.file_count, 2);
  assert_string_equal (policy.file[1], two);
  assert_null (strstr (complaints, "/etc/one"));
  assert_non_null (strstr (complaints, "two:4: peer: "));
  assert_non_null (strstr (complaints, "two:5: peer-group: "));
  assert_non_null (strstr (complaints, "two:6: path=/link/x: /link/x leads"));
  assert_non_null (strstr (complaints, "two:2: identity two: "));
  /* Who is not there is nobody, not anybody.  */
  assert_false (identity_admits (policy.identity + 1, 1, NULL, 0));
  policy_release (&policy);

  set_mode (scratch, "/etc/one", 0666);
  assert_int_equal (look (state, (const char *[]){ one }, 1, &policy, &failure),
                    0);
  assert_non_null (strstr (complaints, "chmod go-w"));
  policy_release (&policy);

  scratch_write (scratch, "/etc/two", "[identity two]\nkey = k\nallow = x\n");
  assert_code (look (state, (const char *[]){ one, two }, 2, &policy, &failure),
               GPG_ERR_SYNTAX);
  assert_non_null (strstr (failure.text, "/etc/two:3: a rule is"));
  assert_int_equal (policy.count, 0);
  unlink (two);
  assert_code (look (state, (const char *[]){ two }, 1, &policy, &failure),
               GPG_ERR_ENOENT);
}

/* In force, each of these is an error.  */
static void
complaints_are_errors_else (void **state)
{
  struct scratch *scratch = *state;

  assert_int_equal (symlink ("etc", scratch_path (scratch, "/link")), 0);
  assert_wrong (state, PANEL "peer = no-such\n", GPG_ERR_NOT_FOUND,
                "a.policy:3:", "no-such");
  assert_wrong (state, PANEL "allow = FILE PUT path=/link/x*\n",
                GPG_ERR_INV_ARG, "a.policy:3:", "/link leads to /etc");
  assert_wrong (state, "[identity a]\nkey = panel.key\nkey = no.key\n",
                GPG_ERR_ENOENT, "a.policy:3:", "no.key");
}

/* Without rights to the keys, one can look all the same.  */
static void
looks_without_keys (void **state)
{
  struct scratch *scratch = *state;
  auto_failure struct failure failure = FAILURE_NONE;
  struct policy policy;

  if (!geteuid ())
    {
      print_message ("machine: root may read everything\n");
      skip ();
    }
  scratch_write (scratch, OWN_POLICY_DIR "/a.policy", PANEL);
  set_mode (scratch, OWN_KEYS_DIR, 0);
  assert_code (load (state, &policy, &failure), GPG_ERR_EACCES);
  assert_int_equal (look (state, NULL, 0, &policy, NULL), 0);
  assert_string_equal (complaints, "");
  policy_release (&policy);
  set_mode (scratch, OWN_KEYS_DIR, 0755);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (identities_have_several_keys),
    TEST (keys_have_a_limit),
    TEST (keys_expire),
    TEST (times_are_seconds),
    TEST (identities_expire),
    TEST (admits_users_and_groups),
    TEST (reads_the_others),
    TEST (refuses),
    TEST (settings_are_those_of_a_section),
    TEST (looks_at_any_file),
    TEST (complaints_are_errors_else),
    TEST (looks_without_keys),
  };

  return cmocka_run_group_tests (tests, make_registry, drop_registry);
}
