/* task.h - a request that starts a task, followed to the task's end
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   For operations that change something.  All of it ends at WORK's deadline, or
   when the client gives up.  */

#ifndef REEVE_PVE_TASK_H
#define REEVE_PVE_TASK_H

#include <gpg-error.h>
#include "../../../protocol/buffer.h"
#include "../../call/work.h"

/* What starts a task.  */
struct task_request
{
  const char *method;        /* "POST", "PUT", "DELETE".  */
  const char *path;          /* Below /api2/json, encoded.  */
  const struct buffer *form; /* Its parameters, or NULL.  */
  const char *node;          /* Where its task will run.  */
  const char *const *types;  /* The types that such a task may have ("vzstart",
                                "hastart"), ending with NULL: by them and ID it
                                is found again when the answer was lost.  */
  const char *id;            /* The task's id: a guest's number, ...; NULL: any.
                              */
  bool at_once;              /* An answer without a task means that it is done,
                                not that there was nothing to do.  */
};

/* Send REQUEST.  What is locked is tried again as long as there is time
   (LIMIT_PVE_LOCK_SECONDS without a time limit), with a status line that names
   the lock.  When the answer was lost the task is looked for in the node's list
   before anything else (task_find.h); nothing is ever sent twice on a guess.
   *R_UPID is for the caller to free; NULL: there was nothing to do.  */
gpg_error_t task_start (struct work *work, const struct task_request *request,
                        char **r_upid);

/* Follow the task UPID to its end; its log's lines go out as status lines "S
   PROGRESS".  *R_EXIT is, for the caller to free, the exit status of a success:
   "OK", "WARNINGS: 2".  Everything else is an error with the details upid,
   outcome, exitstatus and log (task_end.h).  When the time is up
   (GPG_ERR_TIMEOUT) or the client gives up (GPG_ERR_CANCELED) the task goes on,
   and outcome is "running"; with the argument "stop-on-cancel" one that the
   client gave up is stopped, and outcome is what became of it.  */
gpg_error_t task_follow (struct work *work, const char *upid, char **r_exit);

/* Both, also trying again what a task found locked, and write the fields
   changed, outcome (ok, warnings, queued, running), and where there is a task
   upid, exitstatus, warnings; the record is left open for more.  With the
   argument "no-wait" only the start is waited for.  */
gpg_error_t task_run (struct work *work, const struct task_request *request);

#endif /* REEVE_PVE_TASK_H */
