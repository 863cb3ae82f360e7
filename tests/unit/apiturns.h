/* apiturns.h - a worker's operation and a server that answers by turns, for
   tests
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What the server answers is a list of turns, which must be asked for in their
   order.  It takes the place of api.c.  */

#ifndef REEVE_TEST_APITURNS_H
#define REEVE_TEST_APITURNS_H

#include "failed.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/link.h"
#include "protocol/memory.h"
#include "protocol/text.h"
#include "src/mod/pve/api.h"

#define NOW 1779002048

struct turn
{
  const char *asked; /* What the request begins with: "POST PATH FORM".  */
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

#define ITEMS 34
static struct item items[ITEMS];

/* --- The server --- */

static inline gpg_error_t
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
api_getf (struct work *one, struct answer *r_answer, const char *format, ...)
{
  auto_free char *path = NULL;
  va_list arguments;

  va_start (arguments, format);
  path = text_vformat (format, arguments);
  va_end (arguments);
  assert_non_null (path);
  return api_get (one, path, r_answer);
}

gpg_error_t
api_send (struct work *one, const char *method, const char *path,
          const struct buffer *form, struct answer *r_answer, bool *r_lost)
{
  auto_free char *whole = text_format ("%s%s%s", path,
                                       form && form->length ? " " : "",
                                       form && form->length ? form->bytes : "");
  gpg_error_t err = take_turn (method, whole, r_answer);

  (void)one;
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

static inline gpg_error_t
keep (void *context, const char *bytes, size_t length)
{
  (void)context;
  buffer_append (&answer_text, bytes ? bytes : "", length);
  return 0;
}

static inline gpg_error_t
keep_status (void *context, const char *keyword, const char *text)
{
  (void)context;
  buffer_printf (&answer_text, "S %s %s\n", keyword, text);
  return 0;
}

static inline int
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

static inline int
teardown (void **state)
{
  (void)state;
  failure_release (&work.failure);
  close (channel.fd);
  close (session);
  channel_release (&channel);
  writer_release (&out);
  buffer_release (&answer_text);
  return 0;
}

/* Give WORK the arguments PAIRS, names and values, NULL at the end.  */
static inline void
give_all (const char *const *pairs)
{
  size_t count = 2; /* The operation and its time.  */

  for (; *pairs; pairs++)
    {
      assert_true (count < ITEMS);
      items[count++] = (struct item){ *pairs, strlen (*pairs) };
    }
  work.request = (struct message){ .items = items, .count = count };
}

#define GIVE(...) give_all ((const char *const[]){ __VA_ARGS__, NULL })

/* The status lines that the session has got so far.  */
static inline void
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

#define GOOD(asked, data)                                                      \
  {                                                                            \
    asked, data, 0, VERDICT_DONE, NULL                                         \
  }
#define STOP                                                                   \
  {                                                                            \
    NULL, NULL, 0, VERDICT_DONE, NULL                                          \
  }
#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup, teardown)

/* OPERATION ends with CODE where the server answers with TURNS, all of which
   are asked for, and has written EXPECTED.  */
static inline void
assert_does (gpg_error_t (*operation) (struct work *one),
             const struct turn *turns, gpg_err_code_t code,
             const char *expected)
{
  gpg_error_t err;

  turn = turns;
  buffer_clear (&answer_text);
  failure_release (&work.failure);
  out = (struct writer){ .sink = { keep, keep_status, NULL } };
  err = operation (&work);
  if (gpg_err_code (err) != code)
    print_message ("%s\n", failure_words (&work.failure, err));
  assert_int_equal (gpg_err_code (err), code);
  assert_null (turn->asked);
  assert_string_equal (answer_text.length ? answer_text.bytes : "", expected);
  writer_release (&out);
}

#endif /* REEVE_TEST_APITURNS_H */
