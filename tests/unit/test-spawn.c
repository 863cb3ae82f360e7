/* test-spawn.c - tests of client/lib/spawn.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The servers are small shell scripts.  */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "check.h"
#include "client/lib/reeve.h"
#include "protocol/link.h"

#define LOOP                                                                   \
  "echo OK shell; while read line; do echo \"D $line\"; echo OK; done"

static gpg_error_t
spawn (reeve_t reeve, const char *script, int key_fd)
{
  const char *const argv[] = { "sh", "-c", script, NULL };

  return reeve_open_spawn (reeve, "/bin/sh", argv, key_fd);
}

static void
talks_and_reaps (void **state)
{
  reeve_answer_t answer;
  uid_t client, server;
  reeve_t reeve;

  (void)state;
  assert_int_equal (reeve_new (&reeve), 0);
  assert_int_equal (spawn (reeve, LOOP, -1), 0);
  assert_string_equal (reeve_hello (reeve), "shell");
  assert_int_equal (reeve_call (reeve, "X Y", NULL, 0, &answer, NULL), 0);
  assert_string_equal (reeve_answer_bytes (answer, NULL), "X Y");
  reeve_answer_release (answer);
  reeve_get_uids (reeve, &client, &server);
  assert_int_equal (client, geteuid ());
  assert_int_equal (server, geteuid ());
  reeve_release (reeve);
  assert_int_equal (waitpid (-1, NULL, WNOHANG), -1);
  assert_int_equal (errno, ECHILD);
}

static void
hands_over_the_key_and_no_more (void **state)
{
  reeve_answer_t answer;
  reeve_t reeve;
  int ends[2], extra[2];

  (void)state;
  assert_int_equal (pipe (ends), 0);
  assert_int_equal (pipe (extra), 0);
  assert_int_equal (write (ends[1], "the key", 7), 7);
  close (ends[1]);
  assert_int_equal (reeve_new (&reeve), 0);
  assert_int_equal (
      spawn (reeve,
             "key=`cat <&3`; echo OK; read line; echo D $key;"
             " for fd in 2 3 4 5 6 7 8 9; do test -e /proc/$$/fd/$fd &&"
             " echo D $fd; done; echo OK; read line",
             ends[0]),
      0);
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, &answer, NULL), 0);
  assert_string_equal (reeve_answer_bytes (answer, NULL), "the key23");
  reeve_answer_release (answer);
  reeve_release (reeve);
  close (ends[0]);
  close (extra[0]);
  close (extra[1]);
}

static void
without_standard_descriptors (void **state)
{
  int saved = fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 100);
  reeve_answer_t answer;
  reeve_t reeve;

  (void)state;
  close (STDIN_FILENO);
  assert_int_equal (reeve_new (&reeve), 0);
  assert_int_equal (spawn (reeve, LOOP, -1), 0);
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, &answer, NULL), 0);
  assert_string_equal (reeve_answer_bytes (answer, NULL), "X");
  reeve_answer_release (answer);
  reeve_release (reeve);
  if (saved >= 0)
    {
      dup2 (saved, STDIN_FILENO);
      close (saved);
    }
}

static void
a_clean_start (void **state)
{
  reeve_answer_t answer;
  sigset_t set, old;
  reeve_t reeve;

  (void)state;
  setenv ("_assuan_connection_fd", "17", 1);
  sigemptyset (&set);
  sigaddset (&set, SIGTERM);
  sigprocmask (SIG_BLOCK, &set, &old);
  sigaction (SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
  assert_int_equal (reeve_new (&reeve), 0);
  assert_int_equal (
      spawn (reeve,
             "echo OK; read line; echo \"D <$_assuan_connection_fd>\";"
             " grep -E 'SigBlk|SigIgn' /proc/self/status"
             " | sed 's/^.*\\(.......\\)$/D \\1/';"
             " cut -d' ' -f1,5 /proc/$$/stat | sed 's/^\\([0-9]*\\) \\1$/D"
             " leads/'; echo OK; read line",
             -1),
      0);
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, &answer, NULL), 0);
  assert_string_equal (reeve_answer_bytes (answer, NULL),
                       "<>00000000000000leads");
  reeve_answer_release (answer);
  reeve_release (reeve);
  sigprocmask (SIG_SETMASK, &old, NULL);
  unsetenv ("_assuan_connection_fd");
}

static void
what_cannot_start (void **state)
{
  const char *const argv[] = { "none", NULL };
  reeve_t reeve;

  (void)state;
  assert_int_equal (reeve_new (&reeve), 0);
  assert_code (reeve_open_spawn (reeve, "/nonexistent/server", argv, -1),
               GPG_ERR_ENOENT);
  assert_non_null (strstr (reeve_error_text (reeve), "/nonexistent/server"));
  reeve_release (reeve);
  assert_int_equal (reeve_new (&reeve), 0);
  assert_code (spawn (reeve, "exit 1", -1), GPG_ERR_EOF);
  reeve_release (reeve);
  assert_int_equal (waitpid (-1, NULL, WNOHANG), -1);
}

static void
a_server_that_stays_is_terminated (void **state)
{
  uint64_t start;
  reeve_t reeve;

  (void)state;
  assert_int_equal (reeve_new (&reeve), 0);
  assert_int_equal (spawn (reeve, "echo OK; exec sleep 60", -1), 0);
  start = link_now ();
  reeve_release (reeve);
  assert_in_range (link_now () - start, 4900, 8000);
  assert_int_equal (waitpid (-1, NULL, WNOHANG), -1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (talks_and_reaps),
    cmocka_unit_test (hands_over_the_key_and_no_more),
    cmocka_unit_test (without_standard_descriptors),
    cmocka_unit_test (a_clean_start),
    cmocka_unit_test (what_cannot_start),
    cmocka_unit_test (a_server_that_stays_is_terminated),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
