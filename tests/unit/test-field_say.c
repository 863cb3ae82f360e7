/* test-field_say.c - tests of src/mod/hw/field_say.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "parsed.h"

#include "src/mod/hw/field_say.h"

typedef void (*say_function) (struct channel *, const char *, const json_t *);

/* A fenced_function: what is said of each value of an array.  */
static gpg_error_t
say_each (const char *bytes, size_t length, const void *context,
          struct channel *out, struct failure *failure)
{
  const say_function *say = context;
  json_t *array = json_loadb (bytes, length, 0, NULL);
  const json_t *one;
  size_t i;

  assert_non_null (array);
  json_array_foreach (array, i, one) (*say) (out, "x", one);
  json_decref (array);
  return field_said (out, failure);
}

static void
assert_said (say_function say, const char *text, const char *expected)
{
  assert_says (say_each, &say, text, expected);
}

static void
texts (void **state)
{
  (void)state;
  assert_said (field_say_text, "[\"a\", \"\", 1, null, [], \" b\"]",
               "x=a;x= b;");
}

static void
whole_numbers (void **state)
{
  (void)state;
  assert_said (field_say_number, "[0, -1, 9223372036854775807, 1.9, 1e300]",
               "x=0;x=-1;x=9223372036854775807;x=2;");
  assert_said (field_say_number,
               "[\"36893488147419103232\", \"007\", \"-3\", \"12h+05m\", \"\","
               " \"-\", \"x1\", null, true, {}]",
               "x=36893488147419103232;x=7;x=-3;x=12;");
}

static void
decimals (void **state)
{
  (void)state;
  assert_said (field_say_decimal,
               "[45, 45.5, 0.0000001, -0.0, 12.050000, -273.15, 1e15, 1e16,"
               " \"1\", null]",
               "x=45;x=45.5;x=0;x=0;x=12.05;x=-273.15;x=1000000000000000;");
}

static void
truths (void **state)
{
  (void)state;
  assert_said (field_say_bool, "[true, false, 1, 0.0, 2.5, null, \"yes\"]",
               "x=1;x=0;x=1;x=0;x=1;");
}

static gpg_error_t
say_much (const char *bytes, size_t length, const void *context,
          struct channel *out, struct failure *failure)
{
  (void)bytes;
  (void)length;
  (void)context;
  for (int i = 0; i < FIELDS_MOST; i++)
    field_say (out, "x", "y");
  return field_said (out, failure);
}

static void
too_much_is_an_error (void **state)
{
  (void)state;
  assert_fails (say_much, NULL, "", GPG_ERR_TOO_LARGE);
}

static void
paths (void **state)
{
  json_t *root = json_loads ("{\"a\":{\"b\":{\"c\":1}},\"d\":[]}", 0, NULL);

  (void)state;
  assert_int_equal (json_integer_value (field_find (root, "a.b.c")), 1);
  assert_true (json_is_object (field_find (root, "a.b")));
  assert_null (field_find (root, "a.b.c.d"));
  assert_null (field_find (root, "a.x"));
  assert_null (field_find (root, "d.b"));
  assert_null (field_find (NULL, "a"));
  json_decref (root);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (texts),
                                      cmocka_unit_test (whole_numbers),
                                      cmocka_unit_test (decimals),
                                      cmocka_unit_test (truths),
                                      cmocka_unit_test (too_much_is_an_error),
                                      cmocka_unit_test (paths) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
