/* test-arguments.c - tests of src/call/arguments.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gcrypt.h>
#include "check.h"
#include "protocol/limits.h"
#include "src/call/call.h"
#include "src/call/registry.h"

static struct grammar common;

/* A line bound to a row's grammar, as a handler sees it.  */
struct bound
{
  struct grammar row;
  struct call call;
  struct failure failure;
};

/* Bind LINE to ROW; unbind must follow.  */
static gpg_error_t
bind (const char *row, const char *line, struct bound *r_bound)
{
  struct words words;
  gpg_error_t err;

  memset (r_bound, 0, sizeof *r_bound);
  assert_int_equal (grammar_parse (row, &r_bound->row, NULL), 0);
  assert_int_equal (words_split (line, &words, NULL), 0);
  err = arguments_bind (&r_bound->row, &common, words.word, words.count,
                        &r_bound->call.arguments, &r_bound->failure);
  words_release (&words);
  if (err)
    {
      assert_null (r_bound->call.arguments);
      assert_non_null (r_bound->failure.text);
    }
  return err;
}

static void
unbind (struct bound *bound)
{
  arguments_release (bound->call.arguments);
  grammar_release (&bound->row);
  failure_release (&bound->failure);
}

static void
assert_wrong (const char *row, const char *line, gpg_err_code_t code,
              const char *says)
{
  struct bound bound;

  assert_code (bind (row, line, &bound), code);
  assert_non_null (strstr (bound.failure.text, says));
  unbind (&bound);
}

static const char edit[] = "<path:augpath> [<value:text>] [--form=<how:enum"
                           "(a|b)>] [--quiet] [--time=<t:duration>]";

static void
binds_all (void **state)
{
  struct bound bound;
  size_t length;

  (void)state;
  assert_int_equal (
      bind (edit, "--quiet --form=b --dry-run --time=2s /a \"\"", &bound), 0);
  assert_string_equal (arg_text (&bound.call, "path"), "/a");
  assert_string_equal (arg_text_at (&bound.call, "value", 0, &length), "");
  assert_int_equal (length, 0);
  assert_int_equal (arg_count (&bound.call, "value"), 1);
  assert_string_equal (arg_text (&bound.call, "form"), "b");
  assert_true (arg_count (&bound.call, "quiet"));
  assert_true (arg_count (&bound.call, "dry-run"));
  assert_int_equal (arg_number (&bound.call, "quiet", 0), 1);
  assert_int_equal (arg_number (&bound.call, "time", 7), 2000);
  assert_int_equal (arguments_count (bound.call.arguments), 6);
  unbind (&bound);
}

static void
what_is_not_given_is_not_there (void **state)
{
  struct bound bound;
  size_t length = 9;

  (void)state;
  assert_int_equal (bind (edit, "/a", &bound), 0);
  assert_null (arg_text_at (&bound.call, "value", 0, &length));
  assert_int_equal (length, 0);
  assert_int_equal (arg_count (&bound.call, "value"), 0);
  assert_false (arg_count (&bound.call, "quiet"));
  assert_int_equal (arg_number (&bound.call, "time", 7), 7);
  assert_null (arg_text_at (&bound.call, "path", 1, NULL));
  unbind (&bound);
}

static void
defaults_fill_in (void **state)
{
  static const char row[] = "<a:text> [<b:augpath=/files>] [--c=<d:int=010>] "
                            "[--e]";
  const struct argument_value *value;
  struct bound bound;

  (void)state;
  assert_int_equal (bind (row, "x", &bound), 0);
  assert_string_equal (arg_text (&bound.call, "b"), "/files");
  assert_int_equal (arg_count (&bound.call, "b"), 1);
  assert_string_equal (arg_text (&bound.call, "c"), "10");
  assert_int_equal (arg_number (&bound.call, "c", 7), 10);
  assert_int_equal (arg_count (&bound.call, "e"), 0);
  assert_int_equal (arguments_count (bound.call.arguments), 3);
  assert_true (arguments_value (bound.call.arguments, 0)->given);
  assert_false (arguments_value (bound.call.arguments, 1)->given);
  assert_false (arguments_value (bound.call.arguments, 2)->given);
  unbind (&bound);

  assert_int_equal (bind (row, "--c=3 x @", &bound), 0);
  assert_int_equal (arg_number (&bound.call, "c", 7), 3);
  assert_int_equal (arguments_count (bound.call.arguments), 3);
  value = arguments_value (bound.call.arguments, 2);
  assert_true (value->given);
  assert_null (value->text);
  unbind (&bound);
}

/* What a session's options are to its calls.  */
static void
options_have_defaults (void **state)
{
  struct bound bound;

  (void)state;
  assert_int_equal (bind (edit, "/a", &bound), 0);
  assert_int_equal (
      arguments_default (bound.call.arguments, "reason", "why", &bound.failure),
      0);
  assert_int_equal (
      arguments_default (bound.call.arguments, "reason", "x", &bound.failure),
      0);
  assert_string_equal (arg_text (&bound.call, "reason"), "why");
  assert_int_equal (arg_count (&bound.call, "reason"), 1);
  assert_false (arguments_value (bound.call.arguments, 1)->given);
  assert_code (
      arguments_default (bound.call.arguments, "output", "xml", &bound.failure),
      GPG_ERR_INV_ARG);
  unbind (&bound);
  assert_int_equal (bind (edit, "--reason=mine /a", &bound), 0);
  assert_int_equal (
      arguments_default (bound.call.arguments, "reason", "why", &bound.failure),
      0);
  assert_string_equal (arg_text (&bound.call, "reason"), "mine");
  unbind (&bound);
}

static void
values_may_look_like_options (void **state)
{
  struct bound bound;

  (void)state;
  assert_int_equal (bind (edit, "%2D-quiet \"--form=c\"", &bound), 0);
  assert_string_equal (arg_text (&bound.call, "path"), "--quiet");
  assert_string_equal (arg_text (&bound.call, "value"), "--form=c");
  assert_false (arg_count (&bound.call, "quiet"));
  unbind (&bound);

  assert_int_equal (bind (edit, "-- --quiet --x", &bound), 0);
  assert_string_equal (arg_text (&bound.call, "path"), "--quiet");
  assert_string_equal (arg_text (&bound.call, "value"), "--x");
  unbind (&bound);

  assert_int_equal (bind (edit, "/a --quiet", &bound), 0);
  assert_string_equal (arg_text (&bound.call, "value"), "--quiet");
  assert_false (arg_count (&bound.call, "quiet"));
  unbind (&bound);

  assert_int_equal (bind (edit, "/a --", &bound), 0);
  assert_string_equal (arg_text (&bound.call, "value"), "--");
  unbind (&bound);

  assert_int_equal (bind (edit, "-- -- --", &bound), 0);
  assert_string_equal (arg_text (&bound.call, "path"), "--");
  unbind (&bound);
}

static void
options_end_at_the_first_argument (void **state)
{
  (void)state;
  assert_wrong (edit, "/a b --quiet", GPG_ERR_TOO_MANY, "options stand first");
  assert_wrong ("[--quiet] <vmid:vmid>...", "100 --quiet", GPG_ERR_INV_ARG,
                "100 to 999999999 (options stand first)");
  assert_wrong ("[--quiet]", "x", GPG_ERR_TOO_MANY, "too many arguments");
}

static void
only_a_literal_at_sign_asks (void **state)
{
  struct bound bound;

  (void)state;
  assert_int_equal (bind (edit, "%40 \"@\"", &bound), 0);
  assert_string_equal (arg_text (&bound.call, "path"), "@");
  assert_string_equal (arg_text (&bound.call, "value"), "@");
  unbind (&bound);

  assert_int_equal (bind (edit, "--form=a @ @", &bound), 0);
  assert_int_equal (arguments_count (bound.call.arguments), 3);
  assert_non_null (arguments_value (bound.call.arguments, 0)->text);
  assert_null (arguments_value (bound.call.arguments, 1)->text);
  assert_null (arguments_value (bound.call.arguments, 2)->text);
  assert_string_equal (arguments_value (bound.call.arguments, 1)->item->name,
                       "path");
  unbind (&bound);
}

static void
answers_are_checked (void **state)
{
  struct bound bound;

  (void)state;
  assert_int_equal (bind ("<path:augpath> <kind:enum(a|b)>", "@ @", &bound), 0);
  assert_code (
      arguments_answer (bound.call.arguments, 0, "", 0, &bound.failure),
      GPG_ERR_INV_ARG);
  assert_non_null (strstr (bound.failure.text, "path"));
  assert_code (
      arguments_answer (bound.call.arguments, 0, "a\0b", 3, &bound.failure),
      GPG_ERR_INV_ARG);
  assert_non_null (strstr (bound.failure.text, "NUL"));
  assert_code (
      arguments_answer (bound.call.arguments, 1, "c", 1, &bound.failure),
      GPG_ERR_INV_ARG);
  assert_non_null (strstr (bound.failure.text, "a|b"));
  assert_null (arguments_value (bound.call.arguments, 1)->text);
  assert_int_equal (
      arguments_answer (bound.call.arguments, 0, "/x y", 3, &bound.failure), 0);
  assert_string_equal (arg_text (&bound.call, "path"), "/x ");
  assert_int_equal (
      arguments_answer (bound.call.arguments, 1, "b", 1, &bound.failure), 0);
  assert_string_equal (arg_text (&bound.call, "kind"), "b");
  unbind (&bound);
}

static void
large_answers_are_refused (void **state)
{
  struct bound bound;
  char *large = calloc (1, LIMIT_VALUE + 1);

  (void)state;
  assert_non_null (large);
  memset (large, 'x', LIMIT_VALUE + 1);
  assert_int_equal (bind ("<value:text>", "@", &bound), 0);
  assert_code (arguments_answer (bound.call.arguments, 0, large,
                                 LIMIT_VALUE + 1, &bound.failure),
               GPG_ERR_TOO_LARGE);
  assert_int_equal (arguments_answer (bound.call.arguments, 0, large,
                                      LIMIT_VALUE, &bound.failure),
                    0);
  unbind (&bound);
  free (large);
}

static void
secrets_never_stand_in_a_line (void **state)
{
  static const char row[] = "<user:string> <password:secret> [--token=<t:"
                            "secret>]";
  struct bound bound;

  (void)state;
  assert_wrong (row, "joe hunter2", GPG_ERR_INV_ARG, "must not stand in a");
  assert_wrong (row, "joe \"@\"", GPG_ERR_INV_ARG, "must not stand in a");
  assert_wrong (row, "--token=x joe @", GPG_ERR_INV_ARG, "must not stand");
  assert_int_equal (bind (row, "joe @", &bound), 0);
  assert_int_equal (
      arguments_answer (bound.call.arguments, 1, "hunter2", 7, &bound.failure),
      0);
  assert_string_equal (arg_text (&bound.call, "password"), "hunter2");
  assert_true (gcry_is_secure (arg_text (&bound.call, "password")));
  assert_false (gcry_is_secure (arg_text (&bound.call, "user")));
  unbind (&bound);
}

/* What is told of a wrong line must not repeat a secret.  */
static void
refusals_do_not_repeat_secrets (void **state)
{
  struct bound bound;

  (void)state;
  assert_code (bind ("<password:secret>", "hunter2", &bound), GPG_ERR_INV_ARG);
  assert_null (strstr (bound.failure.text, "hunter2"));
  unbind (&bound);
}

static void
the_last_argument_repeats (void **state)
{
  static const char row[] = "<path:augpath> [<more:string>...]";
  struct bound bound;
  char line[2 * LIMIT_WORDS + 4] = "";

  (void)state;
  assert_int_equal (bind (row, "a b @ d", &bound), 0);
  assert_int_equal (arguments_count (bound.call.arguments), 4);
  assert_int_equal (arguments_answer (bound.call.arguments, 2, "c c", 3, NULL),
                    0);
  assert_int_equal (arg_count (&bound.call, "more"), 3);
  assert_string_equal (arg_text_at (&bound.call, "more", 0, NULL), "b");
  assert_string_equal (arg_text_at (&bound.call, "more", 1, NULL), "c c");
  assert_string_equal (arg_text_at (&bound.call, "more", 2, NULL), "d");
  assert_null (arg_text_at (&bound.call, "more", 3, NULL));
  unbind (&bound);

  assert_int_equal (bind (row, "a", &bound), 0);
  assert_int_equal (arg_count (&bound.call, "more"), 0);
  unbind (&bound);

  for (int i = 0; i < LIMIT_WORDS; i++)
    memcpy (line + 2 * i, "a ", 3);
  assert_int_equal (bind (row, line, &bound), 0);
  assert_int_equal (arg_count (&bound.call, "more"), LIMIT_WORDS - 1);
  unbind (&bound);
}

static void
refuses_wrong_lines (void **state)
{
  (void)state;
  assert_wrong (edit, "", GPG_ERR_MISSING_VALUE, "<path> is missing");
  assert_wrong (edit, "--quiet", GPG_ERR_MISSING_VALUE, "<path> is missing");
  assert_wrong (edit, "--", GPG_ERR_MISSING_VALUE, "<path> is missing");
  assert_wrong (edit, "--nothing /a", GPG_ERR_UNKNOWN_OPTION, "--nothing");
  assert_wrong (edit, "--QUIET /a", GPG_ERR_UNKNOWN_OPTION, "--QUIET");
  assert_wrong (edit, "--quie /a", GPG_ERR_UNKNOWN_OPTION, "--quie");
  assert_wrong (edit, "--path=/a /a", GPG_ERR_UNKNOWN_OPTION, "--path");
  assert_wrong (edit, "--how=a /a", GPG_ERR_UNKNOWN_OPTION, "--how");
  assert_wrong (edit, "--=x /a", GPG_ERR_UNKNOWN_OPTION, "--");
  assert_wrong (edit, "--quiet --quiet /a", GPG_ERR_DUP_VALUE, "--quiet");
  assert_wrong (edit, "--output=text --output=json /a", GPG_ERR_DUP_VALUE,
                "--output");
  assert_wrong (edit, "--form /a", GPG_ERR_MISSING_VALUE, "--form");
  assert_wrong (edit, "--form= /a", GPG_ERR_INV_ARG, "--form: expected a|b");
  assert_wrong (edit, "--form=c /a", GPG_ERR_INV_ARG, "--form: expected a|b");
  assert_wrong (edit, "--quiet=maybe /a", GPG_ERR_INV_ARG, "--quiet");
  assert_wrong (edit, "--time=soon /a", GPG_ERR_INV_ARG, "--time: expected");
  assert_wrong (edit, "--reason= /a", GPG_ERR_INV_ARG, "--reason");
  assert_wrong (edit, "--reason=a%0Ab /a", GPG_ERR_INV_ARG, "--reason");
  assert_wrong (edit, "\"\"", GPG_ERR_INV_ARG, "path: expected");
}

static void
an_option_takes_escapes_and_flags_take_values (void **state)
{
  struct bound bound;

  (void)state;
  assert_int_equal (bind (edit, "--reason=50%25%20done --dry-run=0 /a", &bound),
                    0);
  assert_string_equal (arg_text (&bound.call, "reason"), "50% done");
  assert_true (arg_count (&bound.call, "dry-run"));
  assert_int_equal (arg_number (&bound.call, "dry-run", 1), 0);
  unbind (&bound);
}

static int
setup (void **state)
{
  (void)state;
  if (!gcry_check_version (NULL))
    return -1;
  gcry_control (GCRYCTL_INIT_SECMEM, 16384, 0);
  gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
  return grammar_parse (REGISTRY_COMMON, &common, NULL) ? -1 : 0;
}

static int
teardown (void **state)
{
  (void)state;
  grammar_release (&common);
  gcry_control (GCRYCTL_TERM_SECMEM);
  return 0;
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (binds_all),
    cmocka_unit_test (what_is_not_given_is_not_there),
    cmocka_unit_test (defaults_fill_in),
    cmocka_unit_test (options_have_defaults),
    cmocka_unit_test (values_may_look_like_options),
    cmocka_unit_test (options_end_at_the_first_argument),
    cmocka_unit_test (only_a_literal_at_sign_asks),
    cmocka_unit_test (answers_are_checked),
    cmocka_unit_test (large_answers_are_refused),
    cmocka_unit_test (secrets_never_stand_in_a_line),
    cmocka_unit_test (refusals_do_not_repeat_secrets),
    cmocka_unit_test (the_last_argument_repeats),
    cmocka_unit_test (refuses_wrong_lines),
    cmocka_unit_test (an_option_takes_escapes_and_flags_take_values),
  };

  return cmocka_run_group_tests (tests, setup, teardown);
}
