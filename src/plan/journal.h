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

#include <gpg-error.h>
#include "../base/failure.h"
#include "../base/machine.h"

struct journal;

/* The journal of this process, opened at the first call.  */
gpg_error_t journal_open (const struct machine *machine,
                          struct journal **r_journal, struct failure *failure);

/* Start the entry of a plan; end it (nothing to recover from here on).  */
gpg_error_t journal_begin (struct journal *journal);
void journal_end (struct journal *journal);

/* Append a line: NAME and COUNT values.  Not synchronised.  */
gpg_error_t journal_note (struct journal *journal, const char *name,
                          const char *const *values, size_t count);

/* Append "ready" and make all durable.  */
gpg_error_t journal_ready (struct journal *journal, struct failure *failure);

/* At the orderly end of the process: remove the file.  */
void journal_close (struct journal *journal);

#endif /* REEVE_JOURNAL_H */
