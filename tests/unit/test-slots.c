/* test-slots.c - tests of src/job/slots.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "check.h"
#include "src/job/slots.h"

static struct job_slots *slots;
static struct limits limits;
static int outcomes[2]; /* A pipe for what processes got.  */

static int
setup (void **state)
{
  (void)state;
  slots = mmap (NULL, sizeof *slots, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  limits = (struct limits){ .jobs = 3, .jobs_per_uid = 2 };
  return slots == MAP_FAILED || pipe (outcomes);
}

static int
teardown (void **state)
{
  (void)state;
  close (outcomes[0]);
  close (outcomes[1]);
  return munmap (slots, sizeof *slots);
}

/* Have a process take a slot for UID, and stay if it has it; its pid, and what
   it got at R_CODE.  */
static pid_t
take (uid_t uid, gpg_err_code_t *r_code)
{
  pid_t pid = fork ();

  assert_true (pid >= 0);
  if (!pid)
    {
      gpg_error_t err = job_slots_take (slots, uid, &limits, NULL);
      gpg_err_code_t code = gpg_err_code (err);

      prctl (PR_SET_PDEATHSIG, SIGKILL);
      if (write (outcomes[1], &code, sizeof code) == sizeof code && !code)
        pause ();
      _exit (0);
    }
  assert_int_equal (read (outcomes[0], r_code, sizeof *r_code), sizeof *r_code);
  return pid;
}

static pid_t
take_one (uid_t uid)
{
  gpg_err_code_t code;
  pid_t pid = take (uid, &code);

  assert_code (code, GPG_ERR_NO_ERROR);
  return pid;
}

static void
assert_full (uid_t uid)
{
  gpg_err_code_t code;
  pid_t pid = take (uid, &code);

  assert_code (code, GPG_ERR_LIMIT_REACHED);
  assert_int_equal (waitpid (pid, NULL, 0), pid);
}

static void
end (pid_t pid)
{
  kill (pid, SIGKILL);
  assert_int_equal (waitpid (pid, NULL, 0), pid);
}

static void
add_pid (void *context, pid_t pid)
{
  *(long *)context += pid;
}

static void
of_one_user (void **state)
{
  struct failure failure = FAILURE_NONE;
  pid_t one = take_one (0), two = take_one (0);

  (void)state;
  assert_full (0);
  assert_int_equal (job_slots_each (slots, NULL, NULL), 2);
  assert_code (job_slots_take (slots, 0, &limits, &failure),
               GPG_ERR_LIMIT_REACHED);
  assert_non_null (strstr (failure.text, "raise max-jobs-per-uid"));
  failure_release (&failure);
  /* Another one is not this one's concern.  */
  end (take_one ((uid_t)-2));
  assert_true (job_slots_free (slots, one));
  end (take_one (0));
  end (one);
  end (two);
}

static void
of_all (void **state)
{
  struct failure failure = FAILURE_NONE;
  pid_t pids[3] = { take_one (1), take_one (2), take_one (3) };
  long sum = 0;

  (void)state;
  assert_full (4);
  assert_code (job_slots_take (slots, 4, &limits, &failure),
               GPG_ERR_LIMIT_REACHED);
  assert_string_equal (failure.text,
                       "too many jobs run: wait for one, or raise max-jobs");
  failure_release (&failure);
  assert_int_equal (job_slots_each (slots, add_pid, &sum), 3);
  assert_int_equal (sum, (long)pids[0] + pids[1] + pids[2]);
  for (int i = 0; i < 3; i++)
    end (pids[i]);
  /* They did not leave them: nobody else does it for them.  */
  assert_full (4);
  assert_true (job_slots_free (slots, pids[1]));
  assert_false (job_slots_free (slots, pids[1]));
  end (take_one (4));
}

static void
none_is_allowed (void **state)
{
  (void)state;
  limits.jobs = 0;
  assert_full (0);
  limits = (struct limits){ .jobs = 1, .jobs_per_uid = 0 };
  assert_full (0);
  assert_int_equal (job_slots_each (slots, NULL, NULL), 0);
}

/* However many come at once.  */
static void
many_at_once (void **state)
{
  enum
  {
    COUNT = 40
  };
  pid_t pids[COUNT];
  unsigned good = 0;

  (void)state;
  limits = (struct limits){ .jobs = 8, .jobs_per_uid = 5 };
  for (int i = 0; i < COUNT; i++)
    {
      pids[i] = fork ();
      if (!pids[i])
        {
          gpg_error_t err = job_slots_take (slots, 7, &limits, NULL);
          gpg_err_code_t code = gpg_err_code (err);

          (void)!write (outcomes[1], &code, sizeof code);
          _exit (0);
        }
    }
  for (int i = 0; i < COUNT; i++)
    {
      gpg_err_code_t code;

      assert_int_equal (read (outcomes[0], &code, sizeof code), sizeof code);
      good += !code;
      assert_int_equal (waitpid (pids[i], NULL, 0), pids[i]);
    }
  /* Two may keep each other out, but not let each other in.  */
  assert_in_range (good, 1, 5);
  assert_int_equal (job_slots_each (slots, NULL, NULL), good);
}

static void
processes_that_live (void **state)
{
  gpg_err_code_t code;
  pid_t pid = take (0, &code);

  (void)state;
  assert_true (job_process_lives (getpid ()));
  assert_true (job_process_lives (pid));
  /* The name of a program may look like a state.  */
  prctl (PR_SET_NAME, ") Z (x");
  assert_true (job_process_lives (getpid ()));
  kill (pid, SIGKILL);
  assert_int_equal (
      waitid (P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
  assert_false (job_process_lives (pid));
  assert_int_equal (waitpid (pid, NULL, 0), pid);
  assert_false (job_process_lives (pid));
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[]
      = { TEST (of_one_user), TEST (of_all), TEST (none_is_allowed),
          TEST (many_at_once), TEST (processes_that_live) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
