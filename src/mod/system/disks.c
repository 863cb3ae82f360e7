/* disks.c - SYSTEM INFO: file systems and what is free there
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Only those on local block devices are asked: a server that is gone lets
   statvfs wait for ever.  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "../../../protocol/memory.h"
#include "describe.h"

/* A line of mountinfo (proc_pid_mountinfo(5)), taken apart.  */
struct mount
{
  const char *device; /* "8:1" */
  char *target;
  const char *filesystem;
  char *source;
};

/* Put the bytes that TEXT has as \040 in their place.  */
static void
unescape (char *text)
{
  char *to = text;

  for (const char *from = text; *from; to++)
    if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0'
        && from[2] <= '7' && from[3] >= '0' && from[3] <= '7')
      {
        *to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3
                     | (from[3] - '0'));
        from += 4;
      }
    else
      *to = *from++;
  *to = 0;
}

static bool
parse_line (char *line, struct mount *mount)
{
  char *behind = strstr (line, " - ");
  char *next = NULL;

  if (!behind)
    return false;
  *behind = 0;
  strtok_r (line, " ", &next); /* Its number, and its parent's.  */
  strtok_r (NULL, " ", &next);
  mount->device = strtok_r (NULL, " ", &next);
  strtok_r (NULL, " ", &next); /* What of the file system is mounted.  */
  mount->target = strtok_r (NULL, " ", &next);
  mount->filesystem = strtok_r (behind + 3, " ", &next);
  mount->source = strtok_r (NULL, " \n", &next);
  if (!mount->device || !mount->target || !mount->filesystem || !mount->source)
    return false;
  unescape (mount->target);
  unescape (mount->source);
  return true;
}

/* Whether it is on a block device of this machine; btrfs and zfs have devices
   of their own without a major number.  */
static bool
is_local (const struct mount *mount)
{
  return strncmp (mount->device, "0:", 2)
         || !strcmp (mount->filesystem, "btrfs")
         || !strcmp (mount->filesystem, "zfs");
}

static gpg_error_t
write_mount (struct writer *out, const struct mount *mount)
{
  struct statvfs numbers;
  gpg_error_t err;

  if (statvfs (mount->target, &numbers) || !numbers.f_blocks)
    return 0;
  err = writer_field (out, "kind", "disk");
  if (!err)
    err = writer_field (out, "target", "%s", mount->target);
  if (!err)
    err = writer_field (out, "source", "%s", mount->source);
  if (!err)
    err = writer_field (out, "filesystem", "%s", mount->filesystem);
  if (!err)
    err = writer_field_number (out, "size_bytes",
                               (int64_t)(numbers.f_blocks * numbers.f_frsize));
  if (!err)
    err = writer_field_number (
        out, "used_bytes",
        (int64_t)((numbers.f_blocks - numbers.f_bfree) * numbers.f_frsize));
  if (!err)
    err = writer_field_number (out, "available_bytes",
                               (int64_t)(numbers.f_bavail * numbers.f_frsize));
  return err ? err : writer_record_end (out);
}

/* The same file system may be mounted at several places: the first is told. */
static bool
is_new (char **seen, const char *device)
{
  auto_free char *bounded = NULL;
  char *longer;

  if (asprintf (&bounded, " %s ", device) < 0)
    {
      bounded = NULL;
      return false;
    }
  if (*seen && strstr (*seen, bounded))
    return false;
  if (asprintf (&longer, "%s%s", *seen ? *seen : "", bounded) < 0)
    return false;
  free (*seen);
  *seen = longer;
  return true;
}

gpg_error_t
describe_disks (struct work *work)
{
  FILE *file = fopen ("/proc/self/mountinfo", "re");
  auto_free char *line = NULL;
  auto_free char *seen = NULL;
  size_t size = 0;
  gpg_error_t err = 0;

  if (!file)
    return 0;
  while (!err && getline (&line, &size, file) > 0)
    {
      struct mount mount;

      if (parse_line (line, &mount) && is_local (&mount)
          && is_new (&seen, mount.device))
        err = write_mount (work->out, &mount);
    }
  fclose (file);
  return err;
}
