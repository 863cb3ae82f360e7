/* test-types.c - tests of src/call/types.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "protocol/limits.h"
#include "src/call/types.h"

/* Check VALUE as one of TYPE; the canonical text goes to R_TEXT (64 bytes). */
static gpg_error_t
check_value (const char *type_name, const char *value, const char *choices,
             char *r_text, int64_t *r_number)
{
  const struct argument_type *type = type_find (type_name, strlen (type_name));
  const char *wanted = NULL;
  size_t length = strlen (value);
  gpg_error_t err;

  assert_non_null (type);
  assert_true (length < 64);
  memcpy (r_text, value, length + 1);
  *r_number = -1;
  err = type->check (r_text, &length, choices, r_number, &wanted);
  if (err)
    assert_true (wanted && *wanted);
  else
    assert_int_equal (length, strlen (r_text));
  return err;
}

static void
assert_accepts (const char *type, const char *value, const char *canonical)
{
  char text[64];
  int64_t number;

  assert_int_equal (check_value (type, value, NULL, text, &number), 0);
  assert_string_equal (text, canonical);
}

static void
assert_refuses (const char *type, const char *value)
{
  char text[64];
  int64_t number;

  assert_code (check_value (type, value, NULL, text, &number), GPG_ERR_INV_ARG);
}

static void
table_is_sound (void **state)
{
  (void)state;
  for (const struct argument_type *type = type_table (); type->name; type++)
    {
      assert_non_null (type->check);
      assert_true (type->help && *type->help);
      assert_ptr_equal (type_find (type->name, strlen (type->name)), type);
      assert_int_equal (strspn (type->name, "abcdefghijklmnopqrstuvwxyz"),
                        strlen (type->name));
    }
  assert_null (type_find ("", 0));
  assert_null (type_find ("tex", 3));
  assert_null (type_find ("texts", 5));
  assert_non_null (type_find ("text>", 4));
}

static void
flags_belong_to_their_types (void **state)
{
  (void)state;
  assert_true (type_find ("secret", 6)->flags & TYPE_SECRET);
  assert_true (type_find ("bool", 4)->flags & TYPE_FLAG);
  assert_true (type_find ("enum", 4)->flags & TYPE_CHOICE);
  assert_int_equal (type_find ("text", 4)->flags, 0);
  assert_int_equal (type_find ("string", 6)->flags, 0);
  assert_int_equal (type_find ("augpath", 7)->flags, 0);
}

static void
strings_are_one_line (void **state)
{
  (void)state;
  assert_accepts ("string", "a", "a");
  assert_accepts ("string", " a \"b\" %", " a \"b\" %");
  assert_accepts ("string", "\xc3\xa9\xff", "\xc3\xa9\xff");
  assert_refuses ("string", "");
  assert_refuses ("string", "a\nb");
  assert_refuses ("string", "\t");
  assert_refuses ("string", "a\x7f");
  assert_refuses ("string", "\x01");
}

static void
texts_are_any_bytes (void **state)
{
  (void)state;
  assert_accepts ("text", "", "");
  assert_accepts ("text", "a\nb\t\x01\xff", "a\nb\t\x01\xff");
  assert_accepts ("secret", "a\nb", "a\nb");
}

/* LENGTH bytes for TYPE.  */
static gpg_error_t
check_length (const char *type_name, size_t length)
{
  const struct argument_type *type = type_find (type_name, strlen (type_name));
  const char *wanted = NULL;
  char *text = malloc (length + 1);
  int64_t number;
  gpg_error_t err;

  assert_non_null (text);
  memset (text, 'a', length);
  text[length] = 0;
  err = type->check (text, &length, NULL, &number, &wanted);
  free (text);
  return err;
}

static void
lengths_are_limited (void **state)
{
  (void)state;
  assert_int_equal (check_length ("text", LIMIT_VALUE), 0);
  assert_code (check_length ("text", LIMIT_VALUE + 1), GPG_ERR_TOO_LARGE);
  assert_int_equal (check_length ("secret", LIMIT_VALUE), 0);
  assert_code (check_length ("secret", LIMIT_VALUE + 1), GPG_ERR_TOO_LARGE);
  assert_int_equal (check_length ("augpath", LIMIT_AUG_EXPRESSION), 0);
  assert_code (check_length ("augpath", LIMIT_AUG_EXPRESSION + 1),
               GPG_ERR_TOO_LARGE);
}

static void
expressions_are_not_empty (void **state)
{
  (void)state;
  assert_accepts ("augpath", "/files/etc/hosts/*[ipaddr = 'x']",
                  "/files/etc/hosts/*[ipaddr = 'x']");
  assert_refuses ("augpath", "");
}

static void
paths_get_one_spelling (void **state)
{
  (void)state;
  assert_accepts ("path", "/etc/hosts", "/etc/hosts");
  assert_accepts ("path", "/", "/");
  assert_accepts ("path", "//", "/");
  assert_accepts ("path", "/./", "/");
  assert_accepts ("path", "//etc///hosts//", "/etc/hosts");
  assert_accepts ("path", "/./etc/././hosts/.", "/etc/hosts");
  assert_accepts ("path", "/etc/..hosts/.x/...", "/etc/..hosts/.x/...");
  assert_accepts ("path", "/etc/a b\"\xff", "/etc/a b\"\xff");
  assert_refuses ("path", "");
  assert_refuses ("path", "etc/hosts");
  assert_refuses ("path", "./etc");
  assert_refuses ("path", "/..");
  assert_refuses ("path", "/etc/../hosts");
  assert_refuses ("path", "/etc/..");
  assert_refuses ("path", "/etc/a\nb");
  assert_refuses ("path", "/etc/\x7f");
}

static void
bools_become_digits (void **state)
{
  static const char *const wrong[] = { "",   "2",  "true", "false", "on", "off",
                                       "01", " 1", "1 ",   "y",     "-1" };
  char text[64];
  int64_t number;

  (void)state;
  assert_accepts ("bool", "1", "1");
  assert_accepts ("bool", "0", "0");
  assert_accepts ("bool", "yes", "1");
  assert_accepts ("bool", "YES", "1");
  assert_accepts ("bool", "no", "0");
  assert_int_equal (check_value ("bool", "yes", NULL, text, &number), 0);
  assert_int_equal (number, 1);
  assert_int_equal (check_value ("bool", "no", NULL, text, &number), 0);
  assert_int_equal (number, 0);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_refuses ("bool", wrong[i]);
}

static void
choices_are_whole_words (void **state)
{
  static const char *const wrong[] = { "",  "tex", "texts",     "TEXT", "|",
                                       "a", "js",  "text|json", "json|" };
  char text[64];
  int64_t number;

  (void)state;
  assert_int_equal (check_value ("enum", "text", "text|json", text, &number),
                    0);
  assert_int_equal (check_value ("enum", "json", "text|json", text, &number),
                    0);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      assert_code (check_value ("enum", wrong[i], "text|json", text, &number),
                   GPG_ERR_INV_ARG);
      assert_false (type_is_choice (wrong[i], strlen (wrong[i]), "text|json"));
    }
  assert_true (type_is_choice ("a", 1, "a"));
}

static void
numbers_are_whole (void **state)
{
  static const char *const wrong[] = { "",
                                       "-1",
                                       "+1",
                                       "1.0",
                                       "0x1",
                                       " 1",
                                       "1 ",
                                       "1k",
                                       "a",
                                       "9007199254740993",
                                       "99999999999999999999999" };
  char text[64];
  int64_t number;

  (void)state;
  assert_accepts ("int", "0", "0");
  assert_accepts ("int", "000", "0");
  assert_accepts ("int", "0010", "10");
  assert_int_equal (
      check_value ("int", "9007199254740992", NULL, text, &number), 0);
  assert_int_equal (number, 9007199254740992);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_refuses ("int", wrong[i]);
}

static void
sizes_are_bytes (void **state)
{
  static const struct
  {
    const char *text;
    int64_t bytes;
  } right[] = { { "0", 0 },
                { "512", 512 },
                { "10k", 10240 },
                { "3M", 3145728 },
                { "8388608G", 9007199254740992 } };
  static const char *const wrong[] = { "",    "k",   "-1k",      "1K",
                                       "1kB", "1 k", "8388609G", "1T" };
  char text[64];
  int64_t number;

  (void)state;
  for (size_t i = 0; i < sizeof right / sizeof *right; i++)
    {
      assert_int_equal (
          check_value ("size", right[i].text, NULL, text, &number), 0);
      assert_int_equal (number, right[i].bytes);
    }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_refuses ("size", wrong[i]);
}

static void
durations_are_milliseconds (void **state)
{
  static const struct
  {
    const char *text;
    int64_t milliseconds;
  } right[] = {
    { "1", 1000 },       { "30", 30000 },       { "30s", 30000 },
    { "500ms", 500 },    { "5min", 300000 },    { "1h", 3600000 },
    { "24h", 86400000 }, { "86400", 86400000 }, { "86400000ms", 86400000 },
    { "1ms", 1 },        { "007", 7000 }
  };
  static const char *const wrong[] = { "",
                                       "0",
                                       "0ms",
                                       "-1",
                                       "+1",
                                       " 1",
                                       "1 s",
                                       "s",
                                       "1m",
                                       "1d",
                                       "1.5",
                                       "25h",
                                       "1sec",
                                       "0x10",
                                       "1H",
                                       "86401",
                                       "1441min",
                                       "86400001ms",
                                       "99999999999999999999999999",
                                       "18446744073709551617ms" };
  char text[64];
  int64_t number;

  (void)state;
  for (size_t i = 0; i < sizeof right / sizeof *right; i++)
    {
      assert_int_equal (
          check_value ("duration", right[i].text, NULL, text, &number), 0);
      assert_int_equal (number, right[i].milliseconds);
    }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_refuses ("duration", wrong[i]);
}

static void
devices_are_below_dev (void **state)
{
  (void)state;
  assert_accepts ("device", "/dev/sda", "/dev/sda");
  assert_accepts ("device", "//dev/./disk//by-id/x", "/dev/disk/by-id/x");
  assert_refuses ("device", "");
  assert_refuses ("device", "/");
  assert_refuses ("device", "/dev");
  assert_refuses ("device", "/dev/");
  assert_refuses ("device", "/devil/sda");
  assert_refuses ("device", "/dev/../etc/passwd");
  assert_refuses ("device", "sda");
  assert_refuses ("device", "--set=standby,now");
  assert_refuses ("device", "/dev/sda\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (table_is_sound),
    cmocka_unit_test (flags_belong_to_their_types),
    cmocka_unit_test (strings_are_one_line),
    cmocka_unit_test (texts_are_any_bytes),
    cmocka_unit_test (lengths_are_limited),
    cmocka_unit_test (expressions_are_not_empty),
    cmocka_unit_test (paths_get_one_spelling),
    cmocka_unit_test (devices_are_below_dev),
    cmocka_unit_test (bools_become_digits),
    cmocka_unit_test (choices_are_whole_words),
    cmocka_unit_test (numbers_are_whole),
    cmocka_unit_test (sizes_are_bytes),
    cmocka_unit_test (durations_are_milliseconds),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
