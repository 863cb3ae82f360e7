/* sysfs.h - reading /sys
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_HW_SYSFS_H
#define REEVE_HW_SYSFS_H

#include <dirent.h>
#include <stdbool.h>
#include "../../base/machine.h"

#define SYSFS_LINE 256

/* Open the directory PATH: that below MACHINE's root, if it has one, else the
   kernel's.  -1 and errno.  */
int sysfs_open (const struct machine *machine, const char *path);

/* The first line of the FILE in DIRECTORY, without blanks at its end; false if
   there is none, or it is empty.  */
bool sysfs_read (int directory, const char *file, char line[SYSFS_LINE]);

/* The names in DIRECTORY, in their order, each and the whole for the caller to
   free.  Returns their number, -1: none and nothing to free.  */
int sysfs_scan (int directory, struct dirent ***r_entries);

#endif /* REEVE_HW_SYSFS_H */
