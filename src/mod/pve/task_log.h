/* task_log.h - what a task writes into its log
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_TASK_LOG_H
#define REEVE_PVE_TASK_LOG_H

#include <stdint.h>
#include <gpg-error.h>
#include "../../../protocol/buffer.h"
#include "../../call/work.h"

/* Where one reads.  */
struct task_log
{
  const char *upid;
  int64_t next; /* The line that comes next, counted from 0.  */
  int64_t left; /* How many are wanted; negative: all.  */
  /* Called for each line, of any bytes.  */
  gpg_error_t (*line) (struct work *work, const char *text, size_t length);
};

/* Read on, as far as there are lines.  */
gpg_error_t task_log_read (struct work *work, struct task_log *log);

/* For task_log: a status line "S PROGRESS text", and an item of the answer.  */
gpg_error_t task_log_progress (struct work *work, const char *text,
                               size_t length);
gpg_error_t task_log_item (struct work *work, const char *text, size_t length);

/* Store the last lines of the log of UPID, with newlines between, as many as
   fit into a detail, in TEXT, which is empty.  Nothing if they cannot be
   read.  */
void task_log_tail (struct work *work, const char *upid, struct buffer *text);

#endif /* REEVE_PVE_TASK_LOG_H */
