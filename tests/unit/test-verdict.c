/* test-verdict.c - tests of src/mod/pve/verdict.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <string.h>

#include "src/mod/pve/verdict.h"

static void
status_alone_decides (void **state)
{
  static const struct
  {
    unsigned status;
    enum verdict verdict;
  } cases[] = { { 0, VERDICT_FAILED },      { 100, VERDICT_FAILED },
                { 200, VERDICT_DONE },      { 201, VERDICT_DONE },
                { 299, VERDICT_DONE },      { 300, VERDICT_ELSEWHERE },
                { 301, VERDICT_ELSEWHERE }, { 302, VERDICT_ELSEWHERE },
                { 399, VERDICT_ELSEWHERE }, { 400, VERDICT_PARAMETERS },
                { 401, VERDICT_STRANGER },  { 403, VERDICT_FORBIDDEN },
                { 404, VERDICT_FAILED },    { 500, VERDICT_FAILED },
                { 501, VERDICT_UNKNOWN },   { 502, VERDICT_LOST },
                { 503, VERDICT_LOST },      { 504, VERDICT_LOST },
                { 506, VERDICT_FAILED },    { 595, VERDICT_LOST },
                { 596, VERDICT_LOST },      { 597, VERDICT_LOST },
                { 598, VERDICT_FAILED },    { 599, VERDICT_LOST },
                { 600, VERDICT_FAILED } };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal (verdict_find (cases[i].status, ""), cases[i].verdict);
}

static void
text_decides_of_500 (void **state)
{
  static const struct
  {
    const char *text;
    enum verdict verdict;
  } cases[] = {
    { "CT is locked (backup)", VERDICT_LOCKED },
    { "VM is locked (clone)", VERDICT_LOCKED },
    { "can't lock file '/run/lock/lxc/pve-config-7001.lock' - got "
      "timeout",
      VERDICT_LOCKED },
    { "cfs-lock 'storage-s1' error: got lock request timeout", VERDICT_LOCKED },
    { "checksum missmatch (file change by other user?)\n", VERDICT_CHANGED },
    { "detected modified configuration - file changed by other user? "
      "Try again.",
      VERDICT_CHANGED },
    { "CT 7001 already exists on node 'n1'", VERDICT_EXISTS },
    { "CT 7001 already running", VERDICT_RUNNING },
    { "VM 7001 already running", VERDICT_RUNNING },
    { "CT 7001 not running", VERDICT_STOPPED },
    { "VM 7001 is not running", VERDICT_STOPPED },
    { "Configuration file 'nodes/n1/lxc/7001.conf' does not exist",
      VERDICT_MISSING },
    { "storage 's1' does not exist", VERDICT_MISSING },
    { "no such cluster node 'n9'", VERDICT_MISSING },
    { "hostname lookup 'n9' failed - failed to get address info",
      VERDICT_MISSING },
    { "no options specified", VERDICT_FAILED },
    { "unable to parse worker upid", VERDICT_FAILED },
    { "is locked", VERDICT_FAILED }
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      if (verdict_find (500, cases[i].text) != cases[i].verdict)
        print_error ("%s\n", cases[i].text);
      assert_int_equal (verdict_find (500, cases[i].text), cases[i].verdict);
      /* It decides of nothing else.  */
      assert_int_equal (verdict_find (401, cases[i].text), VERDICT_STRANGER);
      assert_int_equal (verdict_find (596, cases[i].text), VERDICT_LOST);
    }
}

static void
tasks_that_are_not_known (void **state)
{
  (void)state;
  assert_int_equal (verdict_find (400, "no such task"), VERDICT_NO_TASK);
  assert_int_equal (verdict_find (400, "unable to parse worker upid"),
                    VERDICT_NO_TASK);
  assert_int_equal (verdict_find (400, "Parameter verification failed."),
                    VERDICT_PARAMETERS);
}

static void
assert_lock (const char *text, const char *expected)
{
  const char *name;
  size_t length;

  assert_int_equal (verdict_lock (text, &name, &length), !!expected);
  if (expected)
    {
      assert_int_equal (length, strlen (expected));
      assert_memory_equal (name, expected, length);
    }
}

static void
locks_have_names (void **state)
{
  (void)state;
  assert_lock ("CT is locked (backup)", "backup");
  assert_lock ("VM is locked (snapshot-delete)\n", "snapshot-delete");
  assert_lock ("can't lock file '/run/lock/a.lock' - got timeout",
               "/run/lock/a.lock");
  assert_lock ("error: cfs-lock 'storage-s1' error: got lock request timeout",
               "storage-s1");
  assert_lock ("got lock request timeout", NULL);
  assert_lock ("CT is locked ()", NULL);
  assert_lock ("CT is locked (bac", NULL);
  assert_lock ("can't lock file '", NULL);
  assert_lock ("", NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (status_alone_decides),
          cmocka_unit_test (text_decides_of_500),
          cmocka_unit_test (tasks_that_are_not_known),
          cmocka_unit_test (locks_have_names) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
