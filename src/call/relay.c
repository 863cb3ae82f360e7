/* relay.c - a session has a worker do what it does not do itself
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "relay.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../protocol/link.h"
#include "../../protocol/memory.h"
#include "../../protocol/record.h"
#include "metrics.h"
#include "registry.h"
#include "relay_inside.h"

/* What a noun keeps for a session: its worker for reading.  */
struct relay
{
  struct channel channel;
  unsigned generation; /* Of the configuration when it began.  */
};

/* For a worker that reads to tell that the time is up.  */
#define LATE_MS 500

/* --- Asking --- */

/* The value of ARGUMENT as workers take it: numbers in their unit.  */
static void
add_argument (struct channel *channel, const struct argument_value *argument)
{
  enum pattern_form form = argument->item->type->pattern;

  channel_string (channel, argument->item->name);
  if (form == PATTERN_NUMBER || argument->item->type->flags & TYPE_FLAG)
    channel_number (channel, argument->number);
  else
    channel_item (channel, argument->text, argument->length);
}

/* Whether ITEM is an option of every call, which are the session's matter.  */
static bool
is_common (const struct call *call, const struct grammar_item *item)
{
  return call->registry
         && grammar_find (&call->registry->common, item->name,
                          strlen (item->name), true)
                == item;
}

gpg_error_t
relay_send (struct call *call, struct channel *channel, const char *operation,
            enum output output, const char *const *more)
{
  channel_begin (channel, WORK_REQUEST, output == OUTPUT_JSON);
  channel_string (channel, operation);
  channel_number (channel, (int64_t)call->deadline);
  for (size_t i = 0; call->arguments && i < arguments_count (call->arguments);
       i++)
    {
      const struct argument_value *value = arguments_value (call->arguments, i);

      if (value->text && !is_common (call, value->item)
          && !(value->item->type->flags & TYPE_SECRET))
        add_argument (channel, value);
    }
  for (; more && more[0] && more[1]; more += 2)
    {
      channel_string (channel, more[0]);
      channel_string (channel, more[1]);
    }
  channel_end (channel);
  return channel_flush (channel);
}

/* --- The answer --- */

/* Hand the worker's piece of the answer on; the client is to have it NOW, or
   with what comes next.  */
static gpg_error_t
take_piece (struct writer *out, const struct item *piece, bool now)
{
  size_t most = out->most ? out->most : LIMIT_ANSWER;
  gpg_error_t err;

  if (piece->length > most - out->written)
    return gpg_error (GPG_ERR_TOO_LARGE);
  out->written += piece->length;
  out->any_record = true;
  err = out->sink.data (out->sink.context, piece->bytes, piece->length);
  return err || !now ? err : writer_flush (out);
}

/* Whether KEYWORD is one; TEXT is made one line that steers no terminal: the
   worker may have been taken over.  */
static bool
tidy_status (const char *keyword, char *text)
{
  for (; *text; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7f)
      *text = '?';
  return *keyword && !keyword[strspn (keyword, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
}

static gpg_error_t
take_status (struct writer *out, const struct message *message)
{
  auto_free char *keyword = NULL;
  auto_free char *text = NULL;
  gpg_error_t err;

  if (message->count != 2)
    return gpg_error (GPG_ERR_INV_PACKET);
  keyword = item_string (message->items);
  text = item_string (message->items + 1);
  if (!keyword || !text || !tidy_status (keyword, text))
    return gpg_error (GPG_ERR_INV_PACKET);
  err = out->sink.status (out->sink.context, keyword, text);
  return err ? err : writer_flush (out);
}

static gpg_error_t
take_done (const struct message *message, struct failure *failure)
{
  auto_free char *words = NULL;
  int64_t code;

  if (!message->code)
    return 0;
  if (message->count < 2 || message->count % 2)
    return gpg_error (GPG_ERR_INV_PACKET);
  code = item_number (message->items, 0);
  words = item_string (message->items + 1);
  if (code <= 0 || code >= GPG_ERR_CODE_DIM || !words)
    return gpg_error (GPG_ERR_INV_PACKET);
  for (size_t i = 2; i < message->count; i += 2)
    {
      auto_free char *name = item_string (message->items + i);

      if (name)
        failure_detail_bytes (failure, name, message->items[i + 1].bytes,
                              message->items[i + 1].length);
    }
  return fail (failure, (gpg_err_code_t)code, "%s", words);
}

gpg_error_t
relay_receive (struct channel *channel, struct writer *out,
               struct failure *failure, bool *r_lost)
{
  struct message message;
  gpg_error_t err;

  *r_lost = true;
  while (!(err = channel_read (channel, &message)))
    switch (message.kind)
      {
      case WORK_ANSWER:
        if (message.count != 1)
          return gpg_error (GPG_ERR_INV_PACKET);
        err = take_piece (out, message.items,
                          channel->in_from == channel->in_to);
        if (err)
          return err;
        break;
      case WORK_STATUS:
        err = take_status (out, &message);
        if (err)
          return err;
        break;
      case WORK_DONE:
        *r_lost = message.code == WORK_END_REFUSED;
        return take_done (&message, failure);
      default:
        return gpg_error (GPG_ERR_INV_PACKET);
      }
  return err;
}

/* The workers: a program, what a person knows it as, where its deaths are
   counted.  */
static const struct relay_worker
{
  const char *program;
  const char *name;
  enum metric deaths;
} relay_workers[]
    = { { RELAY_MACHINE, "machine worker", METRIC_DEATHS_MACHINE },
        { RELAY_API, "API worker", METRIC_DEATHS_API } };

static const struct relay_worker *
find_kind (const char *program)
{
  const struct relay_worker *worker = relay_workers;

  while (strcmp (worker->program, program))
    worker++;
  return worker;
}

gpg_error_t
relay_lost (struct metrics *metrics, const char *program, gpg_error_t err,
            struct failure *failure)
{
  const struct relay_worker *worker = find_kind (program);

  if (gpg_err_code (err) == GPG_ERR_EOF)
    metrics_add (metrics, worker->deaths);
  if (failure->text)
    return err;
  switch (gpg_err_code (err))
    {
    case GPG_ERR_EOF:
      return fail (failure, GPG_ERR_SERVER_FAILED,
                   "the %s died of this request", worker->name);
    case GPG_ERR_TIMEOUT:
      return fail (failure, GPG_ERR_TIMEOUT, "the request took too long");
    case GPG_ERR_INV_PACKET:
      return fail (failure, GPG_ERR_SERVER_FAILED, "the %s gave no sense",
                   worker->name);
    default:
      return err;
    }
}

/* --- The worker for reading --- */

/* Why nobody waits any more.  */
struct patience
{
  struct call *call;
  gpg_error_t err;
};

/* The channel's give_up.  */
static bool
ran_out (void *context)
{
  struct patience *patience = context;
  struct call *call = patience->call;

  if (call->canceled && call->canceled (call->client))
    patience->err = fail (&call->failure, GPG_ERR_CANCELED,
                          "the client gave up");
  else if (call->ending && call->ending (call->client))
    patience->err = fail (&call->failure, GPG_ERR_CANCELED,
                          "the server is stopping");
  else if (call->still_may)
    patience->err = call->still_may (call);
  return patience->err;
}

static void
drop_worker (struct relay *relay)
{
  if (relay->channel.fd >= 0)
    close (relay->channel.fd);
  channel_release (&relay->channel);
}

/* Have the helper fork a worker for RELAY.  */
static gpg_error_t
get_worker (struct call *call, struct relay *relay)
{
  int ends[2];
  gpg_error_t err;

  if (call->module->helper_fd < 0)
    return fail (&call->failure, GPG_ERR_SERVER_FAILED,
                 "the %s does not run: see the log of reeved",
                 find_kind (call->noun->helper)->name);
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
    return fail_errno (&call->failure, "cannot make a socket");
  err = channel_send_fds (call->module->helper_fd, WORK_REQUEST, ends + 1, 1);
  close (ends[1]);
  if (err)
    {
      close (ends[0]);
      return fail (&call->failure, GPG_ERR_SERVER_FAILED,
                   "the %s cannot be reached: see the log of reeved",
                   find_kind (call->noun->helper)->name);
    }
  channel_init (&relay->channel, ends[0]);
  relay->generation = call->generation;
  return 0;
}

static bool
is_gone (int fd)
{
  struct pollfd poll_in = { fd, POLLIN, 0 };

  return poll (&poll_in, 1, 0) > 0;
}

static gpg_error_t
find_worker (struct call *call, struct relay **r_relay)
{
  struct relay *relay = call->module->session;

  *r_relay = NULL;
  if (!relay)
    {
      relay = calloc (1, sizeof *relay);
      if (!relay)
        return gpg_error_from_syserror ();
      channel_init (&relay->channel, -1);
      call->module->session = relay;
    }
  *r_relay = relay;
  /* One that ended since the last call is none; one that began before a reload
     may have read what no longer holds.  */
  if (relay->channel.fd >= 0
      && (relay->generation != call->generation || is_gone (relay->channel.fd)))
    drop_worker (relay);
  return relay->channel.fd < 0 ? get_worker (call, relay) : 0;
}

/* Have a worker carry out OPERATION; the answer goes to OUT.  */
static gpg_error_t
read_into (struct call *call, const char *operation, const char *const *more,
           struct writer *out)
{
  struct patience patience = { call, 0 };
  struct relay *relay;
  bool lost;
  gpg_error_t err = find_worker (call, &relay);

  if (err)
    return err;
  /* The worker ends by itself, and knows why.  */
  relay->channel.deadline = call->deadline ? call->deadline + LATE_MS
                                           : RELAY_FOR_EVER;
  relay->channel.give_up = ran_out;
  relay->channel.give_up_context = &patience;
  lost = true;
  err = relay_send (call, &relay->channel, operation, out->output, more);
  if (!err)
    err = relay_receive (&relay->channel, out, &call->failure, &lost);
  if (patience.err)
    err = patience.err;
  if (lost)
    drop_worker (relay);
  /* One that was given up is not to blame.  */
  return lost ? relay_lost (patience.err ? NULL : call->metrics,
                            call->noun->helper, err, &call->failure)
              : err;
}

gpg_error_t
relay_read (struct call *call, const char *operation, const char *const *more)
{
  return read_into (call, operation, more, call->out);
}

gpg_error_t
relay_verb (struct call *call)
{
  char operation[64];

  snprintf (operation, sizeof operation, "%s %s", call->noun->name,
            call->verb->name);
  return relay_read (call, operation, NULL);
}

void
relay_end (void *session)
{
  struct relay *relay = session;

  if (relay)
    drop_worker (relay);
  free (relay);
}

/* --- For handlers --- */

static gpg_error_t
keep_data (void *context, const char *bytes, size_t length)
{
  struct relay_kept *kept = context;

  if (bytes)
    buffer_append (&kept->text, bytes, length);
  return buffer_error (&kept->text);
}

static gpg_error_t
pass_status (void *context, const char *keyword, const char *text)
{
  struct relay_kept *kept = context;
  struct writer *out = kept->out;
  gpg_error_t err;

  if (!out)
    return 0;
  err = out->sink.status (out->sink.context, keyword, text);
  return err ? err : writer_flush (out);
}

struct writer_sink
relay_keep (struct relay_kept *kept)
{
  return (struct writer_sink){ keep_data, pass_status, kept };
}

gpg_error_t
relay_ask (struct call *call, const char *operation, const char *const *more,
           char **r_text)
{
  struct relay_kept kept = { BUFFER_EMPTY, call->out };
  struct writer out = { .sink = relay_keep (&kept) };
  gpg_error_t err = read_into (call, operation, more, &out);

  *r_text = NULL;
  writer_release (&out);
  if (!err)
    err = buffer_take (&kept.text, r_text, NULL);
  buffer_release (&kept.text);
  return err;
}

gpg_error_t
relay_field (const char *text, const char *name, char **r_value)
{
  auto_buffer struct buffer value = BUFFER_EMPTY;
  size_t length = strlen (name);
  gpg_error_t err;

  *r_value = NULL;
  for (const char *line = text; line && *line;)
    {
      const char *end = strchrnul (line, '\n');

      if (!strncmp (line, name, length) && !strncmp (line + length, ": ", 2))
        {
          line += length + 2;
          err = record_unescape (&value, line, (size_t)(end - line));
          return err ? err : buffer_take (&value, r_value, NULL);
        }
      line = *end ? end + 1 : end;
    }
  return 0;
}
