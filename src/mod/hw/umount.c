/* umount.c - detaching a file system
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "../../../protocol/memory.h"
#include "holders.h"
#include "mount.h"
#include "mounts.h"

/* What is mounted at TARGET; false: nothing.  The texts belong to *R_MOUNTS,
   which is for the caller to release.  */
static gpg_error_t
look (struct work *work, struct target *target, struct mounts **r_mounts,
      struct mounted *r_mounted, bool *r_found)
{
  gpg_error_t err = target_find (work, target);

  *r_mounts = NULL;
  *r_found = false;
  if (!err)
    err = mounts_read (work, r_mounts);
  if (!err && target->fd >= 0)
    *r_found = mounts_find (*r_mounts, target->path, r_mounted);
  /* It would itself hold what is mounted there.  */
  if (target->fd >= 0)
    close (target->fd);
  target->fd = -1;
  return err;
}

static gpg_error_t
write_mounted (struct work *work, const struct mounted *mounted)
{
  struct writer *out = work->out;
  gpg_error_t err = writer_field (out, "source", "%s", mounted->source);

  if (!err)
    err = writer_field (out, "filesystem", "%s", mounted->filesystem);
  if (!err)
    err = writer_field (out, "target", "%s", mounted->target);
  if (!err)
    err = writer_field (out, "options", "%s", mounted->options);
  return err;
}

gpg_error_t
work_umount_look (struct work *work)
{
  struct target target;
  struct mounts *mounts;
  struct mounted mounted;
  bool found;
  gpg_error_t err = look (work, &target, &mounts, &mounted, &found);

  if (!err)
    err = writer_field_bool (work->out, "mounted", found);
  if (!err && found)
    err = write_mounted (work, &mounted);
  if (!err)
    err = writer_record_end (work->out);
  mounts_release (mounts);
  target_release (&target);
  return err;
}

/* The parent is the present directory then, so that no link is followed and
   nobody can exchange the way.  */
static gpg_error_t
detach (struct work *work, const struct target *target,
        const struct mounted *mounted)
{
  if (fchdir (target->parent_fd))
    return fail_errno (&work->failure, "%.60s", target->path);
  if (!umount2 (target->name, UMOUNT_NOFOLLOW))
    return 0;
  if (errno != EBUSY)
    return fail_errno (&work->failure, "%.60s cannot be detached",
                       target->path);
  holders_add (work, mounted->major, mounted->minor);
  return fail (&work->failure, GPG_ERR_EBUSY,
               "%.60s is in use: the details \"holder\" tell by whom",
               target->path);
}

gpg_error_t
work_mount_undo (struct work *work)
{
  struct target target;
  gpg_error_t err = work_umount (work);

  if (err || !work_number (work, "made", 0) || target_find (work, &target))
    return err;
  unlinkat (target.parent_fd, target.name, AT_REMOVEDIR);
  target_release (&target);
  return 0;
}

gpg_error_t
work_umount (struct work *work)
{
  struct target target;
  struct mounts *mounts;
  struct mounted mounted;
  bool found;
  gpg_error_t err = look (work, &target, &mounts, &mounted, &found);

  if (!err && found)
    err = detach (work, &target, &mounted);
  if (!err)
    err = writer_field_bool (work->out, "changed", found);
  if (!err && found)
    err = write_mounted (work, &mounted);
  else if (!err)
    err = writer_field (work->out, "target", "%s", target.path);
  if (!err)
    err = writer_record_end (work->out);
  (void)!chdir ("/");
  mounts_release (mounts);
  target_release (&target);
  return err;
}
