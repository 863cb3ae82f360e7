/* guest_work.h - what the API worker does to guests
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_GUEST_WORK_H
#define REEVE_PVE_GUEST_WORK_H

#include <gpg-error.h>
#include "../../call/work.h"
#include "action.h"
#include "guest.h"

/* For planning: a record kind (lxc, qemu), node, name, status, state (of a
   virtual machine, in QEMU's words), managed.  All guests that are named must
   be on one node.  */
gpg_error_t guest_look (struct work *work);

/* The same, with volume, what the argument "disk" is now, and digest.  */
gpg_error_t guest_look_resize (struct work *work);

/* The step: the argument "verb" names the action, "kind" and "node" are those
   that looking told.  */
gpg_error_t guest_act (struct work *work);

/* Take the argument "verb" back.  */
gpg_error_t guest_undo (struct work *work);

/* Take the snapshot "snapname", before another step.  */
gpg_error_t guest_snapshot_first (struct work *work);

/* Delete it again, unless that other step still goes on.  */
gpg_error_t guest_snapshot_undo (struct work *work);

/* Whether a task of the guest "vmid" runs on the node "node", as far as the
   token may know.  */
gpg_error_t guest_is_busy (struct work *work, bool *r_busy);

/* Do ACTION and wait for its end; nothing is written.  */
gpg_error_t guest_do (struct work *work, const struct action *action);

/* Find the guest that "vmid" names, check that the arguments fit the verb on
   such a one, and write the fields kind, node, name, status, state and managed;
   the record stays open.  */
gpg_error_t guest_tell (struct work *work, struct guest *r_guest);

#endif /* REEVE_PVE_GUEST_WORK_H */
