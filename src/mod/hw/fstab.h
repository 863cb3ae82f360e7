/* fstab.h - lines of /etc/fstab
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The form is that of fstab(5).  One line is added or taken away and all others
   stay as they are, byte by byte, which needs no lens.  */

#ifndef REEVE_HW_FSTAB_H
#define REEVE_HW_FSTAB_H

#include <gpg-error.h>
#include "../../base/failure.h"

/* Make the line for FILESYSTEM (UUID=U or LABEL=L) of TYPE
   at TARGET with OPTIONS, to which nofail is added: a disk that is not there
   does not keep the machine from starting.  */
gpg_error_t fstab_line (const char *filesystem, const char *target,
                        const char *type, const char *options, char **r_line);

/* Make *R_TEXT of TEXT: with LINE, without its newline, at its end, if it has
   none for TARGET; with LINE NULL: without that for TARGET.
   GPG_ERR_CONFLICT: it has another one for TARGET, or for LINE's file
   system.  */
gpg_error_t fstab_change (const char *text, const char *target,
                          const char *line, char **r_text,
                          struct failure *failure);

#endif /* REEVE_HW_FSTAB_H */
