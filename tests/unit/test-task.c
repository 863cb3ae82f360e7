/* test-task.c - tests of src/mod/pve/task.c and task_find.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What the server answers is a list of turns, which must be asked for in their
   order.  tests/real/test-pve_task.py has what needs a server.  */

#include "failed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/link.h"
#include "protocol/memory.h"
#include "src/mod/pve/api.h"
#include "src/mod/pve/task.h"

#define NOW 1779002048
#define LIST "GET /nodes/pve1/tasks?source=all&limit=100&vmid=100"
#define SEND "POST /nodes/pve1/lxc/100/status/start"
#define TASK(pid, start, type, id, user)                                       \
  "UPID:pve1:" pid ":0004A8D4:" start ":" type ":" id ":" user ":"
#define OURS TASK ("0000006E", "6A096AC0", "vzstart", "100", "agent@pve!ops")
#define STATUS "GET /nodes/pve1/tasks/"
#define RUNS "{\"status\":\"running\"}"
#define ENDED(text) "{\"status\":\"stopped\",\"exitstatus\":\"" text "\"}"

struct turn
{
  const char *asked; /* What the request begins with.  */
  const char *data;  /* The answer's JSON; NULL: it fails.  */
  gpg_err_code_t code;
  enum verdict verdict;
  const char *lock;
};

static const struct turn *turn;
static struct work work;
static struct channel channel;
static struct writer out;
static struct buffer answer_text;
static int session;
static struct conf conf;
static struct api api;

/* --- The server --- */

static gpg_error_t
take_turn (const char *method, const char *path, struct answer *r_answer)
{
  auto_buffer struct buffer asked = BUFFER_EMPTY;
  const struct turn *now = turn++;

  *r_answer = (struct answer)ANSWER_NONE;
  buffer_printf (&asked, "%s %s", method, path);
  if (!now->asked || strncmp (asked.bytes, now->asked, strlen (now->asked)))
    print_message ("asked for %s, expected %s\n", asked.bytes, now->asked);
  assert_non_null (now->asked);
  assert_memory_equal (asked.bytes, now->asked, strlen (now->asked));
  r_answer->verdict = now->verdict;
  if (!now->data)
    {
      failure_release (&work.failure);
      if (now->lock)
        failure_detail (&work.failure, "lock", "%s", now->lock);
      return fail (&work.failure, now->code, "it went wrong");
    }
  r_answer->data = json_loads (now->data, JSON_DECODE_ANY, NULL);
  assert_non_null (r_answer->data);
  r_answer->total = (int64_t)json_array_size (r_answer->data);
  return 0;
}

gpg_error_t
api_get (struct work *one, const char *path, struct answer *r_answer)
{
  assert_ptr_equal (one, &work);
  return take_turn ("GET", path, r_answer);
}

gpg_error_t
api_send (struct work *one, const char *method, const char *path,
          const struct buffer *form, struct answer *r_answer, bool *r_lost)
{
  gpg_error_t err = take_turn (method, path, r_answer);

  (void)one;
  (void)form;
  *r_lost = r_answer->verdict == VERDICT_LOST;
  return err;
}

time_t
api_time (const struct work *one)
{
  (void)one;
  return NOW;
}

bool
api_is_passing (gpg_error_t err)
{
  return gpg_err_code (err) == GPG_ERR_NETWORK;
}

/* --- The session --- */

static gpg_error_t
keep (void *context, const char *bytes, size_t length)
{
  (void)context;
  buffer_append (&answer_text, bytes ? bytes : "", length);
  return 0;
}

static gpg_error_t
keep_status (void *context, const char *keyword, const char *text)
{
  (void)context;
  buffer_printf (&answer_text, "S %s %s\n", keyword, text);
  return 0;
}

static int
setup (void **state)
{
  int ends[2];

  (void)state;
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
    return -1;
  session = ends[1];
  channel_init (&channel, ends[0]);
  conf.token_id = (char *)"agent@pve!ops";
  api = (struct api){ .conf = &conf };
  out = (struct writer){ .sink = { keep, keep_status, NULL } };
  work = (struct work){
    .context = &api, .out = &out, .channel = &channel, .changes = true
  };
  return 0;
}

static int
teardown (void **state)
{
  (void)state;
  failure_release (&work.failure);
  close (channel.fd);
  close (session);
  channel_release (&channel);
  writer_release (&out);
  buffer_release (&answer_text);
  free ((void *)work.request.items);
  return 0;
}

/* Give WORK the arguments.  */
static void
give (const char *name, const char *value)
{
  struct item *items = calloc (4, sizeof *items);

  assert_non_null (items);
  items[2] = (struct item){ name, strlen (name) };
  items[3] = (struct item){ value, strlen (value) };
  work.request = (struct message){ .items = items, .count = 4 };
}

/* The status lines that the session has got so far.  */
static void
assert_lines (const char *expected)
{
  auto_buffer struct buffer lines = BUFFER_EMPTY;
  struct channel other;
  struct message message;

  channel_init (&other, session);
  shutdown (channel.fd, SHUT_WR);
  while (!channel_read (&other, &message))
    if (message.kind == WORK_STATUS)
      buffer_printf (&lines, "%.*s %.*s\n", (int)message.items[0].length,
                     message.items[0].bytes, (int)message.items[1].length,
                     message.items[1].bytes);
  channel_release (&other);
  assert_string_equal (lines.length ? lines.bytes : "", expected);
}

static const char *const types[] = { "vzstart", "hastart", NULL };
static const struct task_request request
    = { .method = "POST",
        .path = "/nodes/pve1/lxc/100/status/start",
        .node = "pve1",
        .types = types,
        .id = "100" };

static gpg_error_t
run (const struct turn *turns)
{
  gpg_error_t err;

  turn = turns;
  err = task_run (&work, &request);
  if (!err)
    err = writer_record_end (&out);
  assert_null (turn->asked);
  return err;
}

#define NO_TASKS                                                               \
  {                                                                            \
    LIST, "[]", 0, VERDICT_DONE, NULL                                          \
  }
#define LOST                                                                   \
  {                                                                            \
    SEND, NULL, GPG_ERR_UNFINISHED, VERDICT_LOST, NULL                         \
  }
#define GOOD(asked, data)                                                      \
  {                                                                            \
    asked, data, 0, VERDICT_DONE, NULL                                         \
  }
/* It begins the task, it still runs, it has ended.  */
#define BEGUN NO_TASKS, GOOD (SEND, "\"" OURS "\"")
#define STILL GOOD (STATUS, RUNS), GOOD (STATUS, "[]")
#define ENDS(text) GOOD (STATUS, ENDED (text)), GOOD (STATUS, "[]")
#define STOP                                                                   \
  {                                                                            \
    NULL, NULL, 0, VERDICT_DONE, NULL                                          \
  }

/* --- The tests --- */

static void
test_run (void **state)
{
  static const struct turn turns[]
      = { BEGUN,
          GOOD (STATUS, RUNS),
          GOOD (STATUS, "[{\"n\":1,\"t\":\"one\"}]"),
          GOOD (STATUS, ENDED ("WARNINGS: 2")),
          GOOD (STATUS, "[{\"n\":2,\"t\":\"two\"}]"),
          STOP };

  (void)state;
  assert_int_equal (run (turns), 0);
  assert_string_equal (answer_text.bytes,
                       "changed: yes\nupid: " OURS "\noutcome: warnings\n"
                       "exitstatus: WARNINGS: 2\nwarnings: 2\n");
  assert_lines ("TASK " OURS "\nPROGRESS one\nPROGRESS two\n");
}

static void
test_no_wait (void **state)
{
  static const struct turn turns[] = { BEGUN, STOP };

  (void)state;
  give ("no-wait", "1");
  assert_int_equal (run (turns), 0);
  assert_string_equal (answer_text.bytes,
                       "changed: yes\nupid: " OURS "\noutcome: running\n");
}

static void
test_nothing_to_do (void **state)
{
  static const struct turn backup[] = { NO_TASKS, GOOD (SEND, "\"OK\""), STOP };
  static const struct turn resize[] = { NO_TASKS, GOOD (SEND, "null"), STOP };
  static const struct turn strange[] = { NO_TASKS, GOOD (SEND, "\"UPID:x\""),
                                         STOP };

  (void)state;
  assert_int_equal (run (backup), 0);
  assert_string_equal (answer_text.bytes, "changed: no\noutcome: ok\n");
  answer_text.length = 0;
  out.any_record = false;
  assert_int_equal (run (resize), 0);
  assert_string_equal (answer_text.bytes, "changed: no\noutcome: ok\n");
  assert_code (run (strange), GPG_ERR_INV_RESPONSE);
}

/* The task of a request whose answer was lost is among others: one that was
   there before, one that is older, another token's, of another type, of another
   guest.  */
static void
test_lost_and_found (void **state)
{
#define BEFORE TASK ("00000001", "6A096AC0", "vzstart", "100", "agent@pve!ops")
  static const struct turn turns[] = {
    GOOD (LIST, "[{\"upid\":\"" BEFORE "\"}]"),
    LOST,
    { LIST, NULL, GPG_ERR_NETWORK, VERDICT_DONE, NULL },
    GOOD (LIST, "[]"),
    GOOD (
        LIST,
        "[{\"upid\":\"" BEFORE
        "\"},{\"upid\":\"" TASK ("00000002", "6A096ABF", "vzstart", "100", "agent@pve!ops") "\"},{\"upid\":\"" TASK (
            "00000003", "6A096AC1", "vzstart", "100",
            "root@pam") "\"},"
                        "{\"upid\":\"" TASK (
                            "00000004", "6A096AC1", "vzstop", "100",
                            "agent@pve!ops") "\"},{\"upid\":"
                                             "\"" TASK ("00000005", "6A096AC1",
                                                        "vzstart", "1000",
                                                        "agent@pve!"
                                                        "ops") "\"}"
                                                               ",{"
                                                               "\"u"
                                                               "pid"
                                                               "\":"
                                                               "7},"
                                                               "{},"
                                                               "{\""
                                                               "upi"
                                                               "d\""
                                                               ":"
                                                               "\"" OURS "\"}"
                                                               "]"),
    GOOD (STATUS "UPID%3Apve1%3A0000006E", ENDED ("OK")),
    GOOD (STATUS, "[]"),
    STOP
  };

  (void)state;
  assert_int_equal (run (turns), 0);
  assert_non_null (strstr (answer_text.bytes, "upid: " OURS));
  assert_non_null (strstr (answer_text.bytes, "S WARNING it went wrong"));
  assert_lines ("PROGRESS the answer was lost, but its task was found\n"
                "TASK " OURS "\n");
}

static void
test_lost (void **state)
{
  static const struct turn begun[] = { NO_TASKS, LOST,     NO_TASKS,
                                       NO_TASKS, NO_TASKS, STOP };
  static const struct turn blind[]
      = { NO_TASKS,
          LOST,
          { LIST, NULL, GPG_ERR_BAD_AUTH, VERDICT_STRANGER, NULL },
          STOP };

  (void)state;
  work.deadline = link_now () + 300;
  assert_code (run (begun), GPG_ERR_TIMEOUT);
  assert_detail (&work.failure, "outcome", "lost");
  assert_non_null (strstr (work.failure.text, "probably nothing"));
  failure_release (&work.failure);
  work.deadline = 0;
  assert_code (run (blind), GPG_ERR_SERVER_FAILED);
  assert_detail (&work.failure, "outcome", "lost");
  assert_non_null (strstr (work.failure.text, "unknown"));
}

/* What need not begin a task cannot be known by one.  */
static void
test_lost_without_a_task (void **state)
{
  static const char *const none[] = { NULL };
  static const struct turn turns[] = { NO_TASKS, LOST, STOP };
  struct task_request other = request;
  char *upid;

  (void)state;
  other.types = none;
  turn = turns;
  assert_code (task_start (&work, &other, &upid), GPG_ERR_SERVER_FAILED);
  assert_null (turn->asked);
  assert_detail (&work.failure, "outcome", "lost");
  assert_non_null (strstr (work.failure.text, "unknown"));
}

/* Only what says clearly that nothing was done is sent again.  */
static void
test_locked (void **state)
{
  static const struct turn turns[]
      = { NO_TASKS,
          { SEND, NULL, GPG_ERR_LOCKED, VERDICT_LOCKED, "backup" },
          BEGUN,
          ENDS ("CT is locked (snapshot)"),
          GOOD (STATUS, "[]"),
          GOOD (STATUS, "[]"),
          BEGUN,
          ENDS ("OK"),
          STOP };

  (void)state;
  assert_int_equal (run (turns), 0);
  assert_lines ("PROGRESS locked (backup): trying again\n"
                "TASK " OURS "\n"
                "PROGRESS locked (snapshot): trying again\n");
}

static void
test_locked_for_long (void **state)
{
  static const struct turn turns[]
      = { NO_TASKS,
          { SEND, NULL, GPG_ERR_LOCKED, VERDICT_LOCKED, "backup" },
          NO_TASKS,
          { SEND, NULL, GPG_ERR_LOCKED, VERDICT_LOCKED, "backup" },
          STOP };

  (void)state;
  work.deadline = link_now () + 1000;
  assert_code (run (turns), GPG_ERR_LOCKED);
  assert_detail (&work.failure, "lock", "backup");
}

static void
test_nothing_else_again (void **state)
{
  static const gpg_err_code_t codes[] = { GPG_ERR_NETWORK, GPG_ERR_CONFLICT,
                                          GPG_ERR_SERVER_FAILED,
                                          GPG_ERR_INV_STATE };

  (void)state;
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    {
      const struct turn refused[]
          = { NO_TASKS, { SEND, NULL, codes[i], VERDICT_FAILED, NULL }, STOP };
      const struct turn unseen[]
          = { { LIST, NULL, codes[i], VERDICT_FAILED, NULL }, STOP };

      assert_code (run (refused), codes[i]);
      assert_code (run (unseen), codes[i]);
    }
  for (size_t i = 0; i < 2; i++)
    {
      const struct turn failed[]
          = { BEGUN,
              GOOD (STATUS, i ? ENDED ("clone failed: CT is locked (backup)")
                              : ENDED ("job errors")),
              GOOD (STATUS, "[]"),
              GOOD (STATUS, "[]"),
              GOOD (STATUS, "[]"),
              STOP };

      assert_code (run (failed), GPG_ERR_GENERAL);
      assert_detail (&work.failure, "outcome", "failed");
    }
}

static void
say_stop (void)
{
  struct channel other;

  channel_init (&other, session);
  channel_begin (&other, WORK_STOP, 0);
  channel_end (&other);
  assert_int_equal (channel_flush (&other), 0);
  channel_release (&other);
}

static void
test_given_up (void **state)
{
  static const struct turn left[] = { BEGUN, STILL, STOP };

  (void)state;
  say_stop ();
  assert_code (run (left), GPG_ERR_CANCELED);
  assert_detail (&work.failure, "outcome", "running");
  assert_detail (&work.failure, "upid", OURS);
}

static void
test_given_up_and_stopped (void **state)
{
  static const struct turn stopped[]
      = { BEGUN,
          STILL,
          GOOD ("DELETE /nodes/pve1/tasks/", "null"),
          STILL,
          ENDS ("unexpected status"),
          STOP };

  (void)state;
  give ("stop-on-cancel", "1");
  say_stop ();
  assert_code (run (stopped), GPG_ERR_CANCELED);
  assert_detail (&work.failure, "outcome", "aborted");
  assert_detail (&work.failure, "exitstatus", "unexpected status");
  assert_detail (&work.failure, "upid", OURS);
}

/* The client gives up while the request is under way.  */
static void
test_given_up_at_once (void **state)
{
#define CUT                                                                    \
  {                                                                            \
    SEND, NULL, GPG_ERR_CANCELED, VERDICT_LOST, NULL                           \
  }
  static const struct turn found[]
      = { NO_TASKS,
          CUT,
          NO_TASKS,
          GOOD (LIST, "[{\"upid\":\"" OURS "\"}]"),
          { STATUS, NULL, GPG_ERR_CANCELED, VERDICT_DONE, NULL },
          GOOD ("DELETE /nodes/pve1/tasks/", "null"),
          ENDS ("unexpected status"),
          STOP };

  (void)state;
  give ("stop-on-cancel", "1");
  say_stop ();
  assert_code (run (found), GPG_ERR_CANCELED);
  assert_detail (&work.failure, "outcome", "aborted");
  assert_detail (&work.failure, "upid", OURS);
}

/* It ended well before it could be stopped.  */
static void
test_stopped_too_late (void **state)
{
  static const struct turn ended[] = {
    BEGUN, STILL, GOOD ("DELETE /nodes/pve1/tasks/", "null"), ENDS ("OK"), STOP
  };

  (void)state;
  give ("stop-on-cancel", "1");
  say_stop ();
  assert_int_equal (run (ended), 0);
  assert_non_null (strstr (answer_text.bytes, "outcome: ok\n"));
}

/* A time limit stops nothing.  */
static void
test_time_is_up (void **state)
{
  static const struct turn turns[] = { BEGUN, STILL, STOP };

  (void)state;
  give ("stop-on-cancel", "1");
  work.deadline = link_now () + 50;
  assert_code (run (turns), GPG_ERR_TIMEOUT);
  assert_detail (&work.failure, "outcome", "running");
  assert_detail (&work.failure, "upid", OURS);
}

int
main (void)
{
#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, teardown)
  const struct CMUnitTest tests[] = { TEST (test_run),
                                      TEST (test_no_wait),
                                      TEST (test_nothing_to_do),
                                      TEST (test_lost_and_found),
                                      TEST (test_lost),
                                      TEST (test_lost_without_a_task),
                                      TEST (test_locked),
                                      TEST (test_locked_for_long),
                                      TEST (test_nothing_else_again),
                                      TEST (test_given_up),
                                      TEST (test_given_up_and_stopped),
                                      TEST (test_given_up_at_once),
                                      TEST (test_stopped_too_late),
                                      TEST (test_time_is_up) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
