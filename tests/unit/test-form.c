/* test-form.c - tests of src/mod/pve/form.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <stdio.h>
#include <string.h>

#include "src/mod/pve/form.h"

static void
pairs_stand_between_ands (void **state)
{
  auto_buffer struct buffer form = BUFFER_EMPTY;

  (void)state;
  form_append (&form, "memory", "512");
  assert_string_equal (form.bytes, "memory=512");
  form_append (&form, "description", "");
  form_append (&form, "net[0]", "a");
  assert_string_equal (form.bytes, "memory=512&description=&net%5B0%5D=a");
  assert_int_equal (buffer_error (&form), 0);
}

/* An equals sign that is not escaped cuts the value in the server.  */
static void
nothing_within_a_value_ends_it (void **state)
{
  auto_buffer struct buffer form = BUFFER_EMPTY;

  (void)state;
  form_append (&form, "features", "nesting=1,keyctl=1");
  form_append (&form, "size", "+8M");
  form_append (&form, "d", "a&b;c d/e?f#g%h\n\303\244\"'");
  assert_string_equal (form.bytes,
                       "features=nesting%3D1%2Ckeyctl%3D1&size=%2B8M&"
                       "d=a%26b%3Bc%20d%2Fe%3Ff%23g%25h%0A%C3%A4%22%27");
}

/* Each byte is either one of those that mean themselves, or escaped.  */
static void
each_byte_has_one_form (void **state)
{
  (void)state;
  for (unsigned byte = 1; byte < 256; byte++)
    {
      auto_buffer struct buffer form = BUFFER_EMPTY;
      char text[2] = { (char)byte, 0 };
      char expected[8];

      if (byte < 128
          && strchr ("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                     "abcdefghijklmnopqrstuvwxyz-_.~",
                     (int)byte))
        snprintf (expected, sizeof expected, "a=%c", byte);
      else
        snprintf (expected, sizeof expected, "a=%%%02X", byte);
      form_append (&form, "a", text);
      assert_string_equal (form.bytes, expected);
    }
}

static void
a_segment_stays_one (void **state)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;

  (void)state;
  buffer_string (&path, "/nodes");
  assert_int_equal (form_segment (&path, "pve1"), 0);
  assert_int_equal (form_segment (&path, "local:iso/../x?y"), 0);
  assert_int_equal (form_segment (&path, "..."), 0);
  assert_string_equal (path.bytes, "/nodes/pve1/local%3Aiso%2F..%2Fx%3Fy/...");
  assert_code (form_segment (&path, ""), GPG_ERR_INV_ARG);
  assert_code (form_segment (&path, "."), GPG_ERR_INV_ARG);
  assert_code (form_segment (&path, ".."), GPG_ERR_INV_ARG);
  assert_string_equal (path.bytes + strlen (path.bytes) - 4, "/...");
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (pairs_stand_between_ands),
          cmocka_unit_test (nothing_within_a_value_ends_it),
          cmocka_unit_test (each_byte_has_one_form),
          cmocka_unit_test (a_segment_stays_one) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
