/* task_end.h - telling how a task ended
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_TASK_END_H
#define REEVE_PVE_TASK_END_H

#include <stdbool.h>
#include <gpg-error.h>
#include "../../call/work.h"
#include "outcome.h"

/* Whether it is a success.  */
bool task_end_is_good (const struct ending *ending);

/* Write the fields outcome, exitstatus and, where they are known, warnings,
   privilege and path.  With EXITSTATUS NULL the task runs.  */
gpg_error_t task_end_write (struct writer *out, const char *upid,
                            const char *exitstatus);

/* The same as details of a failure.  */
void task_end_detail (struct work *work, const char *upid,
                      const char *exitstatus);

/* The error that the task UPID ended with EXITSTATUS is, with these details,
   and log: the last lines that it wrote.  GPG_ERR_FORBIDDEN: a right was
   missing (details privilege and path).  GPG_ERR_LOCKED: it found a lock (the
   detail lock) and did nothing.  GPG_ERR_GENERAL: all else.  0 for a
   success.  */
gpg_error_t task_end_judge (struct work *work, const char *upid,
                            const char *exitstatus);

#endif /* REEVE_PVE_TASK_END_H */
