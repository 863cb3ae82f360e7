/* mount_verb.h - HW MOUNT and HW UMOUNT: planning them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_HW_MOUNT_VERB_H
#define REEVE_HW_MOUNT_VERB_H

#include "../../call/call.h"

/* The handlers.  */
gpg_error_t hw_mount (struct call *call);
gpg_error_t hw_umount (struct call *call);

/* For "done" of both.  */
gpg_error_t hw_mount_done (struct call *call, gpg_error_t err);

#endif /* REEVE_HW_MOUNT_VERB_H */
