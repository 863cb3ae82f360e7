/* test-rule_match.c - tests of src/gate/rule_match.c: rules beside calls and
   objects
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "policyhand.h"

/* --- Rules beside calls --- */

/* Whether RULES let LINE ("UNIT STOP a.service") pass; "+" yes, "-" no rule,
   or the line of the rule that denies.  */
static const char *
judge_line (void **state, const char *rules, const char *line)
{
  static char said[16];
  struct scratch *scratch = *state;
  auto_failure struct failure failure = FAILURE_NONE;
  struct call call = { .machine = &scratch->machine };
  const struct registry_noun *noun;
  const struct registry_verb *verb;
  const struct rule *rule;
  struct policy policy;
  struct words words;
  char text[1000];

  snprintf (text, sizeof text, PANEL "%s\n", rules);
  assert_right (state, text, &policy);
  assert_int_equal (words_split (line, &words, NULL), 0);
  noun = registry_noun (&registry, words.word[0].text);
  verb = registry_verb (noun, words.word[1].text);
  call.noun = noun->row;
  call.verb = verb->row;
  if (arguments_bind (&verb->grammar, &registry.common, words.word + 2,
                      words.count - 2, &call.arguments, &failure))
    print_message ("# %s: %s\n", line, failure.text);
  assert_non_null (call.arguments);
  if (identity_may_call (policy.identity, &call, &rule))
    snprintf (said, sizeof said, "+");
  else if (rule)
    snprintf (said, sizeof said, "%u", rule->line);
  else
    snprintf (said, sizeof said, "-");
  arguments_release (call.arguments);
  words_release (&words);
  policy_release (&policy);
  return said;
}

struct judged
{
  const char *rules;
  const char *line;
  const char *said;
};

static void
assert_judged (void **state, const struct judged *cases)
{
  for (; cases->rules; cases++)
    {
      const char *said = judge_line (state, cases->rules, cases->line);

      if (strcmp (said, cases->said))
        print_message ("# %s: %s: %s\n", cases->rules, cases->line, said);
      assert_string_equal (said, cases->said);
    }
}

static void
conditions_are_or_and_and (void **state)
{
  static const struct judged cases[] = {
    { "allow = UNIT STOP unit=a unit=b", "UNIT STOP a", "+" },
    { "allow = UNIT STOP unit=a unit=b", "UNIT STOP b", "+" },
    { "allow = UNIT STOP unit=a unit=b", "UNIT STOP c", "-" },
    { "allow = UNIT START unit=a mode=slow", "UNIT START a", "-" },
    { "allow = UNIT START unit=a mode=slow", "UNIT START --mode=slow a", "+" },
    { "allow = UNIT START unit=a mode=slow", "UNIT START --mode=slow b", "-" },
    { "allow = UNIT STOP unit=a*\ndeny = UNIT STOP unit=ab", "UNIT STOP a",
      "+" },
    { "allow = UNIT STOP unit=a*\ndeny = UNIT STOP unit=ab", "UNIT STOP ab",
      "4" },
    { "deny = UNIT STOP unit=ab\nallow = UNIT STOP unit=a*", "UNIT STOP ab",
      "3" },
    { "allow = UNIT STOP\ndeny = UNIT START unit=a", "UNIT STOP a", "+" },
    { "allow = *\ndeny = UNIT START unit=a mode=slow", "UNIT START a", "+" },
    { "allow = *\ndeny = UNIT START unit=a mode=slow",
      "UNIT START --mode=slow a", "4" },
    { "allow = UNIT ST* unit=a", "UNIT START a", "+" },
    { "allow = UNIT ST* unit=a", "UNIT STOP a", "+" },
    { "allow = UNIT ST* unit=a", "UNIT SHOW a", "-" },
    /* One argument at a time: no blank joins two.  */
    { "allow = UNIT STOP unit=a*", "UNIT STOP a b", "+" },
    { "allow = UNIT STOP \"unit=a b\"", "UNIT STOP a b", "-" },
    { "allow = UNIT STOP \"unit=a b\"", "UNIT STOP \"a b\"", "+" },
    { NULL, NULL, NULL }
  };

  assert_judged (state, cases);
}

static void
what_a_rule_must_name (void **state)
{
  static const struct judged cases[]
      = { { "allow = *", "UNIT START a", "+" },
          { "allow = *", "UNIT START --exec a", "-" },
          { "allow = *", "UNIT START --exec=0 a", "+" },
          { "allow = UNIT START unit=a", "UNIT START --exec a", "-" },
          { "allow = UNIT START exec=1", "UNIT START --exec a", "+" },
          { "allow = UNIT START exec=1", "UNIT START a", "-" },
          { "allow = UNIT START exec=*", "UNIT START a", "+" },
          { "allow = UNIT START exec=*", "UNIT START --exec a", "+" },
          { "allow = *\nallow = UNIT START exec=1 unit=a",
            "UNIT START --exec b", "-" },
          /* What denies need not name it.  */
          { "allow = UNIT START exec=1\ndeny = UNIT START unit=a",
            "UNIT START --exec a", "4" },
          { NULL, NULL, NULL } };

  assert_judged (state, cases);
}

static void
values_that_repeat (void **state)
{
  static const struct judged cases[] = {
    /* Every one must be allowed.  */
    { "allow = UNIT STOP more=b more=c", "UNIT STOP a b", "+" },
    { "allow = UNIT STOP more=b more=c", "UNIT STOP a b c", "+" },
    { "allow = UNIT STOP more=b more=c", "UNIT STOP a b c d", "-" },
    { "allow = UNIT STOP more=b more=c", "UNIT STOP a", "-" },
    /* One is enough to be denied.  */
    { "allow = *\ndeny = UNIT STOP more=b", "UNIT STOP a c d", "+" },
    { "allow = *\ndeny = UNIT STOP more=b", "UNIT STOP a c b d", "4" },
    { "allow = *\ndeny = UNIT STOP more=b", "UNIT STOP b", "+" },
    /* By number.  */
    { "allow = UNIT STOP more.1=b", "UNIT STOP a b x", "+" },
    { "allow = UNIT STOP more.1=b", "UNIT STOP a x b", "-" },
    { "allow = UNIT STOP more.2=b", "UNIT STOP a b", "-" },
    { "allow = UNIT STOP more.2~[a-c]", "UNIT STOP a x c", "+" },
    { "allow = UNIT STOP more.1=b more.2=c", "UNIT STOP a b c", "+" },
    { "allow = UNIT STOP more.1=b more.2=c", "UNIT STOP a b d", "-" },
    { "allow = UNIT STOP more.1=b more=[a-c]", "UNIT STOP a b c", "+" },
    { "allow = UNIT STOP more.1=b more=[a-c]", "UNIT STOP a b d", "-" },
    { "allow = *\ndeny = UNIT STOP more.2=b", "UNIT STOP a b", "+" },
    { "allow = *\ndeny = UNIT STOP more.2=b", "UNIT STOP a x b", "4" },
    { NULL, NULL, NULL }
  };

  assert_judged (state, cases);
}

static void
defaults_are_values (void **state)
{
  static const struct judged cases[] = {
    { "allow = UNIT SHOW lines=1..10", "UNIT SHOW", "+" },
    { "allow = UNIT SHOW lines=1..10", "UNIT SHOW --lines=010", "+" },
    { "allow = UNIT SHOW lines=1..10", "UNIT SHOW --lines=11", "-" },
    { "allow = UNIT START mode=fast", "UNIT START a", "+" },
    { "allow = *\ndeny = UNIT START mode=f*", "UNIT START a", "4" },
    /* What was not given is no value, not an empty one.  */
    { "allow = UNIT SHOW unit=*", "UNIT SHOW", "-" },
    { "allow = *\ndeny = UNIT SHOW unit=*", "UNIT SHOW", "+" },
    { "allow = UNIT SHOW timeout=1..60", "UNIT SHOW", "-" },
    { "allow = UNIT SHOW timeout=1..60", "UNIT SHOW --timeout=1min", "+" },
    /* But a flag is off.  */
    { "allow = UNIT START force=0", "UNIT START a", "+" },
    { "allow = UNIT START force=no", "UNIT START --force a", "-" },
    { "allow = UNIT START force=yes", "UNIT START --force a", "+" },
    { "allow = UNIT START force=yes", "UNIT START a", "-" },
    { "allow = UNIT START dry-run=1", "UNIT START a", "-" },
    { "allow = UNIT START dry-run=1", "UNIT START --dry-run a", "+" },
    { "allow = *\ndeny = * ST* dry-run=no", "UNIT START a", "4" },
    { "allow = *\ndeny = * ST* dry-run=no", "UNIT START --dry-run a", "+" },
    { NULL, NULL, NULL }
  };

  assert_judged (state, cases);
}

/* What is still to be asked for may be allowed, and is not denied yet.  */
static void
values_that_are_not_known (void **state)
{
  static const struct judged cases[]
      = { { "allow = UNIT STOP unit=a", "UNIT STOP @", "+" },
          { "allow = UNIT STOP unit=a more=b", "UNIT STOP @ c", "-" },
          { "allow = UNIT STOP unit=a more=b", "UNIT STOP @ b @", "+" },
          { "allow = UNIT STOP more.2=b", "UNIT STOP a @", "-" },
          { "allow = UNIT STOP more.2=b", "UNIT STOP a c @", "+" },
          { "allow = *\ndeny = UNIT STOP unit=a", "UNIT STOP @", "+" },
          { "allow = *\ndeny = UNIT STOP unit=*", "UNIT STOP @", "+" },
          { "allow = *\ndeny = UNIT STOP more=b", "UNIT STOP a @ b", "4" },
          { "allow = *\ndeny = UNIT STOP", "UNIT STOP @", "4" },
          { NULL, NULL, NULL } };

  assert_judged (state, cases);
}

/* Whatever the spelling: the object is what the path leads to.  */
static void
files_have_names (void **state)
{
  static const struct judged cases[] = {
    { "allow = FILE PUT path=/etc/real", "FILE PUT /etc/real", "+" },
    { "allow = FILE PUT path=/etc/real", "FILE PUT //etc/./real", "+" },
    { "allow = FILE PUT path=/etc/real", "FILE PUT /link", "+" },
    { "allow = FILE PUT path=/etc/real", "FILE PUT /dir/real", "+" },
    { "allow = FILE PUT path=/etc/*", "FILE PUT /out", "-" },
    { "allow = FILE PUT path=/etc/*", "FILE PUT /dir/new", "+" },
    { "allow = FILE PUT path=/etc/*", "FILE PUT /no/such", "-" },
    { "allow = FILE PUT path=/no/**", "FILE PUT /no/such", "+" },
    { "allow = FILE PUT path=/etc/*", "FILE PUT /etc/real /link", "+" },
    { "allow = FILE PUT path=/etc/*", "FILE PUT /etc/real /out", "-" },
    { "allow = *\ndeny = FILE PUT path=/etc/real", "FILE PUT /link", "4" },
    { "allow = *\ndeny = FILE PUT path=/etc/real", "FILE PUT /dir/real", "4" },
    { "allow = *\ndeny = FILE PUT path=/etc/real", "FILE PUT /x /link", "4" },
    { "allow = *\ndeny = FILE PUT path=/etc/real", "FILE PUT /out", "+" },
    /* The name that was said is a name, too.  */
    { "allow = *\ndeny = FILE PUT path=/l*", "FILE PUT /link", "4" },
    { "allow = *\ndeny = FILE PUT path~/l.*", "FILE PUT /link", "4" },
    { "allow = FILE PUT path~/etc/re.*", "FILE PUT /link", "+" },
    /* Nobody can tell what this is.  */
    { "allow = FILE PUT path=/**", "FILE PUT /loop", "-" },
    { "allow = *\ndeny = FILE PUT path=/etc/real", "FILE PUT /loop", "4" },
    { "allow = FILE CUT size=1k..1M", "FILE CUT /x 2k", "+" },
    { "allow = FILE CUT size=1k..1M", "FILE CUT /x 2M", "-" },
    { NULL, NULL, NULL }
  };
  struct scratch *scratch = *state;

  scratch_write (scratch, "/etc/real", "");
  scratch_write (scratch, "/out", "");
  assert_int_equal (symlink ("etc/real", scratch_path (scratch, "/link")), 0);
  assert_int_equal (symlink ("/etc", scratch_path (scratch, "/dir")), 0);
  assert_int_equal (symlink ("loop", scratch_path (scratch, "/loop")), 0);
  assert_judged (state, cases);
}

/* --- Rules beside objects --- */

/* "+", "-" or the line of the rule that denies EFFECT on NAMES; the first
   WHOLE bytes of each are the file.  */
static const char *
judge_names (void **state, const char *rules, enum effect effect,
             const struct object_name *names, size_t count)
{
  static char said[16];
  const struct rule *rule;
  struct policy policy;
  char text[1000];

  snprintf (text, sizeof text, PANEL "%s\n", rules);
  assert_right (state, text, &policy);
  if (identity_may_object (policy.identity, &aug, effect, names, count, &rule))
    snprintf (said, sizeof said, "+%u", rule->line);
  else
    snprintf (said, sizeof said, "-%u", rule ? rule->line : 0);
  policy_release (&policy);
  return said;
}

#define HOSTS "/files/etc/hosts"

static void
objects_are_allowed_and_denied (void **state)
{
  static const struct
  {
    const char *rules;
    enum effect effect;
    const char *node; /* Below HOSTS.  */
    const char *said;
  } cases[] = {
    { "allow = *", EFFECT_READ, "", "+3" },
    { "allow = AUG READ path=" HOSTS, EFFECT_READ, "", "+3" },
    { "allow = AUG READ path=" HOSTS, EFFECT_WRITE, "/1", "-0" },
    { "allow = AUG WRITE path=" HOSTS, EFFECT_READ, "", "-0" },
    { "allow = AUG WRITE path=" HOSTS, EFFECT_WRITE, "/1/alias", "+3" },
    { "allow = AUG WRITE path=/files/x path=" HOSTS, EFFECT_WRITE, "/1", "+3" },
    { "allow = AUG WRITE path=/files/etc", EFFECT_WRITE, "/1", "-0" },
    { "allow = AUG WRITE path=" HOSTS "/1", EFFECT_WRITE, "/1/alias", "+3" },
    { "allow = AUG WRITE path=" HOSTS "/1", EFFECT_WRITE, "/2", "-0" },
    { "allow = AUG WRITE path=" HOSTS "/1", EFFECT_WRITE, "", "-0" },
    { "allow = *\ndeny = AUG WRITE path=" HOSTS "/1", EFFECT_WRITE, "/1/alias",
      "-4" },
    { "allow = *\ndeny = AUG WRITE path=" HOSTS "/1", EFFECT_WRITE, "/2",
      "+3" },
    { "allow = *\ndeny = AUG WRITE path=" HOSTS "/1/ALIAS", EFFECT_WRITE,
      "/1/alias", "-4" },
    { "allow = *\ndeny = AUG WRITE path=" HOSTS "/1/alias", EFFECT_WRITE, "/1",
      "+3" },
    { "deny = AUG WRITE path=/files/etc\nallow = *", EFFECT_WRITE, "/1", "-3" },
    { "deny = AUG WRITE\nallow = *", EFFECT_WRITE, "/1", "-3" },
    { "deny = AUG WRITE\nallow = *", EFFECT_READ, "", "+4" },
    /* What denies a part hides the whole file from readers.  */
    { "allow = *\ndeny = AUG READ path=" HOSTS "/1/alias", EFFECT_READ, "",
      "-4" },
    { "allow = *\ndeny = AUG READ path=" HOSTS "/**", EFFECT_READ, "", "-4" },
    { "allow = *\ndeny = AUG READ path=/files/etc/*/1", EFFECT_READ, "", "-4" },
    { "allow = *\ndeny = AUG READ path=/files/etc/fstab/1", EFFECT_READ, "",
      "+3" },
    { "allow = UNIT *", EFFECT_READ, "", "-0" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      char text[200];
      struct object_name name = { text, strlen (HOSTS), false };
      const char *said;

      snprintf (text, sizeof text, HOSTS "%s", cases[i].node);
      said = judge_names (state, cases[i].rules, cases[i].effect, &name, 1);
      if (strcmp (said, cases[i].said))
        print_message ("# %s: %s: %s\n", cases[i].rules, cases[i].node, said);
      assert_string_equal (said, cases[i].said);
    }
}

/* The first name is what must be allowed, any may be denied.  */
static void
objects_have_names (void **state)
{
  static const struct object_name names[] = { { "/files/a/b", 10, false },
                                              { "/files/link", 11, false } };

  assert_string_equal (judge_names (state, "allow = AUG READ path=/files/a/b",
                                    EFFECT_READ, names, 2),
                       "+3");
  assert_string_equal (judge_names (state, "allow = AUG READ path=/files/link",
                                    EFFECT_READ, names, 2),
                       "-0");
  assert_string_equal (
      judge_names (state, "allow = *\ndeny = AUG READ path=/files/link",
                   EFFECT_READ, names, 2),
      "-4");
  assert_string_equal (
      judge_names (state, "allow = *\ndeny = AUG READ path=/files/a/**",
                   EFFECT_READ, names, 2),
      "-4");
}

/* A file whose nodes are not known is denied with any of them.  */
static void
entire_objects (void **state)
{
  const struct object_name part = { "/files/a", 8, false };
  const struct object_name entire = { "/files/a", 8, true };
  const char *rules = "allow = AUG WRITE path=/files/a\n"
                      "deny = AUG WRITE path=/files/*/1/x";

  assert_string_equal (judge_names (state, rules, EFFECT_WRITE, &part, 1),
                       "+3");
  assert_string_equal (judge_names (state, rules, EFFECT_WRITE, &entire, 1),
                       "-4");
  assert_string_equal (judge_names (state, "allow = AUG WRITE path=/files/a/**",
                                    EFFECT_WRITE, &entire, 1),
                       "-0");
  assert_string_equal (judge_names (state, "allow = AUG WRITE path=/files/a",
                                    EFFECT_WRITE, &entire, 1),
                       "+3");
}

/* Whether nothing needs to be asked for.  */
static void
all_objects (void **state)
{
  static const struct
  {
    const char *rules;
    const char *said;
  } cases[] = { { "allow = *", "+3" },
                { "allow = AUG WRITE", "-0" },
                { "allow = AUG READ", "+3" },
                { "allow = AUG READ path=/**", "-0" },
                { "allow = AUG READ path=/files/a\nallow = AUG READ", "+4" },
                { "allow = *\ndeny = AUG READ path=/files/a", "-4" },
                { "allow = *\ndeny = AUG READ", "-4" },
                { "allow = *\ndeny = AUG WRITE path=/files/a", "+3" },
                { "deny = UNIT *\nallow = *", "+4" } };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_string_equal (
        judge_names (state, cases[i].rules, EFFECT_READ, NULL, 0),
        cases[i].said);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (conditions_are_or_and_and),
    TEST (what_a_rule_must_name),
    TEST (values_that_repeat),
    TEST (defaults_are_values),
    TEST (values_that_are_not_known),
    TEST (files_have_names),
    TEST (objects_are_allowed_and_denied),
    TEST (objects_have_names),
    TEST (entire_objects),
    TEST (all_objects),
  };

  return cmocka_run_group_tests (tests, make_registry, drop_registry);
}
