/* test-journal.c - entries, written and read back
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "faults.h"
#include <sys/wait.h>
#include "../../protocol/buffer.h"
#include "../../src/plan/journal.h"

static struct scratch *scratch;

static int
setup (void **state)
{
  if (scratch_setup (state))
    return -1;
  scratch = *state;
  fault_clear ();
  return 0;
}

static const char *
only_name (void)
{
  return scratch_only (scratch, OWN_JOURNAL_DIR);
}

static gpg_error_t
add_line (void *context, const char *name, const char *const *values,
          size_t count)
{
  struct buffer *text = context;

  buffer_string (text, name);
  for (size_t i = 0; i < count; i++)
    buffer_printf (text, "|%s", values[i]);
  buffer_string (text, ";");
  return 0;
}

/* What the journal says must be EXPECTED, and whether it is READY.  */
static void
says (const char *expected, bool ready)
{
  struct buffer text = BUFFER_EMPTY;
  const char *bytes = scratch_text (scratch, only_name ());
  bool is_ready;

  assert_non_null (bytes);
  assert_int_equal (
      journal_parse (bytes, strlen (bytes), add_line, &text, &is_ready), 0);
  assert_string_equal (text.bytes ? text.bytes : "", expected);
  assert_int_equal (is_ready, ready);
  buffer_release (&text);
}

static void
note (struct journal *journal, const char *name, const char *first,
      const char *second)
{
  const char *const values[] = { first, second };

  assert_int_equal (journal_note (journal, name, values,
                                  second  ? 2
                                  : first ? 1
                                          : 0),
                    0);
}

static void
test_entries (void **state)
{
  struct journal *journal;
  struct journal *again;

  (void)state;
  assert_int_equal (journal_open (&scratch->machine, &journal, NULL), 0);
  assert_int_equal (journal_open (&scratch->machine, &again, NULL), 0);
  assert_ptr_equal (journal, again);
  says ("", false);
  journal_begin (journal);
  says ("", false);
  note (journal, "file", "/etc/a b", "\t\n\\x\xff");
  says ("file|/etc/a b|\t\n\\x\xff;", false);
  note (journal, "other", NULL, NULL);
  note (journal, "empty", "", "");
  assert_int_equal (journal_ready (journal, NULL), 0);
  says ("file|/etc/a b|\t\n\\x\xff;other;empty||;", true);
  journal_end (journal);
  says ("", false);

  /* A shorter one over it.  */
  journal_begin (journal);
  note (journal, "short", NULL, NULL);
  says ("short;", false);
  assert_int_equal (journal_ready (journal, NULL), 0);
  says ("short;", true);
  journal_end (journal);
  journal_close (journal);
  assert_string_equal (only_name (), "");
}

static void
test_directory (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct journal *journal;
  struct stat made;
  int fd;

  (void)state;
  assert_int_equal (
      gpg_err_code (journal_directory (&scratch->machine, false, &fd, NULL)),
      GPG_ERR_ENOENT);
  assert_int_equal (journal_open (&scratch->machine, &journal, NULL), 0);
  assert_int_equal (stat (scratch_path (scratch, OWN_JOURNAL_DIR), &made), 0);
  assert_int_equal (made.st_mode & 07777, 0700);
  assert_int_equal (stat (scratch_path (scratch, only_name ()), &made), 0);
  assert_int_equal (made.st_mode & 07777, 0600);
  journal_close (journal);

  assert_int_equal (chmod (scratch_path (scratch, OWN_JOURNAL_DIR), 0770), 0);
  assert_int_equal (
      gpg_err_code (journal_open (&scratch->machine, &journal, &failure)),
      GPG_ERR_EPERM);
  assert_non_null (strstr (failure.text, "do chmod 0700"));
  assert_null (journal);
}

/* A child has a journal of its own, and leaves that of its parent.  */
static void
test_fork (void **state)
{
  struct journal *journal;
  struct journal *childs;
  pid_t pid;
  int status;

  (void)state;
  assert_int_equal (journal_open (&scratch->machine, &journal, NULL), 0);
  pid = fork ();
  assert_true (pid >= 0);
  if (!pid)
    {
      if (journal_open (&scratch->machine, &childs, NULL))
        _exit (1);
      journal_close (childs);
      _exit (0);
    }
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_int_equal (status, 0);
  assert_string_not_equal (only_name (), "");
  journal_close (journal);
}

/* What exit leaves: nothing, or an entry that was begun.  */
static void
test_exit (void **state)
{
  (void)state;
  for (int begun = 0; begun < 2; begun++)
    {
      pid_t pid = fork ();
      int status;

      assert_true (pid >= 0);
      if (!pid)
        {
          struct journal *journal;

          if (journal_open (&scratch->machine, &journal, NULL))
            _exit (1);
          journal_begin (journal);
          note (journal, "x", NULL, NULL);
          if (!begun)
            journal_end (journal);
          exit (0);
        }
      assert_int_equal (waitpid (pid, &status, 0), pid);
      assert_int_equal (status, 0);
      assert_int_equal (*scratch_only (scratch, OWN_JOURNAL_DIR) != 0, begun);
    }
  says ("x;", false);
}

static void
parse_fails (const char *bytes, size_t length)
{
  struct buffer text = BUFFER_EMPTY;
  bool ready;

  assert_int_equal (
      gpg_err_code (journal_parse (bytes, length, add_line, &text, &ready)),
      GPG_ERR_BAD_DATA);
  buffer_release (&text);
}

static void
test_damaged (void **state)
{
  static const char zeros[512];
  struct journal *journal;
  const char *text;
  char *copy;
  char *line;

  (void)state;
  assert_int_equal (journal_open (&scratch->machine, &journal, NULL), 0);
  journal_begin (journal);
  note (journal, "one", "1", NULL);
  note (journal, "two", "2", NULL);
  assert_int_equal (journal_ready (journal, NULL), 0);
  text = scratch_text (scratch, only_name ());
  parse_fails (text, strcspn (text, "\n"));
  parse_fails (text, 5);
  parse_fails ("x\n\n", 3);
  parse_fails (zeros, sizeof zeros);

  /* A line is missing: "ready" has the number of all.  */
  copy = strdup (text);
  assert_non_null (copy);
  line = strchr (copy, '\n') + 1;
  memmove (line, strchr (line, '\n') + 1, strlen (strchr (line, '\n') + 1) + 1);
  parse_fails (copy, strlen (copy));
  free (copy);

  /* Something after "ready".  */
  note (journal, "three", NULL, NULL);
  text = scratch_text (scratch, only_name ());
  parse_fails (text, strlen (text));
  journal_end (journal);
  journal_close (journal);
}

static void
test_errors (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct journal *journal;

  (void)state;
  fault.kind = FAULT_ERROR;
  fault.call = "openat";
  fault.error = EROFS;
  fault.at = 1;
  assert_int_equal (
      gpg_err_code (journal_open (&scratch->machine, &journal, &failure)),
      GPG_ERR_EROFS);
  assert_non_null (failure.text);
  fault_clear ();
  assert_int_equal (journal_open (&scratch->machine, &journal, NULL), 0);
  journal_begin (journal);
  fault.kind = FAULT_ERROR;
  fault.call = "pwrite";
  fault.error = ENOSPC;
  fault.at = 1;
  assert_int_equal (gpg_err_code (journal_note (journal, "x", NULL, 0)),
                    GPG_ERR_ENOSPC);
  fault_clear ();
  fault.kind = FAULT_ERROR;
  fault.call = "fdatasync";
  fault.error = EIO;
  fault.at = 1;
  assert_int_equal (gpg_err_code (journal_ready (journal, &failure)),
                    GPG_ERR_EIO);
  fault_clear ();
  journal_end (journal);
  journal_close (journal);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_entries), TEST (test_directory), TEST (test_fork),
    TEST (test_exit),    TEST (test_damaged),   TEST (test_errors),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
