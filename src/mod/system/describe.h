/* describe.h - what SYSTEM tells of the machine
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SYSTEM_DESCRIBE_H
#define REEVE_SYSTEM_DESCRIBE_H

#include "../../call/work.h"

/* Operations.  */
gpg_error_t describe_machine (struct work *work);
gpg_error_t describe_time (struct work *work);
gpg_error_t describe_updates (struct work *work);

/* Parts of the first: records of the kinds disk, interface, user.  */
gpg_error_t describe_disks (struct work *work);
gpg_error_t describe_interfaces (struct work *work);
gpg_error_t describe_users (struct work *work);

/* What the machine runs in: "none", "kvm", "docker", ...; for the caller to
   free, NULL without memory.  */
char *virtual_machine (struct work *work);

/* Write NAME if TEXT is neither NULL nor "".  */
gpg_error_t describe_text (struct writer *out, const char *name,
                           const char *text);

/* Write NAME as a time in UTC.  */
gpg_error_t describe_moment (struct writer *out, const char *name,
                             int64_t seconds);

#endif /* REEVE_SYSTEM_DESCRIBE_H */
