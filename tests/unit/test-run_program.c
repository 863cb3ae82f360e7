/* test-run_program.c - tests of src/base/run_program.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "check.h"

#include <signal.h>
#include <sys/wait.h>

#include "protocol/link.h"
#include "src/base/run.h"

static void
write_program (struct scratch *scratch, const char *body)
{
  char text[2000];

  snprintf (text, sizeof text, "#!/bin/sh\n%s\n", body);
  scratch_write (scratch, "/program", text);
  assert_int_equal (chmod (scratch_path (scratch, "/program"), 0755), 0);
}

static gpg_error_t
run_body (struct scratch *scratch, const char *body, struct run run,
          struct run_result *result, struct failure *failure)
{
  write_program (scratch, body);
  run.machine = &scratch->machine;
  run.program = "/program";
  if (!run.most)
    run.most = 1000;
  if (!run.time_ms)
    run.time_ms = 10000;
  return run_program (&run, result, failure);
}

static void
test_output_and_status (void **state)
{
  const char *const arguments[] = { "a b", "$HOME", "*", NULL };
  struct run_result result;

  assert_int_equal (
      run_body (*state, "printf '%s|' \"$@\"; echo bad >&2; exit 7",
                (struct run){ .arguments = arguments }, &result, NULL),
      0);
  assert_string_equal (result.output, "a b|$HOME|*|");
  assert_string_equal (result.errors, "bad\n");
  assert_int_equal (result.exit_status, 7);
  assert_int_equal (result.signal, 0);
  assert_false (result.cut);
  run_result_release (&result);
  assert_int_equal (run_body (*state, "kill -15 $$", (struct run){ .most = 0 },
                              &result, NULL),
                    0);
  assert_int_equal (result.exit_status, -1);
  assert_int_equal (result.signal, SIGTERM);
  assert_string_equal (result.output, "");
  run_result_release (&result);
}

static void
test_clean_environment (void **state)
{
  const char *const more[] = { "EXTRA=1", NULL };
  struct run_result result;

  setenv ("REEVE_SECRET", "s", 1);
  assert_int_equal (run_body (*state,
                              "env | grep -v '^_=\\|^PWD=\\|^SHLVL=' "
                              "| sort; ls /proc/self/fd | wc -l; pwd",
                              (struct run){ .environment = more }, &result,
                              NULL),
                    0);
  /* Standard input, output, errors, the script, the directory.  */
  assert_string_equal (result.output,
                       "EXTRA=1\nHOME=/root\nLC_ALL=C.UTF-8\n"
                       "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n5\n/\n");
  run_result_release (&result);
}

/* L8, E7: both pipes are drained, beyond what a pipe holds; the cap is told. */
static void
test_much_output (void **state)
{
  struct run_result result;

  assert_int_equal (
      run_body (*state,
                "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero",
                (struct run){ .most = 100000 }, &result, NULL),
      0);
  assert_int_equal (result.output_length, 100000);
  assert_int_equal (result.errors_length, 100000);
  assert_int_equal (result.exit_status, 0);
  assert_true (result.cut);
  run_result_release (&result);
}

static bool
is_there (pid_t pid)
{
  return !kill (pid, 0);
}

/* Whether PID is gone soon.  */
static bool
goes (pid_t pid)
{
  for (int i = 0; i < 100 && is_there (pid); i++)
    usleep (20000);
  return !is_there (pid);
}

/* L8, F3: the time ends the program and what it started.  */
static void
test_time (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  uint64_t start = link_now ();
  struct run_result result;
  char body[300];
  const char *noted;

  snprintf (body, sizeof body, "sleep 1000 & echo $! >'%s'; wait",
            scratch_path (*state, "/pid"));
  assert_code (run_body (*state, body, (struct run){ .time_ms = 300 }, &result,
                         &failure),
               GPG_ERR_TIMEOUT);
  assert_true (link_now () - start < 5000);
  assert_non_null (strstr (failure.text, "within 0.3 s"));
  run_result_release (&result);
  noted = scratch_text (*state, "/pid");
  assert_non_null (noted);
  assert_true (goes ((pid_t)atol (noted)));
}

static bool
always (void *context)
{
  (*(int *)context)++;
  return true;
}

static void
test_give_up (void **state)
{
  struct run_result result;
  int asked = 0;

  assert_code (run_body (*state, "sleep 1000",
                         (struct run){ .give_up = always, .context = &asked },
                         &result, NULL),
               GPG_ERR_CANCELED);
  assert_int_equal (asked, 1);
  run_result_release (&result);
}

/* What the program leaves behind ends with it, but for a daemon that may stay;
   in neither case is its open pipe waited for.  */
static void
test_what_is_left (void **state)
{
  struct run_result result;
  uint64_t start = link_now ();
  pid_t pid;

  assert_int_equal (run_body (*state, "sleep 1000 & echo $!",
                              (struct run){ .leave = false }, &result, NULL),
                    0);
  pid = (pid_t)atol (result.output);
  assert_true (pid > 1);
  assert_true (goes (pid));
  run_result_release (&result);
  assert_int_equal (run_body (*state, "sleep 1000 & echo $!",
                              (struct run){ .leave = true }, &result, NULL),
                    0);
  pid = (pid_t)atol (result.output);
  assert_true (pid > 1);
  assert_true (is_there (pid));
  kill (pid, SIGKILL);
  run_result_release (&result);
  assert_true (link_now () - start < 8000);
}

/* Kill the process that runs a program with LEAVE while it runs; return the
   program's.  */
static pid_t
kill_attendant (struct scratch *scratch, bool leave)
{
  char body[300];
  pid_t attendant;
  long pid = 0;

  snprintf (body, sizeof body,
            "echo $$ >'%s.new'; mv '%s.new' '%s'; exec sleep 60",
            scratch_path (scratch, "/pid"), scratch_path (scratch, "/pid"),
            scratch_path (scratch, "/pid"));
  attendant = fork ();
  assert_true (attendant >= 0);
  if (!attendant)
    {
      struct run_result result;

      run_body (scratch, body, (struct run){ .leave = leave }, &result, NULL);
      _exit (0);
    }
  for (int i = 0; i < 500 && !pid; i++)
    {
      const char *noted = scratch_text (scratch, "/pid");

      pid = noted ? atol (noted) : 0;
      usleep (20000);
    }
  kill (attendant, SIGKILL);
  waitpid (attendant, NULL, 0);
  unlink (scratch_path (scratch, "/pid"));
  assert_true (pid > 1);
  return (pid_t)pid;
}

/* L8: what nobody attends any more ends, but for a script that may leave a
   daemon.  */
static void
test_without_attendant (void **state)
{
  pid_t pid = kill_attendant (*state, true);

  usleep (300000);
  assert_true (is_there (pid));
  kill (-pid, SIGKILL);
  assert_true (goes (kill_attendant (*state, false)));
}

/* E7, F5: a program is found in fixed places only and must be root's.  */
static void
test_which_program (void **state)
{
  struct scratch *scratch = *state;
  auto_failure struct failure failure = FAILURE_NONE;
  struct run run = { .machine = &scratch->machine,
                     .program = "reeve-none",
                     .most = 100,
                     .time_ms = 5000 };
  struct run_result result;

  setenv ("PATH", scratch->root, 1);
  write_program (scratch, "echo found");
  assert_false (run_is_installed (&scratch->machine, "program"));
  assert_true (run_is_installed (&scratch->machine, "true"));
  assert_code (run_program (&run, &result, &failure), GPG_ERR_NOT_FOUND);
  assert_string_equal (failure.text, "reeve-none is not installed");
  run.program = "/program";
  assert_int_equal (chmod (scratch_path (scratch, "/program"), 0757), 0);
  assert_code (run_program (&run, &result, &failure), GPG_ERR_FORBIDDEN);
  assert_int_equal (chmod (scratch_path (scratch, "/program"), 0644), 0);
  assert_code (run_program (&run, &result, &failure), GPG_ERR_FORBIDDEN);
  scratch_mkdir (scratch, "/usr");
  scratch_mkdir (scratch, "/usr/bin");
  assert_int_equal (chmod (scratch_path (scratch, "/program"), 0755), 0);
  assert_int_equal (rename (scratch_path (scratch, "/program"),
                            scratch_path (scratch, "/usr/bin/true")),
                    0);
  run.program = "true";
  assert_int_equal (run_program (&run, &result, NULL), 0);
  assert_string_equal (result.output, "found\n");
  run_result_release (&result);
}

#define CASE(name)                                                             \
  cmocka_unit_test_setup_teardown (test_##name, scratch_setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    CASE (output_and_status), CASE (clean_environment),
    CASE (much_output),       CASE (time),
    CASE (give_up),           CASE (what_is_left),
    CASE (without_attendant), CASE (which_program),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
