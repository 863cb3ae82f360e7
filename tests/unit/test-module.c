/* test-module.c - tests of src/mod/module/module.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <stdio.h>
#include <string.h>

#include "protocol/words.h"
#include "src/call/call.h"
#include "src/call/registry.h"
#include "src/mod/module/module.h"

static gpg_error_t
run_nothing (struct call *call)
{
  (void)call;
  return 0;
}

static const struct verb box_verbs[] = { { .name = "OPEN",
                                           .args = "<box:text> [--slowly]",
                                           .effect = EFFECT_WRITE,
                                           .run = run_nothing,
                                           .summary = "Open a box",
                                           .help = "h" },
                                         { .name = "BURN",
                                           .args = "",
                                           .effect = EFFECT_DESTROY,
                                           .run = run_nothing,
                                           .summary = "Burn \"all\"",
                                           .help = "h" },
                                         { .name = NULL } };
static const struct noun box_noun = {
  .name = "BOX", .summary = "What keeps things", .help = "h", .verbs = box_verbs
};

static struct registry registry;
static struct buffer answer;
static gpg_err_code_t client_gone;
static unsigned pieces;

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  (void)context;
  pieces++;
  if (client_gone)
    return gpg_error (client_gone);
  buffer_append (&answer, bytes, length);
  return buffer_error (&answer);
}

static gpg_error_t
take_status (void *context, const char *keyword, const char *text)
{
  (void)context;
  (void)keyword;
  (void)text;
  assert_true (false);
  return 0;
}

static int
setup (void **state)
{
  static const struct noun *const nouns[] = { &box_noun, &module_noun, NULL };

  (void)state;
  client_gone = 0;
  pieces = 0;
  buffer_clear (&answer);
  return registry_make (nouns, &registry, NULL) ? -1 : 0;
}

static int
teardown (void **state)
{
  (void)state;
  registry_release (&registry);
  buffer_release (&answer);
  return 0;
}

/* Run LINE, a verb of MODULE with its words; the answer is in ANSWER.  */
static gpg_error_t
run (const char *line, enum output output, struct failure *r_failure)
{
  struct writer out = { .sink = { take_data, take_status, NULL },
                        .output = output };
  struct call call = { .registry = &registry, .out = &out };
  const struct registry_verb *verb;
  struct words words;
  gpg_error_t err;

  buffer_clear (&answer);
  assert_int_equal (words_split (line, &words, NULL), 0);
  verb = registry_verb (registry_noun (&registry, "MODULE"),
                        words.word[0].text);
  assert_non_null (verb);
  err = arguments_bind (&verb->grammar, &registry.common, words.word + 1,
                        words.count - 1, &call.arguments, &call.failure);
  if (!err)
    err = verb->row->run (&call);
  arguments_release (call.arguments);
  words_release (&words);
  writer_release (&out);
  buffer_append (&answer, "", 0);
  if (r_failure)
    *r_failure = call.failure;
  else
    failure_release (&call.failure);
  return err;
}

static void
lists_nouns_in_order (void **state)
{
  char expected[256];

  (void)state;
  assert_int_equal (run ("LIST", OUTPUT_TEXT, NULL), 0);
  snprintf (expected, sizeof expected,
            "noun: BOX\ndescription: What keeps things\nverbs: 2\n\n"
            "noun: MODULE\ndescription: %s\nverbs: 2\n",
            module_noun.summary);
  assert_string_equal (answer.bytes, expected);
}

static void
lists_in_json (void **state)
{
  (void)state;
  assert_int_equal (run ("LIST", OUTPUT_JSON, NULL), 0);
  assert_non_null (strstr (answer.bytes, "{\"noun\":\"BOX\",\"description\":"
                                         "\"What keeps things\",\"verbs\":2}"));
}

static void
describes_a_noun (void **state)
{
  static const char expected[]
      = "noun: BOX\ndescription: What keeps things\n\n"
        "verb: OPEN\narguments: <box:text> [--slowly]\neffect: write\n"
        "description: Open a box\n\n"
        "verb: BURN\narguments: \neffect: destroy\n"
        "description: Burn \"all\"\n";

  (void)state;
  assert_int_equal (run ("INFO BOX", OUTPUT_TEXT, NULL), 0);
  assert_string_equal (answer.bytes, expected);
  assert_int_equal (run ("INFO box", OUTPUT_TEXT, NULL), 0);
  assert_string_equal (answer.bytes, expected);
  assert_int_equal (run ("INFO BOX", OUTPUT_JSON, NULL), 0);
  assert_non_null (strstr (answer.bytes, "\"effect\":\"destroy\""));
  assert_non_null (strstr (answer.bytes, "Burn \\\"all\\\""));
}

static void
describes_itself (void **state)
{
  (void)state;
  assert_int_equal (run ("INFO MODULE", OUTPUT_TEXT, NULL), 0);
  assert_non_null (strstr (answer.bytes, "verb: LIST\n"));
  assert_non_null (strstr (answer.bytes, "verb: INFO\n"));
  assert_null (strstr (answer.bytes, "effect: write"));
}

static void
an_unknown_noun (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;

  (void)state;
  assert_code (run ("INFO BO", OUTPUT_TEXT, &failure), GPG_ERR_NOT_FOUND);
  assert_string_equal (failure.text,
                       "there is no noun BO: MODULE LIST lists them");
  assert_int_equal (answer.length, 0);
}

/* What fails to be written is not tried again.  */
static void
a_client_that_is_gone (void **state)
{
  static const char *const lines[] = { "LIST", "INFO BOX" };

  (void)state;
  client_gone = GPG_ERR_EPIPE;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    {
      pieces = 0;
      assert_code (run (lines[i], OUTPUT_TEXT, NULL), GPG_ERR_EPIPE);
      assert_int_equal (pieces, 1);
    }
}

/* It tells what HELP tells: nobody needs a rule for it.  */
static void
needs_no_grant (void **state)
{
  (void)state;
  for (const struct verb *verb = module_noun.verbs; verb->name; verb++)
    {
      assert_int_equal (verb->effect, EFFECT_READ);
      assert_true (verb->flags & VERB_UNGRANTED);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (lists_nouns_in_order), TEST (lists_in_json),
    TEST (describes_a_noun),     TEST (describes_itself),
    TEST (an_unknown_noun),      TEST (a_client_that_is_gone),
    TEST (needs_no_grant),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
