/* test-record.c - tests of protocol/record.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include "check.h"
#include "protocol/record.h"

static void
assert_escaped (const char *bytes, size_t length, const char *expected)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  auto_buffer struct buffer back = BUFFER_EMPTY;

  buffer_string (&text, "<");
  record_escape (&text, bytes, length);
  assert_string_equal (text.bytes + 1, expected);
  assert_int_equal (record_unescape (&back, text.bytes + 1, text.length - 1),
                    0);
  assert_int_equal (back.length, length);
  if (length)
    assert_memory_equal (back.bytes, bytes, length);
}

static void
escapes_there_and_back (void **state)
{
  char all[256];

  (void)state;
  assert_escaped ("", 0, "");
  assert_escaped ("plain text", 10, "plain text");
  assert_escaped ("a\nb\\c\x7f", 6, "a\\x0ab\\x5cc\\x7f");
  assert_escaped ("\0\x1f", 2, "\\x00\\x1f");
  assert_escaped ("\xc3\xa9\xff", 3, "\xc3\xa9\xff");
  for (int i = 0; i < 256; i++)
    all[i] = (char)i;
  {
    auto_buffer struct buffer text = BUFFER_EMPTY;
    auto_buffer struct buffer back = BUFFER_EMPTY;

    record_escape (&text, all, sizeof all);
    assert_null (memchr (text.bytes, '\n', text.length));
    assert_int_equal (record_unescape (&back, text.bytes, text.length), 0);
    assert_int_equal (back.length, 256);
    assert_memory_equal (back.bytes, all, 256);
  }
}

static void
refuses_what_it_does_not_write (void **state)
{
  static const char *const texts[]
      = { "\\",   "\\x",   "\\x0",  "\\x0A", "\\x41", "\\n",  "a\nb", "\x7f",
          "\\\\", "\\xff", "\\x20", "\\X0a", "\\x0g", "a\tb", "\\x5C" };

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    {
      auto_buffer struct buffer buffer = BUFFER_EMPTY;

      assert_code (record_unescape (&buffer, texts[i], strlen (texts[i])),
                   GPG_ERR_SYNTAX);
    }
}

static void
assert_json (const char *bytes, size_t length, const char *expected)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;

  record_json (&text, bytes, length);
  assert_string_equal (text.bytes, expected);
}

static void
writes_json_strings (void **state)
{
  (void)state;
  assert_json ("", 0, "\"\"");
  assert_json ("a/b", 3, "\"a/b\"");
  assert_json ("\"\\\b\f\n\r\t", 7, "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
  assert_json ("\0\x1f\x7f", 3, "\"\\u0000\\u001f\\u007f\"");
  assert_json ("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
               "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
  assert_json ("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", 10,
               "\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"");
}

static void
writes_base64_for_other_bytes (void **state)
{
  (void)state;
  assert_json ("\xff", 1, "{\"base64\":\"/w==\"}");
  assert_json ("\xff\xfe", 2, "{\"base64\":\"//4=\"}");
  assert_json ("\xff\xfe\xfd", 3, "{\"base64\":\"//79\"}");
  assert_json ("ab\xff"
               "cd\x01",
               6, "{\"base64\":\"YWL/Y2QB\"}");
  /* Overlong, surrogate, beyond U+10FFFF, cut short, stray.  */
  assert_json ("\xc0\x80", 2, "{\"base64\":\"wIA=\"}");
  assert_json ("\xe0\x9f\xbf", 3, "{\"base64\":\"4J+/\"}");
  assert_json ("\xed\xa0\x80", 3, "{\"base64\":\"7aCA\"}");
  assert_json ("\xf0\x8f\xbf\xbf", 4, "{\"base64\":\"8I+/vw==\"}");
  assert_json ("\xf4\x90\x80\x80", 4, "{\"base64\":\"9JCAgA==\"}");
  assert_json ("\xe2\x82", 2, "{\"base64\":\"4oI=\"}");
  assert_json ("\xe2\x82\x41", 3, "{\"base64\":\"4oJB\"}");
  assert_json ("\x80", 1, "{\"base64\":\"gA==\"}");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (escapes_there_and_back),
    cmocka_unit_test (refuses_what_it_does_not_write),
    cmocka_unit_test (writes_json_strings),
    cmocka_unit_test (writes_base64_for_other_bytes),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
