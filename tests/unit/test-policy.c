/* test-policy.c - tests of src/gate/policy*.c and of src/gate/identity.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "policyhand.h"

/* --- What is read --- */

static void
reads_identities (void **state)
{
  struct policy policy;

  assert_right (state,
                "# first\n\n"
                "[identity panel]\n"
                "key =panel.key  \n"
                "peer=0\n"
                "peer\t=\troot\n"
                "allow = AUG READ\n"
                "#deny = *\n"
                "[identity two.x-y_Z]\nkey = panel.key",
                &policy);
  assert_int_equal (policy.count, 2);
  assert_string_equal (policy.identity[0].name, "panel");
  assert_int_equal (policy.identity[0].line, 3);
  assert_non_null (strstr (policy.identity[0].file, "/a.policy"));
  assert_int_equal (policy.identity[0].key_count, 1);
  assert_string_equal (policy.identity[0].key[0].file, "panel.key");
  assert_int_equal (policy.identity[0].key[0].expires, 0);
  assert_int_equal (policy.identity[0].key[0].line, 4);
  assert_int_equal (policy.identity[0].ceiling, EFFECT_DESTROY);
  assert_int_equal (policy.identity[0].peer_count, 2);
  assert_int_equal (policy.identity[0].peer[1], 0);
  assert_int_equal (policy.identity[0].rule_count, 1);
  assert_int_equal (policy.identity[0].rule[0].line, 7);
  assert_true (policy.identity[0].rule[0].allow);
  assert_int_equal (policy.identity[1].rule_count, 0);
  assert_non_null (policy_identity (&policy, "two.x-y_Z"));
  assert_null (policy_identity (&policy, "Panel"));
  assert_null (policy_identity (&policy, ""));
  policy_release (&policy);
}

static void
nothing_is_a_policy (void **state)
{
  struct scratch *scratch = *state;
  struct policy policy;

  assert_right (state, "", &policy);
  assert_int_equal (policy.count, 0);
  assert_false (policy_admits (&policy, 0, NULL, 0));
  policy_release (&policy);
  assert_int_equal (unlink (scratch_path (scratch, OWN_POLICY_DIR "/a.policy")),
                    0);
  assert_int_equal (rmdir (scratch_path (scratch, OWN_POLICY_DIR)), 0);
  assert_int_equal (load (state, &policy, NULL), 0);
  assert_int_equal (policy.count, 0);
  policy_release (&policy);
}

static void
files_come_in_order (void **state)
{
  struct scratch *scratch = *state;
  auto_failure struct failure failure = FAILURE_NONE;
  struct policy policy;

  scratch_write (scratch, OWN_POLICY_DIR "/b.policy",
                 "[identity b]\nkey = panel.key\n");
  scratch_write (scratch, OWN_POLICY_DIR "/.hidden.policy", "nonsense\n");
  scratch_write (scratch, OWN_POLICY_DIR "/c.policy~", "nonsense\n");
  scratch_write (scratch, OWN_POLICY_DIR "/.policy", "nonsense\n");
  assert_right (state, PANEL, &policy);
  assert_int_equal (policy.count, 2);
  assert_string_equal (policy.identity[0].name, "panel");
  assert_string_equal (policy.identity[1].name, "b");
  policy_release (&policy);

  /* A section ends with its file.  */
  scratch_write (scratch, OWN_POLICY_DIR "/b.policy", "allow = *\n");
  assert_code (load (state, &policy, &failure), GPG_ERR_SYNTAX);
  assert_non_null (strstr (failure.text, "b.policy:1:"));
  scratch_write (scratch, OWN_POLICY_DIR "/b.policy", "[identity panel]\n");
  assert_code (load (state, &policy, &failure), GPG_ERR_DUP_VALUE);
  assert_non_null (strstr (failure.text, "b.policy:1:"));
}

static void
refuses_with_file_and_line (void **state)
{
  static const struct
  {
    const char *text;
    gpg_err_code_t code;
    const char *place;
    const char *reason;
  } wrong[] = {
    { PANEL " allow = *\n", GPG_ERR_SYNTAX, "a.policy:3:", "blank" },
    { PANEL "\tallow = *\n", GPG_ERR_SYNTAX, "a.policy:3:", "blank" },
    { PANEL " \n", GPG_ERR_SYNTAX, "a.policy:3:", "blank" },
    { PANEL "  # x\n", GPG_ERR_SYNTAX, "a.policy:3:", "blank" },
    { PANEL "allow = *\r\n", GPG_ERR_SYNTAX, "a.policy:3:", "CR" },
    { PANEL "allow\n", GPG_ERR_SYNTAX, "a.policy:3:", "name = value" },
    { PANEL "allow =\n", GPG_ERR_MISSING_VALUE, "a.policy:3:", "allow" },
    { PANEL "allow =  \t\n", GPG_ERR_MISSING_VALUE, "a.policy:3:", "allow" },
    { PANEL "alow = *\n", GPG_ERR_UNKNOWN_OPTION, "a.policy:3:", "alow" },
    { PANEL "Allow = *\n", GPG_ERR_UNKNOWN_OPTION, "a.policy:3:", "Allow" },
    { PANEL "= *\n", GPG_ERR_UNKNOWN_OPTION, "a.policy:3:", "\"\"" },
    { "key = panel.key\n", GPG_ERR_SYNTAX, "a.policy:1:", "section" },
    { "\n\n[panel]\n", GPG_ERR_SYNTAX, "a.policy:3:", "[identity" },
    { "[identity panel\n", GPG_ERR_SYNTAX, "a.policy:1:", "[identity" },
    { "[identity panel] # x\n", GPG_ERR_SYNTAX, "a.policy:1:", "[identity" },
    { "[identitypanel]\n", GPG_ERR_SYNTAX, "a.policy:1:", "[identity" },
    { "[", GPG_ERR_SYNTAX, "a.policy:1:", "[identity" },
    { "[]", GPG_ERR_SYNTAX, "a.policy:1:", "[identity" },
    { "[identity ]\n", GPG_ERR_INV_NAME, "a.policy:1:", "no name" },
    { "[identity a b]\n", GPG_ERR_INV_NAME, "a.policy:1:", "no name" },
    { "[identity .a]\n", GPG_ERR_INV_NAME, "a.policy:1:", "no name" },
    { "[identity a/b]\n", GPG_ERR_INV_NAME, "a.policy:1:", "no name" },
    { "[identity owner]\n", GPG_ERR_INV_NAME, "a.policy:1:", "built in" },
    { "[identity spawner]\n", GPG_ERR_INV_NAME, "a.policy:1:", "built in" },
    { PANEL PANEL, GPG_ERR_DUP_VALUE, "a.policy:3:", "twice" },
    { PANEL "key = panel.key\n", GPG_ERR_DUP_VALUE, "a.policy:3:", "twice" },
    { "[identity a]\nkey = ../a.key\n", GPG_ERR_INV_NAME,
      "a.policy:2:", "without a slash" },
    { "[identity a]\nkey = /etc/shadow\n", GPG_ERR_INV_NAME,
      "a.policy:2:", "without a slash" },
    { "[identity a]\nkey = .\n", GPG_ERR_INV_NAME,
      "a.policy:2:", "name of a file" },
    { "[identity a]\nallow = *\n", GPG_ERR_MISSING_KEY,
      "a.policy:1:", "key = a.key" },
    { PANEL "peer = no such user\n", GPG_ERR_NOT_FOUND,
      "a.policy:3:", "no such user" },
    { PANEL "peer = -1\n", GPG_ERR_NOT_FOUND, "a.policy:3:", "-1" },
    { PANEL "peer = 4294967295\n", GPG_ERR_INV_ARG,
      "a.policy:3:", "no such number" },
    { PANEL "peer = 99999999999999999999\n", GPG_ERR_INV_ARG,
      "a.policy:3:", "no such number" },
    { PANEL "peer = 0 1\n", GPG_ERR_NOT_FOUND, "a.policy:3:", "0 1" },
    { PANEL "allow = AUG\n", GPG_ERR_SYNTAX, "a.policy:3:", "NOUN VERB" },
    { PANEL "allow = AUG READ WRITE\n", GPG_ERR_SYNTAX,
      "a.policy:3:", "ARGUMENT=PATTERN" },
    { PANEL "allow = * * *\n", GPG_ERR_SYNTAX,
      "a.policy:3:", "ARGUMENT=PATTERN" },
    { PANEL "allow = AUG GET\n", GPG_ERR_NOT_FOUND, "a.policy:3:", "AUG READ" },
    { PANEL "deny = AUG DESTROY\n", GPG_ERR_NOT_FOUND,
      "a.policy:3:", "AUG DESTROY" },
    { PANEL "deny = AUG WRTE\n", GPG_ERR_NOT_FOUND, "a.policy:3:", "AUG WRTE" },
    { PANEL "deny = aug write\n", GPG_ERR_NOT_FOUND,
      "a.policy:3:", "aug write" },
    { PANEL "allow = NOTHING *\n", GPG_ERR_NOT_FOUND,
      "a.policy:3:", "NOTHING *" }
  };

  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_wrong (state, wrong[i].text, wrong[i].code, wrong[i].place,
                  wrong[i].reason);
}

static void
refuses_a_nul (void **state)
{
  static const char text[] = PANEL "allow = AUG READ\0\ndeny = *\n";
  struct scratch *scratch = *state;
  auto_failure struct failure failure = FAILURE_NONE;
  struct policy policy;
  FILE *stream = fopen (scratch_path (scratch, OWN_POLICY_DIR "/a.policy"),
                        "w");

  assert_non_null (stream);
  assert_int_equal (fwrite (text, sizeof text - 1, 1, stream), 1);
  assert_int_equal (fclose (stream), 0);
  assert_code (load (state, &policy, &failure), GPG_ERR_SYNTAX);
  assert_non_null (strstr (failure.text, "a.policy:3:"));
}

/* --- Limits --- */

/* A file of HEAD and COUNT times LINE.  */
static char *
repeat (const char *head, const char *line, size_t count)
{
  size_t length = strlen (head);
  size_t step = strlen (line);
  char *text = malloc (length + count * step + 1);

  assert_non_null (text);
  memcpy (text, head, length);
  for (size_t i = 0; i < count; i++)
    memcpy (text + length + i * step, line, step);
  text[length + count * step] = 0;
  return text;
}

static void
has_limits (void **state)
{
  struct policy policy;
  char *text;

  text = repeat (PANEL, "deny = *\n", POLICY_RULES);
  assert_right (state, text, &policy);
  assert_int_equal (policy.identity[0].rule_count, POLICY_RULES);
  policy_release (&policy);
  free (text);
  text = repeat (PANEL, "deny = *\n", POLICY_RULES + 1);
  assert_wrong (state, text, GPG_ERR_LIMIT_REACHED, "a.policy:1027:", "1024");
  free (text);
  text = repeat (PANEL, "peer = 0\n", POLICY_PEERS + 1);
  assert_wrong (state, text, GPG_ERR_LIMIT_REACHED, "a.policy:67:", "64");
  free (text);
  text = repeat ("", "# 89 and ten\n", LIMIT_CONFIG_FILE / 13 + 1);
  assert_wrong (state, text, GPG_ERR_TOO_LARGE, "a.policy:", "1 MiB");
  free (text);
  text = repeat ("[identity ", "a", LIMIT_IDENTITY + 1);
  assert_wrong (state, text, GPG_ERR_SYNTAX, "a.policy:1:", "[identity");
  free (text);
}

static void
names_have_a_length (void **state)
{
  struct policy policy;
  char text[LIMIT_IDENTITY + 64];
  char name[LIMIT_IDENTITY + 2] = "";

  memset (name, 'a', LIMIT_IDENTITY + 1);
  snprintf (text, sizeof text, "[identity %s]\nkey = panel.key\n", name);
  assert_wrong (state, text, GPG_ERR_INV_NAME, "a.policy:1:", "at most 64");
  name[LIMIT_IDENTITY] = 0;
  snprintf (text, sizeof text, "[identity %s]\nkey = panel.key\n", name);
  assert_right (state, text, &policy);
  assert_non_null (policy_identity (&policy, name));
  policy_release (&policy);
}

static void
counts_identities (void **state)
{
  struct policy policy;
  char *text = malloc ((POLICY_IDENTITIES + 1) * 40);
  size_t length = 0, last = 0;

  assert_non_null (text);
  for (int i = 0; i <= POLICY_IDENTITIES; i++)
    {
      last = length;
      length += (size_t)sprintf (text + length,
                                 "[identity n%d]\nkey = panel.key\n", i);
    }
  assert_wrong (state, text, GPG_ERR_LIMIT_REACHED, "a.policy:513:", "256");
  text[last] = 0;
  assert_right (state, text, &policy);
  assert_int_equal (policy.count, POLICY_IDENTITIES);
  policy_release (&policy);
  free (text);
}

/* --- Files that others could have written --- */

static void
files_are_ours_alone (void **state)
{
  struct scratch *scratch = *state;
  struct policy policy;

  assert_right (state, PANEL, &policy);
  policy_release (&policy);
  set_mode (scratch, OWN_POLICY_DIR "/a.policy", 0664);
  assert_wrong (state, PANEL, GPG_ERR_EPERM, "a.policy", "chmod go-w");
  set_mode (scratch, OWN_POLICY_DIR "/a.policy", 0646);
  assert_wrong (state, PANEL, GPG_ERR_EPERM, "a.policy", "chmod go-w");
  set_mode (scratch, OWN_POLICY_DIR "/a.policy", 0644);
  set_mode (scratch, OWN_POLICY_DIR, 0775);
  assert_wrong (state, PANEL, GPG_ERR_EPERM, "policy.d", "chmod go-w");
  set_mode (scratch, OWN_POLICY_DIR, 0755);
  set_mode (scratch, OWN_KEYS_DIR, 0777);
  assert_wrong (state, PANEL, GPG_ERR_EPERM, "/keys", "chmod go-w");
}

static void
files_are_no_links_nor_devices (void **state)
{
  struct scratch *scratch = *state;
  auto_failure struct failure failure = FAILURE_NONE;
  struct policy policy;

  scratch_write (scratch, "/etc/other", PANEL);
  assert_int_equal (symlink ("/etc/other", scratch_path (scratch, OWN_POLICY_DIR
                                                         "/a.policy")),
                    0);
  assert_code (load (state, &policy, &failure), GPG_ERR_ELOOP);
  assert_non_null (strstr (failure.text, "a.policy"));
  assert_int_equal (unlink (scratch_path (scratch, OWN_POLICY_DIR "/a.policy")),
                    0);
  assert_int_equal (
      mkfifo (scratch_path (scratch, OWN_POLICY_DIR "/a.policy"), 0600), 0);
  assert_code (load (state, &policy, &failure), GPG_ERR_INV_OBJ);
}

static void
files_belong_to_us (void **state)
{
  struct scratch *scratch = *state;

  if (geteuid ())
    {
      print_message ("machine: only root can give files away\n");
      skip ();
    }
  scratch_write (scratch, OWN_POLICY_DIR "/a.policy", PANEL);
  assert_int_equal (
      chown (scratch_path (scratch, OWN_POLICY_DIR "/a.policy"), 65534, 0), 0);
  assert_wrong (state, PANEL, GPG_ERR_EPERM, "a.policy", "65534");
  assert_int_equal (
      chown (scratch_path (scratch, OWN_POLICY_DIR "/a.policy"), 0, 0), 0);
  assert_int_equal (
      chown (scratch_path (scratch, OWN_KEYS_DIR "/panel.key"), 65534, 0), 0);
  assert_wrong (state, PANEL, GPG_ERR_EPERM, "identity panel", "panel.key");
}

static void
keys_are_checked (void **state)
{
  static const char key[] = OWN_KEYS_DIR "/panel.key";
  struct scratch *scratch = *state;
  struct policy policy;
  char *text;

  for (unsigned mode = 0; mode < 0100; mode++)
    {
      set_mode (scratch, key, 0400 | mode);
      if (mode)
        assert_wrong (state, PANEL, GPG_ERR_EPERM, "identity panel",
                      "chmod 0400");
    }
  set_mode (scratch, key, 0600);
  assert_right (state, PANEL, &policy);
  policy_release (&policy);

  scratch_write (scratch, key, "too short\n");
  assert_wrong (state, PANEL, GPG_ERR_TOO_SHORT, "identity panel", "32");
  text = repeat ("", "k", LIMIT_KEY_MAX + 2);
  scratch_write (scratch, key, text);
  assert_wrong (state, PANEL, GPG_ERR_TOO_LARGE, "identity panel", "1024");
  free (text);
  assert_int_equal (unlink (scratch_path (scratch, key)), 0);
  assert_wrong (state, PANEL, GPG_ERR_ENOENT, "identity panel", "panel.key");
}

static void
opens_the_key (void **state)
{
  struct scratch *scratch = *state;
  struct policy policy;
  char text[64] = "";
  int fd;

  assert_right (state, PANEL, &policy);
  assert_int_equal (
      identity_open_key (policy.identity, 0, &scratch->machine, &fd, NULL), 0);
  assert_int_equal (read (fd, text, sizeof text - 1), strlen (KEY));
  assert_string_equal (text, KEY);
  assert_true (fcntl (fd, F_GETFD) & FD_CLOEXEC);
  close (fd);
  set_mode (scratch, OWN_KEYS_DIR "/panel.key", 0440);
  assert_code (
      identity_open_key (policy.identity, 0, &scratch->machine, &fd, NULL),
      GPG_ERR_EPERM);
  assert_int_equal (fd, -1);
  policy_release (&policy);
}

/* --- What follows from it --- */

static void
built_in_ones_may_everything (void **state)
{
  (void)state;
  for (int i = 0; i < 2; i++)
    {
      const struct identity *identity = identity_built_in (
          i ? IDENTITY_OWNER : IDENTITY_SPAWNER);

      assert_non_null (identity);
      assert_int_equal (identity->key_count, 0);
      assert_int_equal (identity->ceiling, EFFECT_DESTROY);
      assert_true (identity_may (identity, &unit, unit_verbs + 2, NULL));
    }
  assert_null (identity_built_in ("panel"));
  assert_null (identity_built_in (""));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (reads_identities),     TEST (nothing_is_a_policy),
    TEST (files_come_in_order),  TEST (refuses_with_file_and_line),
    TEST (refuses_a_nul),        TEST (has_limits),
    TEST (names_have_a_length),  TEST (counts_identities),
    TEST (files_are_ours_alone), TEST (files_are_no_links_nor_devices),
    TEST (files_belong_to_us),   TEST (keys_are_checked),
    TEST (opens_the_key),        TEST (built_in_ones_may_everything),
  };

  return cmocka_run_group_tests (tests, make_registry, drop_registry);
}
