/* pause.h - waiting for something that is to happen
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PAUSE_H
#define REEVE_PAUSE_H

#include "call.h"

/* Whether CALL may go on: GPG_ERR_CANCELED when its client gave up,
   GPG_ERR_TIMEOUT when its time is over.  */
gpg_error_t pause_check (struct call *call);

/* Let the client have what there is, then wait MS milliseconds.  The same
   errors; GPG_ERR_CANCELED also when the server is stopping; those of
   CALL->still_may.  */
gpg_error_t pause_call (struct call *call, int ms);

#endif /* REEVE_PAUSE_H */
