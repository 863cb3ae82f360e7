/* store.h - what is known of each job
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   OWN_JOBS_DIR/IDENTITY/JOB is the file of a job: JSON, one object a line.

     {"job":...}     first: the pid and time of the beginning, then who asked
                     for what, as in the audit log (audit.h)
     {"status":...}  a status line: its keyword, and text
     {"answer":...}  a line of the answer, in JSON
     {"detail":...}  of an error: its name, and value
     {"end":...}     last: the time; of an error code and advice, too

   The job's process holds a lock on it (flock); a file without an end and
   without a lock is that of a job that was killed.  */

#ifndef REEVE_JOB_STORE_H
#define REEVE_JOB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "../../protocol/line_reader.h"
#include "../call/call.h"
#include "../gate/audit.h"

#define OWN_JOBS_DIR OWN_STATE_DIR "/jobs"

/* --- The job itself --- */

struct job_writer
{
  int fd;
  struct buffer line;   /* What is being put together.  */
  struct buffer answer; /* The beginning of a line of the answer.  */
  off_t size;           /* Of the file.  */
  size_t written;       /* Bytes of status lines, ... */
  size_t answered;      /* ... and of the answer.  */
  gpg_error_t lost;     /* Why the rest of the answer is not there, or 0.  */
};

/* Make the file of the job that this process is: CALL, for SUBJECT, whose call
   id is the job's name.  Files of the same identity beyond those that the
   limits keep are removed.  *R_JOB is for job_end or job_abandon; its file is
   locked from now on, until this process ends.  */
gpg_error_t job_create (const struct call *call,
                        const struct audit_subject *subject,
                        struct job_writer *r_job, struct failure *failure);

/* Where the call's answer, in JSON, and its status lines go.  It takes all: the
   change goes on, and was made, whatever can be told of it.  Beyond
   LIMIT_JOB_STATUS bytes (the name of a task: twice as many), or on a full
   disk, status lines are dropped; of an answer that is not there as a whole a
   WARNING tells.  */
struct writer_sink job_sink (struct job_writer *job);

/* The call has ended with ERR, of which FAILURE tells.  Durable on return, but
   the job runs, for those who look, as long as its process.  */
gpg_error_t job_end (struct job_writer *job, gpg_error_t err,
                     const struct failure *failure);

/* There is to be no such job after all: its file is removed.  */
void job_abandon (struct job_writer *job, const struct machine *machine,
                  const struct audit_subject *subject);

/* --- Those who look --- */

enum job_line
{
  JOB_HEAD,
  JOB_STATUS,
  JOB_ANSWER,
  JOB_DETAIL,
  JOB_END
};

struct job_reader
{
  int fd;
  struct line_reader lines;
  bool ended; /* The end was read.  */
};

/* Open the file of JOB, which IDENTITY asked for, until job_close.
   GPG_ERR_NOT_FOUND.  */
gpg_error_t job_open (const struct machine *machine, const char *identity,
                      const char *job, struct job_reader *r_reader,
                      struct failure *failure);
void job_close (struct job_reader *reader);

/* Whether the job's process lives.  What it wrote last is there when it does
   not any more.  */
bool job_lives (const struct job_reader *reader);

/* Call EACH for each line, of LENGTH bytes, that was not read yet and is whole;
   ends with its error.  LINE lives as long as the call.  */
gpg_error_t job_read (struct job_reader *reader,
                      gpg_error_t (*each) (void *context, enum job_line kind,
                                           const char *line, size_t length),
                      void *context);

/* Call EACH for all jobs of IDENTITY, or, if that is NULL, of all, the oldest
   first; ends with its error.  */
gpg_error_t job_each (const struct machine *machine, const char *identity,
                      gpg_error_t (*each) (void *context, const char *identity,
                                           const char *job),
                      void *context, struct failure *failure);

/* Forget JOB, which does not run.  GPG_ERR_NOT_FOUND, GPG_ERR_EBUSY.  */
gpg_error_t job_forget (const struct machine *machine, const char *identity,
                        const char *job, struct failure *failure);

/* Have the process PID of JOB, if it is that and lives, give up what it does;
   whether it was told.  */
gpg_error_t job_cancel (const struct job_reader *reader, pid_t pid,
                        bool *r_told, struct failure *failure);

#define JOB_CANCEL_SIGNAL SIGUSR1

#endif /* REEVE_JOB_STORE_H */
