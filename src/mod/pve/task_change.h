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

#endif /* REEVE_PVE_TASK_CHANGE_H */
