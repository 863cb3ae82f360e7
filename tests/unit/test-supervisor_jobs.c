/* test-supervisor_jobs.c - tests of src/daemon/supervisor.c: jobs
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "supervisorhand.h"

/* A process of another program.  */
static pid_t
start_stranger (void)
{
  pid_t pid = fork ();

  assert_true (pid >= 0);
  if (!pid)
    {
      execl ("/bin/sleep", "sleep", "60", NULL);
      _exit (1);
    }
  /* Until it is that program.  */
  for (int i = 0; i < 500; i++)
    {
      char path[32], name[16] = "";
      FILE *file;

      snprintf (path, sizeof path, "/proc/%ld/comm", (long)pid);
      file = fopen (path, "re");
      assert_non_null (file);
      assert_non_null (fgets (name, sizeof name, file));
      fclose (file);
      if (!strcmp (name, "sleep\n"))
        return pid;
      poll (NULL, 0, 10);
    }
  assert_true (!"sleep starts");
  return pid;
}

/* A session may write anything into what all share; and a number may be that of
   another process by now.  */
static void
what_is_no_job_is_not_killed (void **state)
{
  struct daemonhand *hand = *state;
  struct job_slots *slots = &hand->daemon.shared->jobs;
  pid_t stranger = start_stranger ();
  int signals[] = { SIGTERM, SIGINT };

  for (size_t i = 0; i < 2; i++)
    {
      slots->slot[0] = (uint32_t)stranger;
      start (hand);
      kill (supervisor.pid, signals[i]);
      is_over (0);
      assert_int_equal (waitpid (stranger, NULL, WNOHANG), 0);
      assert_int_equal (job_slots_each (slots, NULL, NULL), 0);
    }
  kill (stranger, SIGKILL);
  assert_int_equal (waitpid (stranger, NULL, 0), stranger);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (what_is_no_job_is_not_killed, setup,
                                     teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
