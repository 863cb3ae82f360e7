/* relay_inside.h - what asking a worker and having it change something share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_RELAY_INSIDE_H
#define REEVE_RELAY_INSIDE_H

#include "relay.h"
#include "work.h"

/* The deadline of a channel that has none: with one it asks whether to give
   up.  */
#define RELAY_FOR_EVER (UINT64_MAX / 2)

/* Send the request for OPERATION: CALL's own arguments, then MORE.  */
gpg_error_t relay_send (struct call *call, struct channel *channel,
                        const char *operation, enum output output,
                        const char *const *more);

/* Take the answer: to OUT what it says, to FAILURE why it failed.  *R_LOST: the
   worker is of no use any more.  */
gpg_error_t relay_receive (struct channel *channel, struct writer *out,
                           struct failure *failure, bool *r_lost);

/* A worker of PROGRAM was lost by ERR: count it, and give FAILURE words where
   it has none.  Returns ERR or a better one.  */
gpg_error_t relay_lost (struct metrics *metrics, const char *program,
                        gpg_error_t err, struct failure *failure);

/* Where an answer is kept, for later; status lines go to OUT at once, if that
   is not NULL.  */
struct relay_kept
{
  struct buffer text;
  struct writer *out;
};

/* A sink that keeps in KEPT.  */
struct writer_sink relay_keep (struct relay_kept *kept);

#endif /* REEVE_RELAY_INSIDE_H */
