/* test-gate_explain.c - tests of src/gate/gate.c: typed rules, and why
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <time.h>
#include "policyhand.h"
#include "src/gate/gate.h"

static struct policy policy;
static struct gate gate;

/* Be the panel under these RULES.  */
static void
be (void **state, const char *rules)
{
  char text[1000];

  policy_release (&policy);
  snprintf (text, sizeof text, PANEL "%s\n", rules);
  assert_right (state, text, &policy);
  gate = (struct gate){ .identity = policy.identity,
                        .ceiling = EFFECT_DESTROY };
}

static int
teardown (void **state)
{
  policy_release (&policy);
  return scratch_teardown (state);
}

/* A call of LINE; what it is made of is released by drop.  */
static struct call
bind_line (void **state, const char *line)
{
  struct scratch *scratch = *state;
  struct call call
      = { .machine = &scratch->machine, .gate = &gate, .registry = &registry };
  const struct registry_noun *noun;
  const struct registry_verb *verb;
  struct words words;

  assert_int_equal (words_split (line, &words, NULL), 0);
  noun = registry_noun (&registry, words.word[0].text);
  verb = registry_verb (noun, words.word[1].text);
  call.noun = noun->row;
  call.verb = verb->row;
  assert_int_equal (arguments_bind (&verb->grammar, &registry.common,
                                    words.word + 2, words.count - 2,
                                    &call.arguments, &call.failure),
                    0);
  words_release (&words);
  assert_int_equal (plan_new (&call.plan), 0);
  return call;
}

static void
drop (struct call *call)
{
  arguments_release (call->arguments);
  plan_release (call->plan);
  failure_release (&call->failure);
}

static const char *
detail (const struct failure *failure)
{
  for (const struct detail *one = failure->details; one; one = one->next)
    if (!strcmp (one->name, "rule"))
      return one->value;
  return "";
}

/* LINE ends with CODE, these words, and the rule that is missing.  */
static void
assert_run (void **state, const char *line, gpg_err_code_t code,
            const char *says, const char *rule)
{
  struct call call = bind_line (state, line);
  gpg_error_t err = gate_run (&gate, &call);

  assert_code (err, code);
  assert_string_equal (call.failure.text ? call.failure.text : "", says);
  assert_string_equal (detail (&call.failure), rule);
  drop (&call);
}

static void
the_missing_rule_is_told (void **state)
{
  be (state, "allow = UNIT STOP unit=a.service\n"
             "allow = FILE PUT path=/etc/x\n"
             "allow = UNIT SHOW lines=10 reason=?*");
  assert_run (state, "UNIT STOP a.service", 0, "", "");
  assert_run (state, "UNIT STOP b.service more", GPG_ERR_FORBIDDEN,
              "policy: no rule allows UNIT STOP unit=b.service to panel",
              "UNIT STOP unit=b.service");
  assert_run (state, "UNIT STOP \"b *\"", GPG_ERR_FORBIDDEN,
              "policy: no rule allows UNIT STOP \"unit=b [*]\" to panel",
              "UNIT STOP \"unit=b [*]\"");
  assert_run (state, "UNIT START --mode=slow x", GPG_ERR_FORBIDDEN,
              "policy: no rule allows UNIT START to panel", "UNIT START");
  assert_run (state, "FILE PUT /etc/x //etc/y", GPG_ERR_FORBIDDEN,
              "policy: no rule allows FILE PUT path=/etc/x path=/etc/y to "
              "panel",
              "FILE PUT path=/etc/x path=/etc/y");
  assert_run (state, "UNIT SHOW --lines=3 --reason=y", GPG_ERR_FORBIDDEN,
              "policy: no rule allows UNIT SHOW lines=3 reason=y to panel",
              "UNIT SHOW lines=3 reason=y");
  be (state, "allow = UNIT STOP more.2=x");
  assert_run (state, "UNIT STOP a b c", GPG_ERR_FORBIDDEN,
              "policy: no rule allows UNIT STOP more.2=c to panel",
              "UNIT STOP more.2=c");
  be (state, "allow = *\ndeny = UNIT STOP unit=a");
  assert_run (state, "UNIT STOP a", GPG_ERR_FORBIDDEN,
              "policy: a rule denies UNIT STOP unit=a to panel", "");
}

/* One that needs a rule of its own is told, though no rule tells its values
   apart; one that does not is left out.  */
static void
what_a_rule_must_name_is_told (void **state)
{
  be (state, "allow = *");
  assert_run (state, "UNIT START --exec=0 a", 0, "", "");
  assert_run (state, "UNIT START --exec --force a", GPG_ERR_FORBIDDEN,
              "policy: no rule allows UNIT START exec=1 to panel",
              "UNIT START exec=1");
  be (state, "allow = UNIT START unit=a");
  assert_run (state, "UNIT START --exec a", GPG_ERR_FORBIDDEN,
              "policy: no rule allows UNIT START exec=1 unit=a to panel",
              "UNIT START exec=1 unit=a");
}

/* An option that does what another verb does needs that verb's right, for the
   same objects.  */
static void
options_need_other_verbs (void **state)
{
  be (state, "allow = GUEST SET");
  assert_run (state, "GUEST SET 100", 0, "", "");
  assert_run (state, "GUEST SET --keep=0 --mode=run --replace=0 100", 0, "",
              "");
  assert_run (state, "GUEST SET --mode=halts 100", 0, "", "");
  assert_run (state, "GUEST SET --keep 100", GPG_ERR_FORBIDDEN,
              "policy: no rule allows GUEST KEEP to panel", "GUEST KEEP");
  assert_run (state, "GUEST SET --mode=halt 100", GPG_ERR_FORBIDDEN,
              "policy: no rule allows GUEST HALT to panel", "GUEST HALT");
  be (state, "allow = GUEST SET\nallow = GUEST KEEP guest=100");
  assert_run (state, "GUEST SET --keep 100", 0, "", "");
  assert_run (state, "GUEST SET --keep 101", GPG_ERR_FORBIDDEN,
              "policy: no rule allows GUEST KEEP guest=101 to panel",
              "GUEST KEEP guest=101");
  assert_run (state, "GUEST SET --keep 100 101", GPG_ERR_FORBIDDEN,
              "policy: no rule allows GUEST KEEP guest=100 guest=101 to panel",
              "GUEST KEEP guest=100 guest=101");
  assert_run (state, "GUEST SET 101", 0, "", "");
  be (state, "allow = *\ndeny = GUEST KEEP guest=101\ndeny = GUEST HALT");
  assert_run (state, "GUEST SET --keep 100 102", 0, "", "");
  assert_run (state, "GUEST SET --keep 100 101", GPG_ERR_FORBIDDEN,
              "policy: a rule denies GUEST KEEP guest=100 guest=101 to panel",
              "");
  assert_run (state, "GUEST SET --mode=run 101", 0, "", "");
  assert_run (state, "GUEST SET --mode=halt 101", GPG_ERR_FORBIDDEN,
              "policy: a rule denies GUEST HALT to panel", "");
}

/* What the other verb has and the call has not may be anything; a flag of it
   was not given; an option that is another one has nothing to do with it.  */
static void
other_verbs_have_the_call_s_arguments (void **state)
{
  be (state, "allow = GUEST SET\nallow = GUEST KEEP guest=1 name=x");
  assert_run (state, "GUEST SET --keep 1", GPG_ERR_FORBIDDEN,
              "policy: no rule allows GUEST KEEP guest=1 to panel",
              "GUEST KEEP guest=1");
  be (state, "allow = *\ndeny = GUEST KEEP name=x");
  assert_run (state, "GUEST SET --keep 1", GPG_ERR_FORBIDDEN,
              "policy: a rule denies GUEST KEEP to panel", "");
  be (state, "allow = GUEST SET\nallow = GUEST KEEP memory=0 dry-run=0");
  assert_run (state, "GUEST SET --keep 1", 0, "", "");
  assert_run (state, "GUEST SET --keep --dry-run 1", GPG_ERR_FORBIDDEN,
              "policy: no rule allows GUEST KEEP dry-run=1 to panel",
              "GUEST KEEP dry-run=1");
  be (state, "allow = GUEST SET\nallow = GUEST HALT force=0");
  assert_run (state, "GUEST SET --mode=halt 1", 0, "", "");
  assert_run (state, "GUEST SET --mode=halt --force 1", GPG_ERR_FORBIDDEN,
              "policy: no rule allows GUEST HALT force=1 to panel",
              "GUEST HALT force=1");
  be (state, "allow = GUEST SET replace=1\nallow = GUEST DROP replace=0");
  assert_run (state, "GUEST SET --replace 1", 0, "", "");
}

/* The ceiling holds for what the option does.  */
static void
other_verbs_are_below_the_ceiling (void **state)
{
  be (state, "ceiling = write\nallow = GUEST *\nallow = GUEST SET replace=1");
  assert_run (state, "GUEST SET --keep 1", 0, "", "");
  assert_run (state, "GUEST SET --replace 1", GPG_ERR_FORBIDDEN,
              "ceiling: panel may write at most, GUEST DROP is destroy", "");
  be (state, "allow = GUEST *\nallow = GUEST SET replace=1");
  assert_run (state, "GUEST SET --replace 1", 0, "", "");
  gate.ceiling = EFFECT_WRITE;
  assert_run (state, "GUEST SET --replace 1", GPG_ERR_FORBIDDEN,
              "ceiling: this socket admits write at most, GUEST DROP is "
              "destroy",
              "");
}

/* A value that is too long to tell is left out, and with it all others of an
   argument of which a rule must match each.  */
static void
long_values_are_not_told (void **state)
{
  char value[202] = "", line[400];

  memset (value, 'x', sizeof value - 1);
  snprintf (line, sizeof line, "UNIT STOP %s", value);
  be (state, "allow = UNIT STOP unit=a");
  assert_run (state, line, GPG_ERR_FORBIDDEN,
              "policy: no rule allows UNIT STOP to panel", "UNIT STOP");
  snprintf (line, sizeof line, "UNIT STOP b %s c", value);
  be (state, "allow = UNIT STOP unit=a more=c");
  assert_run (state, line, GPG_ERR_FORBIDDEN,
              "policy: no rule allows UNIT STOP unit=b to panel",
              "UNIT STOP unit=b");
  be (state, "allow = UNIT STOP more.2=a");
  assert_run (state, line, GPG_ERR_FORBIDDEN,
              "policy: no rule allows UNIT STOP more.2=c to panel",
              "UNIT STOP more.2=c");
}

static void
the_ceiling_of_the_identity (void **state)
{
  be (state, "allow = *\nceiling = write");
  assert_int_equal (gate_ceiling (&gate), EFFECT_WRITE);
  assert_run (state, "UNIT START a", 0, "", "");
  assert_run (state, "UNIT STOP a", GPG_ERR_FORBIDDEN,
              "ceiling: panel may write at most, UNIT STOP is destroy", "");
  gate.ceiling = EFFECT_READ;
  assert_int_equal (gate_ceiling (&gate), EFFECT_READ);
  assert_run (state, "UNIT START a", GPG_ERR_FORBIDDEN,
              "ceiling: this socket admits read at most, UNIT START is write",
              "");
  be (state, "allow = *");
  gate.ceiling = EFFECT_READ;
  assert_int_equal (gate_ceiling (&gate), EFFECT_READ);
  gate.identity = NULL;
  assert_int_equal (gate_ceiling (&gate), EFFECT_READ);
}

static void
the_end_of_the_identity (void **state)
{
  struct failure failure = FAILURE_NONE;

  be (state, "allow = *\nexpires = 2001-01-01");
  assert_run (state, "UNIT SHOW", GPG_ERR_FORBIDDEN,
              "the identity panel has expired: it needs another \"expires\"",
              "");
  assert_code (gate_check (&gate, &unit, unit_verbs, &failure),
               GPG_ERR_FORBIDDEN);
  failure_release (&failure);
}

/* --- Values that are asked for --- */

static const char *answer_text;
static unsigned answers;

static gpg_error_t
answer (void *context, const struct grammar_item *item, char **r_bytes,
        size_t *r_length, struct failure *failure)
{
  (void)context;
  (void)item;
  (void)failure;
  answers++;
  *r_bytes = strdup (answer_text);
  *r_length = strlen (answer_text);
  return 0;
}

static void
answers_are_judged (void **state)
{
  be (state, "allow = UNIT STOP unit=a*\ndeny = UNIT STOP unit=ab");
  gate.ask = answer;
  answer_text = "ax";
  assert_run (state, "UNIT STOP @", 0, "", "");
  answer_text = "b";
  assert_run (state, "UNIT STOP @", GPG_ERR_FORBIDDEN,
              "policy: no rule allows UNIT STOP unit=b to panel",
              "UNIT STOP unit=b");
  answer_text = "ab";
  assert_run (state, "UNIT STOP @", GPG_ERR_FORBIDDEN,
              "policy: a rule denies UNIT STOP unit=ab to panel", "");
  /* What cannot be allowed whatever the answer is not asked for.  */
  answers = 0;
  be (state, "allow = UNIT STOP more=c");
  gate.ask = answer;
  assert_run (state, "UNIT STOP @ d", GPG_ERR_FORBIDDEN,
              "policy: no rule allows UNIT STOP more=d to panel",
              "UNIT STOP more=d");
  assert_int_equal (answers, 0);
}

/* --- Why --- */

/* What decides about LINE: its reason, and the line of the rule.  */
static void
assert_why (void **state, const char *line, enum gate_reason reason,
            unsigned rule_line)
{
  struct call call = bind_line (state, line);
  struct gate_verdict verdict = gate_explain (&gate, &call);

  assert_int_equal (verdict.reason, reason);
  assert_int_equal (verdict.rule ? verdict.rule->line : 0, rule_line);
  drop (&call);
}

static void
explains_calls (void **state)
{
  struct call call = { .noun = &unit, .verb = unit_verbs + 2 };

  be (state, "allow = UNIT STOP unit=a*\ndeny = UNIT STOP unit=ab\n"
             "allow = UNIT SHOW\nceiling = destroy");
  assert_why (state, "UNIT STOP a", GATE_ALLOWED, 3);
  assert_why (state, "UNIT STOP ab", GATE_DENIED, 4);
  assert_why (state, "UNIT STOP b", GATE_NO_RULE, 0);
  assert_why (state, "UNIT STOP @", GATE_ALLOWED, 3);
  assert_why (state, "UNIT SHOW b", GATE_ALLOWED, 5);
  assert_int_equal (gate_explain (&gate, &call).reason, GATE_ALLOWED);
  gate.ceiling = EFFECT_WRITE;
  assert_why (state, "UNIT STOP ab", GATE_CEILING, 0);
  gate.identity = NULL;
  assert_why (state, "UNIT SHOW", GATE_STRANGER, 0);
  be (state, "allow = *\nexpires = 2001-01-01");
  assert_why (state, "UNIT SHOW", GATE_EXPIRED, 0);
}

/* A verb that needs no rule can be denied by one.  */
static void
what_needs_no_rule (void **state)
{
  struct verb free_verb = unit_verbs[0];
  struct call call = { .noun = &unit, .verb = &free_verb };

  free_verb.flags = VERB_UNGRANTED;
  be (state, "");
  assert_int_equal (gate_explain (&gate, &call).reason, GATE_ALLOWED);
  assert_null (gate_explain (&gate, &call).rule);
  be (state, "deny = UNIT SHOW unit=a");
  assert_int_equal (gate_explain (&gate, &call).reason, GATE_ALLOWED);
  call = bind_line (state, "UNIT SHOW a");
  call.verb = &free_verb;
  assert_int_equal (gate_explain (&gate, &call).reason, GATE_DENIED);
  drop (&call);
  call = bind_line (state, "UNIT SHOW b");
  call.verb = &free_verb;
  assert_int_equal (gate_explain (&gate, &call).reason, GATE_ALLOWED);
  drop (&call);
}

/* --- Objects --- */

static void
assert_may (enum effect effect, const char *node, gpg_err_code_t code,
            const char *says, const char *rule)
{
  struct call call = { .noun = &aug, .verb = aug_verbs, .gate = &gate };
  struct object_name name = { node, node ? strlen (node) : 0, false };
  struct failure failure = FAILURE_NONE;

  assert_code (gate_may (&call, effect, &name, node != NULL, &failure), code);
  assert_string_equal (failure.text ? failure.text : "", says);
  assert_string_equal (detail (&failure), rule);
  failure_release (&failure);
}

static void
objects_are_asked_for (void **state)
{
  be (state, "allow = AUG READ path=/files/a\nallow = AUG WRITE\n"
             "deny = AUG WRITE path=/files/b");
  assert_may (EFFECT_READ, "/files/a", 0, "", "");
  assert_may (
      EFFECT_READ, "/files/b c/*", GPG_ERR_FORBIDDEN,
      "policy: no rule allows AUG READ \"path=/files/b c/\\*\" to panel",
      "AUG READ \"path=/files/b c/\\*\"");
  assert_may (EFFECT_READ, NULL, GPG_ERR_FORBIDDEN,
              "policy: no rule allows AUG READ to panel", "AUG READ");
  assert_may (EFFECT_WRITE, "/files/a", 0, "", "");
  assert_may (EFFECT_WRITE, "/files/b", GPG_ERR_FORBIDDEN,
              "policy: a rule denies AUG WRITE path=/files/b to panel", "");
  gate.ceiling = EFFECT_READ;
  assert_may (EFFECT_WRITE, "/files/a", GPG_ERR_FORBIDDEN,
              "ceiling: this socket admits read at most, this is write", "");
  gate.identity = identity_built_in (IDENTITY_OWNER);
  assert_may (EFFECT_READ, NULL, 0, "", "");
  gate.identity = NULL;
  assert_may (EFFECT_READ, NULL, GPG_ERR_NO_AUTH,
              "say NONCE and AUTH first, or use reeve", "");
}

/* Verbs whose rights go by effect are let through, their objects are asked for
   later.  */
static void
verbs_come_before_objects (void **state)
{
  be (state, "allow = AUG WRITE path=/files/a");
  assert_why (state, "AUG GET", GATE_ALLOWED, 3);
  assert_why (state, "AUG SET", GATE_ALLOWED, 3);
  be (state, "allow = AUG READ path=/files/a");
  assert_run (state, "AUG SET", GPG_ERR_FORBIDDEN,
              "policy: no rule allows AUG WRITE to panel", "AUG WRITE");
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (the_missing_rule_is_told),
    TEST (what_a_rule_must_name_is_told),
    TEST (options_need_other_verbs),
    TEST (other_verbs_have_the_call_s_arguments),
    TEST (other_verbs_are_below_the_ceiling),
    TEST (long_values_are_not_told),
    TEST (the_ceiling_of_the_identity),
    TEST (the_end_of_the_identity),
    TEST (answers_are_judged),
    TEST (explains_calls),
    TEST (what_needs_no_rule),
    TEST (objects_are_asked_for),
    TEST (verbs_come_before_objects),
  };

  return cmocka_run_group_tests (tests, make_registry, drop_registry);
}
