/* test-rule.c - tests of src/gate/rule.c, and of what rules say about verbs
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "policyhand.h"

/* --- Nouns and verbs --- */

static void
assert_may (const struct policy *policy, const char *name, const char *can)
{
  const struct identity *identity = policy_identity (policy, name);
  char text[16] = "";

  assert_non_null (identity);
  for (const struct noun *const *noun = nouns; *noun != &file; noun++)
    for (const struct verb *verb = (*noun)->verbs; verb->name; verb++)
      strcat (text, identity_may (identity, *noun, verb, NULL) ? "+" : "-");
  assert_string_equal (text, can);
}

static void
decides (void **state)
{
  static const struct
  {
    const char *rules;
    const char *can; /* AUG GET SET, UNIT SHOW START STOP.  */
  } cases[]
      = { { "", "-----" },
          { "allow = *\n", "+++++" },
          { "allow = * *\n", "+++++" },
          { "allow = AUG *\n", "++---" },
          { "allow = AUG READ\n", "+----" },
          { "allow = AUG WRITE\n", "++---" },
          { "allow = * READ\n", "+----" },
          { "allow = UNIT ST*\n", "---++" },
          { "allow = U* *\n", "--+++" },
          { "allow = UNIT STO?\n", "----+" },
          { "allow = UNIT S[HT]?[WP]\n", "--+-+" },
          { "deny = *\n", "-----" },
          { "deny = *\nallow = *\n", "-----" },
          { "allow = *\ndeny = *\n", "-----" },
          { "allow = *\ndeny = AUG WRITE\n", "+-+++" },
          { "deny = AUG WRITE\nallow = *\n", "+-+++" },
          { "allow = AUG *\ndeny = UNIT STOP\nallow = UNIT *\n", "++++-" },
          { "allow = UNIT SHOW\nallow = UNIT START\n", "--++-" } };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct policy policy;
      char text[256];

      snprintf (text, sizeof text, "%s%s", PANEL, cases[i].rules);
      assert_right (state, text, &policy);
      assert_may (&policy, "panel", cases[i].can);
      policy_release (&policy);
    }
}

static void
names_the_rule (void **state)
{
  const struct rule *rule;
  struct policy policy;

  assert_right (state, PANEL "allow = AUG *\ndeny = AUG WRITE\n", &policy);
  assert_true (identity_may (policy.identity, &aug, aug_verbs, &rule));
  assert_int_equal (rule->line, 3);
  assert_false (identity_may (policy.identity, &aug, aug_verbs + 1, &rule));
  assert_int_equal (rule->line, 4);
  assert_non_null (strstr (rule->file, "/a.policy"));
  assert_false (identity_may (policy.identity, &unit, unit_verbs, &rule));
  assert_null (rule);
  policy_release (&policy);
}

/* Who may change something there may use what reads: which objects is asked
   later.  */
static void
decides_by_effect (void **state)
{
  static const struct
  {
    const char *rules;
    const char *can; /* AUG GET SET.  */
  } cases[] = { { "allow = AUG READ path=/files/a\n", "+-" },
                { "allow = AUG WRITE path=/files/a\n", "++" },
                { "allow = AUG WRITE\ndeny = AUG READ\n", "-+" },
                { "allow = AUG WRITE\ndeny = AUG READ path=/files/a\n", "++" },
                { "allow = AUG WRITE\ndeny = AUG WRITE\n", "--" },
                { "allow = AUG WRITE\ndeny = AUG WRITE path=/**\n", "++" },
                { "deny = AUG WRITE path=/files/a\n", "--" } };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct policy policy;
      char text[256];

      snprintf (text, sizeof text, "%s%s", PANEL, cases[i].rules);
      assert_right (state, text, &policy);
      for (size_t j = 0; j < 2; j++)
        assert_int_equal (
            identity_may (policy.identity, &aug, aug_verbs + j, NULL),
            cases[i].can[j] == '+');
      policy_release (&policy);
    }
}

static void
effects_stand_for_verbs (void **state)
{
  (void)state;
  assert_string_equal (policy_verb_name (&aug, aug_verbs), "READ");
  assert_string_equal (policy_verb_name (&aug, aug_verbs + 1), "WRITE");
  assert_string_equal (policy_verb_name (&unit, unit_verbs + 2), "STOP");
}

/* --- What can stand in a rule --- */

static void
refuses_what_cannot_match (void **state)
{
  static const struct
  {
    const char *rule;
    gpg_err_code_t code;
    const char *reason;
  } wrong[] = {
    { "UNIT STOP unit", GPG_ERR_SYNTAX, "ARGUMENT=PATTERN" },
    { "UNIT STOP =x", GPG_ERR_SYNTAX, "ARGUMENT=PATTERN" },
    { "UNIT STOP --unit=x", GPG_ERR_SYNTAX, "without hyphens" },
    { "UNIT STOP -unit=x", GPG_ERR_SYNTAX, "without hyphens" },
    { "UNIT STOP unit = x", GPG_ERR_SYNTAX, "\"unit\"" },
    { "UNIT STOP Unit=x", GPG_ERR_SYNTAX, "Unit=x" },
    { "UNIT STOP more.0=x", GPG_ERR_SYNTAX, "more.0=x" },
    { "UNIT STOP more.=x", GPG_ERR_SYNTAX, "more.=x" },
    { "UNIT STOP more.1x=x", GPG_ERR_SYNTAX, "more.1x=x" },
    { "UNIT STOP more.129=x", GPG_ERR_INV_ARG, "128 words" },
    { "UNIT STOP @", GPG_ERR_SYNTAX, "\"@\"" },
    { "@ STOP", GPG_ERR_NOT_FOUND, "@ STOP" },
    { "UNIT STOP unit=%", GPG_ERR_SYNTAX, "percent" },
    { "UNIT STOP \"unit=x", GPG_ERR_SYNTAX, "quotation" },
    { "\"\" STOP", GPG_ERR_NOT_FOUND, "\" STOP\"" },
    { "UNIT STOP name=x", GPG_ERR_UNKNOWN_OPTION, "unit, more, and what" },
    { "UNIT STOP lines=10", GPG_ERR_UNKNOWN_OPTION, "UNIT STOP has no" },
    { "UNIT * lines=10", GPG_ERR_UNKNOWN_OPTION, "UNIT START has no" },
    { "* * unit=x", GPG_ERR_UNKNOWN_OPTION, "AUG READ has no argument unit" },
    { "AUG READ value=x", GPG_ERR_UNKNOWN_OPTION, "there are path" },
    { "AUG READ dry-run=1", GPG_ERR_UNKNOWN_OPTION, "there are path" },
    { "UNIT STOP unit.1=x", GPG_ERR_INV_ARG, "does not repeat" },
    { "FILE CUT path.1=/x", GPG_ERR_INV_ARG, "does not repeat" },
    { "FILE * path.1=/x", GPG_ERR_INV_ARG, "FILE CUT does not repeat" },
    { "[AF]* * path=/x", GPG_ERR_CONFLICT, "something else to FILE PUT" },
    { "UNIT STOP unit=a[", GPG_ERR_SYNTAX, "unit=a[: a set" },
    { "UNIT STOP more.2~(", GPG_ERR_SYNTAX, "more.2~(: no regular" },
    { "UNIT STOP unit=", GPG_ERR_INV_ARG, "unit=: expected" },
    { "UNIT START mode=faster", GPG_ERR_INV_ARG, "fast|slow" },
    { "UNIT SHOW lines=ten", GPG_ERR_INV_ARG, "LOW..HIGH" },
    { "UNIT STOP timeout=1d", GPG_ERR_INV_ARG, "LOW..HIGH" },
    { "FILE CUT path=etc", GPG_ERR_INV_ARG, "path=etc: a path begins" },
    { "FILE CUT pin=x", GPG_ERR_INV_ARG, "no rule can name a secret" },
    { "AUG READ path=/files/bad", GPG_ERR_INV_ARG,
      "path=/files/bad: this is bad" },
    { "AUG READ path=/files/a/../b", GPG_ERR_INV_ARG, ". or .." },
  };
  char text[200];

  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      snprintf (text, sizeof text, "%sallow = %s\n", PANEL, wrong[i].rule);
      assert_wrong (state, text, wrong[i].code,
                    "a.policy:3: ", wrong[i].reason);
      snprintf (text, sizeof text, "%sdeny = %s\n", PANEL, wrong[i].rule);
      assert_wrong (state, text, wrong[i].code,
                    "a.policy:3: ", wrong[i].reason);
    }
}

/* The noun that has the objects judges each pattern, for each effect.  */
static void
the_noun_judges_objects (void **state)
{
  struct policy policy;

  assert_right (state,
                PANEL "allow = AUG READ path=/files/a path=/files/b/**\n"
                      "deny = AUG * path=/files/c\n"
                      "allow = AUG *\n",
                &policy);
  assert_string_equal (judged, "+read /files/a|+read /files/b/**|"
                               "-read /files/c|-write /files/c|");
  policy_release (&policy);
}

/* Append all rules of IDENTITY to OUT, a line each.  */
static void
write_rules (const struct identity *identity, struct buffer *out)
{
  for (size_t i = 0; i < identity->rule_count; i++)
    {
      rule_write (identity->rule + i, out);
      buffer_string (out, "\n");
    }
  assert_int_equal (buffer_error (out), 0);
}

static void
writes_what_it_read (void **state)
{
  static const char rules[] = PANEL
      "allow = *\n"
      "deny =   AUG\tWRITE\n"
      "allow = UNIT ST* unit=a%2eservice unit~[a-z]+ dry-run=1\n"
      "allow = UNIT STOP \"more.2=a b%25\" reason~.*\n";
  static const char written[]
      = "allow = * *\n"
        "deny = AUG WRITE\n"
        "allow = UNIT ST* unit=a.service unit~[a-z]+ dry-run=1\n"
        "allow = UNIT STOP \"more.2=a b%25\" reason~.*\n";
  struct buffer out = BUFFER_EMPTY;
  struct policy policy;
  char again[sizeof rules + sizeof written];

  assert_right (state, rules, &policy);
  write_rules (policy.identity, &out);
  assert_string_equal (out.bytes, written);
  policy_release (&policy);
  snprintf (again, sizeof again, PANEL "%s", out.bytes);
  buffer_clear (&out);
  assert_right (state, again, &policy);
  write_rules (policy.identity, &out);
  assert_string_equal (out.bytes, written);
  policy_release (&policy);
  buffer_release (&out);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (decides),
    TEST (decides_by_effect),
    TEST (names_the_rule),
    TEST (effects_stand_for_verbs),
    TEST (refuses_what_cannot_match),
    TEST (the_noun_judges_objects),
    TEST (writes_what_it_read),
  };

  return cmocka_run_group_tests (tests, make_registry, drop_registry);
}
