/* task_find.h - whether a request whose answer was lost began its task
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A server that was cut off in the middle, or a proxy that did not get an
   answer from the daemon behind it (595 to 599), leaves that open.  What a
   node began stands in its list, so the request is known by a task that was
   not there before: of the token, of its types, and of its id.  */

#ifndef REEVE_PVE_TASK_FIND_H
#define REEVE_PVE_TASK_FIND_H

#include <stdbool.h>
#include <time.h>
#include <gpg-error.h>
#include "answer.h"
#include "task.h"

/* What there was before the request.  */
struct task_before
{
  struct answer list;
  bool known; /* LIST is there.  */
};

/* Note it.  */
gpg_error_t task_note (struct work *work, const struct task_request *request,
                       struct task_before *r_before);
void task_forget (struct task_before *before);

/* Look for the task that REQUEST, sent at the time SINCE on the server's clock,
   began, for a while: it may be about to begin.  *R_UPID is for the caller to
   free.  WORK's failure tells how the answer was lost; that goes to the client.
   An error, with the details outcome=lost and cause, says whether one could
   look.  A request without types has no task that tells.  */
gpg_error_t task_find (struct work *work, const struct task_request *request,
                       const struct task_before *before, time_t since,
                       char **r_upid);

#endif /* REEVE_PVE_TASK_FIND_H */
