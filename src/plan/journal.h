/* journal.h - what a process was about to change, for those who come after it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   One file a process in OWN_JOURNAL_DIR, made at its first change, locked
   (flock) while the process lives and removed when it ends in order.  Each
   plan overwrites the one before.  Lines of "name value..." with the escapes
   of record.h; a line "ready" at the end of the preparation is written and
   synchronised before the first change.  */

#ifndef REEVE_JOURNAL_H
#define REEVE_JOURNAL_H

#include <stdbool.h>
#include <gpg-error.h>
#include "../base/failure.h"
#include "../base/machine.h"

/* Values of a line.  */
#define JOURNAL_VALUES 8

struct journal;

/* The journal of this process, opened at the first call.  */
gpg_error_t journal_open (const struct machine *machine,
                          struct journal **r_journal, struct failure *failure);

/* Start the entry of a plan, when no other process of ours is carrying one
   out (a lock on the directory, which no process holds while it waits for a
   client, and which the kernel lifts if it dies); end it (nothing to recover
   from here on).  Without the lock two plans for one file could each find
   the other's half done.  */
void journal_begin (struct journal *journal);
void journal_end (struct journal *journal);

/* Append a line: NAME and COUNT values, JOURNAL_VALUES at most.  It is there
   for whoever looks after this process was killed, but not synchronised.  */
gpg_error_t journal_note (struct journal *journal, const char *name,
                          const char *const *values, size_t count);

/* Append "ready" and make all durable.  */
gpg_error_t journal_ready (struct journal *journal, struct failure *failure);

/* This process was forked from one that goes on: give up that one's journal,
   whose locks it would hold else.  */
void journal_after_fork (void);

/* Close it, and remove the file unless an entry was begun and not ended.  At
   exit this happens by itself.  */
void journal_close (struct journal *journal);

/* --- For recovery --- */

/* The directory of the journals, made if it is not there and MAKE is set.
   GPG_ERR_ENOENT if it is not there, GPG_ERR_EPERM if others than root and
   the daemon can write there.  */
gpg_error_t journal_directory (const struct machine *machine, bool make,
                               int *r_fd, struct failure *failure);

/* What an entry says: EACH is called for every line noted, in order, with
   the values unescaped.  *R_READY tells whether it was ready; an entry that
   was ended or not begun has no line and is not ready.  GPG_ERR_BAD_DATA if
   it is damaged: it may then lack lines, and nothing must be done about it.
   An error of EACH is returned at once.  */
typedef gpg_error_t (*journal_each) (void *context, const char *name,
                                     const char *const *values, size_t count);
gpg_error_t journal_parse (const char *bytes, size_t length, journal_each each,
                           void *context, bool *r_ready);

#endif /* REEVE_JOURNAL_H */
