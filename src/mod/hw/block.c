/* block.c - HW BLOCK: the block devices of a machine
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "block.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "mounts.h"
#include "sysfs.h"

#define SECTOR 512

/* Whether the kernel's way to the device of DIRECTORY leads over USB, or it is
   a card in a slot: what is soldered in speaks the same protocol, as type MMC.
 */
static bool
is_pluggable (int directory)
{
  char line[SYSFS_LINE];
  char target[4096];
  ssize_t length;
  char link[64];

  if (sysfs_read (directory, "device/type", line) && !strcmp (line, "SD"))
    return true;
  snprintf (link, sizeof link, "/proc/self/fd/%d", directory);
  length = readlink (link, target, sizeof target - 1);
  if (length <= 0)
    return false;
  target[length] = 0;
  return strstr (target, "/usb");
}

static bool
read_flag (int directory, const char *file)
{
  char line[SYSFS_LINE];

  return sysfs_read (directory, file, line) && strcmp (line, "0");
}

/* The name in /dev of what sysfs calls NAME.  */
static void
set_path (char path[BLOCK_TEXT], const char *name)
{
  snprintf (path, BLOCK_TEXT, "/dev/%s", name);
  for (char *p = path; *p; p++)
    if (*p == '!')
      *p = '/';
}

/* Describe the device NAME, whose directory is DIRECTORY.  */
static gpg_error_t
describe (const struct machine *machine, int directory, const char *name,
          struct block *block)
{
  char line[SYSFS_LINE];
  unsigned long long sectors;

  set_path (block->path, name);
  if (!sysfs_read (directory, "size", line)
      || sscanf (line, "%18llu", &sectors) != 1 || sectors > INT64_MAX / SECTOR)
    sectors = 0;
  block->size = sectors * SECTOR;
  block->read_only = read_flag (directory, "ro");
  if (!sysfs_read (directory, "dev", line)
      || sscanf (line, "%9u:%9u", &block->major, &block->minor) != 2)
    block->major = block->minor = 0;
  block->os_path = machine_path (machine, block->path);
  if (block->os_path && access (block->os_path, F_OK))
    {
      free (block->os_path);
      block->os_path = strdup (block->path);
    }
  return block->os_path ? 0 : gpg_error (GPG_ERR_ENOMEM);
}

struct walk
{
  struct work *work;
  gpg_error_t (*each) (struct work *work, const struct block *block,
                       void *context);
  void *context;
};

static gpg_error_t
visit (const struct walk *walk, struct block *block)
{
  gpg_error_t err = 0;

  if (work_ended (walk->work))
    err = gpg_error (GPG_ERR_CANCELED);
  else if (block->size)
    {
      block_look (walk->work, block);
      err = walk->each (walk->work, block, walk->context);
    }
  free (block->os_path);
  return err;
}

/* The partitions of DISK, which are directories in its own.  */
static gpg_error_t
visit_partitions (const struct walk *walk, int directory, const char *disk_name,
                  const struct block *disk)
{
  struct dirent **entries;
  int count = sysfs_scan (directory, &entries);
  gpg_error_t err = 0;

  for (int i = 0; i < count; i++)
    {
      const char *name = entries[i]->d_name;
      auto_close int partition
          = strncmp (name, disk_name, strlen (disk_name))
                ? -1
                : openat (directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      struct block block = { .removable = disk->removable };
      char line[SYSFS_LINE];

      if (!err && partition >= 0 && sysfs_read (partition, "partition", line))
        {
          memcpy (block.parent, disk->path, sizeof block.parent);
          err = describe (walk->work->machine, partition, name, &block);
          if (!err)
            err = visit (walk, &block);
        }
      free (entries[i]);
    }
  if (count >= 0)
    free (entries);
  return err;
}

static gpg_error_t
visit_disk (const struct walk *walk, int disks, const char *name)
{
  auto_close int directory = openat (disks, name,
                                     O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct block block = { .size = 0 };
  struct block disk;
  gpg_error_t err;

  if (directory < 0)
    return 0;
  if (!sysfs_read (directory, "device/model", block.model)
      && !sysfs_read (directory, "device/name", block.model))
    *block.model = 0;
  block.removable = read_flag (directory, "removable")
                    || is_pluggable (directory);
  err = describe (walk->work->machine, directory, name, &block);
  if (err)
    return err;
  disk = block;
  err = visit (walk, &block);
  return err ? err : visit_partitions (walk, directory, name, &disk);
}

gpg_error_t
block_each (struct work *work,
            gpg_error_t (*each) (struct work *work, const struct block *block,
                                 void *context),
            void *context)
{
  const struct walk walk = { work, each, context };
  auto_close int disks = sysfs_open (work->machine, "/sys/block");
  struct dirent **entries;
  gpg_error_t err = 0;
  int count;

  if (disks < 0)
    return fail_errno (&work->failure, "/sys/block");
  count = sysfs_scan (disks, &entries);
  for (int i = 0; i < count; i++)
    {
      if (!err)
        err = visit_disk (&walk, disks, entries[i]->d_name);
      free (entries[i]);
    }
  if (count >= 0)
    free (entries);
  return err;
}

/* --- The verb --- */

/* What sort of device it is, by its name in the kernel.  */
static const char *
type_of (const struct block *block)
{
  static const struct
  {
    const char *prefix;
    const char *type;
  } types[] = { { "/dev/loop", "loop" },   { "/dev/sr", "rom" },
                { "/dev/dm-", "mapped" },  { "/dev/md", "raid" },
                { "/dev/zram", "memory" }, { "/dev/ram", "memory" } };

  if (*block->parent)
    return "partition";
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (!strncmp (block->path, types[i].prefix, strlen (types[i].prefix)))
      return types[i].type;
  return "disk";
}

static gpg_error_t
write_known (struct writer *out, const char *name, const char *text)
{
  return *text ? writer_field (out, name, "%s", text) : 0;
}

static gpg_error_t
write_block (struct work *work, const struct block *block, void *context)
{
  struct writer *out = work->out;
  gpg_error_t err = writer_field (out, "device", "%s", block->path);

  if (!err)
    err = writer_field (out, "type", "%s", type_of (block));
  if (!err)
    err = write_known (out, "parent", block->parent);
  if (!err)
    err = write_known (out, "model", block->model);
  if (!err)
    err = writer_field_number (out, "size_bytes", (int64_t)block->size);
  if (!err)
    err = writer_field_bool (out, "removable", block->removable);
  if (!err)
    err = writer_field_bool (out, "read_only", block->read_only);
  if (!err)
    err = write_known (out, "filesystem", block->filesystem);
  if (!err)
    err = write_known (out, "uuid", block->uuid);
  if (!err)
    err = write_known (out, "label", block->label);
  if (!err)
    err = mounts_write_targets (context, out, block->major, block->minor);
  return err ? err : writer_record_end (out);
}

gpg_error_t
work_block (struct work *work)
{
  struct mounts *mounts;
  gpg_error_t err = mounts_read (work, &mounts);

  if (!err)
    err = block_each (work, write_block, mounts);
  mounts_release (mounts);
  return err;
}
