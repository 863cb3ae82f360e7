/* holders.c - who uses a file system
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What /proc/PID has, see proc(5): cwd, root, exe and fd.  */

#include "holders.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"

/* Whether the link NAME in DIRECTORY leads to the device.  */
static bool
leads_to (int directory, const char *name, dev_t device)
{
  struct statx stx;

  /* A file server that is away is not asked.  */
  return !statx (directory, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
                 STATX_BASIC_STATS, &stx)
         && makedev (stx.stx_dev_major, stx.stx_dev_minor) == device;
}

/* The name of a file in DIRECTORY, "fd/N", that leads to the device.  */
static bool
find_descriptor (int process, dev_t device, char name[NAME_MAX + 4])
{
  int directory = openat (process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = directory < 0 ? NULL : fdopendir (directory);
  struct dirent *entry;
  bool found = false;

  if (!stream && directory >= 0)
    close (directory);
  while (stream && !found && (entry = readdir (stream)))
    {
      found = isdigit ((unsigned char)*entry->d_name)
              && leads_to (directory, entry->d_name, device);
      if (found)
        snprintf (name, NAME_MAX + 4, "fd/%s", entry->d_name);
    }
  if (stream)
    closedir (stream);
  return found;
}

static void
add_holder (struct work *work, int process, const char *pid, const char *link)
{
  char program[64] = "";
  char path[1024] = "";
  auto_close int fd = openat (process, "comm", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read (fd, program, sizeof program - 1);
  ssize_t length = readlinkat (process, link, path, sizeof path - 1);

  program[n > 0 ? n : 0] = 0;
  program[strcspn (program, "\n")] = 0;
  path[length > 0 ? length : 0] = 0;
  failure_detail (&work->failure, "holder", "%s %s %s", pid, program, path);
}

/* Whether the process PID uses the device; then it is told.  */
static bool
ask_process (struct work *work, int proc, const char *pid, dev_t device)
{
  static const char *const links[] = { "cwd", "root", "exe" };
  auto_close int process = openat (proc, pid,
                                   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  char name[NAME_MAX + 4];

  if (process < 0)
    return false;
  for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    if (leads_to (process, links[i], device))
      {
        add_holder (work, process, pid, links[i]);
        return true;
      }
  if (!find_descriptor (process, device, name))
    return false;
  add_holder (work, process, pid, name);
  return true;
}

void
holders_add (struct work *work, unsigned major, unsigned minor)
{
  DIR *stream = opendir ("/proc");
  struct dirent *entry;
  unsigned count = 0;

  while (stream && count < LIMIT_HOLDERS && (entry = readdir (stream)))
    if (isdigit ((unsigned char)*entry->d_name))
      count += ask_process (work, dirfd (stream), entry->d_name,
                            makedev (major, minor));
  if (stream)
    closedir (stream);
}
