/* change.h - the verbs of PVE that change guests
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_CHANGE_H
#define REEVE_PVE_CHANGE_H

#include "../../call/call.h"

/* START, STOP, SNAPSHOT, CLONE, ..., DELETE-CONTENT.  Each looks what there is,
   checks the token's rights if --preflight is given, and plans one request.  */
gpg_error_t pve_change (struct call *call);

/* SET.  */
gpg_error_t pve_set (struct call *call);

/* --- For these --- */

#define MORE_PAIRS 12

/* Further arguments of an operation (relay.h).  The texts belong to others.  */
struct more
{
  const char *pairs[2 * MORE_PAIRS + 1]; /* Ends with NULL.  */
  size_t count;
};

/* Nothing is added if VALUE is NULL.  */
void more_add (struct more *more, const char *name, const char *value);

/* With --preflight, check the rights that the call needs.  */
gpg_error_t change_preflight (struct call *call, const struct more *more);

/* With --snapshot, plan one of the guest GUEST ("container 100 on pve1"), and
   add "snapname" to MORE; the name is for the caller to free.  */
gpg_error_t change_snapshot_first (struct call *call, struct more *more,
                                   const char *guest, char **r_name);

/* "container 100 (web) on pve1" of the record TEXT (guest_work.h), for the
   caller to free.  */
gpg_error_t change_guest_name (struct call *call, const char *text,
                               char **r_name);

/* "PREFIX-20270131-120000", for the caller to free; NULL and errno.  */
char *change_snapshot_name (const char *prefix);

/* The answer where nothing is to be done.  */
gpg_error_t change_unchanged (struct call *call);

#endif /* REEVE_PVE_CHANGE_H */
