/* test-buffer.c - tests of protocol/buffer.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "protocol/buffer.h"
#include "protocol/memory.h"

static void
grows_and_ends_with_nul (void **state)
{
  auto_buffer struct buffer buffer = BUFFER_EMPTY;

  (void)state;
  for (int i = 0; i < 1000; i++)
    {
      buffer_append (&buffer, "ab", 2);
      assert_int_equal (buffer.bytes[buffer.length], 0);
    }
  assert_int_equal (buffer.length, 2000);
  assert_int_equal (strlen (buffer.bytes), 2000);
  buffer_append (&buffer, "a\0b", 3);
  assert_int_equal (buffer.length, 2003);
  assert_memory_equal (buffer.bytes + 2000, "a\0b", 4);
  assert_int_equal (buffer_error (&buffer), 0);
}

static void
appending_nothing_keeps_it_empty (void **state)
{
  auto_buffer struct buffer buffer = BUFFER_EMPTY;

  (void)state;
  buffer_append (&buffer, NULL, 0);
  buffer_string (&buffer, "");
  assert_int_equal (buffer.length, 0);
}

static void
prints (void **state)
{
  auto_buffer struct buffer buffer = BUFFER_EMPTY;

  (void)state;
  buffer_string (&buffer, "a");
  buffer_printf (&buffer, "%d-%s", 17, "x");
  assert_string_equal (buffer.bytes, "a17-x");
  assert_int_equal (buffer.length, 5);
}

static void
fails_once_and_for_all (void **state)
{
  auto_buffer struct buffer buffer = BUFFER_EMPTY;
  char *bytes;

  (void)state;
  buffer_string (&buffer, "kept");
  buffer_reserve (&buffer, SIZE_MAX - 2);
  assert_code (buffer_error (&buffer), GPG_ERR_ENOMEM);
  buffer_string (&buffer, "ignored");
  assert_string_equal (buffer.bytes, "kept");
  assert_code (buffer_take (&buffer, &bytes, NULL), GPG_ERR_ENOMEM);
  assert_null (bytes);
  buffer_clear (&buffer);
  buffer_string (&buffer, "anew");
  assert_int_equal (buffer_error (&buffer), 0);
  assert_string_equal (buffer.bytes, "anew");
}

static void
reserved_room_does_not_move (void **state)
{
  auto_buffer struct buffer buffer = BUFFER_EMPTY;
  const char *before;

  (void)state;
  buffer_reserve (&buffer, 5000);
  before = buffer.bytes;
  for (int i = 0; i < 5000; i++)
    buffer_append (&buffer, "x", 1);
  assert_ptr_equal (buffer.bytes, before);
}

static void
is_taken (void **state)
{
  struct buffer buffer = BUFFER_EMPTY;
  auto_free char *bytes = NULL;
  auto_free char *nothing = NULL;
  size_t length;

  (void)state;
  buffer_string (&buffer, "abc");
  assert_int_equal (buffer_take (&buffer, &bytes, &length), 0);
  assert_string_equal (bytes, "abc");
  assert_int_equal (length, 3);
  assert_null (buffer.bytes);
  assert_int_equal (buffer.length, 0);
  assert_int_equal (buffer_take (&buffer, &nothing, &length), 0);
  assert_string_equal (nothing, "");
  assert_int_equal (length, 0);
}

static void
clears_and_wipes (void **state)
{
  struct buffer buffer = BUFFER_EMPTY;

  (void)state;
  buffer_clear (&buffer);
  buffer_wipe (&buffer);
  buffer_string (&buffer, "abc");
  buffer_clear (&buffer);
  assert_string_equal (buffer.bytes, "");
  buffer_string (&buffer, "secret");
  buffer_wipe (&buffer);
  assert_null (buffer.bytes);
  assert_int_equal (buffer.allocated, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (grows_and_ends_with_nul),
    cmocka_unit_test (appending_nothing_keeps_it_empty),
    cmocka_unit_test (prints),
    cmocka_unit_test (fails_once_and_for_all),
    cmocka_unit_test (reserved_room_does_not_move),
    cmocka_unit_test (is_taken),
    cmocka_unit_test (clears_and_wipes),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
