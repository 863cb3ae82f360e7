/* privilege.h - no longer being root
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PRIVILEGE_H
#define REEVE_PRIVILEGE_H

#include <stddef.h>
#include <sys/types.h>

#define PRIVILEGE_NOBODY 65534

/* Empty the bounding set of capabilities, where this process may: then no
   program that it starts gets one.  -1, and errno, if that fails.  */
int privilege_bound (void);

/* Become the user UID of the group GID and COUNT other GROUPS, for good,
   without a capability and with an empty bounding set; nothing where this
   process is not root.  -1, and errno, if that fails.  */
int privilege_drop (uid_t uid, gid_t gid, const gid_t *groups, size_t count);

#endif /* REEVE_PRIVILEGE_H */
