/* test-file_race.c - writing files while somebody else does too
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "filestep.h"
#include <sys/wait.h>

static int writer = -1;

static void
other_renames (void)
{
  scratch_write (scratch, "/etc/theirs", "theirs\n");
  assert_int_equal (rename (scratch_path (scratch, "/etc/theirs"),
                            scratch_path (scratch, "/etc/file")),
                    0);
}

static void
other_writes (void)
{
  scratch_write (scratch, "/etc/file", "theirs\n");
}

static void
other_opens (void)
{
  writer = open (scratch_path (scratch, "/etc/file"), O_WRONLY | O_CLOEXEC);
  assert_true (writer >= 0);
}

static void
other_locks_up (void)
{
  assert_int_equal (chmod (scratch_path (scratch, "/etc/file"), 0600), 0);
}

static void
other_creates (void)
{
  scratch_write (scratch, "/etc/new", "theirs\n");
}

/* Run a plan that writes TEXT to PATH while somebody acts BEFORE and AFTER
   the first renameat2 (or linkat).  */
static gpg_err_code_t
meet (const char *path, const char *text, void (*before) (void),
      void (*after) (void))
{
  struct plan *plan = plan_for (path, text);
  gpg_err_code_t code;

  fault.kind = FAULT_MEET;
  fault.call = text && !strcmp (path, "/etc/new") ? "linkat" : "renameat2";
  fault.at = 1;
  fault.before = before;
  fault.after = after;
  code = run (plan, NULL);
  assert_non_null (fault.hit);
  fault_clear ();
  return code;
}

static void
test_meet_rename (void **state)
{
  (void)state;
  assert_int_equal (meet ("/etc/file", NEW, other_renames, NULL),
                    GPG_ERR_CONFLICT);
  assert_text ("/etc/file", "theirs\n");
  assert_int_equal (names (), 1);
  scratch_write (scratch, "/etc/file", OLD);
  assert_int_equal (meet ("/etc/file", NULL, other_renames, NULL),
                    GPG_ERR_CONFLICT);
  assert_text ("/etc/file", "theirs\n");
  assert_int_equal (names (), 1);
}

/* Theirs came after ours: the plan was carried out, and they replaced it.  */
static void
test_meet_rename_after (void **state)
{
  (void)state;
  assert_int_equal (meet ("/etc/file", NEW, NULL, other_renames), 0);
  assert_text ("/etc/file", "theirs\n");
  assert_int_equal (names (), 1);
}

/* One comes before and another one after the exchange: the last one wins.  */
static void
other_renames_again (void)
{
  scratch_write (scratch, "/etc/theirs", "the last\n");
  assert_int_equal (rename (scratch_path (scratch, "/etc/theirs"),
                            scratch_path (scratch, "/etc/file")),
                    0);
}

static void
test_meet_two (void **state)
{
  (void)state;
  assert_int_equal (meet ("/etc/file", NEW, other_renames, other_renames_again),
                    GPG_ERR_CONFLICT);
  assert_text ("/etc/file", "the last\n");
}

static void
test_meet_write (void **state)
{
  (void)state;
  assert_int_equal (meet ("/etc/file", NEW, other_writes, NULL),
                    GPG_ERR_CONFLICT);
  assert_text ("/etc/file", "theirs\n");
  assert_int_equal (names (), 1);
  scratch_write (scratch, "/etc/file", OLD);
  assert_int_equal (meet ("/etc/file", NULL, other_writes, NULL),
                    GPG_ERR_CONFLICT);
  assert_text ("/etc/file", "theirs\n");
}

/* Somebody has the file open when it is exchanged and writes later.  */
static void
test_meet_writer (void **state)
{
  gpg_err_code_t code;

  (void)state;
  code = meet ("/etc/file", NEW, other_opens, NULL);
  assert_int_equal (write (writer, "THE", 3), 3);
  close (writer);
  writer = -1;
  assert_int_equal (code, GPG_ERR_CONFLICT);
  assert_text ("/etc/file", "THE\ntwo\n");
  assert_int_equal (names (), 1);
}

static void
test_meet_mode (void **state)
{
  struct stat after;

  (void)state;
  assert_int_equal (meet ("/etc/file", NEW, other_locks_up, NULL),
                    GPG_ERR_CONFLICT);
  assert_text ("/etc/file", OLD);
  assert_int_equal (stat (scratch_path (scratch, "/etc/file"), &after), 0);
  assert_int_equal (after.st_mode & 07777, 0600);
}

static void
test_meet_create (void **state)
{
  (void)state;
  assert_int_equal (meet ("/etc/new", NEW, other_creates, NULL),
                    GPG_ERR_CONFLICT);
  assert_text ("/etc/new", "theirs\n");
  assert_int_equal (names (), 2);
}

/* The second file cannot be done, the first has been edited meanwhile: their
   edit stays and the before-image is kept.  */
static void
other_edits_first (void)
{
  scratch_write (scratch, "/etc/file", "theirs\n");
}

static void
test_undo_meets_edit (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct plan *plan = plan_for ("/etc/file", NEW);
  struct file_image none;

  (void)state;
  load ("/etc/new", &none);
  assert_int_equal (plan_file_write (plan, "/etc/new", &none, "x", 1), 0);
  scratch_write (scratch, "/etc/new", "in the way\n");
  assert_int_equal (unlink (scratch_path (scratch, "/etc/new")), 0);
  fault.kind = FAULT_MEET;
  fault.call = "linkat";
  fault.at = 1;
  fault.before = other_creates;
  fault.after = other_edits_first;
  assert_int_equal (run (plan, &failure), GPG_ERR_CONFLICT);
  fault_clear ();
  assert_text ("/etc/file", "theirs\n");
  assert_text ("/etc/new", "theirs\n");
  assert_int_equal (names (), 3);
  assert_non_null (failure.details);
}

#define COUNTERS 3
#define COUNT_TO 30

/* Add one to the number in the file until that succeeded COUNT_TO times.  */
static void
count_up (void)
{
  for (int done = 0; done < COUNT_TO;)
    {
      struct file_image image;
      struct plan *plan;
      char text[16];
      gpg_error_t err;

      if (plan_new (&plan)
          || file_read (&scratch->machine, "/etc/file", MIB, &image, NULL,
                        NULL))
        _exit (2);
      snprintf (text, sizeof text, "%d\n", atoi (image.bytes) + 1);
      err = plan_file_write (plan, "/etc/file", &image, text, strlen (text));
      if (!err)
        err = plan_run (plan, &scratch->machine, NULL);
      if (!err)
        done++;
      else if (gpg_err_code (err) != GPG_ERR_CONFLICT)
        _exit (3);
      plan_release (plan);
      file_image_release (&image);
    }
}

/* Several processes count in one file: no step is lost.  */
static void
test_concurrent (void **state)
{
  pid_t pids[COUNTERS];
  int status;

  (void)state;
  scratch_write (scratch, "/etc/file", "0\n");
  for (int i = 0; i < COUNTERS; i++)
    {
      pids[i] = fork ();
      assert_true (pids[i] >= 0);
      if (!pids[i])
        {
          count_up ();
          _exit (0);
        }
    }
  for (int i = 0; i < COUNTERS; i++)
    {
      assert_int_equal (waitpid (pids[i], &status, 0), pids[i]);
      assert_int_equal (status, 0);
    }
  assert_int_equal (atoi (scratch_text (scratch, "/etc/file")),
                    COUNTERS * COUNT_TO);
  assert_int_equal (names (), 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_meet_rename), TEST (test_meet_rename_after),
    TEST (test_meet_two),    TEST (test_meet_write),
    TEST (test_meet_writer), TEST (test_meet_mode),
    TEST (test_meet_create), TEST (test_undo_meets_edit),
    TEST (test_concurrent),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
