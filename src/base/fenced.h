/* fenced.h - a function that takes apart what is foreign, behind a fence
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_FENCED_H
#define REEVE_FENCED_H

#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include "channel.h"
#include "failure.h"

/* Take the LENGTH bytes at BYTES (NUL terminated) apart and say what they mean:
   channel_string and channel_item calls on OUT, in an order that the caller
   agrees with itself; no more than 65000 of them.  An error's words are what
   the caller of fenced_call gets.  It runs in a process of its own, as nobody
   where we are root, that can open no file, and may die.  */
typedef gpg_error_t (*fenced_function) (const char *bytes, size_t length,
                                        const void *context,
                                        struct channel *out,
                                        struct failure *failure);

/* The same reads from FENCE_KEPT_FD (fence.h).  */
typedef gpg_error_t (*fenced_reader) (const void *context, struct channel *out,
                                      struct failure *failure);

/* What came out: good until released.  The items are untrusted.  */
struct fenced_answer
{
  struct channel channel;
  const struct item *items;
  size_t count;
};

/* Errors: what FUNCTION returned; GPG_ERR_SERVER_FAILED: it died; GPG_ERR_-
   TIMEOUT: it took longer than 5 s; GPG_ERR_INV_PACKET.  */
gpg_error_t fenced_call (fenced_function function, const void *context,
                         const char *bytes, size_t length,
                         struct fenced_answer *r_answer,
                         struct failure *failure);
/* The same of what the descriptor FD holds; it belongs to the caller.  */
gpg_error_t fenced_read (fenced_reader function, const void *context, int fd,
                         struct fenced_answer *r_answer,
                         struct failure *failure);
void fenced_release (struct fenced_answer *answer);

#endif /* REEVE_FENCED_H */
