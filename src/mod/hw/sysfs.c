/* sysfs.c - reading /sys
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "sysfs.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../../../protocol/memory.h"

int
sysfs_open (const struct machine *machine, const char *path)
{
  auto_free char *own = machine_path (machine, path);
  int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  int fd = own ? open (own, flags) : -1;

  return fd >= 0 || !*machine->root ? fd : open (path, flags);
}

bool
sysfs_read (int directory, const char *file, char line[SYSFS_LINE])
{
  auto_close int fd = openat (directory, file, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read (fd, line, SYSFS_LINE - 1);

  if (length <= 0)
    return false;
  line[length] = 0;
  length = (ssize_t)strcspn (line, "\n");
  while (length && line[length - 1] == ' ')
    length--;
  line[length] = 0;
  return length;
}

static int
is_visible (const struct dirent *entry)
{
  return *entry->d_name != '.';
}

int
sysfs_scan (int directory, struct dirent ***r_entries)
{
  return scandirat (directory, ".", r_entries, is_visible, versionsort);
}
