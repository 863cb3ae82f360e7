/* test-initd_files.c - tests of src/mod/service/initd_files.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "check.h"

#include "protocol/memory.h"
#include "src/mod/service/initd.h"

static int
setup (void **state)
{
  if (scratch_setup (state))
    return -1;
  scratch_mkdir (*state, "/etc");
  scratch_mkdir (*state, "/etc/init.d");
  scratch_mkdir (*state, "/etc/rc2.d");
  scratch_mkdir (*state, "/etc/rc6.d");
  return 0;
}

static void
test_headers (void **state)
{
  struct scratch *scratch = *state;
  auto_header struct init_header header = INIT_HEADER_NONE;

  scratch_write (scratch, "/etc/init.d/a",
                 "#!/bin/sh\n# Provides: not yet\n### BEGIN INIT INFO\n"
                 "# Provides: a\n#\n# no name\n# Short-Description:  Two  "
                 "words \n# Bad name: x\necho Provides: b\n"
                 "### END INIT INFO\n# Later: no\n");
  assert_int_equal (init_header_read (&scratch->machine, "a", &header), 0);
  assert_int_equal (header.count, 2);
  assert_string_equal (init_header_get (&header, "provides"), "a");
  assert_string_equal (init_header_get (&header, "Short-Description"),
                       "Two  words ");
  assert_null (init_header_get (&header, "Later"));
}

static void
test_odd_headers (void **state)
{
  struct scratch *scratch = *state;
  auto_header struct init_header header = INIT_HEADER_NONE;
  char text[20000] = "### BEGIN INIT INFO\n# Long: ";
  size_t length = strlen (text);

  /* A line that is too long, more lines than are kept, no end.  */
  memset (text + length, 'x', 3000);
  length += 3000;
  for (int i = 0; i < 200; i++)
    length += (size_t)snprintf (text + length, sizeof text - length,
                                "\n# Key%d: %d", i, i);
  scratch_write (scratch, "/etc/init.d/a", text);
  assert_int_equal (init_header_read (&scratch->machine, "a", &header), 0);
  assert_true (header.count > 10 && header.count < 200);
  assert_string_equal (init_header_get (&header, "Key7"), "7");
}

static void
test_what_is_no_script (void **state)
{
  struct scratch *scratch = *state;
  struct init_header header;

  assert_code (init_header_read (&scratch->machine, "none", &header),
               GPG_ERR_ENOENT);
  scratch_mkdir (scratch, "/etc/init.d/folder");
  assert_code (init_header_read (&scratch->machine, "folder", &header),
               GPG_ERR_ENOENT);
  assert_int_equal (mkfifo (scratch_path (scratch, "/etc/init.d/pipe"), 0755),
                    0);
  assert_code (init_header_read (&scratch->machine, "pipe", &header),
               GPG_ERR_ENOENT);
  assert_false (init_is_masked (&scratch->machine, "none"));
  scratch_write (scratch, "/etc/init.d/a", "");
  assert_true (init_is_masked (&scratch->machine, "a"));
  assert_int_equal (chmod (scratch_path (scratch, "/etc/init.d/a"), 0755), 0);
  assert_false (init_is_masked (&scratch->machine, "a"));
}

static void
test_links (void **state)
{
  struct scratch *scratch = *state;

  assert_false (init_has_links (&scratch->machine, "a"));
  assert_int_equal (
      symlink ("../init.d/a", scratch_path (scratch, "/etc/rc6.d/K01a")), 0);
  assert_true (init_has_links (&scratch->machine, "a"));
  assert_false (init_is_enabled (&scratch->machine, "a"));
  assert_int_equal (
      symlink ("../init.d/a", scratch_path (scratch, "/etc/rc2.d/S01ab")), 0);
  assert_false (init_is_enabled (&scratch->machine, "a"));
  assert_int_equal (
      symlink ("../init.d/a", scratch_path (scratch, "/etc/rc2.d/S99a")), 0);
  assert_true (init_is_enabled (&scratch->machine, "a"));
}

#define CASE(name)                                                             \
  cmocka_unit_test_setup_teardown (test_##name, setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    CASE (headers),
    CASE (odd_headers),
    CASE (what_is_no_script),
    CASE (links),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
