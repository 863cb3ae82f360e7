/* view.h - a job as its file tells it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_JOB_VIEW_H
#define REEVE_JOB_VIEW_H

#include <stdbool.h>
#include <sys/types.h>
#include "../../../protocol/buffer.h"
#include "../../base/failure.h"
#include "../../call/writer.h"
#include "../../job/store.h"

/* Zeroed: nothing is known.  */
struct view
{
  struct buffer head;     /* The line.  */
  struct buffer end;      /* Likewise.  */
  struct buffer task;     /* The last status lines TASK ... */
  struct buffer progress; /* ... and PROGRESS.  */
  struct failure failure; /* How it failed.  */
  bool lives; /* Its process did, before the last look.  */
};

#define VIEW_NONE                                                              \
  {                                                                            \
    BUFFER_EMPTY, BUFFER_EMPTY, BUFFER_EMPTY, BUFFER_EMPTY, FAILURE_NONE,      \
        false                                                                  \
  }
#define auto_view __attribute__ ((cleanup (view_release)))

/* Read what READER has not read yet.  */
gpg_error_t view_read (struct view *view, struct job_reader *reader);
void view_release (struct view *view);

/* Take the line LINE of kind KIND, as job_read gives it.  */
gpg_error_t view_take (struct view *view, enum job_line kind, const char *line,
                       size_t length);

/* "running", "done", "failed", "canceled", "interrupted".  */
const char *view_state (const struct view *view);

/* The number of its process; 0 if the file does not tell.  */
pid_t view_process (const struct view *view);

/* Append what the string NAME of the object in LINE, of LENGTH bytes, says to
   TEXT; whether there is one.  */
bool view_string (const char *line, size_t length, const char *name,
                  struct buffer *text);

/* Write a record: WHOLE of it, or what a list tells.  */
gpg_error_t view_write (const struct view *view, struct writer *out,
                        bool whole);

#endif /* REEVE_JOB_VIEW_H */
