/* test-json_answer.c - tests of src/call/json_answer.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include "check.h"
#include "protocol/memory.h"
#include "src/call/json_answer.h"

#define RECORD                                                                 \
  "{\"text\":\"a\\nb\\u00e9\",\"empty\":\"\",\"number\":-7,"                   \
  "\"broken\":1.50,\"large\":123456789012345678901234,\"yes\":true,"           \
  "\"no\":false,\"nothing\":null,\"list\":[\"a\",\"b, c\"],\"none\":[],"       \
  "\"mixed\":[\"a\",1],\"object\":{\"x\":[1, 2]}}"

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  buffer_append (context, bytes, length);
  return buffer_error (context);
}

/* Write the object TEXT without BUT; what became of it.  */
static gpg_error_t
answer (enum output output, const char *text, const char *but,
        struct buffer *data)
{
  const char *const names[] = { but, NULL };
  struct writer out = { .sink = { take_data, NULL, data }, .output = output };
  gpg_error_t err = json_answer_record (&out, text, strlen (text), names);

  writer_release (&out);
  buffer_append (data, "", 0);
  return err;
}

static void
assert_answer (enum output output, const char *text, const char *but,
               const char *expected)
{
  auto_buffer struct buffer data = BUFFER_EMPTY;

  assert_int_equal (answer (output, text, but, &data), 0);
  assert_string_equal (data.bytes ? data.bytes : "", expected);
}

static void
in_text (void **state)
{
  (void)state;
  assert_answer (OUTPUT_TEXT, RECORD, NULL,
                 "text: a\\x0ab\xc3\xa9\nempty: \nnumber: -7\nbroken: 1.50\n"
                 "large: 123456789012345678901234\nyes: yes\nno: no\n"
                 "nothing: null\nlist: a\nlist: b, c\nmixed: [\"a\",1]\n"
                 "object: {\"x\":[1, 2]}\n");
}

static void
in_json (void **state)
{
  (void)state;
  assert_answer (OUTPUT_JSON, RECORD, NULL,
                 "{\"text\":\"a\\nb\xc3\xa9\",\"empty\":\"\",\"number\":-7,"
                 "\"broken\":1.50,\"large\":123456789012345678901234,"
                 "\"yes\":true,\"no\":false,\"nothing\":null,"
                 "\"list\":[\"a\",\"b, c\"],\"none\":[],\"mixed\":[\"a\",1],"
                 "\"object\":{\"x\":[1, 2]}}\n");
}

static void
what_is_left_out (void **state)
{
  (void)state;
  assert_answer (OUTPUT_TEXT, "{\"a\":1,\"b\":2,\"bb\":3}", "b",
                 "a: 1\nbb: 3\n");
  assert_answer (OUTPUT_JSON, "{\"a\":1,\"b\":2}", "b", "{\"a\":1}\n");
}

static void
what_is_no_record (void **state)
{
  auto_buffer struct buffer data = BUFFER_EMPTY;

  (void)state;
  assert_code (answer (OUTPUT_JSON, "[1]", NULL, &data), GPG_ERR_SYNTAX);
  assert_code (answer (OUTPUT_JSON, "{\"a\":", NULL, &data), GPG_ERR_SYNTAX);
  assert_string_equal (data.bytes ? data.bytes : "", "");
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (in_text),
                                      cmocka_unit_test (in_json),
                                      cmocka_unit_test (what_is_left_out),
                                      cmocka_unit_test (what_is_no_record) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
