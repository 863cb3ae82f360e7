/* hw_work.c - HW: what the machine worker does for it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stddef.h>

#include "block.h"
#include "hw_work.h"
#include "mount.h"
#include "mounts.h"

const struct work_operation hw_operations[]
    = { { "HW SCAN", work_scan, false },
        { "HW SMART", work_smart, false },
        { "HW SENSORS", work_sensors, false },
        { "HW BLOCK", work_block, false },
        { "HW MOUNTS", work_mounts, false },
        { "hw mount look", work_mount_look, false },
        { "hw mount", work_mount, true },
        { "hw mount undo", work_mount_undo, true },
        { "hw umount look", work_umount_look, false },
        { "hw umount", work_umount, true },
        { "hw selftest", work_selftest, true },
        { "hw selftest undo", work_selftest_undo, true },
        { NULL, NULL, false } };
