/* test-failure.c - words and details of an error
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "../../src/base/failure.h"

static void
test_words (void **state)
{
  struct failure failure = FAILURE_NONE;
  gpg_error_t err;

  (void)state;
  err = fail (&failure, GPG_ERR_NOT_FOUND, "no %s: make %d", "unit", 3);
  assert_int_equal (gpg_err_code (err), GPG_ERR_NOT_FOUND);
  assert_int_equal (gpg_err_source (err), GPG_ERR_SOURCE_USER_1);
  assert_int_equal (failure.code, err);
  assert_string_equal (failure.text, "no unit: make 3");

  errno = EACCES;
  err = fail_errno (&failure, "file %s", "/x");
  assert_int_equal (gpg_err_code (err), GPG_ERR_EACCES);
  assert_string_equal (failure.text, "file /x: Permission denied");
  failure_release (&failure);
  assert_null (failure.text);
  assert_int_equal (failure.code, 0);
}

/* A name with a line feed cannot make a second line.  */
static void
test_one_line (void **state)
{
  struct failure failure = FAILURE_NONE;

  (void)state;
  fail (&failure, GPG_ERR_INV_NAME, "no %s", "a\nOK\r\t\x7f\x1b\xc3\xa4");
  assert_string_equal (failure.text, "no a?OK????\xc3\xa4");
  failure_release (&failure);
}

static void
test_details (void **state)
{
  struct failure failure = FAILURE_NONE;

  (void)state;
  failure_detail (&failure, "line", "%d", 7);
  failure_detail_bytes (&failure, "text", "a\0b", 3);
  failure_detail_bytes (&failure, "none", NULL, 0);
  fail (&failure, GPG_ERR_SYNTAX, "first");
  fail (&failure, GPG_ERR_CONFLICT, "second");
  assert_string_equal (failure.text, "second");
  assert_string_equal (failure.details->name, "line");
  assert_string_equal (failure.details->value, "7");
  assert_string_equal (failure.details->next->name, "text");
  assert_int_equal (failure.details->next->length, 3);
  assert_memory_equal (failure.details->next->value, "a\0b", 4);
  assert_int_equal (failure.details->next->next->length, 0);
  assert_null (failure.details->next->next->next);
  assert_string_equal (failure_find (&failure, "line"), "7");
  assert_string_equal (failure_find (&failure, "none"), "");
  assert_null (failure_find (&failure, "lin"));
  failure_release (&failure);
  assert_null (failure.details);
}

static void
test_nobody_listens (void **state)
{
  (void)state;
  assert_int_equal (gpg_err_code (fail (NULL, GPG_ERR_EIO, "x")), GPG_ERR_EIO);
  errno = ENOENT;
  assert_int_equal (gpg_err_code (fail_errno (NULL, "x")), GPG_ERR_ENOENT);
  failure_detail (NULL, "a", "b");
  failure_detail_bytes (NULL, "a", "b", 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_words),
    cmocka_unit_test (test_one_line),
    cmocka_unit_test (test_details),
    cmocka_unit_test (test_nobody_listens),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
