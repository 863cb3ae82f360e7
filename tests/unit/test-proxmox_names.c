/* test-proxmox_names.c - tests of src/call/proxmox_names.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/limits.h"
#include "src/call/types.h"

#define UPID "UPID:pve1:0000025C:00035360:6B0082C1:vzstart:100:root@pam:"

/* Whether VALUE is one of TYPE; its number goes to *R_NUMBER.  What is taken
   keeps its spelling.  */
static gpg_err_code_t
check_value (const char *type_name, const char *value, int64_t *r_number)
{
  const struct argument_type *type = type_find (type_name, strlen (type_name));
  const char *wanted = NULL;
  size_t length = strlen (value);
  char *text = strdup (value);
  gpg_error_t err;

  assert_non_null (type);
  assert_non_null (text);
  err = type->check (text, &length, NULL, r_number, &wanted);
  assert_true (wanted && *wanted);
  assert_string_equal (text, value);
  assert_int_equal (length, strlen (value));
  free (text);
  return gpg_err_code (err);
}

static void
assert_takes (const char *type, const char *const *values, gpg_err_code_t code)
{
  int64_t number;

  for (; *values; values++)
    if (check_value (type, *values, &number) != code)
      {
        print_error ("\"%s\" as a %s\n", *values, type);
        assert_true (false);
      }
}

#define ASSERT_TAKES(type, ...)                                                \
  assert_takes (type, (const char *const[]){ __VA_ARGS__, NULL }, 0)
#define ASSERT_REFUSES(type, ...)                                              \
  assert_takes (type,                                                          \
                (const char *const[]){ "", "-a", "--", "-", " ", "a b", "a,b", \
                                       "a=b", "a\nb", "a\177", "a;b=1",        \
                                       "a/../b", "..", "\303\244",             \
                                       __VA_ARGS__, NULL },                    \
                GPG_ERR_INV_ARG)

/* Of a value that begins with HEAD and is filled up with letters, LENGTH bytes
   are taken and one more is too large.  */
static void
assert_longest (const char *type, const char *head, size_t length)
{
  char text[LIMIT_UPID + 2];
  int64_t number;

  memset (text, 'a', sizeof text);
  memcpy (text, head, strlen (head));
  text[length] = 0;
  assert_int_equal (check_value (type, text, &number), 0);
  text[length] = 'a';
  text[length + 1] = 0;
  assert_int_equal (check_value (type, text, &number), GPG_ERR_TOO_LARGE);
}

/* F7: that a number is not zero does not make it a guest's.  */
static void
test_vmid_F7 (void **state)
{
  int64_t number = 0;

  (void)state;
  ASSERT_REFUSES ("vmid", "0", "1", "99", "1000000000", "-100", "+100", "0100",
                  "100.0", "1e3", "0x100", "100 ", " 100", "100k", "100/../101",
                  "18446744073709551716", "abc");
  assert_int_equal (check_value ("vmid", "100", &number), 0);
  assert_int_equal (number, 100);
  assert_int_equal (check_value ("vmid", "999999999", &number), 0);
  assert_int_equal (number, 999999999);
  assert_int_equal (type_find ("vmid", 4)->pattern, PATTERN_NUMBER);
}

static void
test_node (void **state)
{
  (void)state;
  ASSERT_TAKES ("node", "a", "7", "pve1", "PVE-2", "a--b", "0-0");
  ASSERT_REFUSES ("node", "a-", "pve.example", "a_b", "a/b", "a:b", "pve1/..");
  assert_longest ("node", "p", 63);
}

static void
test_storage (void **state)
{
  (void)state;
  ASSERT_TAKES ("storage", "ab", "local", "local-zfs", "A_b.c-9");
  ASSERT_REFUSES ("storage", "a", "1ab", "_ab", "ab-", "ab.", "ab_", "a/b",
                  "a:b", "local,size=1", "local:8");
  assert_longest ("storage", "s", 100);
}

static void
test_snapname (void **state)
{
  (void)state;
  ASSERT_TAKES ("snapname", "ab", "a1", "before-update_2", "Current", "a_",
                "currently");
  ASSERT_REFUSES ("snapname", "a", "1a", "_a", "a.b", "a/b", "current",
                  "vzdump", "pending");
  assert_longest ("snapname", "s", 40);
}

static void
test_volid (void **state)
{
  (void)state;
  ASSERT_TAKES (
      "volid", "local:backup/vzdump-lxc-102-2026_11_20-17_30_54.tar.zst",
      "local-zfs:subvol-100-disk-0", "fast:102/vm-102-disk-0.raw",
      "ab:100/base-100-disk-0.raw/101/vm-101-disk-0.qcow2",
      "pbs:backup/ct/100/2026-01-31T12:00:00Z", "local:iso/a+b@c~(1).iso",
      "local:iso/my image.iso", "local:iso/a, b=1; c&d#e%f?g.iso",
      "local:iso/a..b.iso", "local:iso/..a.iso", "local:iso/...iso",
      "local:a,size=1", "local:a=b", "local:a ");
  ASSERT_REFUSES ("volid", "local", "local:", ":x", "local:/etc/passwd",
                  "local:-x", "-local:x", "l:x", "local:a/../b", "local:..",
                  "local:../a", "local:a/..", "local: a", "local:a\nb",
                  "lo cal:x", "local,x:y", "local:a\tb", "local:a\177b",
                  "local:a//b", "local:a/", "local/x", "/dev/sda", "lo/cal:x",
                  "local:\303\244");
  assert_longest ("volid", "local:", 255);
}

static void
test_upid (void **state)
{
  char longer[LIMIT_UPID + 2];
  int64_t number;

  (void)state;
  ASSERT_TAKES ("upid", UPID);
  ASSERT_REFUSES ("upid", "UPID:", UPID "x", " " UPID, UPID "\n", "x" UPID,
                  "UPID:pve1:0000025C:00035360:6B0082C1:a,b:100:root@pam:",
                  "UPID:pve1:0000025C:00035360:6B0082C1:a:b=c:root@pam:",
                  "UPID:-pve:0000025C:00035360:6B0082C1:a:100:root@pam:");
  memset (longer, 'a', sizeof longer - 1);
  longer[sizeof longer - 1] = 0;
  assert_int_equal (check_value ("upid", longer, &number), GPG_ERR_TOO_LARGE);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (test_vmid_F7), cmocka_unit_test (test_node),
          cmocka_unit_test (test_storage), cmocka_unit_test (test_snapname),
          cmocka_unit_test (test_volid),   cmocka_unit_test (test_upid) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
