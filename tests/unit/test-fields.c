/* test-fields.c - tests of src/mod/hw/fields.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/buffer.h"
#include "src/mod/hw/fields.h"

static const struct field table[] = {
  { "text", FIELD_TEXT }, { "number", FIELD_NUMBER }, { "part", FIELD_DECIMAL },
  { "flag", FIELD_BOOL }, { "list", FIELD_LIST },     { "json", FIELD_JSON },
  { NULL, FIELD_TEXT }
};

static gpg_error_t
keep (void *context, const char *bytes, size_t length)
{
  buffer_append (context, bytes ? bytes : "", bytes ? length : 0);
  return 0;
}

/* What is written of PAIRS, which end with NULL; *R_INDEX as fields_write
   leaves it.  */
static char *
written (const char *const *pairs, enum output output, size_t *r_index)
{
  struct buffer text = BUFFER_EMPTY;
  struct writer out = { .sink = { keep, NULL, &text }, .output = output };
  struct item items[256];
  struct fenced_answer answer = { .items = items };
  char *bytes;

  for (; pairs[answer.count]; answer.count++)
    items[answer.count] = (struct item){ pairs[answer.count],
                                         strlen (pairs[answer.count]) };
  assert_int_equal (fields_write (&out, table, &answer, r_index), 0);
  assert_int_equal (writer_record_end (&out), 0);
  writer_release (&out);
  buffer_append (&text, "", 0);
  assert_int_equal (buffer_take (&text, &bytes, NULL), 0);
  return bytes;
}

static void
assert_written (const char *const *pairs, enum output output,
                const char *expected)
{
  size_t index = 0;
  char *text = written (pairs, output, &index);

  assert_string_equal (text, expected);
  free (text);
}

static void
each_kind (void **state)
{
  static const char *const pairs[]
      = { "text", "a\nb",        "number", "36893488147419103232",
          "part", "-0.75",       "flag",   "1",
          "list", "one",         "list",   "two",
          "json", "{\"a\":[1]}", NULL };

  (void)state;
  assert_written (pairs, OUTPUT_TEXT,
                  "text: a\\x0ab\nnumber: 36893488147419103232\npart: -0.75\n"
                  "flag: yes\nlist: one\nlist: two\njson: {\"a\":[1]}\n");
  assert_written (pairs, OUTPUT_JSON,
                  "{\"text\":\"a\\nb\",\"number\":36893488147419103232,"
                  "\"part\":-0.75,\"flag\":true,\"list\":[\"one\",\"two\"],"
                  "\"json\":{\"a\":[1]}}\n");
}

static void
what_is_not_what_it_should_be_is_left_out (void **state)
{
  static const char *const pairs[]
      = { "unknown", "x",         "number", "1,\"forged\":2",
          "number",  "",          "number", "1.5",
          "number",  "01",        "number", "-",
          "part",    "1e5",       "part",   "1.",
          "part",    "1.1234567", "part",   ".5",
          "json",    "[1]",       "json",   "{} {}",
          "json",    "{\n}",      "json",   "{\"a\":1}}",
          "flag",    "maybe",     NULL };

  (void)state;
  assert_written (pairs, OUTPUT_JSON, "{\"flag\":false}\n");
}

static void
records_end (void **state)
{
  static const char *const pairs[] = { "text", "a",    "",  "",  "text",
                                       "b",    "list", "c", NULL };
  size_t index = 0;
  char *text = written (pairs, OUTPUT_TEXT, &index);

  (void)state;
  assert_string_equal (text, "text: a\n");
  assert_int_equal (index, 4);
  free (text);
  text = written (pairs, OUTPUT_TEXT, &index);
  assert_string_equal (text, "text: b\nlist: c\n");
  assert_int_equal (index, 8);
  free (text);
}

static void
a_list_has_an_end (void **state)
{
  const char *pairs[201];
  size_t index = 0;
  size_t lines = 0;
  char *text;

  (void)state;
  for (size_t i = 0; i < 200; i++)
    pairs[i] = i % 2 ? "x" : "list";
  pairs[200] = NULL;
  text = written (pairs, OUTPUT_TEXT, &index);
  for (const char *c = text; *c; c++)
    lines += *c == '\n';
  assert_int_equal (index, 200);
  assert_int_equal (lines, 64);
  free (text);
}

static void
finding (void **state)
{
  struct item items[] = { { "a", 1 }, { "b", 1 }, { "b", 1 }, { "c", 1 } };
  struct fenced_answer answer = { .items = items, .count = 4 };

  (void)state;
  assert_ptr_equal (fields_find (&answer, "a"), items + 1);
  assert_ptr_equal (fields_find (&answer, "b"), items + 3);
  assert_null (fields_find (&answer, "c"));
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (each_kind),
          cmocka_unit_test (what_is_not_what_it_should_be_is_left_out),
          cmocka_unit_test (records_end), cmocka_unit_test (a_list_has_an_end),
          cmocka_unit_test (finding) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
