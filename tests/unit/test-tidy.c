/* test-tidy.c - tests of src/mod/hw/tidy.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <string.h>

#include "src/mod/hw/tidy.h"

static void
assert_made (const char *text, size_t length, bool pairs, const char *expected)
{
  auto_buffer struct buffer json = BUFFER_EMPTY;
  json_t *root;

  assert_int_equal (tidy_read (text, length, pairs, &json, &root), 0);
  assert_string_equal (json.bytes, expected);
  json_decref (root);
}

static void
assert_tidy (const char *text, const char *expected)
{
  assert_made (text, strlen (text), false, expected);
}

static void
assert_pairs (const char *text, const char *expected)
{
  assert_made (text, strlen (text), true, expected);
}

static void
assert_wrong (const char *text, gpg_err_code_t code)
{
  auto_buffer struct buffer json = BUFFER_EMPTY;

  assert_code (tidy_json (text, strlen (text), false, &json), code);
}

static void
valid_JSON_stays (void **state)
{
  static const char *const texts[]
      = { "{}",
          "{\"a\":1,\"b\":[true,false,null,-0.5e+3],\"c\":{\"d\":\"\"}}",
          "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"}",
          "{\"a\":[],\"b\":[{}],\"\":0}",
          "{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\"}",
          "{\"a\":123456789012345678}" };

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_tidy (texts[i], texts[i]);
  assert_tidy ("\n {\t\"a\" :\r\n [ 1 , 2 ] }\n", "{\"a\":[1,2]}");
}

static void
commas_are_mended (void **state)
{
  (void)state;
  assert_tidy ("{\"a\":1,}", "{\"a\":1}");
  assert_tidy ("{,\"a\":[1,,2,],,\"b\":{},}", "{\"a\":[1,2],\"b\":{}}");
  assert_tidy ("{\"a\":1 \"b\":2}", "{\"a\":1,\"b\":2}");
}

static void
strings_are_mended (void **state)
{
  (void)state;
  assert_tidy ("{\"a\":\"say \"hi\"\"}", "{\"a\":\"say \\\"hi\\\"\"}");
  assert_tidy ("{\"say \"hi\"\" : 1}", "{\"say \\\"hi\\\"\":1}");
  assert_tidy ("{\"a\":\"tab\there\x1f\"}",
               "{\"a\":\"tab\\u0009here\\u001f\"}");
  assert_tidy ("{\"a\":\"bad\xff\xc3\"}",
               "{\"a\":\"bad\xef\xbf\xbd\xef\xbf\xbd\"}");
  assert_tidy ("{\"a\":\"\xed\xa0\x80\"}",
               "{\"a\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}");
  assert_tidy ("{\"a\":\"\\q\\u12\"}", "{\"a\":\"\\\\q\\\\u12\"}");
  assert_tidy ("{\"a\":\"\\u0000\\ud800x\\udc00\"}",
               "{\"a\":\"\xef\xbf\xbd\xef\xbf\xbdx\xef\xbf\xbd\"}");
  assert_made ("{\"a\":\"\0\"}", 9, false, "{\"a\":\"\xef\xbf\xbd\"}");
}

static void
numbers_are_mended (void **state)
{
  (void)state;
  assert_tidy ("{\"a\":nan,\"b\":-inf,\"c\":NaN,\"d\":+Infinity}",
               "{\"a\":null,\"b\":null,\"c\":null,\"d\":null}");
  assert_tidy ("{\"a\":36893488147419103232}",
               "{\"a\":\"36893488147419103232\"}");
  assert_tidy ("{\"a\":1e999,\"b\":1.2.3,\"c\":--1}",
               "{\"a\":null,\"b\":null,\"c\":null}");
  assert_tidy ("{\"a\":+5,\"b\":05,\"c\":.5,\"d\":3.}",
               "{\"a\":5,\"b\":5,\"c\":0.5,\"d\":3}");
}

static void
lines_in_between_are_left_out (void **state)
{
  (void)state;
  assert_tidy ("Warning: {\n{\"a\":{\nERROR: Can't read\n\n},\"b\":1}\nmore",
               "{\"a\":{},\"b\":1}");
  assert_tidy ("{\"a\":ERROR: \"x\"\n1,\"b\":\nERROR\n}", "{\"a\":1}");
  assert_tidy ("{\"a\":\"x\"\nERROR: y\n}", "{\"a\":\"x\"}");
  assert_tidy ("{\"a\"\n,\"b\":1}", "{\"b\":1}");
}

static void
pairs_keep_what_is_there_twice (void **state)
{
  (void)state;
  assert_pairs ("{\"a\":1,\"a\":{\"b\":2,},}",
                "[[\"a\",1],[\"a\",[[\"b\",2]]]]");
  assert_pairs ("{\"a\":[{}],\"b\":}", "[[\"a\",[[]]]]");
}

static void
what_has_no_end_is_an_error (void **state)
{
  auto_buffer struct buffer deep = BUFFER_EMPTY;

  (void)state;
  assert_wrong ("", GPG_ERR_NO_DATA);
  assert_wrong ("[]", GPG_ERR_NO_DATA);
  assert_wrong ("no JSON\n", GPG_ERR_NO_DATA);
  assert_wrong ("{", GPG_ERR_BAD_DATA);
  assert_wrong ("{\"a\":\"x", GPG_ERR_BAD_DATA);
  assert_wrong ("{\"a\":[1", GPG_ERR_BAD_DATA);
  assert_wrong ("{\"a\":{}", GPG_ERR_BAD_DATA);
  for (int i = 0; i < TIDY_DEPTH; i++)
    buffer_string (&deep, "{\"a\":");
  buffer_string (&deep, "1");
  for (int i = 0; i < TIDY_DEPTH; i++)
    buffer_string (&deep, "}");
  assert_tidy (deep.bytes, deep.bytes);
  buffer_clear (&deep);
  for (int i = 0; i <= TIDY_DEPTH; i++)
    buffer_string (&deep, "{\"a\":");
  assert_wrong (deep.bytes, GPG_ERR_BAD_DATA);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (valid_JSON_stays),
          cmocka_unit_test (commas_are_mended),
          cmocka_unit_test (strings_are_mended),
          cmocka_unit_test (numbers_are_mended),
          cmocka_unit_test (lines_in_between_are_left_out),
          cmocka_unit_test (pairs_keep_what_is_there_twice),
          cmocka_unit_test (what_has_no_end_is_an_error) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
