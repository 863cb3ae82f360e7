/* mount.c - attaching a file system
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   By the system calls that take descriptors (fsopen(2) and what belongs to it):
   what was checked is what is mounted on.  libmount knows only paths.  */

#include "mount.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "block.h"
#include "mounts.h"

#define KERNEL_WORDS 500

/* --- Which device --- */

struct search
{
  const char *text; /* Behind "UUID=" or "LABEL=".  */
  bool by_label;
  unsigned count;
  struct block found;
};

static gpg_error_t
compare (struct work *work, const struct block *block, void *context)
{
  struct search *search = context;

  (void)work;
  /* A UUID that is hexadecimal is written in either case.  */
  if (search->by_label ? strcmp (block->label, search->text)
                       : strcasecmp (block->uuid, search->text))
    return 0;
  if (!search->count++)
    {
      search->found = *block;
      search->found.os_path = strdup (block->os_path);
      if (!search->found.os_path)
        return gpg_error_from_syserror ();
    }
  return 0;
}

/* Whether a value of the setting mount-device names BLOCK.  */
static bool
is_listed (const struct work *work, const struct block *block)
{
  const char *device = work_text (work, "mount-device");

  for (size_t i = 0; device; device = work_text_at (work, "mount-device", ++i))
    if (!strncmp (device, "UUID=", 5)    ? !strcasecmp (device + 5, block->uuid)
        : !strncmp (device, "LABEL=", 6) ? !strcmp (device + 6, block->label)
                                         : !strcmp (device, block->path))
      return true;
  return false;
}

static bool
is_type (const struct work *work, const char *filesystem)
{
  const char *type = work_text (work, "mount-type");

  for (size_t i = 0; type; type = work_text_at (work, "mount-type", ++i))
    if (!strcmp (type, filesystem))
      return true;
  return false;
}

/* The kernel's name of what libblkid found.  */
static const char *
driver_of (const char *filesystem)
{
  return strcmp (filesystem, "ntfs") ? filesystem : "ntfs3";
}

static gpg_error_t
judge (struct work *work, const struct search *search)
{
  const struct block *block = &search->found;
  const char *filesystem = driver_of (block->filesystem);

  if (!search->count)
    return fail (&work->failure, GPG_ERR_NOT_FOUND,
                 "no device has a file system %.60s: HW BLOCK lists them",
                 work_text (work, "filesystem"));
  if (search->count > 1)
    return fail (&work->failure, GPG_ERR_AMBIGUOUS,
                 "%u devices have %.60s: HW BLOCK lists them", search->count,
                 work_text (work, "filesystem"));
  if (!block->removable && !is_listed (work, block))
    return fail (&work->failure, GPG_ERR_FORBIDDEN,
                 "%.40s is not removable, and mount-device in reeved.conf does "
                 "not name it",
                 block->path);
  if (!is_type (work, filesystem))
    return fail (&work->failure, GPG_ERR_FORBIDDEN,
                 "%.40s has \"%.30s\", which mount-type in reeved.conf does "
                 "not name",
                 block->path, *filesystem ? filesystem : "nothing known");
  return 0;
}

/* Find the device that "filesystem" means, and that may be mounted.  Its
   OS_PATH is for the caller to free.  */
static gpg_error_t
find_device (struct work *work, struct block *r_block)
{
  const char *wanted = work_text (work, "filesystem");
  struct search search = { .text = wanted };
  gpg_error_t err;

  if (!strncmp (wanted, "LABEL=", 6))
    search = (struct search){ .text = wanted + 6, .by_label = true };
  else if (!strncmp (wanted, "UUID=", 5))
    search.text = wanted + 5;
  /* It would be that of each device that has none.  */
  if (!*search.text)
    return fail (&work->failure, GPG_ERR_INV_ARG,
                 "filesystem: expected UUID=U or LABEL=L, neither empty");
  err = block_each (work, compare, &search);
  if (!err)
    err = judge (work, &search);
  if (err)
    free (search.found.os_path);
  else
    *r_block = search.found;
  return err;
}

/* --- What is there --- */

static bool
is_mount_point (int fd)
{
  struct statx stx;

  return !statx (fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx)
         && stx.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

static bool
is_empty (int fd)
{
  int directory = openat (fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = directory < 0 ? NULL : fdopendir (directory);
  struct dirent *entry;
  bool empty = stream;

  if (!stream && directory >= 0)
    close (directory);
  while (empty && (entry = readdir (stream)))
    empty = !strcmp (entry->d_name, ".") || !strcmp (entry->d_name, "..");
  if (stream)
    closedir (stream);
  return empty;
}

static bool
has_option (const char *options, const char *option)
{
  size_t length = strlen (option);

  for (const char *p = options; p && *p; p = strchr (p, ','), p += p ? 1 : 0)
    if (!strncmp (p, option, length) && (!p[length] || p[length] == ','))
      return true;
  return false;
}

/* Whether MOUNTED is BLOCK's; btrfs has device numbers of its own.  */
static bool
is_of (const struct mounted *mounted, const struct block *block)
{
  return (mounted->major == block->major && mounted->minor == block->minor)
         || (!mounted->major && !strcmp (mounted->source, block->path));
}

/* What is only to be read is mounted so.  */
static bool
is_to_be_read (const struct work *work, const struct block *block)
{
  return block->read_only || work_number (work, "read-only", 0);
}

/* Whether BLOCK is mounted at TARGET already, with what is asked for.  */
static gpg_error_t
look_at_target (struct work *work, const struct target *target,
                const struct block *block, bool *r_same)
{
  struct mounts *mounts;
  struct mounted mounted;
  gpg_error_t err;

  *r_same = false;
  if (target->fd < 0)
    return 0;
  if (!is_mount_point (target->fd))
    return is_empty (target->fd)
               ? 0
               : fail (&work->failure, GPG_ERR_CONFLICT,
                       "%.60s is not empty: what is in it would be hidden",
                       target->path);
  err = mounts_read (work, &mounts);
  if (err)
    return err;
  *r_same = mounts_find (mounts, target->path, &mounted)
            && is_of (&mounted, block) && has_option (mounted.options, "nosuid")
            && has_option (mounted.options, "nodev")
            && has_option (mounted.options, "noexec")
                   == !work_number (work, "exec", 0)
            && has_option (mounted.options, "ro")
                   == is_to_be_read (work, block);
  mounts_release (mounts);
  return *r_same ? 0
                 : fail (&work->failure, GPG_ERR_CONFLICT,
                         "something is mounted at %.60s: HW MOUNTS tells what",
                         target->path);
}

static gpg_error_t
write_mount (struct work *work, const struct block *block,
             const struct target *target)
{
  struct writer *out = work->out;
  gpg_error_t err = writer_field (out, "device", "%s", block->path);

  if (!err)
    err = writer_field (out, "filesystem", "%s", driver_of (block->filesystem));
  if (!err && *block->uuid)
    err = writer_field (out, "uuid", "%s", block->uuid);
  if (!err && *block->label)
    err = writer_field (out, "label", "%s", block->label);
  if (!err)
    err = writer_field (out, "target", "%s", target->path);
  if (!err)
    err = writer_field (out, "options", "%snosuid,nodev%s",
                        is_to_be_read (work, block) ? "ro," : "rw,",
                        work_number (work, "exec", 0) ? "" : ",noexec");
  return err ? err : writer_record_end (out);
}

/* What is to be mounted where; SAME: it is.  */
struct mounting
{
  struct block block;
  struct target target;
  bool same;
};

static gpg_error_t
look (struct work *work, struct mounting *r_mounting)
{
  gpg_error_t err = target_find (work, &r_mounting->target);

  r_mounting->block = (struct block){ .os_path = NULL };
  r_mounting->same = false;
  if (!err)
    err = find_device (work, &r_mounting->block);
  if (!err)
    err = look_at_target (work, &r_mounting->target, &r_mounting->block,
                          &r_mounting->same);
  return err;
}

/* Unless ERR is set tell of MOUNTING, which is released.  */
static gpg_error_t
tell (struct work *work, struct mounting *mounting, gpg_error_t err)
{
  if (!err)
    err = write_mount (work, &mounting->block, &mounting->target);
  free (mounting->block.os_path);
  target_release (&mounting->target);
  return err;
}

gpg_error_t
work_mount_look (struct work *work)
{
  struct mounting mounting;
  gpg_error_t err = look (work, &mounting);

  if (!err)
    err = writer_field_bool (work->out, "mounted", mounting.same);
  if (!err)
    err = writer_field_bool (work->out, "exists", mounting.target.fd >= 0);
  return tell (work, &mounting, err);
}

/* --- Doing it --- */

/* What the kernel says about the failure, into the details.  */
static void
add_kernel_words (struct work *work, int context)
{
  char words[KERNEL_WORDS];
  ssize_t n;

  while ((n = read (context, words, sizeof words)) > 0)
    failure_detail_bytes (&work->failure, "kernel", words, (size_t)n);
}

/* Make the file system on BLOCK ready to be attached.  */
static gpg_error_t
make_mount (struct work *work, const struct block *block, int *r_fd)
{
  const char *driver = driver_of (block->filesystem);
  bool read_only = is_to_be_read (work, block);
  unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV
                        | (work_number (work, "exec", 0) ? 0
                                                         : MOUNT_ATTR_NOEXEC)
                        | (read_only ? MOUNT_ATTR_RDONLY : 0);
  auto_close int context = (int)syscall (SYS_fsopen, driver, FSOPEN_CLOEXEC);

  if (context < 0)
    return fail (&work->failure, gpg_err_code_from_syserror (),
                 "this kernel has no file system %s: %s", driver,
                 strerror (errno));
  if (syscall (SYS_fsconfig, context, FSCONFIG_SET_STRING, "source",
               block->os_path, 0)
      || (read_only
          && syscall (SYS_fsconfig, context, FSCONFIG_SET_FLAG, "ro", NULL, 0))
      || syscall (SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)
      || (*r_fd = (int)syscall (SYS_fsmount, context, FSMOUNT_CLOEXEC,
                                attributes))
             < 0)
    {
      gpg_error_t err = fail_errno (
          &work->failure, "%.40s cannot be mounted as %s", block->path, driver);

      add_kernel_words (work, context);
      return err;
    }
  return 0;
}

/* Whether the device that was mounted is the one that was looked at.  */
static bool
is_same_device (int mount, const struct block *block)
{
  struct statx stx;

  /* Some file systems have numbers of their own: those of btrfs begin with 0.
   */
  return !statx (mount, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx)
         && (!stx.stx_dev_major
             || (stx.stx_dev_major == block->major
                 && stx.stx_dev_minor == block->minor));
}

static gpg_error_t
attach (struct work *work, const struct block *block, struct target *target)
{
  auto_close int mount = -1;
  bool made = false;
  gpg_error_t err = make_mount (work, block, &mount);

  if (err)
    return err;
  if (!is_same_device (mount, block))
    return fail (&work->failure, GPG_ERR_CONFLICT,
                 "%.40s became another device meanwhile", block->path);
  if (target->fd < 0)
    {
      made = !mkdirat (target->parent_fd, target->name, 0755);
      target->fd = openat (target->parent_fd, target->name,
                           O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (target->fd < 0)
        return fail_errno (&work->failure, "%.60s", target->path);
    }
  /* Another client may have been faster.  */
  if (is_mount_point (target->fd) || !is_empty (target->fd))
    return fail (&work->failure, GPG_ERR_CONFLICT,
                 "%.60s is no longer empty: somebody else uses it",
                 target->path);
  if (syscall (SYS_move_mount, mount, "", target->fd, "",
               MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
    {
      err = fail_errno (&work->failure, "%.60s", target->path);
      if (made)
        unlinkat (target->parent_fd, target->name, AT_REMOVEDIR);
    }
  return err;
}

gpg_error_t
work_mount (struct work *work)
{
  struct mounting mounting;
  gpg_error_t err = look (work, &mounting);

  if (!err && !mounting.same)
    err = attach (work, &mounting.block, &mounting.target);
  if (!err)
    err = writer_field_bool (work->out, "changed", !mounting.same);
  return tell (work, &mounting, err);
}
