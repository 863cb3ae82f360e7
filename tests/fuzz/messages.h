/* messages.h - a channel whose other side is the fuzzer
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   For targets that are linked with --wrap=send,--wrap=recv and
   --wrap=setsockopt.  What the channel receives are messages made of the
   input: each is a byte with its kind, one with its code, one with the number
   of its items, and the items as pieces; or, where the kind is 255, a piece of
   raw bytes.  */

#ifndef REEVE_FUZZ_MESSAGES_H
#define REEVE_FUZZ_MESSAGES_H

#include "fuzz.h"
#include <sys/socket.h>
#include "../../src/base/channel.h"
#include "../../src/mod/aug/message.h"

#define MESSAGES_RAW 255

/* Where a target answers by itself what was sent; else the input does.  */
static void messages_answer (void);

static struct feed messages_feed;
static struct buffer messages_out; /* All that was sent.  */
static struct buffer messages_in;  /* Of which MESSAGES_AT bytes are read.  */
static size_t messages_at;

ssize_t __wrap_send (int fd, const void *bytes, size_t size, int flags);
ssize_t __wrap_recv (int fd, void *bytes, size_t size, int flags);
int __wrap_setsockopt (int fd, int level, int name, const void *value,
                       socklen_t size);

/* Make the next message of the input the next one to be read.  */
static inline void
messages_make (void)
{
  unsigned kind = feed_byte (&messages_feed);
  struct channel channel;
  unsigned code, count;
  const char *piece;
  size_t length;

  if (kind == MESSAGES_RAW)
    {
      piece = feed_piece (&messages_feed, &length);
      buffer_append (&messages_in, piece, length);
      return;
    }
  code = feed_byte (&messages_feed);
  count = feed_byte (&messages_feed);
  channel_init (&channel, -1);
  channel_begin (&channel, (enum channel_kind)kind, code);
  for (unsigned i = 0; i < count && feed_left (&messages_feed); i++)
    {
      piece = feed_piece (&messages_feed, &length);
      channel_item (&channel, piece, length);
    }
  channel_end (&channel);
  buffer_append (&messages_in, channel.out.bytes, channel.out.length);
  channel_release (&channel);
}

ssize_t
__wrap_send (int fd, const void *bytes, size_t size, int flags)
{
  (void)fd;
  (void)flags;
  buffer_append (&messages_out, bytes, size);
  return (ssize_t)size;
}

ssize_t
__wrap_recv (int fd, void *bytes, size_t size, int flags)
{
  size_t have;

  (void)fd;
  (void)flags;
  if (messages_at == messages_in.length)
    {
      messages_at = 0;
      buffer_clear (&messages_in);
    }
  if (!messages_in.length)
    messages_answer ();
  while (!messages_in.length && feed_left (&messages_feed))
    messages_make ();
  have = messages_in.length - messages_at;
  if (size > have)
    size = have;
  if (size)
    memcpy (bytes, messages_in.bytes + messages_at, size);
  messages_at += size;
  return (ssize_t)size;
}

int
__wrap_setsockopt (int fd, int level, int name, const void *value,
                   socklen_t size)
{
  (void)fd;
  (void)level;
  (void)name;
  (void)value;
  (void)size;
  return 0;
}

static inline void
messages_forget (void)
{
  messages_at = 0;
  buffer_release (&messages_in);
  buffer_release (&messages_out);
}

#endif /* REEVE_FUZZ_MESSAGES_H */
