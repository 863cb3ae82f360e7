/* test-save.c - tests of src/mod/aug/save.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "sessionhand.h"

#include <sys/wait.h>

/* The session has read the file PATH, which has TEXT.  */
static void
read_file (struct sessionhand *hand, const char *path, const char *text)
{
  struct file_image image;

  scratch_write (hand->scratch, path, text);
  assert_int_equal (
      file_read (hand->call.machine, path, 1000, &image, NULL, NULL), 0);
  assert_int_equal (known_file_put (hand->session, path, NULL, &image), 0);
}

/* Plan what the worker said, and do it.  */
static void
save (struct sessionhand *hand)
{
  gpg_error_t err = verb_save (&hand->call);

  if (err)
    print_error ("%s\n",
                 hand->call.failure.text ? hand->call.failure.text : "");
  assert_int_equal (err, 0);
  assert_int_equal (
      plan_run (hand->call.plan, hand->call.machine, &hand->call.failure), 0);
}

static void
texts_become_steps (void **state)
{
  struct sessionhand *hand = *state;
  char text[40];

  read_file (hand, "/etc/hosts", "old\n");
  read_file (hand, "/etc/fstab", "gone\n");
  scratch_mkdir (hand->scratch, "/etc/many");
  SAY (hand, CHANNEL_ANSWER, 0, "write", "/etc/hosts", "new\n");
  SAY (hand, CHANNEL_ANSWER, 0, "write", "/etc/many/a", "a\n");
  SAY (hand, CHANNEL_ANSWER, 0, "remove", "/etc/fstab", "");
  sessionhand_done (hand);
  save (hand);
  snprintf (text, sizeof text, "REQUEST/%d save|", CHANNEL_RENDER);
  assert_string_equal (sessionhand_told (hand), text);
  assert_int_equal (plan_count (hand->call.plan), 3);
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"), "new\n");
  assert_string_equal (scratch_text (hand->scratch, "/etc/many/a"), "a\n");
  assert_null (scratch_text (hand->scratch, "/etc/fstab"));
  /* What was written is what the session knows, and the worker is told.  */
  hand->session->edited = true;
  sessionhand_done (hand);
  assert_int_equal (verb_save_done (&hand->call, 0), 0);
  assert_string_equal (sessionhand_answer (hand),
                       "/etc/hosts\n/etc/many/a\n/etc/fstab\n");
  snprintf (text, sizeof text, "REQUEST/%d /etc/hosts|", CHANNEL_COMMIT);
  assert_ptr_equal (strstr (sessionhand_told (hand), text), hand->told);
  assert_non_null (strstr (hand->told, "|/etc/fstab|0|"));
  assert_false (hand->session->edited);
  assert_int_equal (hand->session->change_count, 0);
  assert_string_equal (
      known_file_find (hand->session, "/etc/hosts")->image.bytes, "new\n");
  assert_non_null (known_file_find (hand->session, "/etc/many/a"));
  assert_null (known_file_find (hand->session, "/etc/fstab"));
}

/* Should somebody have written meanwhile, the next change meets a conflict. */
static void
writing_meanwhile (void **state)
{
  struct sessionhand *hand = *state;
  struct plan *plan;

  read_file (hand, "/etc/hosts", "old\n");
  SAY (hand, CHANNEL_ANSWER, 0, "write", "/etc/hosts", "new\n");
  sessionhand_done (hand);
  save (hand);
  scratch_write (hand->scratch, "/etc/hosts", "else\n");
  sessionhand_done (hand);
  assert_int_equal (verb_save_done (&hand->call, 0), 0);
  assert_string_equal (
      known_file_find (hand->session, "/etc/hosts")->image.bytes, "new\n");
  SAY (hand, CHANNEL_ANSWER, 0, "write", "/etc/hosts", "newer\n");
  sessionhand_done (hand);
  plan = hand->call.plan;
  assert_int_equal (plan_new (&hand->call.plan), 0);
  assert_int_equal (verb_save (&hand->call), 0);
  assert_code (
      plan_run (hand->call.plan, hand->call.machine, &hand->call.failure),
      GPG_ERR_CONFLICT);
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"), "else\n");
  plan_release (plan);
}

/* A worker that dies over what was written is dropped: the next one begins
   with what is there.  */
static void
a_worker_that_does_not_agree (void **state)
{
  struct sessionhand *hand = *state;
  int fd;

  read_file (hand, "/etc/hosts", "old\n");
  SAY (hand, CHANNEL_ANSWER, 0, "write", "/etc/hosts", "new\n");
  sessionhand_done (hand);
  save (hand);
  fd = hand->worker.fd;
  shutdown (fd, SHUT_WR);
  assert_int_equal (verb_save_done (&hand->call, 0), 0);
  assert_int_equal (hand->session->fd, -1);
  assert_null (known_file_find (hand->session, "/etc/hosts"));
  assert_null (hand->call.failure.text);
  assert_string_equal (sessionhand_answer (hand), "/etc/hosts\n");
}

/* What was undone is no success; edits stay.  */
static void
a_plan_that_failed (void **state)
{
  struct sessionhand *hand = *state;
  gpg_error_t err = gpg_error (GPG_ERR_CONFLICT);

  read_file (hand, "/etc/hosts", "old\n");
  SAY (hand, CHANNEL_ANSWER, 0, "write", "/etc/hosts", "new\n");
  sessionhand_done (hand);
  assert_int_equal (verb_save (&hand->call), 0);
  hand->session->edited = true;
  assert_code (verb_save_done (&hand->call, err), GPG_ERR_CONFLICT);
  assert_true (hand->session->edited);
  assert_int_equal (hand->session->change_count, 0);
  assert_string_equal (sessionhand_answer (hand), "");
  /* Without a session there is nothing to take note of.  */
  hand->module.session = NULL;
  assert_code (verb_save_done (&hand->call, err), GPG_ERR_CONFLICT);
  hand->module.session = hand->session;
}

/* A change that the session would not make.  */
static void
refused (struct sessionhand *hand, gpg_err_code_t code, const char *action,
         const char *path)
{
  failure_release (&hand->call.failure);
  SAY (hand, CHANNEL_ANSWER, 0, action, path, "text\n");
  sessionhand_done (hand);
  assert_code (verb_save (&hand->call), code);
  assert_int_equal (plan_count (hand->call.plan), 0);
  assert_int_equal (hand->session->change_count, 0);
  assert_non_null (hand->call.failure.text);
}

static void
changes_are_judged (void **state)
{
  struct sessionhand *hand = *state;
  char path[LIMIT_PATH + 32];

  scratch_write (hand->scratch, "/etc/hosts", "unread\n");
  scratch_mkdir (hand->scratch, "/etc/reeve");
  refused (hand, GPG_ERR_NOT_SUPPORTED, "write", "/etc/unclaimed");
  refused (hand, GPG_ERR_NOT_SUPPORTED, "write", "etc/hosts");
  refused (hand, GPG_ERR_NOT_SUPPORTED, "write", "/etc/many/../hosts");
  refused (hand, GPG_ERR_NOT_SUPPORTED, "write", "/etc/./hosts");
  refused (hand, GPG_ERR_NOT_SUPPORTED, "write", "/etc//hosts");
  refused (hand, GPG_ERR_NOT_SUPPORTED, "write", "/etc/many/");
  refused (hand, GPG_ERR_NOT_SUPPORTED, "remove", "/etc/unclaimed");
  refused (hand, GPG_ERR_FORBIDDEN, "write", "/etc/reeve/reeved.conf");
  refused (hand, GPG_ERR_CONFLICT, "write", "/etc/hosts");
  snprintf (path, sizeof path, "/etc/many/%0*d", LIMIT_PATH, 1);
  refused (hand, GPG_ERR_NOT_SUPPORTED, "write", path);
  /* A dot may stand in a name.  */
  scratch_mkdir (hand->scratch, "/etc/many");
  SAY (hand, CHANNEL_ANSWER, 0, "write", "/etc/many/..a", "a\n");
  sessionhand_done (hand);
  assert_int_equal (verb_save (&hand->call), 0);
  assert_int_equal (plan_count (hand->call.plan), 1);
}

/* What was never read and is not there need not be removed.  */
static void
removing_what_is_not_there (void **state)
{
  struct sessionhand *hand = *state;

  SAY (hand, CHANNEL_ANSWER, 0, "remove", "/etc/hosts", "");
  sessionhand_done (hand);
  assert_int_equal (verb_save (&hand->call), 0);
  assert_int_equal (plan_count (hand->call.plan), 0);
}

static void
malformed_changes (void **state)
{
  struct sessionhand *hand = *state;

  SAY (hand, CHANNEL_ANSWER, 0, "write", "/etc/hosts");
  sessionhand_done (hand);
  assert_code (verb_save (&hand->call), GPG_ERR_SERVER_FAILED);
  /* It costs the worker.  */
  assert_int_equal (hand->session->fd, -1);
}

/* Of all changes together.  They come from a process of their own: they are
   more than the socket holds.  */
static void
there_is_a_limit_of_bytes (void **state)
{
  struct sessionhand *hand = *state;
  char *text = malloc (LIMIT_AUG_FILE + 1);
  int status;
  pid_t pid;

  assert_non_null (text);
  memset (text, 'x', LIMIT_AUG_FILE);
  text[LIMIT_AUG_FILE] = 0;
  pid = fork ();
  assert_true (pid >= 0);
  if (!pid)
    {
      for (size_t i = 0; i <= LIMIT_ANSWER / LIMIT_AUG_FILE; i++)
        SAY (hand, CHANNEL_ANSWER, 0, "write", "/etc/hosts", text);
      sessionhand_done (hand);
      _exit (0);
    }
  assert_code (verb_save (&hand->call), GPG_ERR_TOO_LARGE);
  assert_int_equal (hand->session->change_count, 0);
  assert_int_equal (hand->session->change_bytes, 0);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_int_equal (status, 0);
  free (text);
}

/* Paths are kept, too.  */
static void
a_path_has_a_limit (void **state)
{
  struct sessionhand *hand = *state;
  char path[LIMIT_PATH + 2];

  memset (path, 'x', sizeof path);
  path[0] = '/';
  path[sizeof path - 1] = 0;
  SAY (hand, CHANNEL_ANSWER, 0, "write", path, "t\n");
  sessionhand_done (hand);
  assert_code (verb_diff (&hand->call), GPG_ERR_NOT_SUPPORTED);
  assert_non_null (strstr (hand->call.failure.text, "4096 bytes"));
}

static void
diff_shows_and_plans_nothing (void **state)
{
  struct sessionhand *hand = *state;

  read_file (hand, "/etc/hosts", "old\n");
  SAY (hand, CHANNEL_ANSWER, 0, "write", "/etc/hosts", "new\n");
  sessionhand_done (hand);
  assert_int_equal (verb_diff (&hand->call), 0);
  assert_string_equal (sessionhand_answer (hand),
                       "--- /etc/hosts\n+++ /etc/hosts\n@@ -1 +1 @@\n-old\n"
                       "+new\n");
  assert_int_equal (plan_count (hand->call.plan), 0);
  assert_int_equal (hand->session->change_count, 0);
  assert_string_equal (scratch_text (hand->scratch, "/etc/hosts"), "old\n");
  buffer_clear (&hand->answer);
  sessionhand_done (hand);
  assert_int_equal (verb_diff (&hand->call), 0);
  assert_string_equal (sessionhand_answer (hand), "");
}

static void
hard_links_are_told (void **state)
{
  struct sessionhand *hand = *state;

  scratch_write (hand->scratch, "/etc/hosts", "old\n");
  assert_int_equal (link (scratch_path (hand->scratch, "/etc/hosts"),
                          scratch_path (hand->scratch, "/etc/other")),
                    0);
  read_file (hand, "/etc/hosts", "old\n");
  SAY (hand, CHANNEL_ANSWER, 0, "write", "/etc/hosts", "new\n");
  sessionhand_done (hand);
  save (hand);
  assert_ptr_equal (
      strstr (sessionhand_answer (hand), "S WARNING /etc/hosts has 2 names"),
      sessionhand_answer (hand));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    SESSION_TEST (texts_become_steps),
    SESSION_TEST (writing_meanwhile),
    SESSION_TEST (a_worker_that_does_not_agree),
    SESSION_TEST (a_plan_that_failed),
    SESSION_TEST (changes_are_judged),
    SESSION_TEST (removing_what_is_not_there),
    SESSION_TEST (malformed_changes),
    SESSION_TEST (there_is_a_limit_of_bytes),
    SESSION_TEST (a_path_has_a_limit),
    SESSION_TEST (diff_shows_and_plans_nothing),
    SESSION_TEST (hard_links_are_told),
  };

  return cmocka_run_group_tests_name ("save", tests, NULL, NULL);
}
