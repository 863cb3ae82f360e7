/* selftest_task.h - PVE SELFTEST-TASK: planning it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_SELFTEST_TASK_H
#define REEVE_PVE_SELFTEST_TASK_H

#include "../../call/call.h"

/* Plan a check of the guest's tag, which when undone lets nothing be left, and
   then the test.  */
gpg_error_t pve_selftest_task (struct call *call);

/* What HELP says of it.  */
#define SELFTEST_TASK_HELP                                                     \
  "Takes a snapshot of the guest VMID, goes back to it, deletes it,\n"         \
  "and looks each time whether it is so.  The guest must have the tag\n"       \
  "reeve-selftest: what it writes meanwhile is lost, and if it runs it is\n"   \
  "stopped and started again.  After an error, or when the client gives\n"     \
  "up, the snapshot is deleted; the detail not-undone tells if it could\n"     \
  "not be.  Answers a record for each step, also before an error:\n"           \
  "  check     snapshot, rollback, delete\n"                                   \
  "  state     ok or failed\n"                                                 \
  "  seconds   how long it took, with a fraction\n"                            \
  "  message   what was found\n"                                               \
  "The detail check of an error names the step.\n"                             \
  "FORBIDDEN: the guest has not the tag, or the token not the right.\n"        \
  "GENERAL: a task failed, or did not do what it should.\n"                    \
  "Example: PVE SELFTEST-TASK 100"

#endif /* REEVE_PVE_SELFTEST_TASK_H */
