/* selftest_task.h - PVE SELFTEST-TASK: planning it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_SELFTEST_TASK_H
#define REEVE_PVE_SELFTEST_TASK_H

#include "../../call/call.h"

/* Plan a check of the guest's tag, which when undone lets nothing be left, and
   then the test.  */
gpg_error_t pve_selftest_task (struct call *call);

#endif /* REEVE_PVE_SELFTEST_TASK_H */
