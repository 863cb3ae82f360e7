/* rate.h - how many calls a user and an identity may make in a while
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   In memory that all processes share, so that a second session gets nothing
   more than the first.  A process may die at any instruction: there is no
   lock.  At most CALLS may come at once, and in the long run no more than
   CALLS in each window.  */

#ifndef REEVE_RATE_H
#define REEVE_RATE_H

#include <stdbool.h>
#include <stdint.h>
#include <gpg-error.h>
#include "../base/limits.h"

struct rates;

enum rate_kind
{
  RATE_UID,     /* The key is the uid.  */
  RATE_IDENTITY /* The key is rate_key's of the identity's name.  */
};

/* Make them; processes forked later share them.  */
gpg_error_t rates_new (struct rates **r_rates);
void rates_release (struct rates *rates);

/* The key of the identity NAME.  */
uint64_t rate_key (const char *name);

/* Count a call at the time NOW (milliseconds, link_now).  Returns whether RATE
   admits it; if not, it is not counted, and *R_WAIT_MS is when the next one
   will be, at least 1.  RATES may be NULL, and RATE->calls 0: then there is no
   limit.  */
bool rate_take (struct rates *rates, enum rate_kind kind, uint64_t key,
                const struct rate *rate, uint64_t now, uint64_t *r_wait_ms);

#endif /* REEVE_RATE_H */
