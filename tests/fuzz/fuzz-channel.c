/* fuzz-channel.c - messages between a session and its augeas worker
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "fuzz.h"
#include "../../src/base/channel.h"
#include "../../src/mod/aug/message.h"

/* What was parsed, put together again.  */
static void
check_round_trip (const struct message *message, const char *bytes, size_t used)
{
  struct channel channel;

  channel_init (&channel, -1);
  channel_begin (&channel, message->kind, message->code);
  for (size_t i = 0; i < message->count; i++)
    channel_item (&channel, message->items[i].bytes, message->items[i].length);
  channel_end (&channel);
  require (!buffer_error (&channel.out) && channel.out.length == used);
  require (!memcmp (channel.out.bytes, bytes, used));
  channel_release (&channel);
}

static void
check_items (const struct message *message, const char *bytes, size_t used)
{
  for (size_t i = 0; i < message->count; i++)
    {
      const struct item *item = &message->items[i];
      char *string = item_string (item);

      require (item->bytes >= bytes && item->length <= used
               && item->bytes + item->length <= bytes + used);
      require (!string == !!memchr (item->bytes, 0, item->length));
      if (string)
        require (item_is (item, string) && strlen (string) == item->length);
      free (string);
      item_number (item, -1);
    }
}

/* The message at the front of BYTES, cut anywhere, is never another one.  */
static void
check_parts (struct channel *channel, const char *bytes, size_t used)
{
  struct message message;
  size_t cut;

  for (size_t length = 0; length < used; length += 1 + length / 16)
    require (!channel_parse (channel, bytes, length, &message, &cut) && !cut);
}

int
LLVMFuzzerTestOneInput (const uint8_t *input, size_t size)
{
  const char *bytes = (const char *)input;
  struct message message;
  struct channel channel;
  size_t used;

  channel_init (&channel, -1);
  while (!channel_parse (&channel, bytes, size, &message, &used) && used)
    {
      require (used >= 8 && used <= size);
      check_items (&message, bytes, used);
      check_round_trip (&message, bytes, used);
      check_parts (&channel, bytes, used);
      bytes += used;
      size -= used;
    }
  channel_release (&channel);
  return 0;
}
