/* test-moment.c - tests of protocol/moment.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"
#include "protocol/moment.h"

static void
read_and_written (void **state)
{
  static const struct
  {
    const char *text;
    int64_t seconds;
    const char *written;
  } right[]
      = { { "2001-02-03", 981158400, "2001-02-03T00:00:00Z" },
          { "2024-02-29T23:59:59Z", 1709251199, "2024-02-29T23:59:59Z" },
          { "2999-12-31T01:02:03Z", 32503597323, "2999-12-31T01:02:03Z" } };
  char text[MOMENT_TEXT];
  int64_t seconds;

  (void)state;
  for (size_t i = 0; i < sizeof right / sizeof *right; i++)
    {
      assert_true (moment_read (right[i].text, &seconds));
      assert_int_equal (seconds, right[i].seconds);
      assert_true (moment_write (seconds, text));
      assert_string_equal (text, right[i].written);
    }
  assert_false (moment_write (INT64_MAX, text));
}

static void
what_is_none (void **state)
{
  static const char *const wrong[] = { "",
                                       "tomorrow",
                                       "2027-02-29",
                                       "2027-13-01",
                                       "2027-1-1",
                                       "27-01-01",
                                       "1970-01-01",
                                       "1969-01-01",
                                       "2027-01-01 ",
                                       " 2027-01-01",
                                       "2027-01-01T",
                                       "2027-01-01T00:00Z",
                                       "2027-01-01T00:00:00",
                                       "2027-01-01T24:00:00Z",
                                       "2027-01-01T00:00:60Z",
                                       "2027-01-01T00:00:00+1",
                                       "2027-01-01T00:00:00ZZ" };
  int64_t seconds = 42;

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false (moment_read (wrong[i], &seconds));
  assert_int_equal (seconds, 42);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (read_and_written),
    cmocka_unit_test (what_is_none),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
