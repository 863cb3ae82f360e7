/* test-recall.c - tests of client/cli/recall.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"
#include "scratch.h"

#include <sys/wait.h>
#include "client/cli/recall.h"
#include "protocol/memory.h"

static char lines[RECALL_LINES + 10][64];
static size_t count;

static void
receive (const char *line)
{
  assert_true (count < sizeof lines / sizeof *lines);
  snprintf (lines[count++], sizeof *lines, "%s", line);
}

static gpg_error_t
load (const char *path)
{
  count = 0;
  return recall_load (path, receive);
}

static void
what_was_added_is_loaded (void **state)
{
  const char *path = scratch_path (*state, "/history");
  struct stat stat_;

  assert_int_equal (load (path), 0);
  assert_int_equal (count, 0);
  assert_int_equal (recall_add (path, "AUG GET /x"), 0);
  assert_int_equal (recall_add (path, "caf\u00e9 \"a b\""), 0);
  assert_int_equal (load (path), 0);
  assert_int_equal (count, 2);
  assert_string_equal (lines[0], "AUG GET /x");
  assert_string_equal (lines[1], "caf\u00e9 \"a b\"");
  assert_int_equal (stat (path, &stat_), 0);
  assert_int_equal (stat_.st_mode & 07777, 0600);
}

/* As a session that was killed, or somebody's editor, leaves it.  */
static void
a_line_without_an_end (void **state)
{
  scratch_write (*state, "/history", "one\ntwo");
  assert_int_equal (load (scratch_path (*state, "/history")), 0);
  assert_int_equal (count, 2);
  assert_string_equal (lines[1], "two");
}

static void
only_the_last_lines_stay (void **state)
{
  const char *path = scratch_path (*state, "/history");
  FILE *stream = fopen (path, "w");
  const char *text;

  for (int i = 0; i < RECALL_LINES + 5; i++)
    fprintf (stream, "line %d\n", i);
  fclose (stream);
  assert_int_equal (load (path), 0);
  assert_int_equal (count, RECALL_LINES);
  assert_string_equal (lines[0], "line 5");
  text = scratch_text (*state, "/history");
  assert_memory_equal (text, "line 5\nline 6\n", 14);
  assert_int_equal (load (path), 0);
  assert_int_equal (count, RECALL_LINES);
}

/* Of a huge file the end counts.  */
static void
a_huge_file (void **state)
{
  const char *path = scratch_path (*state, "/history");
  FILE *stream = fopen (path, "w");

  for (int i = 0; i < 500000; i++)
    fprintf (stream, "line number %d\n", i);
  fclose (stream);
  assert_int_equal (load (path), 0);
  assert_int_equal (count, RECALL_LINES);
  assert_string_equal (lines[RECALL_LINES - 1], "line number 499999");
  assert_int_equal (load (path), 0);
  assert_int_equal (count, RECALL_LINES);
}

static void
several_sessions_at_once (void **state)
{
  const char *path = scratch_path (*state, "/history");
  int status;

  for (int child = 0; child < 4; child++)
    {
      pid_t pid = fork ();

      assert_true (pid >= 0);
      if (pid)
        continue;
      for (int i = 0; i < 100; i++)
        {
          char line[64];

          snprintf (line, sizeof line, "session %d, line %d", child, i);
          if (recall_add (path, line))
            _exit (1);
        }
      _exit (0);
    }
  for (int child = 0; child < 4; child++)
    {
      assert_true (wait (&status) > 0);
      assert_int_equal (status, 0);
    }
  assert_int_equal (load (path), 0);
  assert_int_equal (count, 400);
  for (size_t i = 0; i < count; i++)
    assert_memory_equal (lines[i], "session ", 8);
}

static void
what_is_no_file_of_ours (void **state)
{
  const char *path = scratch_path (*state, "/history");

  scratch_write (*state, "/victim", "text\n");
  assert_int_equal (symlink ("victim", path), 0);
  assert_code (recall_add (path, "x"), GPG_ERR_ELOOP);
  assert_code (load (path), GPG_ERR_ELOOP);
  assert_string_equal (scratch_text (*state, "/victim"), "text\n");
  assert_int_equal (unlink (path), 0);
  assert_int_equal (mkfifo (path, 0600), 0);
  assert_code (load (path), GPG_ERR_EPERM);
  assert_int_equal (unlink (path), 0);
  if (geteuid ())
    return;
  scratch_write (*state, "/history", "text\n");
  assert_int_equal (chown (path, 65534, 65534), 0);
  assert_code (recall_add (path, "x"), GPG_ERR_EPERM);
  assert_code (load (path), GPG_ERR_EPERM);
}

/* PATH is what the present variables give.  */
static void
assert_path (const char *expected)
{
  auto_free char *path = recall_path ();

  if (expected)
    assert_string_equal (path, expected);
  else
    assert_null (path);
}

static void
which_file (void **state)
{
  const struct scratch *scratch = *state;
  struct stat stat_;

  setenv ("HOME", scratch->root, 1);
  unsetenv ("XDG_STATE_HOME");
  setenv ("REEVE_HISTORY", "/some/where", 1);
  assert_path ("/some/where");
  setenv ("REEVE_HISTORY", "", 1);
  assert_path (NULL);
  unsetenv ("REEVE_HISTORY");
  assert_path (scratch_path (scratch, "/.local/state/reeve/history"));
  assert_int_equal (
      stat (scratch_path (scratch, "/.local/state/reeve"), &stat_), 0);
  assert_int_equal (stat_.st_mode & 07777, 0700);
  setenv ("XDG_STATE_HOME", scratch_path (scratch, "/state"), 1);
  assert_path (scratch_path (scratch, "/state/reeve/history"));
  setenv ("XDG_STATE_HOME", "relative", 1);
  assert_path (scratch_path (scratch, "/.local/state/reeve/history"));
  unsetenv ("XDG_STATE_HOME");
  unsetenv ("HOME");
  assert_path (NULL);
}

/* Who became root by sudo has his own home still.  */
static void
somebody_elses_home (void **state)
{
  const struct scratch *scratch = *state;

  unsetenv ("REEVE_HISTORY");
  unsetenv ("XDG_STATE_HOME");
  scratch_mkdir (scratch, "/home");
  if (!geteuid ())
    assert_int_equal (chown (scratch_path (scratch, "/home"), 65534, 65534), 0);
  setenv ("HOME", geteuid () ? "/" : scratch_path (scratch, "/home"), 1);
  assert_path (NULL);
  assert_int_equal (access (scratch_path (scratch, "/home/.local"), F_OK), -1);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, scratch_setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = { TEST (what_was_added_is_loaded),
                                      TEST (a_line_without_an_end),
                                      TEST (only_the_last_lines_stay),
                                      TEST (a_huge_file),
                                      TEST (several_sessions_at_once),
                                      TEST (what_is_no_file_of_ours),
                                      TEST (which_file),
                                      TEST (somebody_elses_home) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
