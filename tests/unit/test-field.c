/* test-field.c - tests of src/mod/pve/field.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "src/mod/pve/field.h"

/* {"a":TEXT}, for the caller to give back.  */
static json_t *
member (const char *text)
{
  auto_buffer struct buffer object = BUFFER_EMPTY;
  json_t *json;

  buffer_printf (&object, "{\"a\":%s}", text);
  json = json_loadb (object.bytes, object.length, JSON_ALLOW_NUL, NULL);
  assert_non_null (json);
  return json;
}

static void
assert_number (const char *text, int64_t expected)
{
  json_t *object = member (text);
  int64_t number;

  assert_true (field_number (object, "a", &number));
  assert_true (number == expected);
  json_decref (object);
}

static void
assert_fraction (const char *text, double expected)
{
  json_t *object = member (text);
  double number;

  assert_true (field_fraction (object, "a", &number));
  assert_true (number == expected);
  json_decref (object);
}

static void
assert_no_number (const char *text)
{
  json_t *object = member (text);
  double fraction;
  int64_t number;

  if (field_number (object, "a", &number)
      || field_fraction (object, "a", &fraction))
    {
      print_error ("%s was taken for a number\n", text);
      assert_true (false);
    }
  json_decref (object);
}

static void
numbers_may_be_strings (void **state)
{
  (void)state;
  assert_number ("102", 102);
  assert_number ("\"102\"", 102);
  assert_number ("\"-7\"", -7);
  assert_number ("\"007\"", 7);
  assert_number ("12.9", 12);
  assert_number ("\"12.9\"", 12);
  assert_number ("-12.9", -12);
  assert_number ("9223372036854775807", INT64_MAX);
  assert_number ("\"9223372036854775807\"", INT64_MAX);
  assert_number ("\"-9223372036854775808\"", INT64_MIN);
  assert_fraction ("\"0.38\"", 0.38);
  assert_fraction ("0.25", 0.25);
  assert_fraction ("3", 3);
  assert_fraction ("\"3\"", 3);
  assert_fraction ("\"1e-3\"", 0.001);
}

static void
what_is_no_number_is_not_there (void **state)
{
  static const char *const wrong[]
      = { "null",    "true",      "\"\"",    "\"N/A\"", "\"1 \"",    "\" 1\"",
          "\"0x1\"", "\"inf\"",   "\"nan\"", "\"-\"",   "\"1.2.3\"", "\"e\"",
          "\"1,5\"", "\"1e999\"", "[1]",     "{}" };
  json_t *object = member ("1");
  int64_t number;

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_no_number (wrong[i]);
  assert_false (field_number (object, "b", &number));
  assert_false (field_number (NULL, "a", &number));
  json_decref (object);
}

/* What does not fit is not there, rather than wrong.  */
static void
too_large_numbers_are_not_there (void **state)
{
  static const char *const wrong[]
      = { "9223372036854775808.0", "\"9223372036854775808\"",
          "\"-9223372036854775809.0e1\"", "1e300" };

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      json_t *object = member (wrong[i]);
      int64_t number;
      double fraction;

      assert_false (field_number (object, "a", &number));
      assert_true (field_fraction (object, "a", &fraction));
      json_decref (object);
    }
}

static void
truth_has_many_forms (void **state)
{
  static const struct
  {
    const char *text;
    int expected; /* -1: not there.  */
  } cases[] = { { "true", 1 },     { "1", 1 },        { "\"1\"", 1 },
                { "1.0", 1 },      { "false", 0 },    { "0", 0 },
                { "\"0\"", 0 },    { "\"\"", 0 },     { "null", -1 },
                { "2", -1 },       { "\"yes\"", -1 }, { "[]", -1 },
                { "\"true\"", -1 } };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      json_t *object = member (cases[i].text);
      bool value = false;
      bool found = field_bool (object, "a", &value);

      assert_int_equal (found ? value : -1, cases[i].expected);
      json_decref (object);
    }
}

static void
assert_text (const char *json, const char *expected, size_t expected_length)
{
  json_t *object = member (json);
  char scratch[FIELD_SCRATCH];
  const char *text;
  size_t length;

  assert_int_equal (field_text (object, "a", scratch, &text, &length),
                    expected != NULL);
  if (expected)
    {
      assert_int_equal (length, expected_length);
      assert_memory_equal (text, expected, length + 1);
    }
  json_decref (object);
}

static void
texts_may_be_numbers (void **state)
{
  (void)state;
  assert_text ("\"x y\"", "x y", 3);
  assert_text ("\"\"", "", 0);
  assert_text ("\"a\\u0000b\"", "a\0b", 3);
  assert_text ("102", "102", 3);
  assert_text ("-9223372036854775808", "-9223372036854775808", 20);
  assert_text ("0.5", "0.5", 3);
  assert_text ("null", NULL, 0);
  assert_text ("true", NULL, 0);
  assert_text ("[]", NULL, 0);
}

/* --- The writer --- */

static const struct field fields[] = { { "id", "vmid", FIELD_NUMBER },
                                       { "name", "name", FIELD_TEXT },
                                       { "load", "cpu", FIELD_FRACTION },
                                       { "template", "template", FIELD_BOOL },
                                       { "begun", "starttime", FIELD_TIME },
                                       { "value", "value", FIELD_VALUE },
                                       { NULL, NULL, FIELD_TEXT } };

static gpg_error_t
collect (void *context, const char *bytes, size_t length)
{
  buffer_append (context, bytes, length);
  return 0;
}

/* The record of OBJECT is EXPECTED.  */
static void
assert_record (const char *object, enum output output, const char *expected)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  struct writer out = { .sink = { collect, NULL, &text }, .output = output };
  json_t *json = json_loads (object, 0, NULL);

  assert_non_null (json);
  assert_int_equal (field_write (&out, json, fields), 0);
  if (out.in_record)
    assert_int_equal (writer_record_end (&out), 0);
  assert_int_equal (writer_flush (&out), 0);
  assert_string_equal (text.bytes ? text.bytes : "", expected);
  writer_release (&out);
  json_decref (json);
}

#define WHOLE                                                                  \
  "{\"starttime\":\"1800000000\",\"template\":\"\",\"cpu\":\"0.0125\","        \
  "\"name\":\"a\\nb\",\"vmid\":\"7001\",\"other\":1}"

static void
records_have_our_names (void **state)
{
  (void)state;
  assert_record (WHOLE, OUTPUT_TEXT,
                 "id: 7001\nname: a\\x0ab\nload: 0.0125\ntemplate: no\n"
                 "begun: 2027-01-15T08:00:00Z\n");
  assert_record (WHOLE, OUTPUT_JSON,
                 "{\"id\":7001,\"name\":\"a\\nb\",\"load\":0.0125,"
                 "\"template\":false,\"begun\":\"2027-01-15T08:00:00Z\"}\n");
}

static void
what_is_not_there_is_not_written (void **state)
{
  (void)state;
  assert_record ("{}", OUTPUT_JSON, "");
  assert_record ("{\"vmid\":null,\"name\":[],\"cpu\":\"N/A\",\"template\":7,"
                 "\"starttime\":\"x\"}",
                 OUTPUT_JSON, "");
  assert_record ("{\"name\":\"x\",\"starttime\":9223372036854775807}",
                 OUTPUT_JSON, "{\"name\":\"x\"}\n");
}

static void
an_empty_text_is_left_out_but_where_it_is_a_value (void **state)
{
  (void)state;
  assert_record ("{\"name\":\"\",\"value\":\"\"}", OUTPUT_JSON,
                 "{\"value\":\"\"}\n");
  assert_record ("{\"name\":0,\"value\":7}", OUTPUT_JSON,
                 "{\"name\":\"0\",\"value\":\"7\"}\n");
}

static void
fractions_are_json (void **state)
{
  (void)state;
  assert_record ("{\"cpu\":0}", OUTPUT_JSON, "{\"load\":0}\n");
  assert_record ("{\"cpu\":100}", OUTPUT_JSON, "{\"load\":100}\n");
  assert_record ("{\"cpu\":-0.0000001}", OUTPUT_JSON, "{\"load\":0}\n");
  assert_record ("{\"cpu\":1e-5}", OUTPUT_JSON, "{\"load\":0.00001}\n");
  assert_record ("{\"cpu\":1e15}", OUTPUT_JSON,
                 "{\"load\":1000000000000000}\n");
  assert_record ("{\"cpu\":-1e16}", OUTPUT_JSON, "");
}

static gpg_error_t
refuse (void *context, const char *bytes, size_t length)
{
  (void)context;
  (void)bytes;
  (void)length;
  return gpg_error (GPG_ERR_EPIPE);
}

/* A client that is gone ends it.  */
static void
errors_are_handed_on (void **state)
{
  struct writer out = { .sink = { refuse, NULL, NULL }, .most = 4 };
  json_t *json = json_loads (WHOLE, 0, NULL);

  (void)state;
  assert_int_not_equal (field_write (&out, json, fields), 0);
  writer_release (&out);
  json_decref (json);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (numbers_may_be_strings),
          cmocka_unit_test (what_is_no_number_is_not_there),
          cmocka_unit_test (too_large_numbers_are_not_there),
          cmocka_unit_test (truth_has_many_forms),
          cmocka_unit_test (texts_may_be_numbers),
          cmocka_unit_test (records_have_our_names),
          cmocka_unit_test (what_is_not_there_is_not_written),
          cmocka_unit_test (an_empty_text_is_left_out_but_where_it_is_a_value),
          cmocka_unit_test (fractions_are_json),
          cmocka_unit_test (errors_are_handed_on) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
