/* peer.c - who is at the other end of a socket
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

/* Most users are in no more.  */
#define USUAL_GROUPS 32

void
peer_groups_release (struct peer_groups *groups)
{
  free (groups->gid);
  *groups = (struct peer_groups){ 0, NULL };
}

/* Fill R_GROUPS, whose first one is set and which has room for ROOM more, with
   the supplementary groups; *R_NEEDED is the room for them.  */
static gpg_error_t
read_groups (int fd, struct peer_groups *groups, size_t room, size_t *r_needed)
{
  socklen_t size = (socklen_t)(room * sizeof *groups->gid);
  int rc = getsockopt (fd, SOL_SOCKET, SO_PEERGROUPS, groups->gid + 1, &size);

  *r_needed = size / sizeof *groups->gid;
  if (rc && errno == ERANGE)
    return 0;
  if (rc)
    return gpg_error_from_syserror ();
  groups->count = 1 + *r_needed;
  return 0;
}

gpg_error_t
peer_find (int fd, struct peer *r_peer, struct peer_groups *r_groups)
{
  struct ucred peer;
  socklen_t size = sizeof peer;
  size_t room = USUAL_GROUPS;
  gpg_error_t err = 0;

  *r_groups = (struct peer_groups){ 0, NULL };
  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
    return gpg_error_from_syserror ();
  *r_peer = (struct peer){ peer.uid, peer.gid, peer.pid };
  while (!err && !r_groups->count)
    {
      gid_t *larger = reallocarray (r_groups->gid, room + 1, sizeof *larger);

      if (!larger)
        err = gpg_error_from_syserror ();
      else
        {
          r_groups->gid = larger;
          larger[0] = peer.gid;
          err = read_groups (fd, r_groups, room, &room);
        }
    }
  if (err)
    peer_groups_release (r_groups);
  return err;
}

gpg_error_t
peer_groups_own (struct peer_groups *r_groups)
{
  int count = getgroups (0, NULL);

  *r_groups = (struct peer_groups){ 0, NULL };
  if (count < 0)
    return gpg_error_from_syserror ();
  r_groups->gid = calloc ((size_t)count + 1, sizeof *r_groups->gid);
  if (!r_groups->gid)
    return gpg_error_from_syserror ();
  r_groups->gid[0] = getgid ();
  count = getgroups (count, r_groups->gid + 1);
  if (count < 0)
    {
      peer_groups_release (r_groups);
      return gpg_error_from_syserror ();
    }
  r_groups->count = (size_t)count + 1;
  return 0;
}
