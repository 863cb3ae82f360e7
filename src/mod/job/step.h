/* step.h - steps of JOB: to give a job up, to forget it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_JOB_STEP_H
#define REEVE_JOB_STEP_H

#include <stdbool.h>
#include <sys/types.h>
#include "../../call/call.h"

enum step_action
{
  STEP_CANCEL,
  STEP_FORGET
};

/* Append to CALL's plan that ACTION is done to the job of IDENTITY that CALL
   names, whose process is PROCESS.  */
gpg_error_t step_append (struct call *call, enum step_action action,
                         const char *identity, pid_t process);

/* Whether the step of CALL's plan changed something.  */
bool step_changed (const struct call *call);

/* Answer CALL.  */
gpg_error_t step_answer (struct call *call, bool changed);

#endif /* REEVE_JOB_STEP_H */
