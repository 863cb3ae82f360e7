/* test-work.c - tests of src/call/work.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A worker is a child of the test, which is its session.  What both sides of
   it say is in test-relay.c.  */

#include "check.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/link.h"
#include "src/call/work.h"

/* --- The worker --- */

/* Puts in order what it began, when it is stopped.  */
static gpg_error_t
tidy (struct work *work)
{
  gpg_error_t err;

  while (!work_ended (work))
    usleep (10000);
  err = work_grace (work, 2000);
  if (err)
    return err;
  usleep (100000);
  if (work_ended (work) || !work_left (work, 1000))
    return fail (&work->failure, GPG_ERR_GENERAL, "there was no time");
  return fail (&work->failure, GPG_ERR_CANCELED, "put in order");
}

/* Tells of its arguments, those without a value and such that stand again.  */
static gpg_error_t
tell (struct work *work)
{
  gpg_error_t err = writer_field (work->out, "second", "%s",
                                  work_text_at (work, "name", 1));

  if (!err && !work_text_at (work, "name", 2) && !work_text (work, "none"))
    err = writer_field_number (work->out, "number",
                               work_number (work, "number", 7)
                                   + work_number (work, "none", 7));
  return err ? err : writer_record_end (work->out);
}

static gpg_error_t
change (struct work *work)
{
  gpg_error_t err = writer_field_bool (work->out, "changed", true);

  return err ? err : writer_record_end (work->out);
}

static const struct work_operation table[] = { { "tidy", tidy, false },
                                               { "tell", tell, false },
                                               { "change", change, true },
                                               { NULL, NULL, false } };

static const struct work_operation *const tables[] = { table, NULL };

/* --- The session --- */

static struct channel channel;
static pid_t worker;

static void
start (bool changes)
{
  int ends[2];

  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                    0);
  worker = fork ();
  if (!worker)
    {
      close (ends[0]);
      work_serve (ends[1], &(struct work_service){ .operations = tables,
                                                   .changes = changes });
      _exit (0);
    }
  close (ends[1]);
  channel_init (&channel, ends[0]);
  channel.deadline = link_now () + 5000;
}

/* Its input ends, so that it does; it has ended well.  */
static void
end (void)
{
  int status;

  close (channel.fd);
  channel_release (&channel);
  assert_int_equal (waitpid (worker, &status, 0), worker);
  assert_int_equal (status, 0);
}

/* Ask for OPERATION with PAIRS, which end with NULL.  */
static void
ask (const char *operation, const char *const *pairs)
{
  channel_begin (&channel, WORK_REQUEST, 0);
  channel_string (&channel, operation);
  channel_number (&channel, 0);
  for (; pairs && *pairs; pairs++)
    channel_string (&channel, *pairs);
  channel_end (&channel);
  assert_int_equal (channel_flush (&channel), 0);
}

/* The next message is of KIND.  */
static void
expect (unsigned kind, struct message *message)
{
  assert_int_equal (channel_read (&channel, message), 0);
  assert_int_equal (message->kind, kind);
}

/* The request ends with CODE and TEXT; 0: well.  */
static void
expect_end (gpg_err_code_t code, const char *text)
{
  struct message message;

  expect (WORK_DONE, &message);
  assert_int_equal (message.code, code ? WORK_END_FAILED : WORK_END_DONE);
  if (!code)
    return;
  assert_int_equal (item_number (message.items, 0), code);
  assert_true (item_is (message.items + 1, text));
}

/* --- The tests --- */

/* A worker that is stopped may have some time, and then goes on with the next
   request.  */
static void
test_grace (void **state)
{
  (void)state;
  start (false);
  for (int i = 0; i < 2; i++)
    {
      ask ("tidy", NULL);
      channel_begin (&channel, WORK_STOP, 0);
      channel_end (&channel);
      assert_int_equal (channel_flush (&channel), 0);
      expect_end (GPG_ERR_CANCELED, "put in order");
    }
  end ();
}

static void
test_arguments (void **state)
{
  static const char *const pairs[] = { "name", "one", "number", "35",
                                       "name", "two", NULL };
  auto_buffer struct buffer answer = BUFFER_EMPTY;
  struct message message;

  (void)state;
  start (false);
  ask ("tell", pairs);
  while (!channel_read (&channel, &message) && message.kind == WORK_ANSWER)
    buffer_append (&answer, message.items[0].bytes, message.items[0].length);
  assert_int_equal (message.kind, WORK_DONE);
  assert_string_equal (answer.bytes, "second: two\nnumber: 42\n");
  end ();
}

static void
test_what_it_does_not_do (void **state)
{
  (void)state;
  start (false);
  ask ("tel", NULL);
  expect_end (GPG_ERR_NOT_IMPLEMENTED, "this worker has no operation tel");
  ask ("change", NULL);
  expect_end (GPG_ERR_FORBIDDEN,
              "this worker only reads: change changes something");
  end ();
  start (true);
  ask ("change", NULL);
  expect (WORK_ANSWER, &(struct message){ .kind = 0 });
  expect_end (0, NULL);
  end ();
}

/* A name without a value, and a message that is none of a session's: it ends.
 */
static void
test_what_is_no_request (void **state)
{
  static const char *const odd[] = { "name", NULL };
  struct message message;

  (void)state;
  start (false);
  ask ("tell", odd);
  assert_int_not_equal (channel_read (&channel, &message), 0);
  end ();
  start (false);
  channel_begin (&channel, WORK_DONE, 0);
  channel_end (&channel);
  assert_int_equal (channel_flush (&channel), 0);
  assert_int_not_equal (channel_read (&channel, &message), 0);
  end ();
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (test_grace), cmocka_unit_test (test_arguments),
          cmocka_unit_test (test_what_it_does_not_do),
          cmocka_unit_test (test_what_is_no_request) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
