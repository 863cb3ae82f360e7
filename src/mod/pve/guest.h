/* guest.h - where a guest is, and what it is
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_GUEST_H
#define REEVE_PVE_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include "../../call/work.h"

struct guest
{
  int64_t vmid;
  bool container; /* Else a virtual machine.  */
  char *node;
  char *status;   /* "running", "stopped", ...; NULL: unknown.  */
  char *name;     /* NULL: it has none.  */
  bool managed;   /* By the cluster's high availability.  */
  char *path;     /* "/nodes/NODE/lxc/VMID", encoded.  */
};

#define GUEST_NONE                                                             \
  {                                                                            \
    0, false, NULL, NULL, NULL, false, NULL                                    \
  }
#define auto_guest __attribute__ ((cleanup (guest_release)))

/* Find the guest that WORK's argument "vmid" names, in the cluster's list; that
   is some seconds old, so STATUS may be.  A guest that is not there is looked
   for on each node, too.  GPG_ERR_NOT_FOUND: none is, or none that the token
   may see.  */
gpg_error_t guest_find (struct work *work, struct guest *r_guest);

/* The same for guest VMID.  */
gpg_error_t guest_find_number (struct work *work, int64_t vmid,
                               struct guest *r_guest);
void guest_release (struct guest *guest);

#endif /* REEVE_PVE_GUEST_H */
