/* test-fstab.c - tests of src/mod/hw/fstab.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/memory.h"
#include "src/mod/hw/fstab.h"

static const char *
line_of (const char *filesystem, const char *target)
{
  static char kept[500];
  auto_free char *line = NULL;

  assert_int_equal (fstab_line (filesystem, target, "ext4", "rw,nosuid", &line),
                    0);
  assert_true (strlen (line) < sizeof kept);
  snprintf (kept, sizeof kept, "%s", line);
  return kept;
}

static void
test_lines (void **state)
{
  (void)state;
  assert_string_equal (line_of ("UUID=1-2", "/media/a"),
                       "UUID=1-2 /media/a ext4 rw,nosuid,nofail 0 2");
  assert_string_equal (line_of ("UUID=1-2", "/media/a b\\c#"),
                       "UUID=1-2 /media/a\\040b\\134c\\043 ext4 "
                       "rw,nosuid,nofail 0 2");
  assert_string_equal (line_of ("LABEL=x\ty", "/m/a"),
                       "LABEL=x\\011y /m/a ext4 rw,nosuid,nofail 0 2");
}

/* What becomes of TEXT; NULL if there is a conflict.  */
static const char *
changed (const char *text, const char *target, const char *line)
{
  static char kept[500];
  auto_failure struct failure failure = FAILURE_NONE;
  auto_free char *result = NULL;
  gpg_error_t err = fstab_change (text, target, line, &result, &failure);

  if (err)
    {
      assert_code (err, GPG_ERR_CONFLICT);
      return NULL;
    }
  snprintf (kept, sizeof kept, "%s", result);
  return kept;
}

static void
test_changes (void **state)
{
  (void)state;
  assert_string_equal (changed ("", "/a", "x /a"), "x /a\n");
  assert_string_equal (changed ("# c\n\nr / e", "/a", "x /a"),
                       "# c\n\nr / e\nx /a\n");
  assert_string_equal (changed ("x /a\n", "/a", "x /a"), "x /a\n");
  assert_null (changed ("y /a e\n", "/a", "x /a"));
  assert_null (changed (" \ty\t/a\n", "/a", "x /a"));
  assert_null (changed ("y /a\\040b e\n", "/a b", "x /a\\040b"));
  assert_null (changed ("x /b e\n", "/a", "x /a"));
  assert_null (changed ("\tx\t/b e\n", "/a", "x /a"));
  assert_string_equal (changed ("xy /b e\n", "/a", "x /a"), "xy /b e\nx /a\n");
  assert_string_equal (changed ("#y /a e\n", "/a", "x /a"), "#y /a e\nx /a\n");
  assert_string_equal (changed ("/a /b\n", "/a", "x /a"), "/a /b\nx /a\n");
  assert_string_equal (changed ("y /ab\n", "/a", "x /a"), "y /ab\nx /a\n");
}

static void
test_removals (void **state)
{
  (void)state;
  assert_string_equal (changed ("a /a\n", "/b", NULL), "a /a\n");
  assert_string_equal (changed ("a /a\n# x\nb /b\n", "/b", NULL),
                       "a /a\n# x\n");
  assert_string_equal (changed ("b /b", "/b", NULL), "");
  assert_string_equal (changed ("b\n /b\nc\n", "/b", NULL), "b\n /b\nc\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_lines),
    cmocka_unit_test (test_changes),
    cmocka_unit_test (test_removals),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
