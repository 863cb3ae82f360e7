/* permit.h - which files and nodes policy lets the client of a call touch
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Policy has names for files and nodes: "/files", the path, and for a node the
   labels on its way, without positions.  In a label or a file's name "/" and
   "\" have a "\" before them.  A file that a link leads to has two names, of
   which the path without links is the canonical one.  */

#ifndef REEVE_AUG_PERMIT_H
#define REEVE_AUG_PERMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <gpg-error.h>
#include "../../call/call.h"

/* Whether the client may EFFECT all files, so that none needs to be asked
   for.  */
bool aug_may_all (const struct call *call, enum effect effect);

/* Whether the client may see the file PATH (below the root, canonical),
   whatever transforms there are.  RESOLVED is where links lead it; NULL if
   that is not known.  GPG_ERR_FORBIDDEN, with words for FAILURE; also for
   reeve's own files, whatever policy says.  */
gpg_error_t aug_may_read (const struct call *call, const char *path,
                          const char *resolved, struct failure *failure);

/* Whether policy lets the client change a file, or one node of it.  BELOW is
   "" for the file itself, or the node's name from there on: "/1/ipaddr"; NULL
   is the file with all that it may have, where its nodes are not known.  A
   refusal has the detail "node".  */
gpg_error_t aug_may_write (const struct call *call, const char *path,
                           const char *resolved, const char *below,
                           struct failure *failure);

/* --- judge.c --- */

/* A file that is to be written.  */
struct proposal
{
  const char *path;
  const char *resolved; /* As above.  */
  const char *was;      /* The text it has, of WAS_LENGTH bytes; NULL if it is
                           not there.  */
  size_t was_length;
  const char *text; /* The text it shall have, of LENGTH bytes; NULL if it
                       shall go.  */
  size_t length;
};

/* Whether policy lets the client make of a file what is proposed.  Which of
   its nodes differ is told by a worker that gets nothing but the two texts,
   with the lens that the image has for the file, whatever transforms the
   client made.  GPG_ERR_FORBIDDEN; GPG_ERR_LIMIT_REACHED for too many nodes;
   other errors if it cannot be found out.  */
gpg_error_t aug_judge (struct call *call, const struct proposal *proposal);

/* --- rule.c --- */

/* The noun's hook for patterns in rules: see verb.h.  */
gpg_error_t aug_check_object (const struct machine *machine, enum effect effect,
                              bool allow, const char *pattern,
                              struct failure *failure);

#endif /* REEVE_AUG_PERMIT_H */
