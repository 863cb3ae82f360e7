/* privilege.c - no longer being root
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "privilege.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int
privilege_bound (void)
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

  if (syscall (SYS_capget, &header, data))
    return -1;
  if (!(data[0].effective & 1U << CAP_SETPCAP))
    return 0;
  for (unsigned long number = 0; prctl (PR_CAPBSET_READ, number, 0, 0, 0) >= 0;
       number++)
    if (prctl (PR_CAPBSET_DROP, number, 0, 0, 0))
      return -1;
  return 0;
}

int
privilege_drop (uid_t uid, gid_t gid, const gid_t *groups, size_t count)
{
  if (geteuid ())
    return 0;
  if (privilege_bound () || setgroups (count, groups)
      || setresgid (gid, gid, gid) || setresuid (uid, uid, uid))
    return -1;
  return 0;
}
