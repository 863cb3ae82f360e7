/* test-policy_noun.c - tests of src/mod/policy/policy.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "policyhand.h"
#include "src/gate/gate.h"
#include "src/mod/policy/policy.h"

static struct policy policy;
static struct gate gate;
static struct buffer answer;
static size_t room; /* Bytes that the client takes.  */
static unsigned reloads;

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  (void)context;
  if (answer.length + length > room)
    return gpg_error (GPG_ERR_EPIPE);
  buffer_append (&answer, bytes, length);
  return buffer_error (&answer);
}

static gpg_error_t
reload (struct call *call)
{
  reloads++;
  return fail (&call->failure, GPG_ERR_CONFIGURATION, "no");
}

static int
policy_setup (void **state)
{
  room = 100000;
  reloads = 0;
  return setup (state);
}

static int
policy_teardown (void **state)
{
  policy_release (&policy);
  buffer_release (&answer);
  return scratch_teardown (state);
}

/* Be the panel of the policy TEXT.  */
static void
be (void **state, const char *text)
{
  assert_right (state, text, &policy);
  gate = (struct gate){ .identity = policy.identity, .ceiling = EFFECT_WRITE };
}

/* Carry out LINE, VERB and what follows.  */
static gpg_error_t
run (void **state, const char *line)
{
  struct scratch *scratch = *state;
  struct writer out = { .sink = { .data = take_data } };
  struct call call = { .noun = &policy_noun,
                       .machine = &scratch->machine,
                       .registry = &registry,
                       .gate = &gate,
                       .reload = reload,
                       .out = &out };
  const struct registry_verb *verb;
  struct words words;
  gpg_error_t err;

  buffer_clear (&answer);
  assert_int_equal (words_split (line, &words, NULL), 0);
  verb = registry_verb (registry_noun (&registry, "POLICY"),
                        words.word[0].text);
  call.verb = verb->row;
  assert_int_equal (arguments_bind (&verb->grammar, &registry.common,
                                    words.word + 1, words.count - 1,
                                    &call.arguments, NULL),
                    0);
  words_release (&words);
  err = verb->row->run (&call);
  arguments_release (call.arguments);
  failure_release (&call.failure);
  writer_release (&out);
  return err;
}

/* LINE is answered with WANTED, in which @ is the directory of policies.  */
static void
answers (void **state, const char *line, const char *wanted)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;

  for (; *wanted; wanted++)
    if (*wanted == '@')
      buffer_string (&text, scratch_path (*state, OWN_POLICY_DIR));
    else
      buffer_append (&text, wanted, 1);
  assert_int_equal (run (state, line), 0);
  assert_string_equal (answer.bytes, text.bytes);
}

/* However early the client goes, that is the result of LINE.  */
static void
survives (void **state, const char *line)
{
  size_t all = (assert_int_equal (run (state, line), 0), answer.length);

  for (room = 0; room < all; room++)
    assert_code (run (state, line), GPG_ERR_EPIPE);
  room = 100000;
}

static const char everything[] = PANEL
    "rate = 5/1500ms\nceiling = read\ndry-run = yes\n"
    "expires = 2101-02-03T04:05:06Z\nallow = UNIT SHOW unit=a*\n"
    "deny = *\n";

static void
test_show_tells_all_that_is_set (void **state)
{
  be (state, everything);
  answers (state, "SHOW",
           "identity: panel\nceiling: read\nrate: 5/1500ms\ndry-run: yes\n"
           "expires: 2101-02-03T04:05:06Z\nfile: @/a.policy\nline: 1\n\n"
           "rule: allow = UNIT SHOW unit=a*\nfile: @/a.policy\nline: 7\n\n"
           "rule: deny = * *\nfile: @/a.policy\nline: 8\n");
  survives (state, "SHOW");
}

static void
test_show_tells_nothing_that_is_not (void **state)
{
  be (state, PANEL "rate = 100/60s\n");
  answers (state, "SHOW",
           "identity: panel\nceiling: write\nrate: 100/60s\ndry-run: no\n"
           "file: @/a.policy\nline: 1\n");
}

static void
test_what_is_built_in_has_no_file (void **state)
{
  gate = (struct gate){ .identity = identity_built_in (IDENTITY_OWNER),
                        .ceiling = EFFECT_DESTROY };
  answers (state, "SHOW",
           "identity: owner\nceiling: destroy\ndry-run: no\n\n"
           "rule: allow = * *\n");
  answers (state, "EXPLAIN UNIT SHOW a",
           "question: UNIT SHOW\nallowed: yes\nreason: allow\n"
           "rule: allow = * *\n");
}

static void
test_explain (void **state)
{
  be (state, PANEL "allow = UNIT SHOW unit=a*\nallow = FILE *\n"
                   "allow = AUG READ path=/files/a\n");
  answers (state, "EXPLAIN UNIT SHOW --lines=3 ab",
           "question: UNIT SHOW\nallowed: yes\nreason: allow\n"
           "rule: allow = UNIT SHOW unit=a*\nfile: @/a.policy\nline: 3\n");
  answers (state, "EXPLAIN UNIT SHOW b",
           "question: UNIT SHOW\nallowed: no\nreason: no rule\n");
  answers (state, "EXPLAIN FILE CUT /a 1 %40",
           "question: FILE CUT\nallowed: yes\nreason: allow\n"
           "rule: allow = FILE *\nfile: @/a.policy\nline: 4\n");
  answers (state, "EXPLAIN AUG READ",
           "question: AUG READ\nallowed: yes\nreason: depends\n"
           "note: each file is judged when it is read, each node when it is "
           "saved\n");
  survives (state, "EXPLAIN UNIT SHOW ab");
  survives (state, "EXPLAIN AUG READ");
  assert_code (run (state, "EXPLAIN UNIT"), GPG_ERR_MISSING_VALUE);
  assert_code (run (state, "EXPLAIN UNIT SHOW --fast a"),
               GPG_ERR_UNKNOWN_OPTION);
}

static void
test_reload_is_the_sessions (void **state)
{
  be (state, PANEL);
  assert_code (run (state, "RELOAD"), GPG_ERR_CONFIGURATION);
  assert_int_equal (reloads, 1);
}

static int
make_with_policy (void **state)
{
  static const struct noun *const with[] = { &aug, &unit, &file, &policy_noun,
                                             NULL };

  (void)state;
  assert_ptr_equal (nouns[0], &aug);
  return registry_make (with, &registry, NULL) ? -1 : 0;
}

#define NOUN_TEST(name)                                                        \
  cmocka_unit_test_setup_teardown (name, policy_setup, policy_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    NOUN_TEST (test_show_tells_all_that_is_set),
    NOUN_TEST (test_show_tells_nothing_that_is_not),
    NOUN_TEST (test_what_is_built_in_has_no_file),
    NOUN_TEST (test_explain),
    NOUN_TEST (test_reload_is_the_sessions),
  };

  return cmocka_run_group_tests (tests, make_with_policy, drop_registry);
}
