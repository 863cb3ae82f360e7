/* change.h - the verbs of SERVICE that change a unit
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SERVICE_CHANGE_H
#define REEVE_SERVICE_CHANGE_H

#include "../../call/call.h"

/* The handler of them all.  */
gpg_error_t service_change (struct call *call);

#endif /* REEVE_SERVICE_CHANGE_H */
