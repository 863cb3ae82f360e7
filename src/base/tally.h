/* tally.h - events a uid, counted in memory that all processes share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Wrong responses and deaths of workers are remembered across sessions.  A
   process may die at any instruction: there is no lock, a lost count is the
   worst.  */

#ifndef REEVE_TALLY_H
#define REEVE_TALLY_H

#include <stdint.h>
#include <sys/types.h>
#include <gpg-error.h>

struct tally;

/* How many events of a uid are remembered at the most.  */
#define TALLY_EVENTS 16

/* Make one; processes forked later share it.  */
gpg_error_t tally_new (struct tally **r_tally);
void tally_release (struct tally *tally);

/* Count an event of UID at the time NOW (milliseconds, link_now).  */
void tally_add (struct tally *tally, uid_t uid, uint64_t now);

/* How many events of UID lie within the WINDOW milliseconds before NOW.  */
unsigned tally_recent (const struct tally *tally, uid_t uid, uint64_t now,
                       uint64_t window);

/* Forget the events of UID.  */
void tally_forget (struct tally *tally, uid_t uid);

#endif /* REEVE_TALLY_H */
