/* test-fence_records.c - tests of src/call/fence_records.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include "protocol/buffer.h"
#include "src/call/fence_records.h"

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  if (bytes)
    buffer_append (context, bytes, length);
  return 0;
}

/* Have TEXT be what is written of REPORT.  */
static void
expect (const char *report, const char *text)
{
  struct buffer got = BUFFER_EMPTY;
  struct writer out = { .sink = { take_data, NULL, &got } };

  assert_code (fence_records_write (&out, "worker", "one two_more", report), 0);
  assert_code (writer_flush (&out), 0);
  buffer_append (&got, "", 1);
  assert_code (buffer_error (&got), 0);
  assert_string_equal (got.bytes, text);
  writer_release (&out);
  buffer_release (&got);
}

#define RECORDS(one, two_more)                                                 \
  "process: worker\nfence: one\nholds: " one                                   \
  "\n\nprocess: worker\nfence: two_more\nholds: " two_more "\n"

static void
whole_words_count (void **state)
{
  (void)state;
  expect (NULL, RECORDS ("no", "no"));
  expect ("", RECORDS ("no", "no"));
  expect ("one", RECORDS ("yes", "no"));
  expect ("two one", RECORDS ("yes", "no"));
  expect ("two_more one", RECORDS ("yes", "yes"));
  expect ("no_one onetwo_more  two_more_x", RECORDS ("no", "no"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (whole_words_count),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
