/* test-job_name.c - tests of src/call/job_name.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include "check.h"
#include "src/call/job_name.h"

static void
names (void **state)
{
  (void)state;
  assert_true (job_name_is ("0123456789abcdef.7"));
  assert_true (job_name_is ("0123456789abcdef.18446744073709551615"));
}

static void
no_names (void **state)
{
  static const char *const wrong[]
      = { "", "0123456789abcdef", "0123456789abcdef.", "0123456789abcdef.0",
          "0123456789abcdef.07", "0123456789abcdef.7x", "0123456789abcdef.7 ",
          "0123456789abcdef.-7", "0123456789ABCDEF.7", "0123456789abcde.7",
          "0123456789abcdef0.7", "0123456789abcdef/7", "../panel/89abcdef.7",
          ".", "..",
          /* It does not fit.  */
          "0123456789abcdef.111111111111111111111" };

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (job_name_is (wrong[i]))
      fail_msg ("%s is taken for a job", wrong[i]);
}

static void
the_check (void **state)
{
  char good[] = "0123456789abcdef.7", bad[] = "7";
  const char *wanted = NULL;
  size_t length = strlen (good);
  int64_t number = 0;

  (void)state;
  assert_int_equal (job_name_check (good, &length, NULL, &number, &wanted), 0);
  assert_code (job_name_check (bad, &length, NULL, &number, &wanted),
               GPG_ERR_INV_ARG);
  assert_string_equal (wanted, "a job, as JOB LIST names it");
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (names),
                                      cmocka_unit_test (no_names),
                                      cmocka_unit_test (the_check) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
