/* volume_work.h - looking for volumes, and where a backup would be restored
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_VOLUME_WORK_H
#define REEVE_PVE_VOLUME_WORK_H

#include <gpg-error.h>
#include "../../call/work.h"

/* What is restored from such a volume: "lxc", "qemu"; NULL: it does not say.
   The names are those that vzdump and the Proxmox Backup Server give.  */
const char *volume_kind (const char *volid);

/* For RESTORE: a record kind, node, exists (of the guest VMID), and what is
   known of one that exists.  */
gpg_error_t volume_look_restore (struct work *work);

/* For DELETE-CONTENT: a record size_bytes, vmid (whose it is), content,
   storage, task_id (what the task that deletes it is called).  */
gpg_error_t volume_look_content (struct work *work);

/* After a BACKUP: write the field volid, the newest backup in the argument
   "storage" of each guest, if the server tells.  */
gpg_error_t volume_write_backups (struct work *work);

#endif /* REEVE_PVE_VOLUME_WORK_H */
