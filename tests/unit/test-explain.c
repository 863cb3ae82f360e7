/* test-explain.c - tests of src/gate/explain.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "policyhand.h"
#include "src/gate/explain.h"

/* --- A noun that is granted by effect --- */

static gpg_err_code_t lost; /* That find_object returns.  */

/* "/files/FILE/NODE": the file is the first step; "/files/link" leads to
   "/files/real"; what has a star is not known.  */
static gpg_error_t
find (const struct machine *machine, const char *text,
      gpg_error_t (*each) (void *context, const struct object_name *names,
                           size_t count),
      void *context)
{
  struct object_name names[9];
  size_t whole = 7 + strcspn (text + 7, "/");
  char real[100];

  assert_non_null (machine);
  if (lost)
    return gpg_error (lost);
  if (strncmp (text, "/files/", 7) || strchr (text, '*'))
    return gpg_error (GPG_ERR_INV_NAME);
  for (size_t i = 0; i < 9; i++)
    names[i] = (struct object_name){ .text = text, .whole = whole };
  if (strncmp (text, "/files/link", 11))
    return each (context, names, strcmp (text, "/files/many") ? 1 : 9);
  snprintf (real, sizeof real, "/files/real%s", text + 11);
  names[0].text = real;
  return each (context, names, 2);
}

static const struct verb tree_verbs[]
    = { VERB ("GET", "<path:augpath>...", EFFECT_READ),
        VERB ("SET", "<path:augpath> [<value:text>]", EFFECT_WRITE),
        VERB ("CHOP", "<path:augpath>", EFFECT_DESTROY),
        VERB ("LIST", "[--all]", EFFECT_READ),
        { 0 } };
static const struct noun tree = { .name = "TREE",
                                  .summary = "s",
                                  .help = "h",
                                  .verbs = tree_verbs,
                                  .flags = NOUN_GRANT_BY_EFFECT,
                                  .object = "path",
                                  .object_type = "augpath",
                                  .find_object = find };

/* --- Asking --- */

static struct policy policy;
static struct gate gate;
static struct buffer told;
static gpg_err_code_t tired; /* That the taker returns.  */

static gpg_error_t
take_one (void *context, const struct explanation *one)
{
  assert_ptr_equal (context, &told);
  buffer_printf (&told, "%s%s: %s%s", told.length ? "|" : "", one->question,
                 explanation_reason (one), explanation_allows (one) ? "" : "!");
  if (one->verdict.rule)
    buffer_printf (&told, " %u", one->verdict.rule->line);
  return tired ? gpg_error (tired) : buffer_error (&told);
}

/* Be the panel under these RULES, the first of which is in line 3.  */
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

static gpg_error_t
ask (void **state, const char *line, struct failure *failure)
{
  struct scratch *scratch = *state;
  struct words words;
  gpg_error_t err;

  buffer_clear (&told);
  assert_int_equal (words_split (line, &words, NULL), 0);
  err = explain (&gate, &registry, &scratch->machine, words.word, words.count,
                 take_one, &told, failure);
  words_release (&words);
  return err;
}

static void
says (void **state, const char *line, const char *wanted)
{
  auto_failure struct failure failure = FAILURE_NONE;

  if (ask (state, line, &failure))
    print_message ("# %s\n", failure.text);
  assert_null (failure.text);
  assert_string_equal (told.bytes, wanted);
}

static void
fails (void **state, const char *line, gpg_err_code_t code, const char *text)
{
  auto_failure struct failure failure = FAILURE_NONE;

  assert_code (ask (state, line, &failure), code);
  assert_non_null (failure.text);
  assert_non_null (strstr (failure.text, text));
}

static int
teardown (void **state)
{
  lost = tired = 0;
  policy_release (&policy);
  buffer_release (&told);
  return scratch_teardown (state);
}

/* --- The cases --- */

static void
test_a_verb_is_asked_about_with_its_arguments (void **state)
{
  be (state, "allow = UNIT START unit=a\nallow = UNIT SHOW\ndeny = UNIT STOP");
  says (state, "UNIT START a", "UNIT START: allow 3");
  says (state, "unit start b", "UNIT START: no rule!");
  says (state, "UNIT START @", "UNIT START: allow 3");
  says (state, "UNIT START --force a", "UNIT START: allow 3");
  says (state, "UNIT STOP a", "UNIT STOP: deny! 5");
  says (state, "FILE PUT /a", "FILE PUT: no rule!");
  be (state, "allow = GUEST SET\nallow = GUEST KEEP guest=1\n"
             "deny = GUEST DROP");
  says (state, "GUEST SET 1", "GUEST SET: allow 3");
  says (state, "GUEST SET --keep 1", "GUEST SET: allow 3|GUEST KEEP: allow 4");
  says (state, "GUEST SET --keep --replace 2",
        "GUEST SET: no rule!|GUEST KEEP: no rule!|GUEST DROP: deny! 5");
}

/* Of the type "permit": a rule for all calls is none for this one.  */
static void
test_what_a_rule_must_name (void **state)
{
  be (state, "allow = *");
  says (state, "UNIT START a", "UNIT START: allow 3");
  says (state, "UNIT START --exec=0 a", "UNIT START: allow 3");
  says (state, "UNIT START --exec a", "UNIT START: no rule!");
  be (state, "allow = *\nallow = UNIT START exec=1 unit=a");
  says (state, "UNIT START --exec a", "UNIT START: allow 4");
  says (state, "UNIT START --exec b", "UNIT START: no rule!");
  be (state, "allow = UNIT START exec=1\ndeny = UNIT START unit=a");
  says (state, "UNIT START --exec a", "UNIT START: deny! 4");
  says (state, "UNIT START b", "UNIT START: no rule!");
}

static void
test_what_is_changed_is_read_before (void **state)
{
  be (state, "allow = TREE READ path=/files/a path=/files/b\n"
             "allow = TREE WRITE path=/files/a/1\n"
             "deny = TREE WRITE path=/files/a/1/x");
  says (state, "TREE GET /files/a/2",
        "TREE GET: allow 3|TREE READ path=/files/a: allow 3");
  says (state, "TREE SET /files/a/1 v",
        "TREE SET: allow 4|TREE READ path=/files/a: allow 3|"
        "TREE WRITE path=/files/a/1: depends 5");
  says (state, "TREE SET /files/a/1/y v",
        "TREE SET: allow 4|TREE READ path=/files/a: allow 3|"
        "TREE WRITE path=/files/a/1/y: allow 4");
  says (state, "TREE SET /files/a/1/x v",
        "TREE SET: allow 4|TREE READ path=/files/a: allow 3|"
        "TREE WRITE path=/files/a/1/x: deny! 5");
  says (state, "TREE SET /files/c/1 v",
        "TREE SET: allow 4|TREE READ path=/files/c/1: no rule!|"
        "TREE WRITE path=/files/c/1: no rule!");
  says (state, "TREE CHOP /files/a", "TREE CHOP: no rule!");
}

static void
test_what_is_below_may_be_denied (void **state)
{
  be (state, "allow = TREE WRITE path=/files/a\n"
             "deny = TREE WRITE path=/files/a/1/x");
  says (state, "TREE WRITE path=/files/a/1",
        "TREE WRITE path=/files/a/1: depends 4");
  says (state, "TREE WRITE path=/files/a/1/y",
        "TREE WRITE path=/files/a/1/y: allow 3");
}

static void
test_each_object_is_asked_about (void **state)
{
  be (state, "allow = TREE READ path=/files/a");
  says (state, "TREE GET /files/a /files/b",
        "TREE GET: allow 3|TREE READ path=/files/a: allow 3|"
        "TREE READ path=/files/b: no rule!");
}

static void
test_who_is_refused_learns_no_other_name (void **state)
{
  be (state, "allow = TREE READ path=/files/real");
  says (state, "TREE GET /files/link/1",
        "TREE GET: allow 3|TREE READ path=/files/real: allow 3");
  be (state, "allow = TREE READ path=/files/other");
  says (state, "TREE GET /files/link/1",
        "TREE GET: allow 3|TREE READ path=/files/link/1: no rule!");
  be (state, "allow = TREE READ\ndeny = TREE READ path=/files/link");
  says (state, "TREE READ path=/files/link/1",
        "TREE READ path=/files/link/1: deny! 4");
}

static void
test_an_object_that_is_not_known (void **state)
{
  be (state, "allow = TREE READ path=/files/a");
  says (state, "TREE GET /files/*", "TREE GET: allow 3|TREE READ: depends");
  says (state, "TREE GET @", "TREE GET: allow 3|TREE READ: depends");
  says (state, "TREE LIST", "TREE LIST: allow 3|TREE READ: depends");
  says (state, "TREE WRITE", "TREE WRITE: no rule!");
  be (state, "allow = TREE READ\ndeny = TREE READ path=/files/a");
  says (state, "TREE GET /files/*", "TREE GET: allow 3|TREE READ: depends 4");
  be (state, "allow = TREE READ");
  says (state, "TREE GET /files/*", "TREE GET: allow 3|TREE READ: allow 3");
  says (state, "TREE READ", "TREE READ: allow 3");
  be (state, "allow = *\ndeny = TREE READ");
  says (state, "TREE READ", "TREE READ: deny! 4");
}

static void
test_an_effect_with_objects (void **state)
{
  be (state, "allow = TREE WRITE path=/files/a");
  says (state, "TREE WRITE path=/files/a path=/files/b",
        "TREE WRITE path=/files/a: allow 3|TREE WRITE path=/files/b: no rule!");
  says (state, "tree write path=/files/a/1",
        "TREE WRITE path=/files/a/1: allow 3");
  fails (state, "TREE WRITE /files/a", GPG_ERR_SYNTAX, "path=OBJECT");
  fails (state, "TREE WRITE paths=/files/a", GPG_ERR_SYNTAX, "path=OBJECT");
}

static void
test_what_comes_before_rules (void **state)
{
  be (state, "allow = *\nceiling = read");
  says (state, "TREE SET /files/a", "TREE SET: ceiling!");
  says (state, "TREE WRITE", "TREE WRITE: ceiling!");
  says (state, "TREE WRITE path=/files/a",
        "TREE WRITE path=/files/a: ceiling!");
  be (state, "allow = *\nexpires = 2001-01-01");
  says (state, "UNIT SHOW", "UNIT SHOW: expired!");
  gate.identity = NULL;
  says (state, "UNIT SHOW", "UNIT SHOW: no identity!");
  gate.identity = identity_built_in (IDENTITY_OWNER);
  says (state, "UNIT SHOW", "UNIT SHOW: allow 0");
}

static void
test_what_is_no_command (void **state)
{
  be (state, "allow = *");
  fails (state, "", GPG_ERR_MISSING_VALUE, "NOUN VERB");
  fails (state, "UNIT", GPG_ERR_MISSING_VALUE, "NOUN VERB");
  fails (state, "UNITS SHOW", GPG_ERR_UNKNOWN_COMMAND, "no noun UNITS");
  fails (state, "UNIT SHOUT", GPG_ERR_UNKNOWN_COMMAND, "no verb SHOUT");
  fails (state, "UNIT READ", GPG_ERR_UNKNOWN_COMMAND, "no verb READ");
  fails (state, "UNIT START", GPG_ERR_MISSING_VALUE, "unit");
  assert_int_equal (told.length, 0);
}

static void
test_errors_end_it (void **state)
{
  be (state, "allow = *");
  lost = GPG_ERR_EIO;
  assert_code (ask (state, "TREE READ path=/files/a", NULL), GPG_ERR_EIO);
  lost = 0;
  assert_code (ask (state, "TREE READ path=/files/many", NULL),
               GPG_ERR_TOO_MANY);
  tired = GPG_ERR_EPIPE;
  assert_code (ask (state, "TREE SET /files/a", NULL), GPG_ERR_EPIPE);
  assert_string_equal (told.bytes, "TREE SET: allow 3");
}

static int
make_with_tree (void **state)
{
  static const struct noun *const with[] = { &tree, &unit, &file, &guest, NULL };

  (void)state;
  assert_ptr_equal (nouns[0], &aug);
  return registry_make (with, &registry, NULL) ? -1 : 0;
}

#define EXPLAIN_TEST(name)                                                     \
  cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    EXPLAIN_TEST (test_a_verb_is_asked_about_with_its_arguments),
    EXPLAIN_TEST (test_what_a_rule_must_name),
    EXPLAIN_TEST (test_what_is_changed_is_read_before),
    EXPLAIN_TEST (test_what_is_below_may_be_denied),
    EXPLAIN_TEST (test_each_object_is_asked_about),
    EXPLAIN_TEST (test_who_is_refused_learns_no_other_name),
    EXPLAIN_TEST (test_an_object_that_is_not_known),
    EXPLAIN_TEST (test_an_effect_with_objects),
    EXPLAIN_TEST (test_what_comes_before_rules),
    EXPLAIN_TEST (test_what_is_no_command),
    EXPLAIN_TEST (test_errors_end_it),
  };

  return cmocka_run_group_tests (tests, make_with_tree, drop_registry);
}
