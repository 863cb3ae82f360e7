/* work.c - a worker's life: requests and answers
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "work.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../../protocol/link.h"
#include "../../protocol/memory.h"

#define FIXED 2 /* Items of a request before its arguments.  */
#define PIECE (32 * KIB)

/* --- Arguments --- */

const char *
work_text_at (const struct work *work, const char *name, size_t index)
{
  const struct message *request = &work->request;

  for (size_t i = FIXED; i + 1 < request->count; i += 2)
    if (item_is (request->items + i, name) && !index--)
      return request->items[i + 1].bytes;
  return NULL;
}

const char *
work_text (const struct work *work, const char *name)
{
  return work_text_at (work, name, 0);
}

int64_t
work_number (const struct work *work, const char *name, int64_t fallback)
{
  const char *text = work_text (work, name);

  return text ? strtoll (text, NULL, 10) : fallback;
}

/* --- The session --- */

bool
work_ended (void *context)
{
  struct work *work = context;
  struct pollfd poll_in = { work->channel->fd, POLLIN, 0 };
  char byte;

  /* All that a session says meanwhile is that it is to end.  */
  if (work->channel->in_from < work->channel->in_to)
    work->stopped = true;
  if (!work->stopped && poll (&poll_in, 1, 0) > 0)
    work->stopped = poll_in.revents & (POLLHUP | POLLERR)
                    || recv (poll_in.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT)
                           >= 0;
  return work->stopped || (work->deadline && link_now () >= work->deadline);
}

gpg_error_t
work_grace (struct work *work, int ms)
{
  uint64_t end = link_now () + (uint64_t)ms;
  struct message stop;
  gpg_error_t err = 0;

  if (!work->taken)
    {
      work->channel->deadline = end;
      err = channel_read (work->channel, &stop);
      work->channel->deadline = 0;
      work->taken = !err;
      if (!err && stop.kind == WORK_LEAVE)
        err = gpg_error (GPG_ERR_CANCELED);
    }
  if (err)
    return err;
  work->stopped = false;
  work->deadline = end;
  return 0;
}

int
work_left (const struct work *work, int most)
{
  uint64_t now = link_now ();

  if (!work->deadline)
    return most;
  if (work->deadline <= now)
    return 0;
  return work->deadline - now < (uint64_t)most ? (int)(work->deadline - now)
                                               : most;
}

/* The sink's data.  */
static gpg_error_t
send_data (void *context, const char *bytes, size_t length)
{
  struct work *work = context;
  struct channel *channel = work->channel;

  if (bytes && length)
    {
      channel_begin (channel, WORK_ANSWER, 0);
      channel_item (channel, bytes, length);
      channel_end (channel);
    }
  if (bytes && channel->out.length < PIECE)
    return 0;
  return channel_flush (channel);
}

/* The sink's status.  */
static gpg_error_t
send_status (void *context, const char *keyword, const char *text)
{
  struct work *work = context;

  channel_begin (work->channel, WORK_STATUS, 0);
  channel_string (work->channel, keyword);
  channel_string (work->channel, text);
  channel_end (work->channel);
  return channel_flush (work->channel);
}

gpg_error_t
work_status (struct work *work, const char *keyword, const char *format, ...)
{
  auto_free char *text = NULL;
  va_list arguments;
  int length;

  va_start (arguments, format);
  length = vasprintf (&text, format, arguments);
  va_end (arguments);
  if (length < 0)
    {
      text = NULL;
      return gpg_error (GPG_ERR_ENOMEM);
    }
  return send_status (work, keyword, text);
}

static gpg_error_t
send_done (struct channel *channel, enum work_end end, gpg_error_t err,
           const struct failure *failure)
{
  channel_begin (channel, WORK_DONE, end);
  if (err)
    {
      channel_number (channel, gpg_err_code (err));
      channel_string (channel, failure_words (failure, err));
      for (const struct detail *detail = failure->details; detail;
           detail = detail->next)
        {
          channel_string (channel, detail->name);
          channel_item (channel, detail->value, detail->length);
        }
    }
  channel_end (channel);
  return channel_flush (channel);
}

/* --- Serving --- */

static const struct work_operation *
find_operation (const struct work_operation *const *operations,
                const struct item *name)
{
  for (; *operations; operations++)
    for (const struct work_operation *one = *operations; one->name; one++)
      if (item_is (name, one->name))
        return one;
  return NULL;
}

/* The arguments' texts, each with a NUL behind it, since they are asked for as
   strings; in one piece of memory for the caller to free.  */
static gpg_error_t
own_request (const struct message *message, struct message *r_request,
             void **r_memory)
{
  size_t size = message->count * sizeof (struct item);
  struct item *items;
  char *bytes;

  for (size_t i = 0; i < message->count; i++)
    size += message->items[i].length + 1;
  *r_memory = items = calloc (1, size);
  if (!items)
    return gpg_error_from_syserror ();
  bytes = (char *)(items + message->count);
  for (size_t i = 0; i < message->count; i++)
    {
      items[i] = (struct item){ bytes, message->items[i].length };
      memcpy (bytes, message->items[i].bytes, message->items[i].length);
      bytes += items[i].length + 1;
    }
  *r_request = *message;
  r_request->items = items;
  return 0;
}

static gpg_error_t
carry_out (struct work *work, const struct work_service *service)
{
  const struct work_operation *operation = find_operation (service->operations,
                                                           work->request.items);
  gpg_error_t err;

  if (!operation)
    return fail (&work->failure, GPG_ERR_NOT_IMPLEMENTED,
                 "this worker has no operation %.40s",
                 work->request.items[0].bytes);
  if (operation->changes && !service->changes)
    return fail (&work->failure, GPG_ERR_FORBIDDEN,
                 "this worker only reads: %s changes something",
                 operation->name);
  work->deadline = (uint64_t)item_number (work->request.items + 1, 0);
  err = work_text (work, "unchanged")
            ? writer_field_bool (work->out, "changed", false)
            : 0;
  if (!err)
    err = operation->run (work);
  /* What has not left yet does so with the end.  */
  if (!err && buffer_error (&work->channel->out))
    err = channel_flush (work->channel);
  if (gpg_err_code (err) == GPG_ERR_CANCELED && !work->stopped && work->deadline
      && link_now () >= work->deadline)
    err = fail (&work->failure, GPG_ERR_TIMEOUT, "the request took too long");
  if (work->stopped && !work->taken)
    {
      /* It was seen, not taken.  */
      struct message stop;
      gpg_error_t gone = channel_read (work->channel, &stop);

      if (gone)
        return gone;
    }
  return err;
}

/* Answer MESSAGE.  An error means that the session is gone.  */
static gpg_error_t
answer (struct work *work, const struct message *message,
        const struct work_service *service)
{
  struct writer out = { .sink = { send_data, send_status, work } };
  auto_free void *memory = NULL;
  gpg_error_t err;

  /* A stop that came too late.  */
  if (message->kind == WORK_STOP || message->kind == WORK_LEAVE)
    return 0;
  if (message->kind != WORK_REQUEST || message->count < FIXED
      || message->count % 2)
    return gpg_error (GPG_ERR_INV_PACKET);
  err = own_request (message, &work->request, &memory);
  if (err)
    return err;
  out.output = message->code ? OUTPUT_JSON : OUTPUT_TEXT;
  work->out = &out;
  work->number++;
  work->stopped = work->taken = false;
  err = carry_out (work, service);
  writer_release (&out);
  err = send_done (work->channel, err ? WORK_END_FAILED : WORK_END_DONE, err,
                   &work->failure);
  failure_release (&work->failure);
  return err;
}

void
work_serve (int fd, const struct work_service *service)
{
  struct channel channel;
  struct work work = { .machine = service->machine,
                       .context = service->context,
                       .changes = service->changes,
                       .channel = &channel };
  struct message message;
  gpg_error_t err;

  channel_init (&channel, fd);
  do
    {
      err = channel_read (&channel, &message);
      if (!err)
        err = answer (&work, &message, service);
    }
  while (!err);
  channel_release (&channel);
}

void
work_refuse (int fd, gpg_error_t err, const struct failure *failure)
{
  struct channel channel;
  struct message message;

  channel_init (&channel, fd);
  if (!channel_read (&channel, &message))
    send_done (&channel, WORK_END_REFUSED, err, failure);
  channel_release (&channel);
}
