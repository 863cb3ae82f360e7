/* mounts.h - what is mounted
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   From /proc/self/mountinfo, see proc(5), as libmount reads it.  */

#ifndef REEVE_HW_MOUNTS_H
#define REEVE_HW_MOUNTS_H

#include "../../call/work.h"

struct mounts;

/* One mount.  The texts belong to the table.  */
struct mounted
{
  const char *source;
  const char *target; /* Below the machine's root.  */
  const char *filesystem;
  const char *options;
  unsigned major, minor;
};

gpg_error_t mounts_read (struct work *work, struct mounts **r_mounts);
void mounts_release (struct mounts *mounts);

/* The uppermost mount at TARGET, a path below the machine's root; whether there
   is one.  */
bool mounts_find (const struct mounts *mounts, const char *target,
                  struct mounted *r_mounted);

/* Write a field "mounted" for each target of the device.  */
gpg_error_t mounts_write_targets (const struct mounts *mounts,
                                  struct writer *out, unsigned major,
                                  unsigned minor);

gpg_error_t work_mounts (struct work *work);

#endif /* REEVE_HW_MOUNTS_H */
