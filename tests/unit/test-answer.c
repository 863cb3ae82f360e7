/* test-answer.c - tests of client/lib/answer.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include "check.h"
#include "client/lib/handle.h"

static reeve_answer_t
answer_of (const char *bytes, size_t length)
{
  struct buffer buffer = BUFFER_EMPTY;
  reeve_answer_t answer;

  buffer_append (&buffer, bytes, length);
  assert_int_equal (answer_new (&buffer, &answer), 0);
  assert_null (buffer.bytes);
  return answer;
}

#define ANSWER(text) answer_of (text, sizeof text - 1)

static void
bytes_are_as_they_came (void **state)
{
  reeve_answer_t answer = ANSWER ("a\0b\\x41");
  reeve_answer_t empty = ANSWER ("");
  size_t length;

  (void)state;
  assert_memory_equal (reeve_answer_bytes (answer, &length), "a\0b\\x41", 8);
  assert_int_equal (length, 7);
  assert_string_equal (reeve_answer_bytes (empty, &length), "");
  assert_int_equal (length, 0);
  reeve_answer_release (answer);
  reeve_answer_release (empty);
  reeve_answer_release (NULL);
}

static void
assert_list (reeve_answer_t answer, const char *const *items)
{
  size_t count, length;
  size_t i;

  assert_int_equal (reeve_answer_list (answer, &count), 0);
  for (i = 0; items[i]; i++)
    {
      assert_string_equal (reeve_answer_item (answer, i, &length), items[i]);
      assert_int_equal (length, strlen (items[i]));
    }
  assert_int_equal (count, i);
  assert_null (reeve_answer_item (answer, i, NULL));
  reeve_answer_release (answer);
}

static void
lists (void **state)
{
  (void)state;
  assert_list (ANSWER (""), (const char *const[]){ NULL });
  assert_list (ANSWER ("\n"), (const char *const[]){ "", NULL });
  assert_list (ANSWER ("a\n\n b\\x0ac\\x5c \n"),
               (const char *const[]){ "a", "", " b\nc\\ ", NULL });
  assert_list (ANSWER ("a\nlast"), (const char *const[]){ "a", "last", NULL });
}

static void
refuses_bad_lists (void **state)
{
  reeve_answer_t answer = ANSWER ("good\nb\\x41d\n");
  size_t count = 7;

  (void)state;
  assert_code (reeve_answer_list (answer, &count), GPG_ERR_INV_RESPONSE);
  assert_int_equal (count, 0);
  assert_null (reeve_answer_item (answer, 0, NULL));
  reeve_answer_release (answer);
}

static void
assert_text (reeve_answer_t answer, size_t record, const char *field,
             const char *expected)
{
  const char *value;
  size_t length;

  assert_int_equal (
      reeve_answer_string (answer, record, field, &value, &length), 0);
  assert_string_equal (value, expected);
  assert_int_equal (length, strlen (expected));
}

static void
records (void **state)
{
  reeve_answer_t answer = ANSWER (
      "path: /files/etc/hosts/1\nvalue: a: b\\x0a\nempty: \n\n"
      "path: second\nn: 1\nn: 2\n");
  const char *value;
  size_t count;

  (void)state;
  assert_int_equal (reeve_answer_records (answer, &count), 0);
  assert_int_equal (count, 2);
  assert_text (answer, 0, "path", "/files/etc/hosts/1");
  assert_text (answer, 0, "value", "a: b\n");
  assert_text (answer, 0, "empty", "");
  assert_text (answer, 1, "path", "second");
  assert_text (answer, 1, "n", "1");
  assert_code (reeve_answer_string (answer, 1, "value", &value, NULL),
               GPG_ERR_NOT_FOUND);
  assert_null (value);
  assert_code (reeve_answer_string (answer, 2, "path", &value, NULL),
               GPG_ERR_NOT_FOUND);
  assert_string_equal (reeve_answer_field (answer, 1, 2, &value, NULL), "n");
  assert_string_equal (value, "2");
  assert_null (reeve_answer_field (answer, 1, 3, &value, NULL));
  assert_null (value);
  assert_null (reeve_answer_field (answer, 2, 0, &value, NULL));
  reeve_answer_release (answer);
}

static void
no_records (void **state)
{
  reeve_answer_t answer = ANSWER ("");
  const char *value;
  size_t count;

  (void)state;
  assert_int_equal (reeve_answer_records (answer, &count), 0);
  assert_int_equal (count, 0);
  assert_code (reeve_answer_string (answer, 0, "a", &value, NULL),
               GPG_ERR_NOT_FOUND);
  reeve_answer_release (answer);
}

static void
refuses_bad_records (void **state)
{
  static const char *const texts[]
      = { "a\n",      "a:b\n",      ": b\n", "a: b\n\n\nc: d\n",
          "\na: b\n", "a: \\x41\n", "a:\n",  "\n" };

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    {
      reeve_answer_t answer = answer_of (texts[i], strlen (texts[i]));
      size_t count = 7;

      assert_code (reeve_answer_records (answer, &count), GPG_ERR_INV_RESPONSE);
      assert_int_equal (count, 0);
      assert_null (
          reeve_answer_field (answer, 0, 0, &(const char *){ 0 }, NULL));
      reeve_answer_release (answer);
    }
}

static void
typed_values (void **state)
{
  reeve_answer_t answer = ANSWER (
      "a: 42\nb: -9223372036854775808\nc: 9223372036854775808\n"
      "d: 4x\ne: \nf: yes\ng: no\nh: Yes\ni: -\nj:  4\nk: +4\n"
      "l: 4\\x00\n");
  size_t count;
  int64_t number;
  int truth;

  (void)state;
  assert_int_equal (reeve_answer_records (answer, &count), 0);
  assert_int_equal (reeve_answer_number (answer, 0, "a", &number), 0);
  assert_true (number == 42);
  assert_int_equal (reeve_answer_number (answer, 0, "b", &number), 0);
  assert_true (number == INT64_MIN);
  for (const char *name = "cdefhijkl"; *name; name++)
    {
      assert_code (
          reeve_answer_number (answer, 0, (const char[]){ *name, 0 }, &number),
          GPG_ERR_INV_VALUE);
      assert_true (number == 0);
    }
  assert_code (reeve_answer_number (answer, 0, "z", &number),
               GPG_ERR_NOT_FOUND);
  assert_int_equal (reeve_answer_bool (answer, 0, "f", &truth), 0);
  assert_int_equal (truth, 1);
  assert_int_equal (reeve_answer_bool (answer, 0, "g", &truth), 0);
  assert_int_equal (truth, 0);
  assert_code (reeve_answer_bool (answer, 0, "h", &truth), GPG_ERR_INV_VALUE);
  assert_code (reeve_answer_bool (answer, 0, "z", &truth), GPG_ERR_NOT_FOUND);
  reeve_answer_release (answer);
}

static void
may_be_read_in_both_ways (void **state)
{
  reeve_answer_t answer = ANSWER ("a: b\n");
  size_t count;

  (void)state;
  assert_int_equal (reeve_answer_records (answer, &count), 0);
  assert_int_equal (count, 1);
  assert_int_equal (reeve_answer_list (answer, &count), 0);
  assert_int_equal (count, 1);
  assert_string_equal (reeve_answer_item (answer, 0, NULL), "a: b");
  assert_null (reeve_answer_field (answer, 0, 0, &(const char *){ 0 }, NULL));
  reeve_answer_release (answer);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (bytes_are_as_they_came),
    cmocka_unit_test (lists),
    cmocka_unit_test (refuses_bad_lists),
    cmocka_unit_test (records),
    cmocka_unit_test (no_records),
    cmocka_unit_test (refuses_bad_records),
    cmocka_unit_test (typed_values),
    cmocka_unit_test (may_be_read_in_both_ways),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
