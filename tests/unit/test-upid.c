/* test-upid.c - tests of src/call/upid.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/limits.h"
#include "src/call/upid.h"

static void
takes_it_apart (void **state)
{
  auto_upid struct upid upid = UPID_NONE;

  (void)state;
  assert_int_equal (upid_parse ("UPID:pve-1:000002aC:00035360:6B0082C1:vzstart:"
                                "100:agent@pve!ops:",
                                &upid),
                    0);
  assert_string_equal (upid.node, "pve-1");
  assert_int_equal (upid.pid, 0x2ac);
  assert_int_equal (upid.pstart, 0x35360);
  assert_int_equal (upid.starttime, 0x6b0082c1);
  assert_string_equal (upid.type, "vzstart");
  assert_string_equal (upid.id, "100");
  assert_string_equal (upid.user, "agent@pve!ops");
}

static void
long_uptime_has_nine_digits (void **state)
{
  auto_upid struct upid upid = UPID_NONE;

  (void)state;
  assert_int_equal (
      upid_parse ("UPID:n:FFFFFFFF:1FFFFFFFE:FFFFFFFF:a:b:c@pam:", &upid), 0);
  assert_int_equal (upid.pid, 0xffffffff);
  assert_true (upid.pstart == UINT64_C (0x1fffffffe));
  assert_int_equal (upid.starttime, 0xffffffff);
}

static void
id_may_be_empty (void **state)
{
  auto_upid struct upid upid = UPID_NONE;

  (void)state;
  assert_int_equal (
      upid_parse ("UPID:n:00000001:00000002:00000003:vzdump::u@pve!ops:",
                  &upid),
      0);
  assert_string_equal (upid.type, "vzdump");
  assert_string_equal (upid.id, "");
  assert_string_equal (upid.user, "u@pve!ops");
}

static void
id_may_have_an_at (void **state)
{
  auto_upid struct upid upid = UPID_NONE;

  (void)state;
  assert_int_equal (
      upid_parse ("UPID:n:00000001:00000002:00000003:imgdel:102@local:u@pam:",
                  &upid),
      0);
  assert_string_equal (upid.id, "102@local");
}

static void
refuses_what_is_none (void **state)
{
  static const char *const wrong[]
      = { "",
          "UPID",
          "UPID:",
          "UPID::::::::",
          "OK",
          ":::::::::",
          "upid:n:00000001:00000002:00000003:a:b:c:",
          "xUPID:n:00000001:00000002:00000003:a:b:c:",
          "UPID:n:00000001:00000002:00000003:a:b:c",
          "UPID:n:00000001:00000002:00000003:a:b:c::",
          "UPID:n:00000001:00000002:00000003:a:b:c:x",
          "UPID:n:00000001:00000002:00000003:a:b:c:\n",
          "UPID:n:00000001:00000002:00000003:a:b::",
          "UPID:n:00000001:00000002:00000003::b:c:",
          "UPID:n:00000001:00000002:00000003:a b:b:c:",
          "UPID:n:00000001:00000002:00000003:a:b\tc:c:",
          "UPID:n:00000001:00000002:00000003:a:b/c:c:",
          "UPID:n:00000001:00000002:00000003:a/b:c:c:",
          "UPID:n:00000001:00000002:00000003:a:b:c/d:",
          "UPID:n:00000001:00000002:00000003:a:b:c\033:",
          "UPID:n:0000001:00000002:00000003:a:b:c:",
          "UPID:n:000000001:00000002:00000003:a:b:c:",
          "UPID:n:00000001:0000002:00000003:a:b:c:",
          "UPID:n:00000001:0000000002:00000003:a:b:c:",
          "UPID:n:00000001:00000002:000000003:a:b:c:",
          "UPID:n:0000000g:00000002:00000003:a:b:c:",
          "UPID:n:-0000001:00000002:00000003:a:b:c:",
          "UPID:n:0x000001:00000002:00000003:a:b:c:",
          "UPID::00000001:00000002:00000003:a:b:c:",
          "UPID:-n:00000001:00000002:00000003:a:b:c:",
          "UPID:n-:00000001:00000002:00000003:a:b:c:",
          "UPID:n.m:00000001:00000002:00000003:a:b:c:",
          "UPID:../n:00000001:00000002:00000003:a:b:c:" };
  struct upid upid = UPID_NONE;

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      if (gpg_err_code (upid_parse (wrong[i], &upid)) != GPG_ERR_INV_ARG)
        print_error ("%s was taken\n", wrong[i]);
      assert_null (upid.memory);
    }
}

static void
length_is_limited (void **state)
{
  static const char head[] = "UPID:n:00000001:00000002:00000003:a:";
  static const char tail[] = ":c:";
  char text[LIMIT_UPID + 2];
  struct upid upid = UPID_NONE;

  (void)state;
  memset (text, 'b', sizeof text);
  memcpy (text, head, sizeof head - 1);
  memcpy (text + LIMIT_UPID - (sizeof tail - 1), tail, sizeof tail);
  assert_int_equal (upid_parse (text, &upid), 0);
  upid_release (&upid);
  text[LIMIT_UPID - (sizeof tail - 1)] = 'b';
  memcpy (text + LIMIT_UPID + 1 - (sizeof tail - 1), tail, sizeof tail);
  assert_code (upid_parse (text, &upid), GPG_ERR_INV_ARG);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (takes_it_apart),
          cmocka_unit_test (long_uptime_has_nine_digits),
          cmocka_unit_test (id_may_be_empty),
          cmocka_unit_test (id_may_have_an_at),
          cmocka_unit_test (refuses_what_is_none),
          cmocka_unit_test (length_is_limited) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
