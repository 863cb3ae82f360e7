/* file_step.h - how a file step stands in the journal
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Two lines a step:

     temporary PATH TEMPORARY              before the temporary is made
     file ACTION PATH TEMPORARY OLD NEW    when it is ready

   ACTION is "replace", "create" or "remove" (which has the second line only,
   since it makes nothing beforehand); OLD and NEW are INODE:SIZE:HASH, or
   "-" for none.  */

#ifndef REEVE_FILE_STEP_H
#define REEVE_FILE_STEP_H

#include <gpg-error.h>
#include "journal.h"
#include "swap.h"

#define FILE_STEP_TEMPORARY "temporary"
#define FILE_STEP_READY "file"

/* Note in JOURNAL that SWAP will make its temporary; that it is ready.  */
gpg_error_t file_step_note_temporary (struct journal *journal,
                                      const struct swap *swap);
gpg_error_t file_step_note_ready (struct journal *journal,
                                  const struct swap *swap);

/* Read back the values of a line "file": the action, OLD and NEW into
   R_SWAP, whose strings become those of VALUES; its name and directory stay
   unset.  GPG_ERR_BAD_DATA for anything the above does not write.  */
gpg_error_t file_step_parse_ready (const char *const *values, size_t count,
                                   struct swap *r_swap);

#endif /* REEVE_FILE_STEP_H */
