/* test-usage.c - tests of client/cli/usage.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include "check.h"
#include "client/cli/usage.h"

static void
assert_argument (const char *line, size_t index, enum usage_kind kind,
                 const char *expected)
{
  struct usage usage = { BUFFER_EMPTY };
  auto_buffer struct buffer name = BUFFER_EMPTY;

  assert_int_equal (usage_take (&usage, "#", line), 0);
  assert_int_equal (usage_argument (&usage, index, NULL), kind);
  assert_int_equal (usage_argument (&usage, index, &name), kind);
  assert_string_equal (name.bytes ? name.bytes : "", expected);
  buffer_release (&usage.line);
}

static void
arguments_in_order (void **state)
{
  static const char line[] = "USER ADD <name:user> [<password:secret>]"
                             " [<kind:enum(a|b)>] [--shell=<shell:path>]"
                             " [--quiet]";

  (void)state;
  assert_argument (line, 0, USAGE_SHOWN, "name");
  assert_argument (line, 1, USAGE_SECRET, "password");
  assert_argument (line, 2, USAGE_SHOWN, "kind");
  assert_argument (line, 3, USAGE_UNKNOWN, "");
}

static void
the_last_may_repeat (void **state)
{
  (void)state;
  assert_argument ("A B <path:augpath>...", 0, USAGE_SHOWN, "path");
  assert_argument ("A B <path:augpath>...", 7, USAGE_SHOWN, "path");
  assert_argument ("A B <x:int> [<key:secret>...] [--o=<v:int>]", 2,
                   USAGE_SECRET, "key");
}

/* When in doubt nothing is shown.  */
static void
what_is_not_understood (void **state)
{
  static const char *const lines[]
      = { "",        "A B",        "<",     "<a:int>",        "A B <",
          "A B <a>", "A B <a int", "A B >", "A B --o=<a:int>" };

  (void)state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    assert_argument (lines[i], 0, USAGE_UNKNOWN, "");
}

static void
only_the_first_comment_counts (void **state)
{
  struct usage usage = { BUFFER_EMPTY };

  (void)state;
  assert_int_equal (usage_argument (&usage, 0, NULL), USAGE_UNKNOWN);
  usage_take (&usage, "WARNING", "A B <a:int>");
  assert_int_equal (usage_argument (&usage, 0, NULL), USAGE_UNKNOWN);
  usage_take (&usage, "#", "A B <a:secret>");
  usage_take (&usage, "#", "A B <a:int>");
  assert_int_equal (usage_argument (&usage, 0, NULL), USAGE_SECRET);
  usage_clear (&usage);
  assert_int_equal (usage_argument (&usage, 0, NULL), USAGE_UNKNOWN);
  buffer_release (&usage.line);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (arguments_in_order),
          cmocka_unit_test (the_last_may_repeat),
          cmocka_unit_test (what_is_not_understood),
          cmocka_unit_test (only_the_first_comment_counts) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
