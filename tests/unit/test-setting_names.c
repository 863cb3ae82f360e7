/* test-setting_names.c - tests of src/call/setting_names.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <string.h>

#include "src/call/types.h"

#define LETTERS_63                                                             \
  "abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Check VALUE; what became of it is in R_TEXT.  */
static gpg_err_code_t
check_value (const char *type_name, const char *value, char r_text[256])
{
  const struct argument_type *type = type_find (type_name, strlen (type_name));
  const char *wanted = NULL;
  size_t length = strlen (value);
  int64_t number;
  gpg_error_t err;

  assert_non_null (type);
  strcpy (r_text, value);
  err = type->check (r_text, &length, NULL, &number, &wanted);
  if (err)
    assert_true (wanted && *wanted);
  else
    assert_int_equal (length, strlen (r_text));
  return gpg_err_code (err);
}

static void
assert_becomes (const char *type, const char *value, const char *canonical)
{
  char text[256];

  assert_int_equal (check_value (type, value, text), 0);
  assert_string_equal (text, canonical);
}

static void
assert_refused (const char *type, const char *const *values)
{
  char text[256];

  for (; *values; values++)
    if (check_value (type, *values, text) != GPG_ERR_INV_ARG)
      {
        print_error ("%s was taken for a %s\n", *values, type);
        assert_true (false);
      }
}

static void
test_hostname (void **state)
{
  static const char *const wrong[]
      = { "", ".", "-a", "a-", "a.", ".a", "a..b", "a.-b", "a_b", "a b", "a/b",
          "a\nb", "1.2", "192.0.2.1", "\303\244", "a.b-.c", NULL };
  char text[256];
  char longest[65];

  (void)state;
  assert_becomes ("hostname", "web1", "web1");
  assert_becomes ("hostname", "Web1.Example.ORG", "web1.example.org");
  assert_becomes ("hostname", "42", "42");
  assert_becomes ("hostname", "1.a", "1.a");
  assert_refused ("hostname", wrong);
  memset (longest, 'a', 64);
  longest[64] = 0;
  assert_int_equal (check_value ("hostname", longest, text), GPG_ERR_INV_ARG);
  longest[32] = '.';
  assert_int_equal (check_value ("hostname", longest, text), 0);
  assert_int_equal (check_value ("hostname", "a.a." LETTERS_63, text),
                    GPG_ERR_TOO_LARGE);
}

static void
test_timezone (void **state)
{
  static const char *const wrong[]
      = { "",    "/",   "/etc/passwd", "..",   "../x", "Europe/../x",
          "a//b", "a/", "-x",          "a/-x", "a.b",  "a b",
          "a\nb", "*",  ":x",          NULL };
  char text[256];

  (void)state;
  assert_becomes ("timezone", "Europe/Berlin", "Europe/Berlin");
  assert_becomes ("timezone", "America/Port-au-Prince",
                  "America/Port-au-Prince");
  assert_becomes ("timezone", "Etc/GMT+1", "Etc/GMT+1");
  assert_becomes ("timezone", "America/North_Dakota/Center",
                  "America/North_Dakota/Center");
  assert_refused ("timezone", wrong);
  assert_int_equal (check_value ("timezone", LETTERS_63 "aa", text),
                    GPG_ERR_TOO_LARGE);
}

static void
test_locale (void **state)
{
  static const char *const wrong[]
      = { "",        "LANG=",   "=C",    "LC_ALL=C", "LANGUAGE=de", "PATH=x",
          "-C",      "C D",     "C;D",   "C/D",      "../C",        "LANG=-C",
          "LANG=C=", "C\nA=b",  "lang=C", ".C",      NULL };
  char text[256];

  (void)state;
  assert_becomes ("locale", "C", "LANG=C");
  assert_becomes ("locale", "de_DE.UTF-8@euro", "LANG=de_DE.UTF-8@euro");
  assert_becomes ("locale", "LC_TIME=en_GB.UTF-8", "LC_TIME=en_GB.UTF-8");
  assert_becomes ("locale", "LANG=C", "LANG=C");
  assert_refused ("locale", wrong);
  assert_int_equal (check_value ("locale", "LC_TIME=a" LETTERS_63 "aa", text),
                    GPG_ERR_TOO_LARGE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_hostname),
                                      cmocka_unit_test (test_timezone),
                                      cmocka_unit_test (test_locale) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
