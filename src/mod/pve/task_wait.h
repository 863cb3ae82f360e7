/* task_wait.h - what the verbs TASK-... have the API worker do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_TASK_WAIT_H
#define REEVE_PVE_TASK_WAIT_H

#include <gpg-error.h>
#include "../../call/work.h"

/* How the task of the argument "upid" is: a record.  */
gpg_error_t task_status (struct work *work);

/* Wait for the tasks that the arguments "upid" name, and write a record for
   each as it ends.  They are asked in turn, so that many need no more memory
   than one.  A single one that fails is the error (task.h); among several the
   record tells, and an error is told at the end.  */
gpg_error_t task_wait (struct work *work);

/* The lines of its log, as a list.  */
gpg_error_t task_read_log (struct work *work);

/* Stop it, and wait for its end.  */
gpg_error_t task_stop (struct work *work);

#endif /* REEVE_PVE_TASK_WAIT_H */
