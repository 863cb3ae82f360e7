/* channel.h - messages between two processes of ours
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A message is a header {u32 length, u8 kind, u8 code, u16 count} and COUNT
   byte strings, each behind a u32 with its length; LENGTH counts all behind
   the header.  Numbers have the order of the machine: both ends run on it.
   Neither side trusts the other's messages further than their form.  What the
   kinds are is agreed by those who talk: mod/aug/message.h, call/work.h.  */

#ifndef REEVE_CHANNEL_H
#define REEVE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include "../../protocol/buffer.h"
#include "../../protocol/limits.h"

#define CHANNEL_MESSAGE (2 * LIMIT_AUG_FILE + 64 * KIB) /* Bytes of one.  */
#define CHANNEL_ITEMS (2 * LIMIT_AUG_FILES + 16)        /* Strings of one. */
#define CHANNEL_PIECE (128 * KIB) /* An answer leaves in pieces like this. */

struct item
{
  const char *bytes; /* Not NUL terminated.  */
  size_t length;
};

/* A message that was received; its items lie in the channel's memory until
   the next one is read.  */
struct message
{
  unsigned kind;
  unsigned code;
  size_t count;
  const struct item *items;
};

/* One end.  The descriptor belongs to the caller.  */
struct channel
{
  int fd;
  uint64_t deadline; /* End of all waiting, on the clock of link_now; 0 is
                        none.  */
  /* While a transfer with a deadline waits: asked several times a second
     whether to give up, which is GPG_ERR_CANCELED.  May be NULL.  */
  bool (*give_up) (void *context);
  void *give_up_context;
  uint64_t patience;  /* What the socket's time-outs are set to, ms.  */
  struct buffer out;  /* Messages not yet sent.  */
  size_t start;       /* Where the message being put together begins.  */
  unsigned out_count; /* Its items so far.  */
  char *in;           /* IN_SIZE bytes, IN_FROM to IN_TO are unread.  */
  size_t in_size;
  size_t in_from;
  size_t in_to;
  struct item *items;
  size_t item_space;
};

void channel_init (struct channel *channel, int fd);
void channel_release (struct channel *channel);

/* Put a message together: begin, items, end.  */
void channel_begin (struct channel *channel, unsigned kind, unsigned code);
void channel_item (struct channel *channel, const void *bytes, size_t length);
void channel_string (struct channel *channel, const char *string);
void channel_number (struct channel *channel, int64_t number);
void channel_end (struct channel *channel);

/* Send what is gathered.  GPG_ERR_TIMEOUT; GPG_ERR_EOF when the other side
   is gone; GPG_ERR_ENOMEM; GPG_ERR_TOO_LARGE.  What could not be sent is
   dropped.  */
gpg_error_t channel_flush (struct channel *channel);

/* Wait for the next message.  GPG_ERR_TIMEOUT; GPG_ERR_EOF; GPG_ERR_ENOMEM;
   GPG_ERR_INV_PACKET for anything malformed, and for good: the stream has no
   place to start anew.  */
gpg_error_t channel_read (struct channel *channel, struct message *r_message);

/* Take the LENGTH bytes at BYTES apart; the parser behind channel_read.
 *R_USED is the length of the first message, 0 if more bytes are needed.  */
gpg_error_t channel_parse (struct channel *channel, const char *bytes,
                           size_t length, struct message *r_message,
                           size_t *r_used);

/* Send a message without items along with COUNT descriptors.  */
gpg_error_t channel_send_fds (int fd, unsigned kind, const int *fds,
                              size_t count);

/* Receive it; CHANNEL must have read nothing yet.  Exactly COUNT descriptors
   must come (close-on-exec), else GPG_ERR_INV_PACKET.  */
gpg_error_t channel_receive_fds (struct channel *channel, unsigned kind,
                                 int *r_fds, size_t count);

/* Whether ITEM is the string STRING.  */
bool item_is (const struct item *item, const char *string);

/* ITEM as a string of its own; NULL without memory or if it has a NUL.  */
char *item_string (const struct item *item);

/* ITEM as a decimal number; FALLBACK if it is none.  */
int64_t item_number (const struct item *item, int64_t fallback);

#endif /* REEVE_CHANNEL_H */
