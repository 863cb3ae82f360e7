/* test-queries.c - tests of src/mod/aug/queries.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "workerhand.h"

#include <signal.h>
#include <sys/wait.h>
#include "src/mod/aug/queries.h"

typedef gpg_error_t (*query_t) (struct worker *worker,
                                const struct words_of *words);

static gpg_error_t
ask (struct workerhand *hand, query_t query, const char *const *words)
{
  struct words_of all = { 0, { NULL } };

  failure_release (&hand->worker.failure);
  for (; *words; words++)
    all.word[all.count++] = (char *)*words;
  return query (&hand->worker, &all);
}

#define ASK(hand, query, ...)                                                  \
  ask (hand, query, (const char *const[]){ __VA_ARGS__, NULL })
#define ANSWERS(hand, text, query, ...)                                        \
  do                                                                           \
    {                                                                          \
      assert_int_equal (ASK (hand, query, __VA_ARGS__), 0);                    \
      assert_string_equal (workerhand_said (hand), text);                      \
    }                                                                          \
  while (0)

static int
setup (void **state)
{
  if (workerhand_setup (state))
    return -1;
  workerhand_loaded (*state, "/etc/hosts", HOSTS);
  return 0;
}

static void
values (void **state)
{
  struct workerhand *hand = *state;

  ANSWERS (hand, "ANSWER 127.0.0.1|", query_get, "/files/etc/hosts/1/ipaddr");
  ANSWERS (hand, "ANSWER g|localhost|", query_get, "/files/etc/hosts/2/alias",
           "/files/etc/hosts/1/canonical");
  assert_code (ASK (hand, query_get, "/files/etc/hosts/1/ipaddr", "/none"),
               GPG_ERR_NOT_FOUND);
  assert_code (ASK (hand, query_get, "/files/etc/hosts/1"), GPG_ERR_NO_DATA);
  assert_code (ASK (hand, query_get, "/files/etc/hosts/*"), GPG_ERR_AMBIGUOUS);
  assert_code (ASK (hand, query_get, "/files["), GPG_ERR_SYNTAX);
  /* Of an answer that fails nothing was said.  */
  assert_string_equal (workerhand_said (hand), "");
}

static void
labels (void **state)
{
  struct workerhand *hand = *state;

  ANSWERS (hand, "ANSWER 2|", query_label, "/files/etc/hosts/*[alias]");
  assert_code (ASK (hand, query_label, "/none"), GPG_ERR_NOT_FOUND);
  assert_code (ASK (hand, query_label, "/"), GPG_ERR_NO_DATA);
  assert_code (ASK (hand, query_label, "/files/etc/hosts/*"),
               GPG_ERR_AMBIGUOUS);
  assert_code (ASK (hand, query_label, "/["), GPG_ERR_SYNTAX);
}

static void
matches (void **state)
{
  struct workerhand *hand = *state;

  ANSWERS (hand, "ANSWER /files/etc/hosts/1|/files/etc/hosts/2|", query_match,
           "/files/etc/hosts/*");
  ANSWERS (hand, "ANSWER ", query_match, "/files/none");
  assert_code (ASK (hand, query_match, "/files["), GPG_ERR_SYNTAX);
}

static void
lists (void **state)
{
  struct workerhand *hand = *state;
  const char *inside = "ANSWER 1|/files/etc/hosts/1|1||"
                       "2|/files/etc/hosts/2|1||";

  ANSWERS (hand, inside, query_ls, "/files/etc/hosts");
  ANSWERS (hand, inside, query_ls, "/files/etc/hosts/");
  ANSWERS (hand,
           "ANSWER ipaddr|/files/etc/hosts/1/ipaddr|0|=127.0.0.1|"
           "canonical|/files/etc/hosts/1/canonical|0|=localhost|",
           query_ls, "/files/etc/hosts/1");
  ANSWERS (hand, "ANSWER ", query_ls, "/files/none");
  assert_code (ASK (hand, query_ls, "/files["), GPG_ERR_SYNTAX);
}

static void
print (void **state)
{
  struct workerhand *hand = *state;

  ANSWERS (hand, "ANSWER /files/etc/hosts/1/ipaddr = \"127.0.0.1\"\n|",
           query_print, "/files/etc/hosts/1/ipaddr");
  ANSWERS (hand, "", query_print, "/none");
  assert_code (ASK (hand, query_print, "/files["), GPG_ERR_SYNTAX);
  aug_rm (hand->worker.aug, "/augeas/*");
  assert_int_equal (ask (hand, query_print, (const char *const[]){ NULL }), 0);
  assert_non_null (
      strstr (workerhand_said (hand), "/files/etc/hosts/2/alias = \"g\"\n"));
}

/* How many messages the answers so far are; LENGTHS has that of their items
   together.  */
static size_t
pieces (struct workerhand *hand, size_t *r_length)
{
  struct message message;
  size_t count = 0;

  *r_length = 0;
  for (;;)
    {
      assert_int_equal (channel_read (&hand->session, &message), 0);
      if (message.kind == CHANNEL_READY)
        return count;
      assert_int_equal (message.kind, CHANNEL_ANSWER);
      for (size_t i = 0; i < message.count; i++)
        *r_length += message.items[i].length;
      count++;
    }
}

/* In a process of its own: ask and end; the socket holds less than a long
   answer.  */
static pid_t
ask_beside (struct workerhand *hand, query_t query, const char *word)
{
  pid_t pid = fork ();

  assert_true (pid >= 0);
  if (pid)
    return pid;
  if (ASK (hand, query, word))
    _exit (1);
  channel_begin (&hand->worker.channel, CHANNEL_READY, 0);
  channel_end (&hand->worker.channel);
  _exit (channel_flush (&hand->worker.channel) ? 1 : 0);
}

static void
long_answers_leave_in_pieces (void **state)
{
  struct workerhand *hand = *state;
  char *value = malloc (CHANNEL_PIECE);
  size_t length;
  int status;
  pid_t pid;

  assert_non_null (value);
  memset (value, 'v', CHANNEL_PIECE - 1);
  value[CHANNEL_PIECE - 1] = 0;
  for (int i = 1; i <= 4; i++)
    {
      char path[32];

      snprintf (path, sizeof path, "/x/%d", i);
      workerhand_set (hand, path, value);
    }
  free (value);
  pid = ask_beside (hand, query_ls, "/x");
  assert_true (pieces (hand, &length) >= 4);
  assert_true (length > 4 * (CHANNEL_PIECE - 1));
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_int_equal (status, 0);
  pid = ask_beside (hand, query_print, "/x");
  assert_int_equal (pieces (hand, &length), 5);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_int_equal (status, 0);
}

/* Nobody takes the answer.  */
static void
a_session_that_is_gone (void **state)
{
  struct workerhand *hand = *state;

  signal (SIGPIPE, SIG_IGN);
  close (hand->session.fd);
  assert_code (ASK (hand, query_print, "/files"), GPG_ERR_EOF);
}

static void
errors_of_files (void **state)
{
  struct workerhand *hand = *state;
  const char *said;

  assert_int_equal (ask (hand, query_errors, (const char *const[]){ NULL }), 0);
  assert_string_equal (workerhand_said (hand), "ANSWER ");
  assert_int_equal (workerhand_load (hand, "/etc/fstab", "no fstab\n"), 0);
  assert_int_equal (workerhand_load (hand, "/etc/many/a", "nonsense\n"), 0);
  assert_int_equal (workerhand_load (hand, "/etc/many/ab", "nonsense\n"), 0);
  /* The last failure of a call is none of a file.  */
  ASK (hand, query_get, "/files[");
  assert_int_equal (ask (hand, query_errors, (const char *const[]){ NULL }), 0);
  said = workerhand_said (hand);
  assert_ptr_equal (strstr (said, "ANSWER /etc/fstab|parse_failed|1|8|"), said);
  assert_non_null (strstr (said, "|/etc/many/a|parse_failed|1|"));
  assert_int_equal (ASK (hand, query_errors, "/files/etc/fstab"), 0);
  said = workerhand_said (hand);
  assert_ptr_equal (strstr (said, "ANSWER /etc/fstab|parse_failed|"), said);
  assert_null (strstr (said, "/etc/many"));
  assert_int_equal (ASK (hand, query_errors, "/augeas/files/etc/many"), 0);
  said = workerhand_said (hand);
  assert_ptr_equal (strstr (said, "ANSWER /etc/many/a|parse_failed|"), said);
  /* A name that begins like another is another.  */
  assert_int_equal (ASK (hand, query_errors, "/files/etc/many/a"), 0);
  said = workerhand_said (hand);
  assert_ptr_equal (strstr (said, "ANSWER /etc/many/a|parse_failed|"), said);
  assert_null (strstr (said, "/etc/many/ab"));
  ANSWERS (hand, "ANSWER ", query_errors, "/files/etc/hosts");
  assert_code (ASK (hand, query_errors, "/files["), GPG_ERR_SYNTAX);
}

#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, setup, workerhand_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (values),
    TEST (labels),
    TEST (matches),
    TEST (lists),
    TEST (print),
    TEST (long_answers_leave_in_pieces),
    TEST (a_session_that_is_gone),
    TEST (errors_of_files),
  };

  return cmocka_run_group_tests_name ("queries", tests, NULL, NULL);
}
