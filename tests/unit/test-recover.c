/* test-recover.c - processes that are killed in the middle of a plan
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "faults.h"
#include <dirent.h>
#include <sys/wait.h>
#include "../../protocol/limits.h"
#include "../../src/plan/journal.h"
#include "../../src/plan/plan.h"

#define OLD "old one\nold two\n"
#define NEW "new one\nold two\n"

static struct scratch *scratch;

static const char *const paths[] = { "/etc/first", "/etc/new",
                                     "/etc/deep/third", "/etc/gone" };

static void
reset_files (void)
{
  struct stat present;

  if (!stat (scratch_path (scratch, "/etc"), &present))
    nftw (scratch_path (scratch, "/etc"), scratch_remove_one, 16,
          FTW_DEPTH | FTW_PHYS);
  scratch_mkdir (scratch, "/etc");
  scratch_mkdir (scratch, "/etc/deep");
  scratch_write (scratch, paths[0], OLD);
  scratch_write (scratch, paths[2], OLD);
  scratch_write (scratch, paths[3], OLD);
}

static int
setup (void **state)
{
  if (scratch_setup (state))
    return -1;
  scratch = *state;
  fault_clear ();
  gpgrt_log_set_sink ("/dev/null", NULL, -1);
  return 0;
}

/* The steps of a plan in the order ORDER, digits that count PATHS.  */
static struct plan *
plan_in_order (const char *order)
{
  struct file_image image;
  struct plan *plan;
  const char *path;

  assert_int_equal (plan_new (&plan), 0);
  for (; *order; order++)
    {
      path = paths[*order - '0'];
      assert_int_equal (
          file_read (&scratch->machine, path, MIB, &image, NULL, NULL), 0);
      if (*order == '3')
        assert_int_equal (plan_file_remove (plan, path, &image), 0);
      else
        assert_int_equal (
            plan_file_write (plan, path, &image, NEW, sizeof NEW - 1), 0);
      file_image_release (&image);
    }
  return plan;
}

/* Fork a child that runs PLAN (NULL: recovers) and is killed at call AT.
   Whether it was.  */
static bool
killed (struct plan *plan, enum fault_kind kind, unsigned at)
{
  pid_t pid = fork ();
  int status;

  assert_true (pid >= 0);
  if (!pid)
    {
      fault.kind = kind;
      fault.at = at;
      if (plan)
        plan_run (plan, &scratch->machine, NULL);
      else
        plan_recover (&scratch->machine, NULL, NULL);
      _exit (0);
    }
  assert_int_equal (waitpid (pid, &status, 0), pid);
  return WIFSIGNALED (status);
}

static unsigned
names (const char *path)
{
  DIR *directory = opendir (scratch_path (scratch, path));
  unsigned count = 0;

  if (!directory)
    return 0;
  while (readdir (directory))
    count++;
  closedir (directory);
  return count - 2;
}

/* How many of the files of ORDER are as before, and how many as planned;
   each is one or the other, and nothing else is there.  */
static void
look (const char *order, unsigned *r_old, unsigned *r_new)
{
  unsigned files = 0;

  *r_old = *r_new = 0;
  for (size_t i = 0; i < 4; i++)
    {
      const char *text = scratch_text (scratch, paths[i]);
      const char *before = i == 1 ? NULL : OLD;
      const char *after = i == 3 ? NULL : NEW;

      files += text != NULL;
      if (!strchr (order, (int)('0' + i)))
        continue;
      if (text && before && !strcmp (text, before))
        ++*r_old;
      else if (text && after && !strcmp (text, after))
        ++*r_new;
      else if (!text && !before)
        ++*r_old;
      else
        {
          assert_true (!text && !after);
          ++*r_new;
        }
    }
  assert_int_equal (names ("/etc") - 1 + names ("/etc/deep"), files);
}

/* Recover in this process; all must be whole, and the journal empty.  */
static bool
recover_whole (const char *order)
{
  unsigned old;
  unsigned fresh;

  assert_int_equal (plan_recover (&scratch->machine, NULL, NULL), 0);
  look (order, &old, &fresh);
  if (old && fresh)
    print_error ("%u are old and %u are new\n", old, fresh);
  assert_true (!old || !fresh);
  assert_int_equal (names (OWN_JOURNAL_DIR), 0);
  return fresh != 0;
}

/* Kill a plan at each call; the files are all old up to one call and all new
   from there on.  */
static void
kill_everywhere (const char *order, enum fault_kind kind)
{
  bool fresh = false;
  bool was_killed;
  unsigned turns = 0;
  unsigned at = 1;

  do
    {
      struct plan *plan;

      reset_files ();
      plan = plan_in_order (order);
      was_killed = killed (plan, kind, at++);
      plan_release (plan);
      if (recover_whole (order) != fresh)
        turns++;
      fresh = turns % 2;
    }
  while (was_killed);
  assert_true (fresh);
  assert_int_equal (turns, 1);
  assert_true (at > 10 * strlen (order));
}

static void
test_kill (void **state)
{
  static const char *const orders[] = { "0",    "1",    "3",    "012",
                                        "0123", "3210", "1302", "2031" };

  (void)state;
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
    {
      kill_everywhere (orders[i], FAULT_KILL_BEFORE);
      kill_everywhere (orders[i], FAULT_KILL_AFTER);
    }
}

/* Forking takes its time with the sanitizers' memory: they look at each third
   point only.  */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 3
#else
#define STRIDE 1
#endif

/* Kill the recovery too, at each of its calls.  */
static void
test_kill_recovery (void **state)
{
  const char *order = "0123";
  bool plan_killed = true;

  (void)state;
  for (unsigned at = 20; plan_killed; at += STRIDE)
    for (unsigned again = 1;; again += STRIDE)
      {
        struct plan *plan;
        bool recovery_killed;

        reset_files ();
        plan = plan_in_order (order);
        plan_killed = killed (plan, FAULT_KILL_AFTER, at);
        plan_release (plan);
        recovery_killed = killed (NULL, FAULT_KILL_AFTER, again);
        recover_whole (order);
        if (!recovery_killed)
          break;
      }
}

/* Kill a plan while it undoes itself, since its last step fails.  */
static void
fail_and_kill (unsigned at, bool *r_killed)
{
  struct plan *plan;
  struct file_image none;
  pid_t pid;
  int status;

  reset_files ();
  plan = plan_in_order ("013");
  assert_int_equal (
      file_read (&scratch->machine, "/etc/deep/x", MIB, &none, NULL, NULL), 0);
  assert_int_equal (plan_file_write (plan, "/etc/deep/x", &none, "x", 1), 0);
  pid = fork ();
  assert_true (pid >= 0);
  if (!pid)
    {
      fault.kind = FAULT_KILL_AFTER;
      fault.at = at;
      /* The second of the links is that of the last step.  */
      fault_refused_link = 2;
      plan_run (plan, &scratch->machine, NULL);
      _exit (0);
    }
  assert_int_equal (waitpid (pid, &status, 0), pid);
  *r_killed = WIFSIGNALED (status);
  plan_release (plan);
}

static void
test_kill_undo (void **state)
{
  bool was_killed;
  unsigned at = 1;

  (void)state;
  do
    {
      fail_and_kill (at++, &was_killed);
      assert_false (recover_whole ("013"));
      assert_null (scratch_text (scratch, "/etc/deep/x"));
    }
  while (was_killed);
  assert_true (at > 60);
}

/* Leave a plan of two behind that was killed after CALLS renames.  */
static void
leave_behind (unsigned calls)
{
  struct plan *plan;
  pid_t pid;
  int status;

  reset_files ();
  plan = plan_in_order ("02");
  pid = fork ();
  assert_true (pid >= 0);
  if (!pid)
    {
      fault.kind = FAULT_KILL_AFTER;
      fault.call = "renameat2";
      fault.at = calls;
      plan_run (plan, &scratch->machine, NULL);
      _exit (0);
    }
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFSIGNALED (status));
  plan_release (plan);
}

/* Somebody edits what was changed before the recovery comes.  */
static void
test_edited_meanwhile (void **state)
{
  unsigned count;

  (void)state;
  leave_behind (1);
  assert_string_equal (scratch_text (scratch, paths[0]), NEW);
  scratch_write (scratch, paths[0], "theirs\n");
  assert_int_equal (plan_recover (&scratch->machine, &count, NULL), 0);
  assert_string_equal (scratch_text (scratch, paths[0]), "theirs\n");
  assert_string_equal (scratch_text (scratch, paths[2]), OLD);
  assert_int_equal (count, 1);
  assert_int_equal (names ("/etc"), 4); /* With the before-image.  */
  assert_int_equal (names ("/etc/deep"), 1);
}

/* The plan was complete, but a before-image has been written to by somebody
   who had the file open: they get it back.  */
static void
test_written_meanwhile (void **state)
{
  (void)state;
  leave_behind (2);
  assert_string_equal (scratch_text (scratch, paths[2]), NEW);
  for (DIR *directory = opendir (scratch_path (scratch, "/etc"));;)
    {
      struct dirent *dirent = readdir (directory);
      char name[512];

      if (!dirent)
        {
          closedir (directory);
          break;
        }
      if (dirent->d_name[0] != '.' || !strchr (dirent->d_name, '~'))
        continue;
      snprintf (name, sizeof name, "/etc/%s", dirent->d_name);
      scratch_write (scratch, name, "theirs\n");
    }
  assert_int_equal (plan_recover (&scratch->machine, NULL, NULL), 0);
  assert_string_equal (scratch_text (scratch, paths[0]), "theirs\n");
  assert_string_equal (scratch_text (scratch, paths[2]), OLD);
  assert_int_equal (names ("/etc"), 3);
}

/* A directory on the way is a link to elsewhere now.  */
static void
test_way_changed (void **state)
{
  (void)state;
  leave_behind (2);
  assert_int_equal (rename (scratch_path (scratch, "/etc/deep"),
                            scratch_path (scratch, "/etc/moved")),
                    0);
  assert_int_equal (symlink ("moved", scratch_path (scratch, "/etc/deep")), 0);
  assert_int_equal (plan_recover (&scratch->machine, NULL, NULL), 0);
  assert_int_equal (names ("/etc/moved"), 2);
}

/* The journal of a living process is left alone.  */
static void
test_living (void **state)
{
  struct journal *journal;
  unsigned count;

  (void)state;
  reset_files ();
  assert_int_equal (journal_open (&scratch->machine, &journal, NULL), 0);
  assert_int_equal (plan_recover (&scratch->machine, &count, NULL), 0);
  assert_int_equal (count, 0);
  assert_int_equal (names (OWN_JOURNAL_DIR), 1);
  journal_close (journal);
  assert_int_equal (names (OWN_JOURNAL_DIR), 0);
}

/* Change each byte of a journal in turn: the files stay as they were, or the
   change did not matter.  */
static void
test_damaged (void **state)
{
  struct stat journal;
  const char *name;
  unsigned kept = 0;

  (void)state;
  for (off_t at = 0;; at += 7)
    {
      char byte;
      int fd;

      leave_behind (1);
      name = scratch_only (scratch, OWN_JOURNAL_DIR);
      fd = open (scratch_path (scratch, name), O_RDWR | O_CLOEXEC);
      assert_true (fd >= 0);
      assert_int_equal (fstat (fd, &journal), 0);
      if (at >= journal.st_size - 1)
        {
          close (fd);
          break;
        }
      assert_int_equal (pread (fd, &byte, 1, at), 1);
      byte ^= 1;
      assert_int_equal (pwrite (fd, &byte, 1, at), 1);
      close (fd);
      assert_int_equal (plan_recover (&scratch->machine, NULL, NULL), 0);
      assert_string_equal (scratch_text (scratch, paths[0]), NEW);
      assert_string_equal (scratch_text (scratch, paths[2]), OLD);
      assert_int_equal (names ("/etc"), 4);
      assert_int_equal (names ("/etc/deep"), 2);
      kept++;
      assert_int_equal (unlink (scratch_path (scratch, name)), 0);
    }
  assert_true (kept > 50);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_kill),
    TEST (test_kill_recovery),
    TEST (test_kill_undo),
    TEST (test_edited_meanwhile),
    TEST (test_written_meanwhile),
    TEST (test_way_changed),
    TEST (test_living),
    TEST (test_damaged),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
