/* fuzz-request.c - a machine worker, and a session that says anything
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An input is what the session sends, see messages.h.  Whatever that is, the
   worker changes nothing, operations find the arguments that were sent, and
   each request has one end.  */

#include "messages.h"
#include "../../src/call/work.h"

#define FIXED 2 /* Items of a request before its arguments.  */

static unsigned begun; /* Operations.  */

static void
messages_answer (void)
{
}

/* Each argument is found by its name, among those of the same name in order. */
static void
check_arguments (const struct work *work)
{
  const struct message *request = &work->request;

  require (request->count >= FIXED && !(request->count % 2));
  for (size_t i = FIXED; i < request->count; i += 2)
    {
      const struct item *value = request->items + i + 1;
      size_t before = 0;
      char *name = item_string (request->items + i);

      require (!value->bytes[value->length]);
      for (size_t j = FIXED; name && j < i; j += 2)
        before += item_is (request->items + j, name);
      require (!name || work_text_at (work, name, before) == value->bytes);
      free (name);
    }
}

static gpg_error_t
echo (struct work *work)
{
  gpg_error_t err = 0;

  begun++;
  check_arguments (work);
  for (size_t i = 0; !err && work_text_at (work, "text", i); i++)
    err = writer_field (work->out, "text", "%s",
                        work_text_at (work, "text", i));
  if (!err)
    err = writer_field_number (work->out, "number",
                               work_number (work, "number", -1));
  return err ? err : writer_record_end (work->out);
}

static gpg_error_t
tell (struct work *work)
{
  const char *text = work_text (work, "text");

  begun++;
  return work_status (work, "TOLD", "%s", text ? text : "");
}

/* What waits asks now and then.  */
static gpg_error_t
watch (struct work *work)
{
  begun++;
  for (int i = 0; i < 3; i++)
    {
      int left = work_left (work, 1000);

      require (left >= 0 && left <= 1000);
      if (work_ended (work))
        return fail (&work->failure, GPG_ERR_CANCELED, "it was ended");
    }
  return 0;
}

static gpg_error_t
refuse (struct work *work)
{
  const char *text = work_text (work, "text");

  begun++;
  for (size_t i = 0; work_text_at (work, "detail", i); i++)
    failure_detail (&work->failure, "detail", "%s",
                    work_text_at (work, "detail", i));
  return fail (&work->failure, GPG_ERR_NOT_FOUND, "%s", text ? text : "");
}

static gpg_error_t
change (struct work *work)
{
  (void)work;
  require (!"a worker that reads changes something");
  return 0;
}

static const struct work_operation some[] = { { "echo", echo, false },
                                              { "tell", tell, false },
                                              { NULL, NULL, false } };
static const struct work_operation others[] = { { "watch", watch, false },
                                                { "refuse", refuse, false },
                                                { "change", change, true },
                                                { NULL, NULL, false } };
static const struct work_operation *const operations[] = { some, others, NULL };

/* MESSAGE is one that a worker may send.  */
static void
check_message (const struct message *message)
{
  switch (message->kind)
    {
    case WORK_ANSWER:
      require (message->count == 1 && message->items->length);
      break;
    case WORK_STATUS:
      require (message->count == 2);
      break;
    case WORK_DONE:
      require (message->code ? message->count >= 2 && !(message->count % 2)
                                   && item_number (message->items, 0) > 0
                             : !message->count);
      break;
    default:
      require (!"a worker sends this");
    }
}

/* What was sent is sound, and has an end for each operation.  */
static void
check_sent (void)
{
  struct message message;
  struct channel channel;
  size_t at = 0, used;
  unsigned ends = 0;

  channel_init (&channel, -1);
  while (at < messages_out.length)
    {
      require (!channel_parse (&channel, messages_out.bytes + at,
                               messages_out.length - at, &message, &used));
      require (used);
      check_message (&message);
      ends += message.kind == WORK_DONE;
      at += used;
    }
  require (ends >= begun);
  channel_release (&channel);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  static const struct machine machine = { .root_fd = -1 };
  static const struct work_service service = { .machine = &machine,
                                               .operations = operations };

  begun = 0;
  messages_feed = (struct feed){ bytes, bytes + size };
  work_serve (-1, &service);
  check_sent ();
  messages_forget ();
  return 0;
}
