/* test-worker.c - tests of src/mod/aug/worker.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "workerhand.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* --- Needs --- */

static gpg_error_t
load_for (struct workerhand *hand, const char *expression)
{
  failure_release (&hand->worker.failure);
  return worker_load_for (&hand->worker, expression, NULL, true);
}

static void
a_file_is_asked_for_once (void **state)
{
  struct workerhand *hand = *state;

  TELL (hand, CHANNEL_FILE, 0, "/etc/hosts", "Hosts.lns", "1", HOSTS);
  workerhand_ready (hand);
  assert_int_equal (load_for (hand, "/files/etc/hosts/1/ipaddr"), 0);
  assert_string_equal (workerhand_said (hand), "NEED /etc/hosts/1/ipaddr|");
  workerhand_has (hand, "/files/etc/hosts/1/ipaddr", "127.0.0.1");
  assert_int_equal (load_for (hand, "/files/etc/hosts/1/ipaddr"), 0);
  assert_int_equal (load_for (hand, "/files/etc/hosts/*"), 0);
  assert_string_equal (workerhand_said (hand), "");
  /* It counts as unmodified.  */
  assert_int_equal (tree_count (&hand->worker, "/files//*[modified()]"), 0);
}

static void
several_needs_are_one_question (void **state)
{
  struct workerhand *hand = *state;

  TELL (hand, CHANNEL_FILE, 0, "/etc/hosts", "Hosts.lns", "1", HOSTS);
  TELL (hand, CHANNEL_SETTLED, CHANNEL_ABSENT, "/etc/none");
  TELL (hand, CHANNEL_SETTLED, CHANNEL_DIRECTORY, "/etc/many");
  workerhand_ready (hand);
  assert_int_equal (load_for (hand, "/files/etc/hosts/*[/files/etc/none/x = "
                                    "/files/etc/many/*/1/ipaddr]"),
                    0);
  assert_string_equal (workerhand_said (hand),
                       "NEED /etc/none/x|/etc/many|/etc/hosts|");
  assert_int_equal (record_find (&hand->worker, "/etc/none")->state,
                    RECORD_ABSENT);
  assert_int_equal (record_find (&hand->worker, "/etc/many")->state,
                    RECORD_DIRECTORY);
  assert_int_equal (load_for (hand, "/files/etc/none/x/y"), 0);
  assert_string_equal (workerhand_said (hand), "");
}

static void
everything (void **state)
{
  struct workerhand *hand = *state;

  workerhand_loaded (hand, "/etc/many/b", HOSTS);
  TELL (hand, CHANNEL_ORDER, 0, "");
  TELL (hand, CHANNEL_FILE, 0, "/etc/many/a", "Hosts.lns", "1", HOSTS);
  TELL (hand, CHANNEL_KNOWN, 0, "/etc/many/b");
  TELL (hand, CHANNEL_FILE, 0, "/etc/hosts", "Hosts.lns", "1", HOSTS);
  TELL (hand, CHANNEL_SETTLED, CHANNEL_DIRECTORY, "/");
  workerhand_ready (hand);
  assert_int_equal (load_for (hand, "//ipaddr"), 0);
  assert_string_equal (workerhand_said (hand), "NEED /|");
  assert_true (hand->worker.everything);
  assert_string_equal (workerhand_labels (hand, "/files/etc/*"), "many hosts ");
  assert_string_equal (workerhand_labels (hand, "/files/etc/many/*"), "a b ");
  assert_null (hand->worker.ordered);
  worker_unsettle (&hand->worker);
  assert_int_equal (load_for (hand, "//ipaddr"), 0);
  assert_string_equal (workerhand_said (hand), "");
}

/* Edits are not taken for what the file has.  */
static void
edits_stay_edits (void **state)
{
  struct workerhand *hand = *state;

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "x");
  TELL (hand, CHANNEL_SETTLED, CHANNEL_ABSENT, "/etc/none");
  workerhand_ready (hand);
  assert_int_equal (load_for (hand, "/files/etc/none"), 0);
  assert_true (node_is_modified (&hand->worker, "/files/etc/hosts"));
}

/* Who asks for a file that cannot be had is told; others are not.  */
static void
files_that_cannot_be_had (void **state)
{
  struct workerhand *hand = *state;
  char code[16];

  snprintf (code, sizeof code, "%d", GPG_ERR_TOO_LARGE);
  assert_int_equal (workerhand_load (hand, "/etc/fstab", "no fstab\n"), 0);
  assert_code (load_for (hand, "/files/etc/fstab/1"), GPG_ERR_BAD_DATA);
  assert_string_equal (workerhand_detail (hand, "file"), "/etc/fstab");
  TELL (hand, CHANNEL_REFUSED, 0, "/etc/hosts", "Hosts.lns", "0", code,
        "the advice", "read_failed");
  workerhand_ready (hand);
  assert_code (load_for (hand, "/files/etc/hosts/1"), GPG_ERR_TOO_LARGE);
  assert_string_equal (workerhand_detail (hand, "file"), "/etc/hosts");
  assert_string_equal (hand->worker.failure.text, "the advice");
  failure_release (&hand->worker.failure);
  assert_int_equal (
      worker_load_for (&hand->worker, "/files/etc/hosts/1", NULL, false), 0);
  assert_int_equal (load_for (hand, "/augeas/files/etc/hosts/error"), 0);
  hand->worker.everything = true;
  assert_int_equal (load_for (hand, "//ipaddr"), 0);
  assert_string_equal (workerhand_said (hand), "NEED /etc/hosts/1|");
}

static void
no_expression_needs_nothing (void **state)
{
  struct workerhand *hand = *state;

  assert_int_equal (load_for (hand, "/files/etc/hosts["), 0);
  assert_string_equal (workerhand_said (hand), "");
  /* Of bases, among what is loaded nothing is missing.  */
  assert_int_equal (worker_load_for (&hand->worker, "ipaddr",
                                     &(struct expression_base){ NULL, true },
                                     true),
                    0);
  assert_string_equal (workerhand_said (hand), "");
}

/* Expressions that are not absolute begin at the context, which is looked for
   whatever they are.  */
static void
the_context (void **state)
{
  struct workerhand *hand = *state;

  TELL (hand, CHANNEL_FILE, 0, "/etc/hosts", "Hosts.lns", "1", HOSTS);
  workerhand_ready (hand);
  aug_set (hand->worker.aug, "/augeas/context", "/files/etc/hosts");
  assert_int_equal (load_for (hand, "*/ipaddr"), 0);
  assert_string_equal (workerhand_said (hand), "NEED /etc/hosts|");
  aug_set (hand->worker.aug, "/augeas/context", "/files/etc/fstab");
  TELL (hand, CHANNEL_SETTLED, CHANNEL_ABSENT, "/etc/fstab");
  workerhand_ready (hand);
  assert_int_equal (load_for (hand, "/augeas/version"), 0);
  assert_string_equal (workerhand_said (hand), "NEED /etc/fstab|");
  aug_set (hand->worker.aug, "/augeas/context", "/files/*[1]");
  TELL (hand, CHANNEL_SETTLED, CHANNEL_DIRECTORY, "/");
  workerhand_ready (hand);
  assert_int_equal (load_for (hand, "/augeas/root"), 0);
  assert_string_equal (workerhand_said (hand), "NEED /|");
  aug_set (hand->worker.aug, "/augeas/context", NULL);
  assert_int_equal (load_for (hand, "/augeas/load"), 0);
}

/* The session gives up, and the rest is read all the same.  */
static void
the_session_gives_up (void **state)
{
  struct workerhand *hand = *state;

  TELL (hand, CHANNEL_SETTLED, CHANNEL_ABSENT, "/etc");
  TELL (hand, CHANNEL_READY, 1, "x");
  assert_code (load_for (hand, "/files/etc/hosts"), GPG_ERR_CANCELED);
  assert_false (hand->worker.fatal);
  assert_string_equal (workerhand_said (hand), "NEED /etc/hosts|");
}

#define STRAY(hand, kind, ...)                                                 \
  do                                                                           \
    {                                                                          \
      TELL (hand, kind, 0, __VA_ARGS__);                                       \
      workerhand_ready (hand);                                                 \
      records_drop_all (&(hand)->worker);                                      \
      (hand)->worker.fatal = false;                                            \
      assert_code (load_for (hand, "/files/etc/none"), GPG_ERR_INV_PACKET);    \
      assert_true ((hand)->worker.fatal);                                      \
    }                                                                          \
  while (0)

/* A worker ends over what no session of ours would say.  */
static void
malformed_messages (void **state)
{
  struct workerhand *hand = *state;

  STRAY (hand, CHANNEL_FILE, "/etc/hosts");
  STRAY (hand, CHANNEL_FILE, "/etc/hosts", "None.lns", "1", HOSTS);
  STRAY (hand, CHANNEL_KNOWN, "/etc/hosts", "x");
  STRAY (hand, CHANNEL_REFUSED, "/etc/hosts");
  STRAY (hand, CHANNEL_SETTLED, "/etc", "x");
  STRAY (hand, CHANNEL_ORDER, "/etc", "x");
  STRAY (hand, CHANNEL_ANSWER, "x");
  STRAY (hand, CHANNEL_REQUEST, "x");
}

static void
the_session_is_gone (void **state)
{
  struct workerhand *hand = *state;

  signal (SIGPIPE, SIG_IGN);
  shutdown (hand->session.fd, SHUT_WR);
  assert_code (load_for (hand, "/files/etc/hosts"), GPG_ERR_EOF);
  assert_true (hand->worker.fatal);
  hand->worker.fatal = false;
  close (hand->session.fd);
  hand->session.fd = -1;
  assert_code (load_for (hand, "/files/etc/hosts"), GPG_ERR_EOF);
  assert_true (hand->worker.fatal);
}

/* --- Errors --- */

static void
words_for_augeas_errors (void **state)
{
  struct workerhand *hand = *state;
  struct worker *worker = &hand->worker;

  assert_int_equal (aug_match (worker->aug, "/files[", NULL), -1);
  assert_code (worker_augeas_error (worker, "/files["), GPG_ERR_SYNTAX);
  assert_ptr_equal (strstr (worker->failure.text, "not a path expression, "),
                    worker->failure.text);
  assert_non_null (strstr (worker->failure.text, ": /files["));
  assert_true (*workerhand_detail (hand, "reason"));
  assert_non_null (strstr (workerhand_detail (hand, "position"), "|=|"));
  assert_false (worker->fatal);
  failure_release (&worker->failure);
  assert_int_equal (aug_mv (worker->aug, "/augeas", "/augeas/x"), -1);
  assert_code (worker_augeas_error (worker, "/augeas"), GPG_ERR_INV_ARG);
  failure_release (&worker->failure);
  assert_int_equal (aug_match (worker->aug, "/files", NULL), 1);
  assert_code (worker_augeas_error (worker, "/files"), GPG_ERR_INV_OP);
}

/* --- The life of a worker, in a process of its own --- */

gpg_error_t __wrap_fence_enter (const struct fence *fence, int fd, int kept,
                                size_t memory, char **r_report);

/* A fence that does not hold: what it does is another test's.  */
gpg_error_t
__wrap_fence_enter (const struct fence *fence, int fd, int kept, size_t memory,
                    char **r_report)
{
  (void)fence;
  (void)kept;
  *r_report = strdup ("no fence");
  return memory != LIMIT_AUG_MEMORY || dup2 (fd, FENCE_FD) < 0
             ? gpg_error (GPG_ERR_INTERNAL)
             : 0;
}

void __wrap__exit (int status);

/* What was measured of the process is written.  */
void
__wrap__exit (int status)
{
  exit (status);
}

static pid_t
start (struct workerhand *hand)
{
  pid_t pid = fork ();

  assert_true (pid >= 0);
  if (pid)
    return pid;
  close (hand->session.fd);
  hand->worker.memory = LIMIT_AUG_MEMORY;
  hand->worker.cpu_seconds = LIMIT_AUG_CPU_SECONDS;
  worker_run (&hand->worker, hand->worker.channel.fd);
}

static void
request (struct workerhand *hand, enum channel_operation operation,
         const char *argument, uint32_t cpu)
{
  channel_begin (&hand->session, CHANNEL_REQUEST, operation);
  channel_item (&hand->session, &cpu, sizeof cpu);
  channel_string (&hand->session, argument);
  channel_end (&hand->session);
  assert_int_equal (channel_flush (&hand->session), 0);
}

/* The next message is of KIND and CODE and has as its first item TEXT, if that
   is not NULL.  */
static void
comes (struct workerhand *hand, enum channel_kind kind, unsigned code,
       const char *text)
{
  struct message message;

  assert_int_equal (channel_read (&hand->session, &message), 0);
  assert_int_equal (message.kind, kind);
  assert_int_equal (message.code, code);
  if (text)
    assert_true (message.count && item_is (&message.items[0], text));
}

/* The worker ends with the end of its input; its status is 0.  */
static void
ends (struct workerhand *hand, pid_t pid)
{
  int status;

  shutdown (hand->session.fd, SHUT_RDWR);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFEXITED (status));
  assert_int_equal (WEXITSTATUS (status), 0);
}

static void
a_life (void **state)
{
  struct workerhand *hand = *state;
  char code[16];
  pid_t pid;

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  pid = start (hand);
  snprintf (code, sizeof code, "%d", GPG_ERR_NOT_FOUND);
  /* The first answer tells of the fences, be it a failure.  */
  request (hand, CHANNEL_GET, "/augeas/none", (uint32_t)sched_getcpu ());
  comes (hand, CHANNEL_REPORT, 0, "no fence");
  comes (hand, CHANNEL_DONE, 1, code);
  request (hand, CHANNEL_GET, "/files/etc/hosts/1/ipaddr", 0);
  comes (hand, CHANNEL_ANSWER, 0, "127.0.0.1");
  comes (hand, CHANNEL_DONE, 0, NULL);
  /* A processor that there is not.  */
  request (hand, CHANNEL_GET, "/files/etc/hosts/1/ipaddr", UINT32_MAX - 1);
  comes (hand, CHANNEL_ANSWER, 0, "127.0.0.1");
  comes (hand, CHANNEL_DONE, 0, NULL);
  ends (hand, pid);
}

/* What was gathered of an answer that fails is not sent; details are.  */
static void
a_failure_has_its_words (void **state)
{
  struct workerhand *hand = *state;
  struct message message;
  pid_t pid = start (hand);

  request (hand, CHANNEL_MATCH, "/augeas[", 0);
  comes (hand, CHANNEL_REPORT, 0, NULL);
  assert_int_equal (channel_read (&hand->session, &message), 0);
  assert_int_equal (message.kind, CHANNEL_DONE);
  assert_int_equal (message.code, 1);
  assert_int_equal (item_number (&message.items[0], 0), GPG_ERR_SYNTAX);
  assert_true (message.count >= 4 && !(message.count % 2));
  assert_true (item_is (&message.items[2], "reason"));
  ends (hand, pid);
}

/* It allows itself some seconds more than it used so far, each time.  */
static void
time_is_limited (void **state)
{
  struct workerhand *hand = *state;
  pid_t pid = start (hand);
  struct rlimit limit;

  request (hand, CHANNEL_GET, "/augeas/root", 0);
  comes (hand, CHANNEL_ANSWER, 0, "/");
  comes (hand, CHANNEL_REPORT, 0, NULL);
  comes (hand, CHANNEL_DONE, 0, NULL);
  assert_int_equal (prlimit (pid, RLIMIT_CPU, NULL, &limit), 0);
  assert_in_range (limit.rlim_cur, LIMIT_AUG_CPU_SECONDS + 1,
                   LIMIT_AUG_CPU_SECONDS + 4);
  ends (hand, pid);
}

/* A malformed request ends the worker; so does a fatal error, told as such. */
static void
a_sudden_end (void **state)
{
  struct workerhand *hand = *state;
  struct message message;
  int status;
  pid_t pid = start (hand);

  TELL (hand, CHANNEL_READY, 0, "x");
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_int_equal (status, 0);
  pid = start (hand);
  request (hand, CHANNEL_GET, "/files/etc/hosts/1/ipaddr", 0);
  comes (hand, CHANNEL_NEED, 0, "/etc/hosts/1/ipaddr");
  TELL (hand, CHANNEL_ANSWER, 0, "x");
  workerhand_ready (hand);
  comes (hand, CHANNEL_REPORT, 0, NULL);
  assert_int_equal (channel_read (&hand->session, &message), 0);
  assert_int_equal (message.kind, CHANNEL_DONE);
  assert_int_equal (message.code, 2);
  assert_int_equal (item_number (&message.items[0], 0), GPG_ERR_INV_PACKET);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_int_equal (status, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    WORKER_TEST (a_file_is_asked_for_once),
    WORKER_TEST (several_needs_are_one_question),
    WORKER_TEST (everything),
    WORKER_TEST (edits_stay_edits),
    WORKER_TEST (files_that_cannot_be_had),
    WORKER_TEST (no_expression_needs_nothing),
    WORKER_TEST (the_context),
    WORKER_TEST (the_session_gives_up),
    WORKER_TEST (malformed_messages),
    WORKER_TEST (the_session_is_gone),
    WORKER_TEST (words_for_augeas_errors),
    WORKER_TEST (a_life),
    WORKER_TEST (a_failure_has_its_words),
    WORKER_TEST (time_is_limited),
    WORKER_TEST (a_sudden_end),
  };

  return cmocka_run_group_tests_name ("worker", tests, NULL, NULL);
}
