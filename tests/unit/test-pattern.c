/* test-pattern.c - tests of src/gate/pattern.c and src/gate/pattern_match.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "src/gate/pattern.h"

static const struct argument_type *
type_of (const char *name)
{
  const struct argument_type *type = type_find (name, strlen (name));

  assert_non_null (type);
  return type;
}

/* PATTERN, with its sign before it ("=a*"), for TYPE.  */
static struct pattern *
make (const char *type, const char *pattern)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct pattern *made;

  if (pattern_make (type_of (type), strcmp (type, "enum") ? NULL : "fast|slow",
                    *pattern, pattern + 1, &made, &failure))
    print_message ("# %s %s: %s\n", type, pattern, failure.text);
  assert_non_null (made);
  return made;
}

static void
assert_match (const char *type, const char *pattern, const char *value,
              bool match)
{
  struct pattern *made = make (type, pattern);
  const char *wanted;
  size_t length = strlen (value);
  char text[512];
  int64_t number = 0;

  assert_true (length < sizeof text);
  memcpy (text, value, length + 1);
  assert_int_equal (
      type_of (type)->check (text, &length, "fast|slow", &number, &wanted), 0);
  if (pattern_matches (made, text, number, false) != match)
    print_message ("# %s %s: %s\n", type, pattern, value);
  assert_int_equal (pattern_matches (made, text, number, false), match);
  assert_int_equal (pattern_matches (made, text, number, true), match);
  pattern_release (made);
}

static void
assert_bad (const char *type, const char *pattern, gpg_err_code_t code,
            const char *says)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct pattern *made;
  gpg_error_t err = pattern_make (type_of (type),
                                  strcmp (type, "enum") ? NULL : "fast|slow",
                                  *pattern, pattern + 1, &made, &failure);

  if (gpg_err_code (err) != code || !strstr (failure.text, says))
    print_message ("# %s %s: %s\n", type, pattern, failure.text);
  assert_code (err, code);
  assert_non_null (strstr (failure.text, says));
  assert_null (made);
}

struct match
{
  const char *pattern;
  const char *value;
  bool match;
};

static void
assert_matches (const char *type, const struct match *match)
{
  for (; match->pattern; match++)
    assert_match (type, match->pattern, match->value, match->match);
}

/* --- Texts --- */

static void
globs_are_anchored (void **state)
{
  static const struct match matches[]
      = { { "=ssh.service", "ssh.service", true },
          { "=ssh.service", "sshd.service", false },
          { "=ssh.service", "ssh.services", false },
          { "=ssh.service", "SSH.service", false },
          { "=ssh.service", "ssh-service", false },
          { "=php*-fpm.service", "php8.2-fpm.service", true },
          { "=php*-fpm.service", "php-fpm.service", true },
          { "=php*-fpm.service", "xphp8-fpm.service", false },
          { "=php*-fpm.service", "php8-fpm.service x", false },
          { "=*", "anything at /all", true },
          { "=.*", ".hidden", true },
          { "=*", ".hidden", true },
          { "=?", "/", true },
          { "=?", "\xc3\xa9", false },
          { "=??", "\xc3\xa9", true },
          { "=[a-c]x", "bx", true },
          { "=[!a-c]x", "bx", false },
          { "=[!a-c]x", "dx", true },
          { "=[]]", "]", true },
          { "=[*]", "*", true },
          { "=[*]", "x", false },
          { "=[[]", "[", true },
          { "=[[:digit:]x]", "7", true },
          { "=[[:digit:]x]", "a", false },
          { "=dev\\x2ddisk*", "dev\\x2ddisk1", true },
          { "=\\*", "*", false },
          { "=\\*", "\\a", true },
          { "=[a\\]x", "\\x", true },
          { NULL, NULL, false } };

  (void)state;
  assert_matches ("string", matches);
  assert_match ("text", "=", "", true);
  assert_match ("text", "=", "a", false);
  assert_match ("text", "=*", "", true);
  assert_match ("text", "=a*", "a\nb", true);
}

static void
texts_that_cannot_be (void **state)
{
  (void)state;
  assert_bad ("string", "=", GPG_ERR_INV_ARG, "not empty");
  assert_bad ("string", "=a\tb", GPG_ERR_INV_ARG, "control");
  assert_bad ("string", "=a[b", GPG_ERR_SYNTAX, "[[]");
  assert_bad ("string", "=a[", GPG_ERR_SYNTAX, "[[]");
  assert_bad ("string", "=a[!]", GPG_ERR_SYNTAX, "[[]");
  assert_bad ("string", "=a[[:digit]", GPG_ERR_SYNTAX, "[[]");
  assert_bad ("secret", "=*", GPG_ERR_INV_ARG, "no rule can name a secret");
  assert_bad ("secret", "~.*", GPG_ERR_INV_ARG, "no rule can name a secret");
}

static void
patterns_have_a_length (void **state)
{
  char text[PATTERN_LENGTH + 3];
  struct pattern *made;

  (void)state;
  memset (text, 'a', sizeof text);
  text[0] = '~';
  text[PATTERN_LENGTH + 1] = 0;
  made = make ("text", text);
  assert_true (pattern_matches (made, text + 1, 0, false));
  assert_false (pattern_matches (made, text + 2, 0, false));
  pattern_release (made);
  text[PATTERN_LENGTH + 1] = 'a';
  text[PATTERN_LENGTH + 2] = 0;
  assert_bad ("text", text, GPG_ERR_TOO_LARGE, "1000");
  pattern_release (NULL);
}

/* --- Expressions --- */

static void
expressions_are_anchored (void **state)
{
  static const struct match matches[] = { { "~[a-z]+", "abc", true },
                                          { "~^[a-z]+$", "abc", true },
                                          { "~[a-z]+", "abc1", false },
                                          { "~[a-z]+", "1abc", false },
                                          { "~a|b", "a", true },
                                          { "~a|b", "b", true },
                                          { "~a|b", "ax", false },
                                          { "~a|b", "xb", false },
                                          { "~(a|b)", "ab", false },
                                          { "~^a|b$", "axxx", false },
                                          { "~^a|b$", "xxxb", false },
                                          { "~a|", "ax", false },
                                          { "~a)|b", "xb", false },
                                          { "~a)|b", "ax", false },
                                          { "~a)|(b)", "ax", false },
                                          { "~a)|(b)", "xb", false },
                                          { "~a|ab|abc", "abc", true },
                                          { "~(a|ab)(c|bcd)", "abcd", true },
                                          { "~a*|a*b", "aaab", true },
                                          { "~(|a)(|ab)", "ab", true },
                                          { "~x{2,3}", "xx", true },
                                          { "~x{2,3}", "xxxx", false },
                                          { "~a\\.b", "a.b", true },
                                          { "~a\\.b", "axb", false },
                                          { "~[[:alpha:]]*", "abc", true },
                                          { NULL, NULL, false } };

  (void)state;
  assert_matches ("string", matches);
  assert_match ("text", "~a.b", "a\nb", true);
  assert_match ("text", "~a", "a\nb", false);
  assert_match ("text", "~b", "a\nb", false);
  assert_match ("text", "~", "", true);
  assert_match ("text", "~", "x", false);
  assert_match ("path", "~/etc/(a|b)", "/etc/b", true);
  assert_match ("path", "~/etc/(a|b)", "/etc/b/c", false);
  assert_match ("enum", "~f.*", "fast", true);
  assert_match ("enum", "~f.*", "slow", false);
  assert_match ("bool", "~yes", "1", true);
}

static void
expressions_that_are_none (void **state)
{
  (void)state;
  assert_bad ("text", "~(", GPG_ERR_SYNTAX, "no regular expression");
  assert_bad ("text", "~a)|(b", GPG_ERR_SYNTAX, "no regular expression");
  assert_bad ("text", "~[a", GPG_ERR_SYNTAX, "no regular expression");
  assert_bad ("text", "~*a", GPG_ERR_SYNTAX, "no regular expression");
  assert_bad ("text", "~a\\", GPG_ERR_SYNTAX, "no regular expression");
  assert_bad ("text", "~a{2,1}", GPG_ERR_SYNTAX, "no regular expression");
  assert_bad ("text", "~(a)\\1", GPG_ERR_SYNTAX, "back references");
  assert_bad ("text", "~a{1001}", GPG_ERR_LIMIT_REACHED, "1000");
  assert_bad ("text", "~a{1,1001}", GPG_ERR_LIMIT_REACHED, "1000");
  assert_bad ("text", "~(a{40}){40}", GPG_ERR_LIMIT_REACHED, "1000");
  assert_bad ("text", "~a{99999999999999999999}", GPG_ERR_LIMIT_REACHED,
              "1000");
  assert_bad ("duration", "~1.*", GPG_ERR_INV_ARG, "write =");
  assert_bad ("augpath", "~/files/.*", GPG_ERR_INV_ARG, "write =");
  assert_bad ("enum", "~x", GPG_ERR_INV_ARG, "fast|slow");
}

/* What is too long for an expression is not allowed, and is denied.  */
static void
long_values_are_doubtful (void **state)
{
  struct pattern *made = make ("text", "~a*");
  char *text = malloc (PATTERN_VALUE + 2);

  (void)state;
  memset (text, 'a', PATTERN_VALUE + 1);
  text[PATTERN_VALUE + 1] = 0;
  assert_false (pattern_matches (made, text, 0, false));
  assert_true (pattern_matches (made, text, 0, true));
  text[PATTERN_VALUE] = 0;
  assert_true (pattern_matches (made, text, 0, false));
  pattern_release (made);
  free (text);
}

/* --- Paths --- */

static void
paths_go_step_by_step (void **state)
{
  static const struct match matches[]
      = { { "=/etc/hosts", "/etc/hosts", true },
          { "=/etc/hosts", "//etc/./hosts/", true },
          { "=/etc/hosts", "/etc/hosts/x", false },
          { "=/etc/hosts", "/etc", false },
          { "=/etc/*", "/etc/hosts", true },
          { "=/etc/*", "/etc/.hidden", true },
          { "=/etc/*", "/etc", false },
          { "=/etc/*", "/etc/ssh/sshd_config", false },
          { "=/etc*", "/etc/hosts", false },
          { "=/e*s", "/etc/hosts", false },
          { "=/etc?hosts", "/etc/hosts", false },
          { "=/etc[!x]hosts", "/etc/hosts", false },
          { "=/*/hosts", "/etc/hosts", true },
          { "=/etc/**", "/etc", false },
          { "=/etc/**", "/etc/hosts", true },
          { "=/etc/**", "/etc/ssh/a/b/c", true },
          { "=/etc/**", "/etcx/hosts", false },
          { "=/**", "/a", true },
          { "=/**", "/", false },
          { "=/", "/", true },
          { "=/", "/a", false },
          { "=/etc/a\\*", "/etc/a\\b", true },
          { "=/etc/a\\*", "/etc/a*", false },
          { NULL, NULL, false } };

  (void)state;
  assert_matches ("path", matches);
}

static void
paths_that_cannot_be (void **state)
{
  static const char *const types[] = { "path", "augpath" };

  (void)state;
  for (size_t i = 0; i < 2; i++)
    {
      assert_bad (types[i], "=", GPG_ERR_INV_ARG, "begins with /");
      assert_bad (types[i], "=etc/hosts", GPG_ERR_INV_ARG, "begins with /");
      assert_bad (types[i], "=**", GPG_ERR_INV_ARG, "begins with /");
      assert_bad (types[i], "=/etc//hosts", GPG_ERR_INV_ARG, "no //");
      assert_bad (types[i], "=//", GPG_ERR_INV_ARG, "no //");
      assert_bad (types[i], "=/etc/", GPG_ERR_INV_ARG, "no /");
      assert_bad (types[i], "=/etc/./a", GPG_ERR_INV_ARG, ". or ..");
      assert_bad (types[i], "=/etc/..", GPG_ERR_INV_ARG, ". or ..");
      assert_bad (types[i], "=/etc/**/a", GPG_ERR_INV_ARG, "whole last step");
      assert_bad (types[i], "=/etc/a**", GPG_ERR_INV_ARG, "whole last step");
      assert_bad (types[i], "=/**/**", GPG_ERR_INV_ARG, "whole last step");
      assert_bad (types[i], "=/etc/[a", GPG_ERR_SYNTAX, "does not end");
      assert_bad (types[i], "=/etc[/]a", GPG_ERR_SYNTAX, "does not end");
    }
  assert_bad ("path", "=/a\tb", GPG_ERR_INV_ARG, "control");
}

/* --- Choices and numbers --- */

static void
choices_match_one_at_least (void **state)
{
  (void)state;
  assert_match ("enum", "=fast", "fast", true);
  assert_match ("enum", "=fast", "slow", false);
  assert_match ("enum", "=*", "slow", true);
  assert_match ("enum", "=?[al]*", "slow", true);
  assert_match ("bool", "=1", "1", true);
  assert_match ("bool", "=yes", "1", true);
  assert_match ("bool", "=yes", "YES", true);
  assert_match ("bool", "=yes", "0", false);
  assert_match ("bool", "=no", "0", true);
  assert_match ("bool", "=*", "0", true);
  assert_bad ("enum", "=faster", GPG_ERR_INV_ARG, "none of fast|slow");
  assert_bad ("enum", "=", GPG_ERR_INV_ARG, "none of fast|slow");
  assert_bad ("enum", "=[f", GPG_ERR_SYNTAX, "does not end");
  assert_bad ("bool", "=true", GPG_ERR_INV_ARG, "none of yes|no");
}

static void
numbers_are_compared (void **state)
{
  static const struct match durations[]
      = { { "=30", "30s", true },          { "=30s", "30000ms", true },
          { "=30", "31", false },          { "=1s..1min", "1000ms", true },
          { "=1s..1min", "60", true },     { "=1s..1min", "60001ms", false },
          { "=1s..1min", "999ms", false }, { NULL, NULL, false } };

  (void)state;
  assert_matches ("duration", durations);
  assert_match ("int", "=007", "7", true);
  assert_match ("int", "=0..5", "0", true);
  assert_match ("int", "=0..5", "6", false);
  assert_match ("size", "=1k..1M", "1024", true);
  assert_match ("size", "=1k..1M", "1023", false);
  assert_match ("size", "=1k..1M", "1024k", true);
  assert_bad ("int", "=*", GPG_ERR_INV_ARG, "LOW..HIGH");
  assert_bad ("int", "=", GPG_ERR_INV_ARG, "LOW..HIGH");
  assert_bad ("int", "=1..", GPG_ERR_INV_ARG, "LOW..HIGH");
  assert_bad ("int", "=..1", GPG_ERR_INV_ARG, "LOW..HIGH");
  assert_bad ("int", "=1...2", GPG_ERR_INV_ARG, "LOW..HIGH");
  assert_bad ("int", "=2..1", GPG_ERR_INV_ARG, "lower one first");
  assert_bad ("duration", "=1d", GPG_ERR_INV_ARG, "1ms to 24h");
}

/* --- Nodes --- */

/* What PATTERN does to the node TEXT whose first bytes, up to the "|", are the
   file: c covers, t touches, b touches or could touch below.  */
static void
assert_node (const char *pattern, const char *text, const char *does)
{
  struct pattern *made = make ("augpath", pattern);
  const char *mark = strchr (text, '|');
  char plain[200];
  char shown[4] = "";
  struct object_name name = { plain, 0, false };
  struct node_name node;

  assert_non_null (mark);
  name.whole = (size_t)(mark - text);
  snprintf (plain, sizeof plain, "%.*s%s", (int)name.whole, text, mark + 1);
  assert_int_equal (node_name_make (&name, &node), 0);
  if (pattern_covers (made, &node))
    strcat (shown, "c");
  if (pattern_touches (made, &node, false))
    strcat (shown, "t");
  if (pattern_touches (made, &node, true))
    strcat (shown, "b");
  if (strcmp (shown, does))
    print_message ("# %s %s: %s\n", pattern, text, shown);
  assert_string_equal (shown, does);
  node_name_release (&node);
  pattern_release (made);
}

static void
nodes_stand_below_files (void **state)
{
  static const struct
  {
    const char *pattern;
    const char *node;
    const char *does;
  } cases[] = {
    { "=/files/etc/hosts", "/files/etc/hosts|", "ctb" },
    { "=/files/etc/hosts", "/files/etc/hosts|/1/ipaddr", "ctb" },
    { "=/files/etc/hosts", "/files/etc/host|", "" },
    { "=/files/etc/hosts", "/files/etc/HOSTS|", "" },
    { "=/files/etc/hosts", "/files/etc/hosts/x|", "tb" },
    { "=/files/etc", "/files/etc/hosts|", "tb" },
    { "=/", "/files/etc/hosts|", "tb" },
    { "=/files/etc/*", "/files/etc/hosts|", "ctb" },
    { "=/files/etc/*", "/files/etc/ssh/sshd_config|", "tb" },
    { "=/files/etc/**", "/files/etc/ssh/sshd_config|", "ctb" },
    { "=/files/etc/**", "/files/etc/ssh/sshd_config|/Port", "ctb" },
    { "=/files/etc/ssh/**", "/files/etc/ssh|", "b" },
    { "=/files/etc/hosts/**", "/files/etc/hosts|", "b" },
    { "=/files/etc/hosts/**", "/files/etc/hosts|/1", "ctb" },
    { "=/files/etc/hosts/*/alias", "/files/etc/hosts|", "b" },
    { "=/files/etc/hosts/*/alias", "/files/etc/hosts|/1", "b" },
    { "=/files/etc/hosts/*/alias", "/files/etc/hosts|/1/alias", "ctb" },
    { "=/files/etc/hosts/*/alias", "/files/etc/hosts|/1/alias/x", "ctb" },
    { "=/files/etc/hosts/*/alias", "/files/etc/hosts|/1/ALIAS", "tb" },
    { "=/files/etc/hosts/*/alias", "/files/etc/hosts|/1/ipaddr", "" },
    { "=/files/etc/hosts/*/alias", "/files/etc/fstab|", "" },
    { "=/files/etc/x/a\\/b", "/files/etc/x|/a\\/b", "ctb" },
    { "=/files/etc/x/a\\/b", "/files/etc/x|/a/b", "" },
    { "=/files/etc/x/a?b", "/files/etc/x|/a\\/b", "ctb" },
    { "=/files/etc/x/a/b", "/files/etc/x|/a\\/b", "" },
    { "=/files/etc/x/a b", "/files/etc/x|/a\\ b", "ctb" },
    { "=/files/etc/x/a\\ b", "/files/etc/x|/a\\ b", "ctb" },
    { "=/files/etc/x/a\\*", "/files/etc/x|/ab", "" },
    { "=/files/etc/x/a\\*", "/files/etc/x|/a*", "ctb" },
    { "=/files/etc/x/a\\[2\\]", "/files/etc/x|/a\\[2\\]", "ctb" },
    { "=/files/etc/x/a[0-9]", "/files/etc/x|/a2", "ctb" },
    { "=/files/etc/a\\/b/c", "/files/etc/a\\/b|/c", "ctb" },
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_node (cases[i].pattern, cases[i].node, cases[i].does);
}

static void
names_have_no_positions (void **state)
{
  struct pattern *tree = make ("augpath", "=/files");

  (void)state;
  assert_bad ("augpath", "=/files/etc/hosts/*[2]/alias", GPG_ERR_SYNTAX,
              "leave \"[2]\" out");
  assert_bad ("augpath", "=/files/etc/hosts/alias[last()]", GPG_ERR_SYNTAX,
              "leave \"[last()]\" out");
  assert_bad ("augpath", "=/files/etc/hosts/*[ipaddr='1']", GPG_ERR_SYNTAX,
              "predicates");
  assert_bad ("augpath", "=/files/etc/hosts\\", GPG_ERR_SYNTAX, "backslash");
  assert_bad ("augpath", "=/files/a[b\\]", GPG_ERR_SYNTAX, "\\[");
  /* A tree's names are nodes.  */
  assert_false (pattern_matches (tree, "/files", 0, false));
  assert_true (pattern_matches (tree, "/files", 0, true));
  pattern_release (tree);
}

/* --- The other way --- */

static void
assert_quoted (const char *type, const char *value, const char *pattern)
{
  struct buffer out = BUFFER_EMPTY;

  buffer_string (&out, "=");
  pattern_quote (&out, type_of (type)->pattern, value);
  assert_string_equal (out.bytes + 1, pattern);
  if (type_of (type)->pattern != PATTERN_TREE)
    assert_match (type, out.bytes, value, true);
  buffer_release (&out);
}

static void
values_become_patterns (void **state)
{
  (void)state;
  assert_quoted ("string", "ssh.service", "ssh.service");
  assert_quoted ("string", "a*b?c[d]\\e", "a[*]b[?]c[[]d]\\e");
  assert_quoted ("path", "/etc/a*", "/etc/a[*]");
  assert_quoted ("augpath", "/files/etc/x/a\\/b", "/files/etc/x/a\\/b");
  assert_quoted ("augpath", "/files/a*/b\\[1\\]", "/files/a\\*/b\\[1\\]");
  assert_quoted ("enum", "fast", "fast");
  assert_quoted ("duration", "30s", "30s");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (globs_are_anchored),
    cmocka_unit_test (texts_that_cannot_be),
    cmocka_unit_test (patterns_have_a_length),
    cmocka_unit_test (expressions_are_anchored),
    cmocka_unit_test (expressions_that_are_none),
    cmocka_unit_test (long_values_are_doubtful),
    cmocka_unit_test (paths_go_step_by_step),
    cmocka_unit_test (paths_that_cannot_be),
    cmocka_unit_test (choices_match_one_at_least),
    cmocka_unit_test (numbers_are_compared),
    cmocka_unit_test (nodes_stand_below_files),
    cmocka_unit_test (names_have_no_positions),
    cmocka_unit_test (values_become_patterns),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
