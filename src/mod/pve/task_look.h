/* task_look.h - looking at a task from time to time
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A task goes on whatever becomes of the daemons that tell of it, and its own
   node knows best: lists are seconds old.  So it is asked there, fast at first
   and then every other second, and a server that is away for a while is no
   answer.  */

#ifndef REEVE_PVE_TASK_LOOK_H
#define REEVE_PVE_TASK_LOOK_H

#include <stdbool.h>
#include <gpg-error.h>
#include "../../../protocol/buffer.h"
#include "../../call/work.h"

/* Append "/nodes/NODE/tasks/UPID", encoded, with what is below it, to PATH.
   GPG_ERR_INV_ARG if UPID is none.  */
gpg_error_t task_path (struct buffer *path, const char *upid,
                       const char *below);

/* *R_EXIT is the exit status of the task UPID, for the caller to free; NULL: it
   runs.  */
gpg_error_t task_look (struct work *work, const char *upid, char **r_exit);

/* Have the task UPID end.  It needs not be running.  */
gpg_error_t task_kill (struct work *work, const char *upid);

/* How often one looks.  */
struct task_pace
{
  int pause_ms; /* 0: not yet looked.  */
  bool away;    /* The client was told that the server does not answer.  */
};

/* The length of the next pause, longer each time.  */
int task_pace_next (struct task_pace *pace);

/* Sleep for MS.  GPG_ERR_CANCELED, at once, when WORK has ended.  */
gpg_error_t task_sleep (struct work *work, int ms);

/* What to make of ERR, of having looked: 0 if the server may be back soon, of
   which the client is told once in a while.  The failure is forgotten then.  */
gpg_error_t task_bear (struct work *work, struct task_pace *pace,
                       gpg_error_t err);

#endif /* REEVE_PVE_TASK_LOOK_H */
