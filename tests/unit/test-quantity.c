/* test-quantity.c - tests of protocol/quantity.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"
#include "protocol/quantity.h"

static void
numbers_with_units (void **state)
{
  static const struct
  {
    const char *text;
    uint64_t number;
  } right[] = { { "0", 0 },           { "7", 7000 },      { "7s", 7000 },
                { "500ms", 500 },     { "2min", 120000 }, { "1h", 3600000 },
                { "0024h", 86400000 } };

  (void)state;
  for (size_t i = 0; i < sizeof right / sizeof *right; i++)
    {
      uint64_t number = 1;

      assert_true (
          quantity_read (right[i].text, quantity_times, 86400000, &number));
      assert_int_equal (number, right[i].number);
    }
}

static void
what_is_none (void **state)
{
  static const char *const wrong[] = { "",
                                       "s",
                                       " 1",
                                       "1 s",
                                       "1d",
                                       "1S",
                                       "-1",
                                       "+1s",
                                       "0x1",
                                       "1.5",
                                       "1s ",
                                       "25h",
                                       "86400001ms",
                                       "99999999999999999999",
                                       "18446744073709551615h" };
  uint64_t number = 42;

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false (quantity_read (wrong[i], quantity_times, 86400000, &number));
  assert_int_equal (number, 42);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (numbers_with_units),
    cmocka_unit_test (what_is_none),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
