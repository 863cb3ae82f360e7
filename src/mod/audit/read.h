/* read.h - reading the machine's own audit log
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Others append to it and rotate it meanwhile; no lock is taken.  */

#ifndef REEVE_MOD_AUDIT_READ_H
#define REEVE_MOD_AUDIT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include "../../call/call.h"

/* One line of the log.  LINE has LENGTH bytes; it is NULL if it was longer
   than any record.  An error ends the reading and is handed on.  */
typedef gpg_error_t (*read_line_t) (void *opaque, const char *line,
                                    size_t length);

/* Hand each line of the log to HAND_ON, oldest first; with LAST not negative
   only the last so many of those that are there.  With FOLLOW go on with what
   is appended, and with each wait let the client have what there is.  Ends with
   GPG_ERR_CANCELED and GPG_ERR_TIMEOUT when the client gave up or CALL's time
   is over, without error when the session is to end.  */
gpg_error_t read_log (struct call *call, int64_t last, bool follow,
                      read_line_t hand_on, void *opaque);

#endif /* REEVE_MOD_AUDIT_READ_H */
