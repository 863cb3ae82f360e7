/* task.h - a request that starts a task, followed to the task's end
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_TASK_H
#define REEVE_PVE_TASK_H

#include <stdbool.h>
#include <gpg-error.h>
#include "../../call/work.h"
#include "outcome.h"

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
};

/* Send REQUEST.  A guest that is locked is tried again as long as there is
   time, with a status line that names the lock.  When the answer was lost the
   task is looked for in the node's list before anything else; nothing is ever
   sent twice on a guess.  *R_UPID is for the caller to free; NULL: there was
   nothing to do.  */
gpg_error_t task_start (struct work *work, const struct task_request *request,
                        char **r_upid);

/* Follow the task UPID to its end; its log's lines go out as status lines
   "S PROGRESS".  Ends at WORK's deadline, or when the client gives up; the task
   goes on unless WORK has the argument "stop-on-cancel" (not at the deadline).
   Fills nothing but *R_ENDING, whose texts are good until task_release, for
   an outcome OK or WARNINGS; all others are errors, with the details upid,
   outcome, exitstatus and log.  */
struct task_end
{
  struct ending ending;
  char *exitstatus;
};
gpg_error_t task_follow (struct work *work, const char *upid,
                         struct task_end *r_end);
void task_release (struct task_end *end);

/* Both, and write the answer's fields changed (yes), outcome (ok, warnings,
   queued, running), upid, warnings; the record is left open for more.  With
   the argument "no-wait" only the start is waited for.  */
gpg_error_t task_run (struct work *work, const struct task_request *request);

#endif /* REEVE_PVE_TASK_H */
