/* peer.h - who is at the other end of a socket
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PEER_H
#define REEVE_PEER_H

#include <stddef.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "../call/call.h"

/* All groups of a peer, the primary one first.  */
struct peer_groups
{
  size_t count;
  gid_t *gid;
};

/* Store who connected the socket FD at R_PEER and his groups, as the kernel
   noted them then, at R_GROUPS.  */
gpg_error_t peer_find (int fd, struct peer *r_peer,
                       struct peer_groups *r_groups);

/* The groups of this process.  */
gpg_error_t peer_groups_own (struct peer_groups *r_groups);

void peer_groups_release (struct peer_groups *groups);

#endif /* REEVE_PEER_H */
