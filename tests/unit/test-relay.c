/* test-relay.c - tests of src/call/relay.c and work.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A helper of this test forks workers whose operations are below.  */

#include "scratch.h"
#include "check.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "protocol/link.h"
#include "protocol/memory.h"
#include "src/call/call.h"
#include "src/call/registry.h"
#include "src/call/relay.h"
#include "src/call/types.h"
#include "src/call/work.h"

/* --- The worker --- */

static gpg_error_t
tell_back (struct work *work)
{
  gpg_error_t err = writer_field (work->out, "text", "%s",
                                  work_text (work, "text"));

  if (!err)
    err = writer_field_number (work->out, "wait",
                               work_number (work, "wait", -1));
  if (!err)
    err = writer_field_bool (work->out, "flag", work_number (work, "flag", 0));
  if (!err && work_text_at (work, "more", 1))
    err = writer_field (work->out, "second", "%s",
                        work_text_at (work, "more", 1));
  if (!err)
    err = writer_record_end (work->out);
  return err ? err : work_status (work, "NOTE", "that is %s", "all");
}

/* What only a worker that was taken over says.  */
static gpg_error_t
steer_terminal (struct work *work)
{
  return work_status (work, "NOTE", "%s", "a\nb\033[2J");
}

static gpg_error_t
say_strange_keyword (struct work *work)
{
  return work_status (work, "NO\nTE", "%s", "a");
}

static gpg_error_t
go_wrong (struct work *work)
{
  failure_detail (&work->failure, "unit", "a\nb");
  return fail (&work->failure, GPG_ERR_NOT_FOUND, "there is no %s",
               work_text (work, "text"));
}

static gpg_error_t
die (struct work *work)
{
  (void)work;
  _exit (1);
}

static gpg_error_t
wait_long (struct work *work)
{
  for (int i = 0; i < 1000; i++)
    {
      if (work_ended (work))
        return fail (&work->failure, GPG_ERR_CANCELED, "given up after all");
      usleep (10000);
    }
  return 0;
}

/* Ends when the time is up, and takes a moment to say so.  */
static gpg_error_t
be_late (struct work *work)
{
  while (!work_ended (work))
    usleep (10000);
  usleep (100000);
  failure_detail (&work->failure, "left", "%d", work_left (work, 1000));
  return fail (&work->failure, GPG_ERR_TIMEOUT, "it goes on without us");
}

static gpg_error_t
flood (struct work *work)
{
  gpg_error_t err = 0;

  for (int i = 0; !err && i < 100000; i++)
    err = writer_item (work->out, "0123456789012345678901234567890123456789",
                       40);
  return err;
}

static gpg_error_t
change (struct work *work)
{
  (void)work;
  _exit (0);
}

static const struct work_operation table[]
    = { { "TEST TELL", tell_back, false },
        { "steer", steer_terminal, false },
        { "keyword", say_strange_keyword, false },
        { "wrong", go_wrong, false },
        { "die", die, false },
        { "wait", wait_long, false },
        { "late", be_late, false },
        { "flood", flood, false },
        { "change", change, true },
        { NULL, NULL, false } };

static const struct work_operation *const tables[] = { table, NULL };

/* --- The session --- */

static const struct verb verbs[]
    = { { "TELL", "<text:text> [--wait=<time:duration=2s>] [--flag]",
          EFFECT_READ, relay_verb, NULL, "tell", "Tells.", 0, NULL },
        { 0 } };
static const struct noun noun = { .name = "TEST",
                                  .summary = "test",
                                  .help = "Tests.",
                                  .verbs = verbs,
                                  .helper = RELAY_MACHINE };

struct scene
{
  struct scratch *scratch;
  struct registry registry;
  struct module module;
  struct call call;
  struct writer out;
  struct buffer answer;
  unsigned flushes; /* How often it left.  */
  pid_t helper;
  bool give_up;
  unsigned asked;
};

static struct scene scene;

static gpg_error_t
keep (void *context, const char *bytes, size_t length)
{
  (void)context;
  scene.flushes += !bytes;
  buffer_append (&scene.answer, bytes ? bytes : "", length);
  return 0;
}

static gpg_error_t
keep_status (void *context, const char *keyword, const char *text)
{
  (void)context;
  buffer_printf (&scene.answer, "S %s %s\n", keyword, text);
  return 0;
}

static bool
canceled (void *client)
{
  (void)client;
  scene.asked++;
  return scene.give_up;
}

/* Whether there is no service.  */
static bool refuses;

/* A worker that takes its time to end.  */
static void
refuse (int fd)
{
  auto_failure struct failure failure = FAILURE_NONE;
  gpg_error_t err = fail (&failure, GPG_ERR_CONFIGURATION, "not so");

  work_refuse (fd, err, &failure);
  usleep (300000);
  _exit (0);
}

static void
serve (int fd, const struct machine *machine)
{
  struct channel channel;
  int worker;

  channel_init (&channel, fd);
  while (!channel_receive_fds (&channel, WORK_REQUEST, &worker, 1))
    {
      if (!fork ())
        {
          close (fd);
          if (refuses)
            refuse (worker);
          work_serve (worker, &(struct work_service){ .machine = machine,
                                                      .operations = tables });
          _exit (0);
        }
      close (worker);
    }
  _exit (0);
}

static int
setup (void **state)
{
  static const struct noun *const nouns[] = { &noun, NULL };
  int ends[2];

  memset (&scene, 0, sizeof scene);
  if (scratch_setup (state)
      || socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)
      || registry_make (nouns, &scene.registry, NULL))
    return -1;
  scene.scratch = *state;
  scene.helper = fork ();
  if (!scene.helper)
    {
      close (ends[0]);
      serve (ends[1], &scene.scratch->machine);
    }
  close (ends[1]);
  scene.module.helper_fd = ends[0];
  scene.out.sink = (struct writer_sink){ keep, keep_status, NULL };
  scene.call = (struct call){ .noun = &noun,
                              .verb = verbs,
                              .registry = &scene.registry,
                              .machine = &scene.scratch->machine,
                              .module = &scene.module,
                              .canceled = canceled,
                              .out = &scene.out };
  return 0;
}

static int
setup_refusing (void **state)
{
  int rc;

  refuses = true;
  rc = setup (state);
  refuses = false;
  return rc;
}

static int
teardown (void **state)
{
  relay_end (scene.module.session);
  close (scene.module.helper_fd);
  waitpid (scene.helper, NULL, 0);
  arguments_release (scene.call.arguments);
  failure_release (&scene.call.failure);
  buffer_release (&scene.answer);
  registry_release (&scene.registry);
  return scratch_teardown (state);
}

static void
bind_line (const char *line)
{
  struct words words;
  const char *reason;
  char copy[200];

  snprintf (copy, sizeof copy, "%s", line);
  assert_int_equal (words_split (copy, &words, &reason), 0);
  assert_int_equal (
      arguments_bind (&registry_verb (scene.registry.noun, "TELL")->grammar,
                      &scene.registry.common, words.word, words.count,
                      &scene.call.arguments, NULL),
      0);
  words_release (&words);
}

static void
test_arguments_and_answer (void **state)
{
  const char *const more[] = { "more", "1", "more", "two", NULL };

  (void)state;
  bind_line ("--flag --dry-run \"a b\\\"");
  assert_int_equal (relay_verb (&scene.call), 0);
  assert_string_equal (scene.answer.bytes, "text: a b\\x5c\nwait: 2000\n"
                                           "flag: yes\nS NOTE that is all\n");
  /* What the worker sent at once leaves at once.  */
  assert_int_equal (scene.flushes, 1);
  scene.answer.length = 0;
  scene.out.output = OUTPUT_JSON;
  assert_int_equal (relay_read (&scene.call, "TEST TELL", more), 0);
  assert_string_equal (scene.answer.bytes,
                       "{\"text\":\"a b\\\\\",\"wait\":2000,\"flag\":true,"
                       "\"second\":\"two\"}\nS NOTE that is all\n");
}

static void
test_status_lines (void **state)
{
  (void)state;
  assert_int_equal (relay_read (&scene.call, "steer", NULL), 0);
  buffer_append (&scene.answer, "", 1);
  assert_string_equal (scene.answer.bytes, "S NOTE a?b?[2J\n");
  assert_int_equal (gpg_err_code (relay_read (&scene.call, "keyword", NULL)),
                    GPG_ERR_SERVER_FAILED);
}

static void
test_ask (void **state)
{
  auto_free char *text = NULL;
  auto_free char *value = NULL;

  (void)state;
  bind_line ("\"x: %41\"");
  assert_int_equal (relay_ask (&scene.call, "TEST TELL", NULL, &text), 0);
  assert_int_equal (relay_field (text, "text", &value), 0);
  assert_string_equal (value, "x: A");
  free (take (&value));
  assert_int_equal (relay_field (text, "tex", &value), 0);
  assert_null (value);
  /* The client gets what is said meanwhile, and nothing of the answer.  */
  buffer_append (&scene.answer, "", 1);
  assert_string_equal (scene.answer.bytes, "S NOTE that is all\n");
}

static void
test_errors (void **state)
{
  (void)state;
  bind_line ("it");
  assert_code (relay_read (&scene.call, "wrong", NULL), GPG_ERR_NOT_FOUND);
  assert_string_equal (scene.call.failure.text, "there is no it");
  assert_string_equal (scene.call.failure.details->name, "unit");
  assert_string_equal (scene.call.failure.details->value, "a\nb");
  failure_release (&scene.call.failure);
  assert_code (relay_read (&scene.call, "none", NULL), GPG_ERR_NOT_IMPLEMENTED);
  failure_release (&scene.call.failure);
  assert_code (relay_read (&scene.call, "die", NULL), GPG_ERR_SERVER_FAILED);
  failure_release (&scene.call.failure);
  /* There is another one for the next call.  */
  assert_int_equal (relay_read (&scene.call, "TEST TELL", NULL), 0);
}

static void
test_a_reading_worker_changes_nothing (void **state)
{
  (void)state;
  assert_code (relay_read (&scene.call, "change", NULL), GPG_ERR_FORBIDDEN);
  assert_string_equal (scene.call.failure.text,
                       "this worker only reads: change changes something");
}

static void
test_giving_up (void **state)
{
  uint64_t start = link_now ();

  (void)state;
  scene.give_up = true;
  assert_code (relay_read (&scene.call, "wait", NULL), GPG_ERR_CANCELED);
  failure_release (&scene.call.failure);
  scene.give_up = false;
  scene.call.deadline = link_now () + 200;
  assert_code (relay_read (&scene.call, "wait", NULL), GPG_ERR_TIMEOUT);
  failure_release (&scene.call.failure);
  scene.call.deadline = 0;
  assert_true (link_now () - start < 5000);
  bind_line ("it");
  assert_int_equal (relay_read (&scene.call, "TEST TELL", NULL), 0);
}

static void
test_what_a_late_worker_says (void **state)
{
  (void)state;
  scene.call.deadline = link_now () + 200;
  assert_code (relay_read (&scene.call, "late", NULL), GPG_ERR_TIMEOUT);
  assert_string_equal (scene.call.failure.text, "it goes on without us");
  assert_string_equal (scene.call.failure.details->value, "0");
}

static void
test_an_answer_has_a_limit (void **state)
{
  (void)state;
  scene.out.most = 100000;
  assert_code (relay_read (&scene.call, "flood", NULL), GPG_ERR_TOO_LARGE);
  assert_true (scene.answer.length <= 100000);
  scene.out.most = 0;
  scene.out.written = 0;
  bind_line ("it");
  assert_int_equal (relay_read (&scene.call, "TEST TELL", NULL), 0);
}

static void
test_without_a_helper (void **state)
{
  int fd = scene.module.helper_fd;

  (void)state;
  scene.module.helper_fd = -1;
  assert_code (relay_read (&scene.call, "wait", NULL), GPG_ERR_SERVER_FAILED);
  scene.module.helper_fd = fd;
}

static void
test_a_worker_that_refused_is_asked_no_more (void **state)
{
  (void)state;
  for (int i = 0; i < 2; i++)
    {
      assert_code (relay_read (&scene.call, "wait", NULL),
                   GPG_ERR_CONFIGURATION);
      assert_string_equal (scene.call.failure.text, "not so");
      failure_release (&scene.call.failure);
    }
}

#define CASE(name)                                                             \
  cmocka_unit_test_setup_teardown (test_##name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    CASE (arguments_and_answer),
    CASE (status_lines),
    CASE (ask),
    CASE (errors),
    CASE (a_reading_worker_changes_nothing),
    CASE (giving_up),
    CASE (what_a_late_worker_says),
    CASE (an_answer_has_a_limit),
    CASE (without_a_helper),
    cmocka_unit_test_setup_teardown (
        test_a_worker_that_refused_is_asked_no_more, setup_refusing, teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
