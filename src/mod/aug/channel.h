/* channel.h - what a session and its augeas worker say to each other
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A message is a header {u32 length, u8 kind, u8 code, u16 count} and COUNT
   byte strings, each behind a u32 with its length; LENGTH counts all behind
   the header.  Numbers have the order of the machine: both ends run on it.

   The session sends CHANNEL_REQUEST; the worker answers with CHANNEL_ANSWER
   messages and one CHANNEL_DONE.  Before that it may send CHANNEL_NEED; the
   session then tells about files and ends with CHANNEL_READY.  Neither side
   trusts the other's messages further than their form.  */

#ifndef REEVE_AUG_CHANNEL_H
#define REEVE_AUG_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include "../../../protocol/buffer.h"
#include "../../../protocol/limits.h"

#define CHANNEL_MESSAGE (2 * LIMIT_AUG_FILE + 64 * KIB) /* Bytes of one.  */
#define CHANNEL_ITEMS (2 * LIMIT_AUG_FILES + 16)        /* Strings of one. */
#define CHANNEL_PIECE (128 * KIB) /* An answer leaves in pieces like this. */

enum channel_kind
{
  /* From the session.  */
  CHANNEL_REQUEST = 1, /* Code: enum channel_operation.  The CPU (u32) that
                          the session runs on, then the arguments.  */
  CHANNEL_ORDER,       /* Path of a directory ("" for the root): the files that
                          follow, up to CHANNEL_SETTLED, are all below it, in
                          augeas' order.  */
  CHANNEL_FILE,        /* Path, name of the lens, mtime, text.  */
  CHANNEL_KNOWN,       /* Path of a file that was told before, in its place
                          in the order of all.  */
  CHANNEL_REFUSED,     /* Path, lens, mtime, gpg code, advice, augeas' word
                          for it: a file that there is but that cannot be
                          had.  */
  CHANNEL_SETTLED,     /* Path, code: enum channel_state.  */
  CHANNEL_READY,       /* All needs are told.  Code not 0: no, give up.  */

  /* From the keeper and the worker.  */
  CHANNEL_WORKER, /* The keeper's answer, on the socket that was sent to it:
                     socket and pidfd of a worker, the table of lenses.  */
  CHANNEL_REPORT, /* The fences that hold, before the first answer.  */
  CHANNEL_NEED,   /* Paths; "/" is everything.  */
  CHANNEL_ANSWER, /* A piece of the answer.  */
  CHANNEL_DONE    /* Code 0: done.  1: failed; gpg code and advice, then
                     pairs of detail names and values.  2: the same, and the
                     worker ends.  */
};

enum channel_state
{
  CHANNEL_ABSENT,   /* No lens has a file here or on the way.  */
  CHANNEL_DIRECTORY /* All files below were told.  */
};

/* What a worker can do.  An argument that is not given is left out at the
   end of the list.  */
enum channel_operation
{
  CHANNEL_GET,    /* Paths.  Answer: the values.  */
  CHANNEL_LABEL,  /* Path.  Answer: the label.  */
  CHANNEL_MATCH,  /* Path.  Answer: paths.  */
  CHANNEL_LS,     /* Path.  Answer: label, path, "1" or "0" for children,
                     and "=" and the value or "", for each.  */
  CHANNEL_PRINT,  /* [Path].  Answer: text in pieces.  */
  CHANNEL_SET,    /* Path, [value].  */
  CHANNEL_SETM,   /* Base, sub, [value].  Answer: number.  */
  CHANNEL_CLEAR,  /* Path.  */
  CHANNEL_INSERT, /* Label, "before" or "after", path.  */
  CHANNEL_REMOVE, /* Path.  Answer: number.  */
  CHANNEL_MOVE,   /* Source, destination.  */
  CHANNEL_DEFVAR, /* Name, expression.  Answer: number.  */
  CHANNEL_LOAD,   /* Answer, if the transforms are others now: the text of
                     the new table of lenses, then remarks.  */
  CHANNEL_ERRORS, /* [Path].  Answer: eight items a record: file, error,
                     line, character, lens, last matched, next not matched,
                     message; "" where there is none.  */
  CHANNEL_RENDER, /* ["save"]: they are to be written.  Answer: for each
                     change "write" or "remove", path, text.  */
  CHANNEL_COMMIT, /* Pairs of path and mtime that were written; adopts what
                     was rendered last.  */
  CHANNEL_REVERT,
  CHANNEL_TOUCH,     /* Path.  */
  CHANNEL_COPY,      /* Source, destination.  */
  CHANNEL_RENAME,    /* Path, label.  Answer: number.  */
  CHANNEL_DEFNODE,   /* Name, expression, [value].  Answer: number.  */
  CHANNEL_SPAN,      /* Path.  Answer: the file, then where the label, the
                        value and the node begin and end.  */
  CHANNEL_SOURCE,    /* Path.  Answer: the path of its file's node.  */
  CHANNEL_STORE,     /* Lens, node, path.  */
  CHANNEL_RETRIEVE,  /* Lens, node, path, node.  */
  CHANNEL_FILES,     /* Answer: file, state and lens ("" if unknown), for each
                        that was told.  */
  CHANNEL_TRANSFORM, /* Lens, "incl" or "excl", glob.  */
  CHANNEL_TEXT,      /* Path of a file.  Answer: its text as SAVE would write
                        it: "read" (as the session read it, if there is a
                        file), "failed" (the same, but it does not parse;
                        then line and message), "removed", or "text" and the
                        text.  */
  CHANNEL_REPLACE,   /* Path of a file, text.  Answer: what is to be said:
                        "newline" (one is added at the end), "differs" (from
                        what the lens makes of it), "unwritten" (only a
                        newline at the end is new).  */
  CHANNEL_COMPARE,   /* Lens, then a file's old and new text, each behind a
                        "=", or "" where there is no file.  Answer: names of
                        the nodes that differ: see compare.c.  One with the
                        code 1: a text does not parse, any may differ.  */
  CHANNEL_RENEW,     /* What was refused to the client, or left out, may be
                        had now: it is asked for again.  */
  CHANNEL_OPERATIONS /* How many there are.  */
};

struct item
{
  const char *bytes; /* Not NUL terminated.  */
  size_t length;
};

/* A message that was received; its items lie in the channel's memory until
   the next one is read.  */
struct message
{
  enum channel_kind kind;
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
void channel_begin (struct channel *channel, enum channel_kind kind,
                    unsigned code);
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
gpg_error_t channel_send_fds (int fd, enum channel_kind kind, const int *fds,
                              size_t count);

/* Receive it; CHANNEL must have read nothing yet.  Exactly COUNT descriptors
   must come (close-on-exec), else GPG_ERR_INV_PACKET.  */
gpg_error_t channel_receive_fds (struct channel *channel,
                                 enum channel_kind kind, int *r_fds,
                                 size_t count);

/* Whether ITEM is the string STRING.  */
bool item_is (const struct item *item, const char *string);

/* ITEM as a string of its own; NULL without memory or if it has a NUL.  */
char *item_string (const struct item *item);

/* ITEM as a decimal number; FALLBACK if it is none.  */
int64_t item_number (const struct item *item, int64_t fallback);

#endif /* REEVE_AUG_CHANNEL_H */
