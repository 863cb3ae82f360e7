/* slots.h - which jobs run
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A job's process has a slot in memory that sessions, jobs and the supervisor
   share, from before its first step to behind its last one.  Each slot is one
   word: it survives the death of any process at any instruction.  */

#ifndef REEVE_JOB_SLOTS_H
#define REEVE_JOB_SLOTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "../../protocol/limits.h"
#include "../base/failure.h"
#include "../base/limits.h"

/* Zeroed: nothing runs.  */
struct job_slots
{
  _Atomic uint64_t slot[LIMIT_JOBS_MOST]; /* The user and the process.  */
};

/* Take one for this process, which works for UID.  GPG_ERR_LIMIT_REACHED if
   LIMITS has no room for another one.  */
gpg_error_t job_slots_take (struct job_slots *slots, uid_t uid,
                            const struct limits *limits,
                            struct failure *failure);

/* The process PID has no slot any more; whether it had one.  */
bool job_slots_free (struct job_slots *slots, pid_t pid);

/* Call EACH (which may be NULL) for each process that has one; how many there
   are.  */
size_t job_slots_each (struct job_slots *slots,
                       void (*each) (void *context, pid_t pid), void *context);

/* Whether the process PID is there, and did not end: a zombie is gone.  So is a
   process of another program, which got the number of one of ours, or the
   number is what a process that was taken over wrote there.  */
bool job_process_lives (pid_t pid);

#endif /* REEVE_JOB_SLOTS_H */
