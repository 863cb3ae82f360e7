/* test-json.c - tests of protocol/json.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include "check.h"
#include "protocol/json.h"

/* Scan TEXT to its end; *R_COUNT fields, the last at R_FIELD.  */
static gpg_error_t
scan (const char *text, struct json_field *r_field, size_t *r_count)
{
  struct json_scan all;
  bool found;
  gpg_error_t err;

  *r_count = 0;
  json_start (&all, text, strlen (text));
  while (!(err = json_next (&all, r_field, &found)) && found)
    ++*r_count;
  return err;
}

/* The value TEXT is of KIND.  */
static void
assert_value (const char *text, enum json_kind kind)
{
  auto_buffer struct buffer object = BUFFER_EMPTY;
  struct json_field field;
  size_t count;

  buffer_printf (&object, "{\"a\":0,\"name\":%s}", text);
  assert_int_equal (scan (object.bytes, &field, &count), 0);
  assert_int_equal (count, 2);
  assert_int_equal (field.kind, kind);
  assert_true (json_is (&field, "name"));
  assert_false (json_is (&field, "nam") || json_is (&field, "names"));
  assert_int_equal (field.length, strlen (text));
  assert_memory_equal (field.text, text, field.length);
}

static void
assert_wrong (const char *text)
{
  struct json_field field;
  size_t count;

  assert_code (scan (text, &field, &count), GPG_ERR_SYNTAX);
}

static void
values (void **state)
{
  (void)state;
  assert_value ("\"\"", JSON_STRING);
  assert_value ("\"a\\\"b\\\\\"", JSON_STRING);
  assert_value ("\"\\ud83d\\ude00 caf\\u00e9\"", JSON_STRING);
  assert_value ("0", JSON_NUMBER);
  assert_value ("-12.5e+10", JSON_NUMBER);
  assert_value ("true", JSON_TRUE);
  assert_value ("false", JSON_FALSE);
  assert_value ("null", JSON_NULL);
  assert_value ("{}", JSON_OBJECT);
  assert_value ("[ ]", JSON_ARRAY);
  assert_value ("[1,\"]\",{\"}\":[null]}]", JSON_ARRAY);
  assert_value ("{\"x\":{\"y\":[1, 2]},\"z\":\"\"}", JSON_OBJECT);
}

static void
items (void **state)
{
  static const char *const wanted[] = { "1", "\"a,]\"", "[2, 3]", "{\"b\":4}" };
  struct json_field field = { .text = "[1, \"a,]\", [2, 3],{\"b\":4} ]" };
  struct json_scan all;
  struct json_field item;
  bool found;

  (void)state;
  field.length = strlen (field.text);
  json_start_items (&all, &field);
  for (size_t i = 0; i < 4; i++)
    {
      assert_int_equal (json_next (&all, &item, &found), 0);
      assert_true (found);
      assert_int_equal (item.name_length, 0);
      assert_int_equal (item.length, strlen (wanted[i]));
      assert_memory_equal (item.text, wanted[i], item.length);
    }
  assert_int_equal (json_next (&all, &item, &found), 0);
  assert_false (found);

  field = (struct json_field){ .text = "[]", .length = 2 };
  json_start_items (&all, &field);
  assert_int_equal (json_next (&all, &item, &found), 0);
  assert_false (found);

  field = (struct json_field){ .text = "{}", .length = 2 };
  json_start_items (&all, &field);
  assert_code (json_next (&all, &item, &found), GPG_ERR_SYNTAX);
}

static void
space_and_nothing (void **state)
{
  struct json_field field;
  size_t count;

  (void)state;
  assert_int_equal (scan ("{}", &field, &count), 0);
  assert_int_equal (count, 0);
  assert_int_equal (scan (" { } \n", &field, &count), 0);
  assert_int_equal (
      scan ("{ \"a\" : 1 ,\t\"b\" : [ 1 , 2 ] }\r\n", &field, &count), 0);
  assert_int_equal (count, 2);
  assert_int_equal (field.length, 9);
}

static void
wrong_texts (void **state)
{
  static const char *const texts[] = { "",
                                       "[]",
                                       "{",
                                       "}",
                                       "{}x",
                                       "{\"a\"}",
                                       "{\"a\":}",
                                       "{\"a\":1,}",
                                       "{,}",
                                       "{\"a\":1 \"b\":2}",
                                       "{a:1}",
                                       "{\"a\":01}",
                                       "{\"a\":-}",
                                       "{\"a\":1.}",
                                       "{\"a\":.5}",
                                       "{\"a\":1e}",
                                       "{\"a\":+1}",
                                       "{\"a\":tru}",
                                       "{\"a\":nul",
                                       "{\"a\":\"}",
                                       "{\"a\":\"\\x\"}",
                                       "{\"a\":\"\\u12\"}",
                                       "{\"a\":\"\\ud800\"}",
                                       "{\"a\":\"\\udc00\"}",
                                       "{\"a\":\"\\ud800\\u0041\"}",
                                       "{\"a\":\"\n\"}",
                                       "{\"a\":\"\xff\"}",
                                       "{\"a\":\"\xed\xa0\x80\"}",
                                       "{\"a\":[1,]}",
                                       "{\"a\":[1}",
                                       "{\"a\":{]}",
                                       "{\"a\":[[[}",
                                       "{\"a\":{\"b\"}}",
                                       "{\"a\":{\"b\":1",
                                       "{\"a\":1}}",
                                       "{\"a\":\"\\",
                                       "{\"a",
                                       "{\"a\":\"x\"y}" };

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_wrong (texts[i]);
}

static void
depth_has_a_limit (void **state)
{
  for (unsigned depth = JSON_DEPTH - 2; depth <= JSON_DEPTH + 1; depth++)
    {
      auto_buffer struct buffer text = BUFFER_EMPTY;
      struct json_field field;
      size_t count;

      (void)state;
      buffer_string (&text, "{\"a\":");
      for (unsigned i = 0; i < depth; i++)
        buffer_string (&text, "[");
      for (unsigned i = 0; i < depth; i++)
        buffer_string (&text, "]");
      buffer_string (&text, "}");
      assert_int_equal (!scan (text.bytes, &field, &count), depth < JSON_DEPTH);
    }
}

static void
strings_are_decoded (void **state)
{
  static const char expected[] = "a\"\\/\b\f\n\r\t\0\x7f\xc3\xa9\xe2\x82\xac"
                                 "\xf0\x9f\x98\x80z";
  auto_buffer struct buffer text = BUFFER_EMPTY;
  struct json_field field;
  size_t count;

  (void)state;
  assert_int_equal (scan ("{\"a\":\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u007f"
                          "\\u00E9\\u20aC\\uD83D\\uDE00z\"}",
                          &field, &count),
                    0);
  json_append_string (&field, &text);
  assert_int_equal (text.length, sizeof expected - 1);
  assert_memory_equal (text.bytes, expected, sizeof expected - 1);
}

static void
assert_number (const char *text, bool whole, int64_t expected)
{
  struct json_field field
      = { .kind = JSON_NUMBER, .text = text, .length = strlen (text) };
  int64_t number = 7;

  assert_int_equal (json_whole_number (&field, &number), whole);
  if (whole)
    assert_true (number == expected);
  field.kind = JSON_STRING;
  assert_false (json_whole_number (&field, &number));
}

static void
whole_numbers (void **state)
{
  (void)state;
  assert_number ("0", true, 0);
  assert_number ("-12", true, -12);
  assert_number ("9223372036854775807", true, INT64_MAX);
  assert_number ("9223372036854775808", false, 0);
  assert_number ("1.0", false, 0);
  assert_number ("1e3", false, 0);
  assert_number ("100000000000000000000000000000", false, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (values),
    cmocka_unit_test (items),
    cmocka_unit_test (space_and_nothing),
    cmocka_unit_test (wrong_texts),
    cmocka_unit_test (depth_has_a_limit),
    cmocka_unit_test (strings_are_decoded),
    cmocka_unit_test (whole_numbers),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
