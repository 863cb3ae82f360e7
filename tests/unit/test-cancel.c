/* test-cancel.c - tests of client/lib/cancel.c, and of reeve_complete
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include "fake.h"
#include "protocol/limits.h"

#define CANCELED "ERR 536871011 Operation canceled\n"
#define IN_STEP                                                                \
  {                                                                            \
    "GETINFO version", "# a comment\nD 0.1\nOK\n", 0                           \
  }
#define NEXT                                                                   \
  {                                                                            \
    "NOP", "OK next\n", 0                                                      \
  }

static reeve_t in_handler;

/* Give the call up at its first status line.  */
static gpg_error_t
cancel_at_once (void *opaque, const char *keyword, const char *text)
{
  (void)keyword;
  (void)text;
  errno = EXDEV;
  assert_int_equal (reeve_cancel (opaque), 0);
  assert_int_equal (errno, EXDEV);
  return 0;
}

static void
cancel_by_signal (int number)
{
  (void)number;
  reeve_cancel (in_handler);
}

/* Call X, which has VERDICT; then the stream is in step.  */
static void
call_and_next (struct fake *fake, reeve_t reeve, gpg_err_code_t expected)
{
  gpg_error_t verdict;

  assert_int_equal (reeve_call (reeve, "X", NULL, 0, NULL, &verdict), 0);
  assert_code (verdict, expected);
  assert_int_equal (reeve_call (reeve, "NOP", NULL, 0, NULL, &verdict), 0);
  assert_int_equal (verdict, 0);
  assert_string_equal (reeve_ok_text (reeve), "next");
  fake_close (fake, reeve);
}

static void
between_calls_there_is_nothing_to_cancel (void **state)
{
  const struct fake_step steps[] = { FAKE_HELLO, NEXT, NEXT, FAKE_END };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  assert_code (reeve_cancel (reeve), GPG_ERR_INV_STATE);
  assert_int_equal (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL), 0);
  assert_code (reeve_cancel (reeve), GPG_ERR_INV_STATE);
  assert_int_equal (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL), 0);
  fake_close (&fake, reeve);
}

static void
the_server_gives_the_call_up (void **state)
{
  const struct fake_step steps[] = { FAKE_HELLO,
                                     { "X", "S PROGRESS x\n", 0 },
                                     { "CANCEL", CANCELED, 0 },
                                     IN_STEP,
                                     NEXT,
                                     FAKE_END };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  reeve_set_status_cb (reeve, cancel_at_once, reeve);
  call_and_next (&fake, reeve, GPG_ERR_CANCELED);
}

/* The server was done already, and answers CANCEL as a command.  */
static void
it_comes_too_late (void **state)
{
  const struct fake_step steps[] = { FAKE_HELLO,
                                     { "X", "S PROGRESS x\n", 0 },
                                     { "CANCEL", "OK done\nOK\n", 0 },
                                     IN_STEP,
                                     NEXT,
                                     FAKE_END };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  reeve_set_status_cb (reeve, cancel_at_once, reeve);
  call_and_next (&fake, reeve, 0);
}

static void
an_answer_that_is_here_is_not_cancelled (void **state)
{
  const struct fake_step steps[]
      = { FAKE_HELLO, { "X", "S PROGRESS x\nOK\n", 0 }, NEXT, FAKE_END };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  reeve_set_status_cb (reeve, cancel_at_once, reeve);
  call_and_next (&fake, reeve, 0);
}

static void
an_inquiry_is_answered_by_can (void **state)
{
  const struct fake_step steps[] = { FAKE_HELLO,
                                     { "X @", "S PROGRESS x\nINQUIRE A\n", 0 },
                                     { "CAN", CANCELED, 0 },
                                     FAKE_END };
  const struct reeve_word words[] = { { REEVE_CONTENT, "a", 1 } };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);
  gpg_error_t verdict;

  (void)state;
  reeve_set_status_cb (reeve, cancel_at_once, reeve);
  assert_int_equal (reeve_call (reeve, "X", words, 1, NULL, &verdict), 0);
  assert_code (verdict, GPG_ERR_CANCELED);
  fake_close (&fake, reeve);
}

/* The CANCEL that is under way is the answer.  */
static void
an_inquiry_crosses_the_cancel (void **state)
{
  const struct fake_step steps[] = { FAKE_HELLO,
                                     { "X @", "S PROGRESS x\n", 0 },
                                     { "CANCEL", "INQUIRE A\n" CANCELED, 0 },
                                     IN_STEP,
                                     FAKE_END };
  const struct reeve_word words[] = { { REEVE_CONTENT, "a", 1 } };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);
  gpg_error_t verdict;

  (void)state;
  reeve_set_status_cb (reeve, cancel_at_once, reeve);
  assert_int_equal (reeve_call (reeve, "X", words, 1, NULL, &verdict), 0);
  assert_code (verdict, GPG_ERR_CANCELED);
  fake_close (&fake, reeve);
}

/* The signal arrives while the answer is waited for.  */
static void
from_a_signal_handler (void **state)
{
  const struct fake_step steps[]
      = { FAKE_HELLO, { "X", NULL, 0 }, { "CANCEL", CANCELED, 0 }, IN_STEP,
          NEXT,       FAKE_END };
  const struct itimerval soon = { .it_value = { 0, 50000 } };
  struct sigaction old;
  struct fake fake;
  sigset_t set;

  (void)state;
  sigemptyset (&set);
  sigaddset (&set, SIGALRM);
  pthread_sigmask (SIG_BLOCK, &set, NULL); /* For the server's thread.  */
  in_handler = fake_open (&fake, steps);
  sigaction (SIGALRM, &(struct sigaction){ .sa_handler = cancel_by_signal },
             &old);
  pthread_sigmask (SIG_UNBLOCK, &set, NULL);
  setitimer (ITIMER_REAL, &soon, NULL);
  call_and_next (&fake, in_handler, GPG_ERR_CANCELED);
  sigaction (SIGALRM, &old, NULL);
}

static void
a_server_that_does_not_know_it (void **state)
{
  const struct fake_step steps[]
      = { FAKE_HELLO,
          { "X", "S PROGRESS x\n", 0 },
          { "CANCEL", "OK\n", 0 },
          { "GETINFO version", "ERR 536871187 Unknown command\n", 0 },
          FAKE_END };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  reeve_set_status_cb (reeve, cancel_at_once, reeve);
  assert_code (reeve_call (reeve, "X", NULL, 0, NULL, NULL),
               GPG_ERR_INV_RESPONSE);
  assert_code (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL),
               GPG_ERR_INV_RESPONSE);
  fake_close (&fake, reeve);
}

static int far_end;

/* The answer has to be waited for.  */
static gpg_error_t
cancel_and_answer (void *opaque, const char *keyword, const char *text)
{
  cancel_at_once (opaque, keyword, text);
  assert_int_equal (write (far_end, "OK\n", 3), 3);
  return 0;
}

static void
on_a_pipe_nothing_is_sent (void **state)
{
  int to[2], from[2];
  char line[32];
  reeve_t reeve;

  (void)state;
  assert_int_equal (pipe (to), 0);
  assert_int_equal (pipe (from), 0);
  far_end = from[1];
  assert_int_equal (write (far_end, "OK hello\n", 9), 9);
  assert_int_equal (reeve_new (&reeve), 0);
  assert_int_equal (reeve_open_fd (reeve, from[0], to[1]), 0);
  assert_int_equal (write (far_end, "S PROGRESS x\n", 13), 13);
  reeve_set_status_cb (reeve, cancel_and_answer, reeve);
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, NULL, NULL), 0);
  reeve_release (reeve);
  assert_int_equal (read (to[0], line, sizeof line), 2);
  assert_memory_equal (line, "X\n", 2);
  close (to[0]);
  close (far_end);
}

static void
completion_sends_the_line_as_it_is (void **state)
{
  const struct fake_step steps[] = { FAKE_HELLO,
                                     { "GETINFO complete AUG GET  \"/a b",
                                       "D \"/a b/c\"%0A/x%0A\nOK\n", 0 },
                                     { "GETINFO complete ", "OK\n", 0 },
                                     FAKE_END };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);
  char *text = calloc (1, LIMIT_LINE + 1);
  reeve_answer_t answer;
  size_t count;

  (void)state;
  assert_int_equal (reeve_complete (reeve, "AUG GET  \"/a b", &answer, NULL),
                    0);
  assert_int_equal (reeve_answer_list (answer, &count), 0);
  assert_int_equal (count, 2);
  assert_string_equal (reeve_answer_item (answer, 0, NULL), "\"/a b/c\"");
  assert_string_equal (reeve_answer_item (answer, 1, NULL), "/x");
  reeve_answer_release (answer);
  assert_int_equal (reeve_complete (reeve, "", &answer, NULL), 0);
  reeve_answer_release (answer);
  assert_code (reeve_complete (reeve, "A\nBYE", &answer, NULL),
               GPG_ERR_INV_VALUE);
  assert_null (answer);
  memset (text, 'x', LIMIT_LINE);
  assert_code (reeve_complete (reeve, text, &answer, NULL), GPG_ERR_TOO_LARGE);
  assert_non_null (strstr (reeve_error_text (reeve), "too long for a line"));
  free (text);
  fake_close (&fake, reeve);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (between_calls_there_is_nothing_to_cancel),
    cmocka_unit_test (the_server_gives_the_call_up),
    cmocka_unit_test (it_comes_too_late),
    cmocka_unit_test (an_answer_that_is_here_is_not_cancelled),
    cmocka_unit_test (an_inquiry_is_answered_by_can),
    cmocka_unit_test (an_inquiry_crosses_the_cancel),
    cmocka_unit_test (from_a_signal_handler),
    cmocka_unit_test (a_server_that_does_not_know_it),
    cmocka_unit_test (on_a_pipe_nothing_is_sent),
    cmocka_unit_test (completion_sends_the_line_as_it_is),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
