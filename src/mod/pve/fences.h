/* fences.h - what the kernel keeps from the API's processes
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_FENCES_H
#define REEVE_PVE_FENCES_H

#include <gpg-error.h>
#include "../../call/call.h"
#include "../../call/work.h"

/* The worker's operation behind pve_fences.  */
#define PVE_FENCES "pve fences"
gpg_error_t fences_write (struct work *work);

/* The noun's fences (verb.h): of the API worker, which is started if need be,
   and of its connector.  Nothing on a machine without a right pve.conf.  */
gpg_error_t pve_fences (struct call *call);

#endif /* REEVE_PVE_FENCES_H */
