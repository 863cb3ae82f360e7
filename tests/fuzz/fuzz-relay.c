/* fuzz-relay.c - a session, and a worker that answers anything
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An input is what the worker sends, see messages.h.  Whatever that is, the
   session has its limits and an end with words, and the client gets pieces of
   an answer and status lines.  */

#include "messages.h"
#include "../../src/call/relay_inside.h"

#define MOST 300

static size_t told; /* Bytes of the answer.  */

static void
messages_answer (void)
{
}

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  (void)context;
  told += bytes ? length : 0;
  return 0;
}

static gpg_error_t
take_status (void *context, const char *keyword, const char *text)
{
  (void)context;
  require (strlen (keyword) + strlen (text) < SIZE_MAX / 2);
  return 0;
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  struct writer out = { .sink = { take_data, take_status, NULL },
                        .most = MOST };
  struct channel channel;
  gpg_error_t err = 0;

  told = 0;
  messages_feed = (struct feed){ bytes, bytes + size };
  channel_init (&channel, -1);
  for (bool lost = false; !lost;)
    {
      struct failure failure = FAILURE_NONE;

      err = relay_receive (&channel, &out, &failure, &lost);
      require (!lost || err);
      require (told <= MOST && told == out.written);
      require (!failure.text || err);
      failure_release (&failure);
    }
  writer_release (&out);
  channel_release (&channel);
  messages_forget ();
  return 0;
}
