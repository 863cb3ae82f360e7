/* sessionhand.h - a session's side of AUG made by hand
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The test plays the worker: what it says is queued before the session asks,
   and what the session told is read afterwards.  */

#ifndef REEVE_TEST_SESSIONHAND_H
#define REEVE_TEST_SESSIONHAND_H

#include "check.h"
#include "scratch.h"

#include <sys/socket.h>
#include "../../protocol/link.h"
#include "../../protocol/memory.h"
#include "../../src/call/call.h"
#include "../../src/mod/aug/session.h"

static const char sessionhand_table[]
    = "lens @Hosts\ninfo h\nincl /etc/hosts\nincl /etc/many/*\nexcl *.bak\n"
      "incl /etc/both\nincl /srv/*/hosts\nincl /etc/reeve/*\n"
      "lens @Fstab\ninfo f\nincl /etc/fstab\nincl /etc/both\n"
      "lens @Again\ninfo h\nincl /etc/hosts\nincl /etc/many/*\nexcl *.bak\n";

struct sessionhand
{
  struct scratch *scratch;
  struct call call;
  struct module module;
  struct writer writer;
  struct buffer answer; /* With status lines as on the wire.  */
  struct aug_session *session;
  struct channel worker;
  char told[8192];
};

static inline gpg_error_t
sessionhand_data (void *context, const char *bytes, size_t length)
{
  buffer_append (context, bytes, length);
  return buffer_error (context);
}

static inline gpg_error_t
sessionhand_status (void *context, const char *keyword, const char *text)
{
  buffer_printf (context, "S %s %s\n", keyword, text);
  return buffer_error (context);
}

static inline int
sessionhand_setup (void **state)
{
  struct sessionhand *hand = calloc (1, sizeof *hand);
  void *scratch;
  int ends[2];

  if (!hand || scratch_setup (&scratch)
      || socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)
      || tally_new (&hand->module.tally))
    return -1;
  hand->scratch = scratch;
  hand->module.helper_fd = -1;
  hand->writer = (struct writer){ .sink = { sessionhand_data,
                                            sessionhand_status, &hand->answer },
                                  .output = OUTPUT_TEXT };
  hand->call.machine = &hand->scratch->machine;
  hand->call.module = &hand->module;
  hand->call.peer.uid = getuid ();
  hand->call.out = &hand->writer;
  hand->call.deadline = link_now () + 60000;
  if (aug_session_get (&hand->call, &hand->session)
      || plan_new (&hand->call.plan)
      || lens_table_parse (sessionhand_table, sizeof sessionhand_table - 1,
                           &hand->session->table))
    return -1;
  hand->session->fd = ends[0];
  channel_init (&hand->session->channel, ends[0]);
  channel_init (&hand->worker, ends[1]);
  hand->worker.deadline = hand->call.deadline;
  scratch_mkdir (hand->scratch, "/etc");
  *state = hand;
  return 0;
}

static inline int
sessionhand_teardown (void **state)
{
  struct sessionhand *hand = *state;
  void *scratch = hand->scratch;

  aug_session_end (hand->session);
  close (hand->worker.fd);
  channel_release (&hand->worker);
  failure_release (&hand->call.failure);
  plan_release (hand->call.plan);
  writer_release (&hand->writer);
  buffer_release (&hand->answer);
  tally_release (hand->module.tally);
  free (hand);
  return scratch_teardown (&scratch);
}

static inline const char *
sessionhand_answer (struct sessionhand *hand)
{
  buffer_append (&hand->answer, "", 0);
  return hand->answer.bytes ? hand->answer.bytes : "";
}

/* All that the session told up to now: a word for each kind, its code if not
   0, then the items, with a bar behind each; a file's time is left out.  */
static inline const char *
sessionhand_told (struct sessionhand *hand)
{
  static const char *const kinds[]
      = { [CHANNEL_REQUEST] = "REQUEST", [CHANNEL_ORDER] = "ORDER",
          [CHANNEL_FILE] = "FILE",       [CHANNEL_KNOWN] = "KNOWN",
          [CHANNEL_REFUSED] = "REFUSED", [CHANNEL_SETTLED] = "SETTLED",
          [CHANNEL_READY] = "READY" };
  struct channel *channel = &hand->session->channel;
  auto_buffer struct buffer text = BUFFER_EMPTY;
  struct message message;

  channel_begin (channel, CHANNEL_DONE, 0);
  channel_end (channel);
  assert_int_equal (channel_flush (channel), 0);
  for (;;)
    {
      assert_int_equal (channel_read (&hand->worker, &message), 0);
      if (message.kind == CHANNEL_DONE)
        break;
      assert_true (message.kind <= CHANNEL_READY);
      buffer_printf (&text, "%s", kinds[message.kind]);
      if (message.code)
        buffer_printf (&text, "/%u", message.code);
      buffer_string (&text, " ");
      for (size_t i = message.kind == CHANNEL_REQUEST; i < message.count; i++)
        if (message.kind != CHANNEL_FILE || i != 2)
          {
            buffer_append (&text, message.items[i].bytes,
                           message.items[i].length);
            buffer_string (&text, "|");
          }
    }
  snprintf (hand->told, sizeof hand->told, "%s", text.length ? text.bytes : "");
  return hand->told;
}

/* Queue what the worker says.  */
static inline void
sessionhand_say (struct sessionhand *hand, enum channel_kind kind,
                 unsigned code, const char *const *items)
{
  channel_begin (&hand->worker, kind, code);
  for (; *items; items++)
    channel_string (&hand->worker, *items);
  channel_end (&hand->worker);
  assert_int_equal (channel_flush (&hand->worker), 0);
}

#define SAY(hand, kind, code, ...)                                             \
  sessionhand_say (hand, kind, code, (const char *const[]){ __VA_ARGS__, NULL })

static inline void
sessionhand_done (struct sessionhand *hand)
{
  sessionhand_say (hand, CHANNEL_DONE, 0, (const char *const[]){ NULL });
}

#define SESSION_TEST(name)                                                     \
  cmocka_unit_test_setup_teardown (name, sessionhand_setup,                    \
                                   sessionhand_teardown)

#endif /* REEVE_TEST_SESSIONHAND_H */
