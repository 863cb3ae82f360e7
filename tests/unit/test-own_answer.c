/* test-own_answer.c - tests of src/mod/aug/own_answer.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include "src/mod/aug/own_answer.h"

static void
items (void **state)
{
  char list[] = "one\ntwo \\x5c\\x0a three\n\nbad \\escape\nlast";
  char *at = list;

  (void)state;
  assert_string_equal (answer_item (&at), "one");
  assert_string_equal (answer_item (&at), "two \\\n three");
  assert_string_equal (answer_item (&at), "");
  assert_string_equal (answer_item (&at), "bad \\escape");
  assert_string_equal (answer_item (&at), "last");
  assert_null (answer_item (&at));
  assert_null (answer_item (&at));
}

static void
records (void **state)
{
  char text[] = "path: /a\nvalue: x: \\x5cy\nempty: \n\nodd line\npath: /b\n";
  struct answer_field fields[ANSWER_FIELDS];
  char *at = text;

  (void)state;
  assert_true (answer_record (&at, fields));
  assert_string_equal (answer_value (fields, "path", "-"), "/a");
  assert_string_equal (answer_value (fields, "value", "-"), "x: \\y");
  assert_string_equal (answer_value (fields, "empty", "-"), "");
  assert_string_equal (answer_value (fields, "none", "-"), "-");
  assert_true (answer_record (&at, fields));
  assert_string_equal (answer_value (fields, "path", "-"), "/b");
  assert_null (answer_value (fields, "value", NULL));
  assert_false (answer_record (&at, fields));
}

/* More fields than are kept do no harm.  */
static void
large_records (void **state)
{
  char text[] = "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\nh: 1\ni: 1\n"
                "j: 1\nk: 1\nl: 1\nm: 1\nn: 1\n\na: 2\n";
  struct answer_field fields[ANSWER_FIELDS];
  char *at = text;

  (void)state;
  assert_true (answer_record (&at, fields));
  assert_string_equal (answer_value (fields, "l", "-"), "1");
  assert_string_equal (answer_value (fields, "m", "-"), "-");
  assert_true (answer_record (&at, fields));
  assert_string_equal (answer_value (fields, "a", "-"), "2");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (items),
    cmocka_unit_test (records),
    cmocka_unit_test (large_records),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
