/* mount.h - attaching file systems, and detaching them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Operations of the machine worker.  Both have the arguments "target" and
   "mount-below", the setting, repeatedly; those of mounting "filesystem"
   (UUID=U or LABEL=L), "read-only", "exec", and the settings "mount-device" and
   "mount-type".  */

#ifndef REEVE_HW_MOUNT_H
#define REEVE_HW_MOUNT_H

#include "../../call/work.h"

/* Where something is to be mounted: a directory that no link leads to, on a way
   that only root can change.  */
struct target
{
  const char *path; /* Below the machine's root; belongs to the work.  */
  int parent_fd;    /* The directory that it is in.  */
  int fd;           /* O_PATH; -1: it is not there.  */
  const char *name; /* Its last component.  */
};

/* Find "target", which must be below one of "mount-below".  */
gpg_error_t target_find (struct work *work, struct target *r_target);
void target_release (struct target *target);

/* Look what mounting would do: one record with device, filesystem, uuid, label,
   target, mounted ("yes": it is there already, just so).  All that forbids it
   is an error.  */
gpg_error_t work_mount_look (struct work *work);

/* Do it, and tell.  */
gpg_error_t work_mount (struct work *work);

/* Take it back; with "made" the directory, too.  */
gpg_error_t work_mount_undo (struct work *work);

/* Look what is mounted at "target": one record with mounted, and, if that is
   yes, source, filesystem, options.  */
gpg_error_t work_umount_look (struct work *work);

/* Detach it.  GPG_ERR_EBUSY: the details "holder" tell who uses it.  */
gpg_error_t work_umount (struct work *work);

#endif /* REEVE_HW_MOUNT_H */
