/* test-paint.c - tests of client/cli/paint.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include "check.h"
#include "client/cli/paint.h"

static void
assert_safe (const char *text, size_t length, bool utf8, const char *expected)
{
  auto_buffer struct buffer safe = BUFFER_EMPTY;

  paint_safe (&safe, text, length, utf8);
  buffer_append (&safe, "", 0);
  assert_string_equal (safe.bytes ? safe.bytes : "", expected);
}

#define SAFE(text, expected) assert_safe (text, sizeof text - 1, true, expected)

static void
text_stays (void **state)
{
  (void)state;
  SAFE ("", "");
  SAFE ("a\tb\nc\\d ~", "a\tb\nc\\d ~");
  SAFE ("caf\u00e9 \u20ac \U0001f600 \u00a0", "caf\u00e9 \u20ac \U0001f600"
                                              " \u00a0");
}

static void
control_characters_are_shown (void **state)
{
  (void)state;
  SAFE ("a\0b", "a\\x00b");
  SAFE ("\033[31mred", "\\x1b[31mred");
  SAFE ("\r\b\a\x7f", "\\x0d\\x08\\x07\\x7f");
  SAFE ("\xc2\x80\xc2\x9b\xc2\x9f", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f");
  SAFE ("\u202e\u2066x\u2069", "\\xe2\\x80\\xae\\xe2\\x81\\xa6x"
                               "\\xe2\\x81\\xa9");
}

/* Bytes that some decoders take for others.  */
static void
what_is_no_utf8_is_shown (void **state)
{
  (void)state;
  SAFE ("\x9b", "\\x9b");
  SAFE ("\xc3", "\\xc3");
  SAFE ("\xc3(", "\\xc3(");
  SAFE ("\xe2\x82", "\\xe2\\x82");
  SAFE ("\xc0\x9b", "\\xc0\\x9b");
  SAFE ("\xe0\x82\x9b", "\\xe0\\x82\\x9b");
  SAFE ("\xed\xa0\x80", "\\xed\\xa0\\x80");
  SAFE ("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
  SAFE ("\xff\xfe", "\\xff\\xfe");
}

static void
a_terminal_without_utf8 (void **state)
{
  (void)state;
  assert_safe ("a\u00e9\t", 4, false, "a\\xc3\\xa9\t");
}

static void
assert_painted (const char *text, const char *expected)
{
  auto_buffer struct buffer painted = BUFFER_EMPTY;

  paint_colors (&painted, text, strlen (text));
  assert_string_equal (painted.bytes ? painted.bytes : "", expected);
}

static void
fields_are_bold (void **state)
{
  (void)state;
  assert_painted ("a: 1\ndry-run: x: y\n\nb2: \n",
                  "\033[1ma\033[m: 1\n\033[1mdry-run\033[m: x: y\n\n"
                  "\033[1mb2\033[m: \n");
  assert_painted ("a: 1", "\033[1ma\033[m: 1");
}

static void
other_text_is_plain (void **state)
{
  static const char *const texts[]
      = { "",        "\n",          "127.0.0.1\n", "a: 1\nno field\n",
          "A: 1\n",  "a:1\n",       ":\n",         "1a: x\n",
          "- x\n",   "+ y\n",       "--- a\n",     "--- a\n++ b\n",
          "@@ -1\n", "{\"a\": 1}\n" };

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_painted (texts[i], texts[i]);
}

#define ADD "\033[32m"
#define CUT PAINT_RED
#define HUNK "\033[36m"
#define FILE_LINE "\033[1m"
#define END PAINT_PLAIN "\n"

static void
a_diff_has_colours (void **state)
{
  (void)state;
  assert_painted ("--- /a\n+++ /a\n@@ -1,2 +1,3 @@\n--- x\n+++ y\n+z\n same\n"
                  "--- /b\n+++ /b\n@@ -0,0 +1 @@\n+one\n"
                  "\\ No newline at end of file\n",
                  FILE_LINE "--- /a" END FILE_LINE "+++ /a" END HUNK
                            "@@ -1,2 +1,3 @@" END CUT "--- x" END ADD
                            "+++ y" END ADD "+z" END " same\n" FILE_LINE
                            "--- /b" END FILE_LINE "+++ /b" END HUNK
                            "@@ -0,0 +1 @@" END ADD "+one" END
                            "\\ No newline at end of file\n");
  assert_painted ("--- /a\n+++ /a\n@@ -1 +1,2 @@\n-a\n+b\n+c\n-d",
                  FILE_LINE "--- /a" END FILE_LINE "+++ /a" END HUNK
                            "@@ -1 +1,2 @@" END CUT "-a" END ADD "+b" END ADD
                            "+c" END "-d");
  assert_painted ("--- /a\n+++ /a\n@@ nonsense\n", FILE_LINE
                  "--- /a" END FILE_LINE "+++ /a" END HUNK "@@ nonsense" END);
}

static void
rows (void **state)
{
  (void)state;
  assert_int_equal (paint_rows ("", 0, 10), 0);
  assert_int_equal (paint_rows ("a", 1, 10), 1);
  assert_int_equal (paint_rows ("a\n", 2, 10), 1);
  assert_int_equal (paint_rows ("a\n\nb", 4, 10), 3);
  assert_int_equal (paint_rows ("0123456789\n", 11, 10), 1);
  assert_int_equal (paint_rows ("0123456789a\n", 12, 10), 2);
  assert_int_equal (paint_rows ("0123456789012345678901\n", 23, 10), 3);
  assert_int_equal (paint_rows ("\u20ac\u20ac\u20ac", 9, 3), 1);
  assert_int_equal (paint_rows ("\ta\n", 3, 8), 2);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (text_stays),
          cmocka_unit_test (control_characters_are_shown),
          cmocka_unit_test (what_is_no_utf8_is_shown),
          cmocka_unit_test (a_terminal_without_utf8),
          cmocka_unit_test (fields_are_bold),
          cmocka_unit_test (other_text_is_plain),
          cmocka_unit_test (a_diff_has_colours),
          cmocka_unit_test (rows) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
