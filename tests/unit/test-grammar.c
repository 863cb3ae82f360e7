/* test-grammar.c - tests of src/call/grammar.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "src/call/grammar.h"
#include "src/call/registry.h"

static void
assert_item (const struct grammar *grammar, size_t index, const char *name,
             const char *type, const char *flags)
{
  const struct grammar_item *item = grammar->item + index;
  char shown[4] = "";

  assert_true (index < grammar->count);
  assert_string_equal (item->name, name);
  assert_string_equal (item->type->name, type);
  if (item->option)
    strcat (shown, "-");
  if (item->optional)
    strcat (shown, "?");
  if (item->repeats)
    strcat (shown, "+");
  assert_string_equal (shown, flags);
}

static void
parses_every_form (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct grammar grammar;
  const char *text = "<path:augpath> [--form=<how:enum(a|bc)>] [--quiet]"
                     "  [<value:text>] [<rest:string>...]";

  (void)state;
  assert_int_equal (grammar_parse (text, &grammar, &failure), 0);
  assert_ptr_equal (grammar.text, text);
  assert_int_equal (grammar.count, 5);
  assert_item (&grammar, 0, "path", "augpath", "");
  assert_item (&grammar, 1, "form", "enum", "-?");
  assert_string_equal (grammar.item[1].choices, "a|bc");
  assert_item (&grammar, 2, "quiet", "bool", "-?");
  assert_item (&grammar, 3, "value", "text", "?");
  assert_item (&grammar, 4, "rest", "string", "?+");
  grammar_release (&grammar);
  assert_int_equal (grammar.count, 0);
}

static void
defaults_are_kept (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct grammar grammar;

  (void)state;
  assert_int_equal (
      grammar_parse (
          "<a:text> [<b:augpath=/files>] [--c=<d:int=10>] "
          "[--e=<f:enum(x|y)=y>] [--g=<h:text=a b]>] [--i=<j:text=>]",
          &grammar, &failure),
      0);
  assert_item (&grammar, 1, "b", "augpath", "?");
  assert_null (grammar.item[0].fallback);
  assert_string_equal (grammar.item[1].fallback, "/files");
  assert_string_equal (grammar.item[2].fallback, "10");
  assert_string_equal (grammar.item[3].fallback, "y");
  assert_string_equal (grammar.item[4].fallback, "a b]");
  assert_string_equal (grammar.item[5].fallback, "");
  grammar_release (&grammar);
}

static void
nothing_is_a_grammar (void **state)
{
  struct grammar grammar;

  (void)state;
  assert_int_equal (grammar_parse ("", &grammar, NULL), 0);
  assert_int_equal (grammar.count, 0);
  assert_int_equal (grammar_parse ("  ", &grammar, NULL), 0);
  assert_int_equal (grammar.count, 0);
  grammar_release (&grammar);
}

static void
assert_wrong (const char *text, gpg_err_code_t code)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct grammar grammar;

  assert_code (grammar_parse (text, &grammar, &failure), code);
  assert_non_null (failure.text);
  assert_int_equal (grammar.count, 0);
  assert_code (grammar_parse (text, &grammar, NULL), code);
}

static void
refuses_what_does_not_parse (void **state)
{
  static const char *const texts[] = { "path",
                                       "<",
                                       "<>",
                                       "<path",
                                       "<path>",
                                       "<path:",
                                       "<path:>",
                                       "<path:text",
                                       "<path:nothing>",
                                       "<Path:text>",
                                       "<p_h:text>",
                                       "<p h:text>",
                                       "<:text>",
                                       "<path:tex>",
                                       "<path:texts>",
                                       "[<path:text>",
                                       "<path:text>]",
                                       "[<path:text>>",
                                       "[path:text]",
                                       "[--]",
                                       "[--=<a:text>]",
                                       "[--a=]",
                                       "[--a=b]",
                                       "[--a=<b>]",
                                       "[--a",
                                       "[--a=<b:text>",
                                       "--a",
                                       "<--a:text>",
                                       "<a:text><b:text>",
                                       "<a:text>..",
                                       "<a:text>....",
                                       "[--a=<b:text>...]",
                                       "[--a]...",
                                       "[<a:text>]...",
                                       "<a:enum>",
                                       "<a:enum()>",
                                       "<a:enum(b>",
                                       "<a:enum(b)",
                                       "<a:enum(b c)>",
                                       "<a:text(b)>",
                                       "<a:text>\t<b:text>",
                                       "<a:text>,<b:text>",
                                       "<a:text=b>",
                                       "[<a:text=b>...]",
                                       "[<a:secret=b>]",
                                       "[<a:int=b>]",
                                       "[<a:enum(b|c)=d>]",
                                       "[<a:string=>]",
                                       "[<a:int=1]",
                                       "[<a:int=1 >]" };

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_wrong (texts[i], GPG_ERR_SYNTAX);
}

static void
refuses_what_makes_no_sense (void **state)
{
  (void)state;
  assert_wrong ("<a:text> <a:text>", GPG_ERR_DUP_VALUE);
  assert_wrong ("<a:text> [--a]", GPG_ERR_DUP_VALUE);
  assert_wrong ("[--a] [--a=<b:text>]", GPG_ERR_DUP_VALUE);
  assert_wrong ("[<a:text>] <b:text>", GPG_ERR_SYNTAX);
  assert_wrong ("<a:text>... <b:text>", GPG_ERR_SYNTAX);
  assert_wrong ("<a:text>... [<b:text>]", GPG_ERR_SYNTAX);
  assert_wrong ("[<a:text>...] [--c] [<b:text>]", GPG_ERR_SYNTAX);
}

static void
an_option_may_stand_anywhere (void **state)
{
  struct grammar grammar;

  (void)state;
  assert_int_equal (
      grammar_parse ("<a:text>... [--b] [--c=<a:text>]", &grammar, NULL), 0);
  assert_int_equal (grammar.count, 3);
  grammar_release (&grammar);
}

static void
secrets_have_their_type (void **state)
{
  static const char *const names[]
      = { "password", "passwd", "old-password", "passphrase",
          "secret",   "token",  "api-token",    "client-secret2" };
  char text[64];

  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      struct grammar grammar;

      snprintf (text, sizeof text, "<%s:text>", names[i]);
      assert_wrong (text, GPG_ERR_INV_ARG);
      snprintf (text, sizeof text, "[<%s:string>]", names[i]);
      assert_wrong (text, GPG_ERR_INV_ARG);
      snprintf (text, sizeof text, "<%s:secret>", names[i]);
      assert_int_equal (grammar_parse (text, &grammar, NULL), 0);
      grammar_release (&grammar);
    }
}

static void
counts_items (void **state)
{
  char text[GRAMMAR_ITEMS * 12 + 13];
  struct grammar grammar;
  size_t length = 0;

  (void)state;
  for (int i = 0; i < GRAMMAR_ITEMS; i++)
    length += (size_t)snprintf (text + length, sizeof text - length,
                                "<a%d:text> ", i);
  assert_int_equal (grammar_parse (text, &grammar, NULL), 0);
  assert_int_equal (grammar.count, GRAMMAR_ITEMS);
  grammar_release (&grammar);
  strcpy (text + length, "<b:text>");
  assert_wrong (text, GPG_ERR_SYNTAX);
}

static void
finds_by_name_and_kind (void **state)
{
  struct grammar grammar;

  (void)state;
  assert_int_equal (
      grammar_parse (REGISTRY_COMMON " <path:text>", &grammar, NULL), 0);
  assert_string_equal (grammar_find (&grammar, "path", 4, false)->name, "path");
  assert_null (grammar_find (&grammar, "path", 4, true));
  assert_null (grammar_find (&grammar, "path", 3, false));
  assert_null (grammar_find (&grammar, "paths", 5, false));
  assert_string_equal (grammar_find (&grammar, "dry-run=1", 7, true)->name,
                       "dry-run");
  assert_null (grammar_find (&grammar, "dry-run", 7, false));
  assert_null (grammar_find (&grammar, "", 0, true));
  grammar_release (&grammar);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (parses_every_form),
    cmocka_unit_test (defaults_are_kept),
    cmocka_unit_test (nothing_is_a_grammar),
    cmocka_unit_test (refuses_what_does_not_parse),
    cmocka_unit_test (refuses_what_makes_no_sense),
    cmocka_unit_test (an_option_may_stand_anywhere),
    cmocka_unit_test (secrets_have_their_type),
    cmocka_unit_test (counts_items),
    cmocka_unit_test (finds_by_name_and_kind),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
