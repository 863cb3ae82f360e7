/* test-supervisor_end.c - tests of src/daemon/supervisor.c: ends
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "supervisorhand.h"

#include <sys/file.h>

/* --- The supervisor's end --- */

static void
running_calls_end_first (void **state)
{
  struct daemonhand *hand = *state;
  int one;

  start (hand);
  one = enter_panel (hand);
  say (hand, "THING WAIT --timeout=300ms");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  kill (supervisor.pid, SIGTERM);
  wait_for_log (hand, "ending; 1 sessions");
  is_refused (hand, "ERR * - the daemon is ending");
  hand->fd = one;
  hears (hand, "ERR * - the time is over");
  hears (hand, "END");
  is_over (0);
}

/* A call that does not end in time is killed.  */
static void
there_is_an_end_to_waiting (void **state)
{
  struct daemonhand *hand = *state;

  start (hand);
  enter_panel (hand);
  say (hand, "THING WAIT");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  kill (supervisor.pid, SIGTERM);
  wait_for_log (hand, "ending; 1 sessions");
  assert_true (goes_on (50));
  stage->later = LIMIT_DRAIN_SECONDS * 1000 + 1;
  hears (hand, "END");
  wait_for_log (hand, "died by signal 9");
  is_over (0);
}

static void
at_once (void **state)
{
  struct daemonhand *hand = *state;

  start (hand);
  enter_panel (hand);
  say (hand, "THING WAIT");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  kill (supervisor.pid, SIGINT);
  hears (hand, "END");
  is_over (0);
  /* So does the third SIGTERM.  */
  start (hand);
  enter_panel (hand);
  say (hand, "THING WAIT");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  for (int i = 0; i < 3; i++)
    {
      kill (supervisor.pid, SIGTERM);
      assert_true (i == 2 || goes_on (50));
    }
  hears (hand, "END");
  is_over (0);
}

/* --- Sessions that die --- */

/* Die in the middle of a plan: there is a temporary that nobody needs.  */
static void
leave_half_done (struct daemonhand *hand)
{
  pid_t pid = fork ();

  if (!pid)
    {
      static const struct file_image nothing;
      struct plan *plan;

      setenv ("REEVE_DIE", "1", 1);
      if (plan_new (&plan)
          || plan_file_write (plan, "/etc/half", &nothing, "half\n", 5))
        _exit (1);
      plan_run (plan, &hand->daemon.machine, NULL);
      _exit (1);
    }
  assert_int_equal (waitpid (pid, NULL, 0), pid);
}

int __real_renameat2 (int, const char *, int, const char *, unsigned);
int __wrap_renameat2 (int from, const char *old, int to, const char *name,
                      unsigned flags);
int __real_linkat (int, const char *, int, const char *, int);
int __wrap_linkat (int from, const char *old, int to, const char *name,
                   int flags);

/* Where a process shall die before its file is in its place.  */
int
__wrap_renameat2 (int from, const char *old, int to, const char *name,
                  unsigned flags)
{
  if (getenv ("REEVE_DIE"))
    raise (SIGKILL);
  return __real_renameat2 (from, old, to, name, flags);
}

int
__wrap_linkat (int from, const char *old, int to, const char *name, int flags)
{
  if (getenv ("REEVE_DIE"))
    raise (SIGKILL);
  return __real_linkat (from, old, to, name, flags);
}

gpg_error_t __real_plan_recover (const struct machine *, unsigned *,
                                 struct failure *);
gpg_error_t __wrap_plan_recover (const struct machine *machine,
                                 unsigned *r_count, struct failure *failure);

/* A recovery that takes its time.  */
gpg_error_t
__wrap_plan_recover (const struct machine *machine, unsigned *r_count,
                     struct failure *failure)
{
  gpg_error_t err = __real_plan_recover (machine, r_count, failure);

  stage->recoveries++;
  while (stage->hold)
    poll (NULL, 0, 10);
  return err;
}

static size_t
count_files (struct daemonhand *hand, const char *directory)
{
  DIR *stream = opendir (scratch_path (hand->scratch, directory));
  struct dirent *dirent;
  size_t count = 0;

  assert_non_null (stream);
  while ((dirent = readdir (stream)))
    if (strcmp (dirent->d_name, ".") && strcmp (dirent->d_name, ".."))
      count++;
  closedir (stream);
  return count;
}

static void
what_a_dead_session_left_is_put_back (void **state)
{
  struct daemonhand *hand = *state;
  size_t before = count_files (hand, "/etc");
  int fd;

  start (hand);
  fd = enter_panel (hand);
  leave_half_done (hand);
  assert_int_equal (count_files (hand, "/etc"), before + 1);
  kill (session_pid (hand), SIGKILL);
  hears (hand, "END");
  wait_for_log (hand, "died by signal 9");
  for (int i = 0; i < 500 && count_files (hand, "/etc") != before; i++)
    poll (NULL, 0, 10);
  assert_int_equal (count_files (hand, "/etc"), before);
  leave (hand, fd);
  /* The daemon goes on.  */
  leave (hand, enter_panel (hand));
}

/* The supervisor does not end before that is done.  */
static void
recovery_belongs_to_the_end (void **state)
{
  struct daemonhand *hand = *state;
  size_t before = count_files (hand, "/etc");
  int lock = open (scratch_path (hand->scratch, OWN_JOURNAL_DIR),
                   O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  assert_true (lock >= 0);
  start (hand);
  enter_panel (hand);
  leave_half_done (hand);
  /* Somebody carries a plan out meanwhile.  */
  assert_int_equal (flock (lock, LOCK_EX), 0);
  say (hand, "THING WAIT");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  kill (supervisor.pid, SIGINT);
  hears (hand, "END");
  wait_for_log (hand, "died by signal 9");
  assert_true (goes_on (300));
  assert_int_equal (count_files (hand, "/etc"), before + 1);
  flock (lock, LOCK_UN);
  is_over (0);
  assert_int_equal (count_files (hand, "/etc"), before);
  close (lock);
}

/* What a session leaves that dies while the recovery for another is nearly
   over is put back, too.  */
static void
two_recoveries (void **state)
{
  struct daemonhand *hand = *state;
  size_t before = count_files (hand, "/etc");

  stage->hold = true;
  start (hand);
  for (unsigned i = 0; i < 2; i++)
    {
      enter_panel (hand);
      leave_half_done (hand);
      kill (session_pid (hand), SIGKILL);
      hears (hand, "END");
      leave (hand, hand->fd);
      for (int j = 0; j < 500 && !stage->recoveries; j++)
        poll (NULL, 0, 10);
      assert_int_equal (stage->recoveries, 1);
      assert_int_equal (count_files (hand, "/etc"), before + i);
      poll (NULL, 0, 100);
    }
  stage->hold = false;
  for (int j = 0; j < 500 && stage->recoveries != 2; j++)
    poll (NULL, 0, 10);
  assert_int_equal (stage->recoveries, 2);
  assert_int_equal (count_files (hand, "/etc"), before);
}

/* A recovery that has no end keeps nobody for ever.  */
static void
a_recovery_without_an_end (void **state)
{
  struct daemonhand *hand = *state;

  stage->hold = true;
  start (hand);
  enter_panel (hand);
  kill (session_pid (hand), SIGKILL);
  hears (hand, "END");
  wait_for_log (hand, "died by signal 9");
  kill (supervisor.pid, SIGTERM);
  assert_true (goes_on (300));
  stage->later = 2 * LIMIT_DRAIN_SECONDS * 1000 + 1;
  is_over (0);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (running_calls_end_first),
    TEST (there_is_an_end_to_waiting),
    TEST (at_once),
    TEST (what_a_dead_session_left_is_put_back),
    TEST (recovery_belongs_to_the_end),
    TEST (two_recoveries),
    TEST (a_recovery_without_an_end),
  };

  return cmocka_run_group_tests_name ("supervisor_end", tests, NULL, NULL);
}
