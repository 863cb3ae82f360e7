/* journal.h - reading the journal
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Anybody may write to the journal what he likes, as large as he likes.  So it
   is read by a process of its own that can no longer change anything: where
   this one is root, it is nobody there, in the group that may read the files,
   without capabilities.  */

#ifndef REEVE_SERVICE_JOURNAL_H
#define REEVE_SERVICE_JOURNAL_H

#include <stdbool.h>
#include "../../call/work.h"

/* Whether MACHINE keeps a journal.  */
bool journal_is_kept (const struct machine *machine);

/* Have READ read the journal in a process of its own; what it writes to WORK
   leaves from there, the details of its failure come here.  GPG_ERR_NOT_FOUND:
   no journal is kept.  GPG_ERR_SERVER_FAILED: the process died.  */
gpg_error_t journal_read_apart (struct work *work,
                                gpg_error_t (*read) (struct work *work));

#endif /* REEVE_SERVICE_JOURNAL_H */
