/* mounts.c - what is mounted, and HW MOUNTS
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "mounts.h"

#include <libmount.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "../../../protocol/memory.h"

struct mounts
{
  const struct machine *machine;
  struct libmnt_table *table;
};

gpg_error_t
mounts_read (struct work *work, struct mounts **r_mounts)
{
  struct mounts *mounts = calloc (1, sizeof *mounts);

  *r_mounts = NULL;
  if (!mounts)
    return gpg_error_from_syserror ();
  mounts->machine = work->machine;
  mounts->table = mnt_new_table_from_file ("/proc/self/mountinfo");
  if (!mounts->table)
    {
      mounts_release (mounts);
      return fail (&work->failure, GPG_ERR_NOT_OPERATIONAL,
                   "/proc/self/mountinfo cannot be read");
    }
  *r_mounts = mounts;
  return 0;
}

void
mounts_release (struct mounts *mounts)
{
  if (mounts)
    mnt_unref_table (mounts->table);
  free (mounts);
}

/* Describe FS; false if it is outside of the machine's root.  */
static bool
describe (const struct mounts *mounts, struct libmnt_fs *fs,
          struct mounted *r_mounted)
{
  const char *root = mounts->machine->root;
  const char *target = mnt_fs_get_target (fs);
  const char *source = mnt_fs_get_source (fs);
  const char *type = mnt_fs_get_fstype (fs);
  const char *options = mnt_fs_get_vfs_options (fs);
  dev_t device = mnt_fs_get_devno (fs);

  if (!target || strncmp (target, root, strlen (root))
      || (*root && target[strlen (root)] != '/'))
    return false;
  *r_mounted = (struct mounted){ source ? source : "", target + strlen (root),
                                 type ? type : "",     options ? options : "",
                                 major (device),       minor (device) };
  return true;
}

bool
mounts_find (const struct mounts *mounts, const char *target,
             struct mounted *r_mounted)
{
  struct libmnt_iter *iter = mnt_new_iter (MNT_ITER_BACKWARD);
  struct libmnt_fs *fs;
  bool found = false;

  while (iter && !found && !mnt_table_next_fs (mounts->table, iter, &fs))
    found = describe (mounts, fs, r_mounted)
            && !strcmp (r_mounted->target, target);
  mnt_free_iter (iter);
  return found;
}

gpg_error_t
mounts_write_targets (const struct mounts *mounts, struct writer *out,
                      unsigned major, unsigned minor)
{
  struct libmnt_iter *iter = mnt_new_iter (MNT_ITER_FORWARD);
  struct libmnt_fs *fs;
  gpg_error_t err = 0;

  while (iter && !err && (major || minor)
         && !mnt_table_next_fs (mounts->table, iter, &fs))
    {
      struct mounted mounted;

      if (describe (mounts, fs, &mounted) && mounted.major == major
          && mounted.minor == minor)
        err = writer_field (out, "mounted", "%s", mounted.target);
    }
  mnt_free_iter (iter);
  return err;
}

/* The space of what is on a device of this machine: asking for that of a file
   server that is away would take for ever.  */
static gpg_error_t
write_space (struct mounts *mounts, struct writer *out,
             const struct mounted *mounted)
{
  auto_free char *path = machine_path (mounts->machine, mounted->target);
  struct statvfs space;
  gpg_error_t err;

  /* What has no device has number 0, and so has btrfs.  */
  if ((!mounted->major && strcmp (mounted->filesystem, "btrfs")) || !path
      || statvfs (path, &space))
    return 0;
  err = writer_field_number (out, "size_bytes",
                             (int64_t)(space.f_blocks * space.f_frsize));
  return err ? err
             : writer_field_number (out, "available_bytes",
                                    (int64_t)(space.f_bavail * space.f_frsize));
}

static gpg_error_t
write_mounted (struct mounts *mounts, struct writer *out,
               const struct mounted *mounted)
{
  gpg_error_t err = writer_field (out, "target", "%s",
                                  *mounted->target ? mounted->target : "/");

  if (!err)
    err = writer_field (out, "source", "%s", mounted->source);
  if (!err)
    err = writer_field (out, "filesystem", "%s", mounted->filesystem);
  if (!err)
    err = writer_field (out, "options", "%s", mounted->options);
  if (!err)
    err = write_space (mounts, out, mounted);
  return err ? err : writer_record_end (out);
}

gpg_error_t
work_mounts (struct work *work)
{
  struct libmnt_iter *iter;
  struct mounts *mounts;
  struct libmnt_fs *fs;
  gpg_error_t err = mounts_read (work, &mounts);

  if (err)
    return err;
  iter = mnt_new_iter (MNT_ITER_FORWARD);
  while (iter && !err && !mnt_table_next_fs (mounts->table, iter, &fs))
    {
      struct mounted mounted;

      if (describe (mounts, fs, &mounted))
        err = write_mounted (mounts, work->out, &mounted);
    }
  mnt_free_iter (iter);
  mounts_release (mounts);
  return err;
}
