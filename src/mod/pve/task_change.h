/* task_change.h - the verbs of PVE that may stop a task
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_TASK_CHANGE_H
#define REEVE_PVE_TASK_CHANGE_H

#include "../../call/call.h"

/* TASK-STOP.  */
gpg_error_t pve_task_stop (struct call *call);

/* TASK-WAIT.  With --stop-on-cancel a client that gives up has each of the
   tasks stopped, as if he had asked for TASK-STOP.  */
gpg_error_t pve_task_wait (struct call *call);

/* What HELP says of them; UPID is an example (help.h).  */
#define TASK_STOP_HELP                                                         \
  "What it has done by then stays.  Waits for its end.\n"                      \
  "Answers changed (no: it had ended), and what TASK-STATUS does.\n"           \
  "Example: PVE TASK STOP " UPID
#define TASK_WAIT_HELP                                                         \
  "Answers a record, as TASK-STATUS does, for each task as it ends.\n"         \
  "The lines of a single one's log come as status lines PROGRESS.  A\n"        \
  "server that is away for a while ends nothing.  With --stop-on-cancel\n"     \
  "a client that gives up has the tasks stopped, if it may TASK-STOP.\n"       \
  "GENERAL: the task failed or was stopped (details upid, outcome,\n"          \
  "exitstatus, log: its last lines), or one of several did.\n"                 \
  "FORBIDDEN: the task lacked a right (details privilege, path).\n"            \
  "TIMEOUT: the time limit ends the waiting, not the task.\n"                  \
  "CANCELED: likewise; the detail stopped tells what was stopped.\n"           \
  "Example: PVE TASK WAIT --timeout=1h " UPID

#endif /* REEVE_PVE_TASK_CHANGE_H */
