/* store.c - what is known of each job: the job's own side
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "../../protocol/moment.h"
#include "../../protocol/record.h"
#include "../base/directory.h"
#include "../gate/audit_record.h"
#include "store_inside.h"

/* Bytes for the last line; for it and the answer of most calls, or the details
   of an error.  */
#define LAST_ROOM (4 * KIB)
#define END_ROOM (64 * KIB)

/* --- Lines --- */

static void
append_member (struct buffer *line, const char *name, const char *bytes,
               size_t length)
{
  buffer_printf (line, ",\"%s\":", name);
  record_json (line, bytes, length);
}

/* Begin a line of JOB with the member NAME, whose value is TEXT.  */
static void
begin_line (struct job_writer *job, const char *name, const char *text)
{
  buffer_clear (&job->line);
  buffer_printf (&job->line, "{\"%s\":", name);
  record_json (&job->line, text, strlen (text));
}

/* End the line of JOB and write it: all of it, or nothing.  */
static gpg_error_t
put_line (struct job_writer *job)
{
  const char *bytes;
  size_t left;
  gpg_error_t err;

  buffer_string (&job->line, "}\n");
  err = buffer_error (&job->line);
  if (err)
    return err;
  bytes = job->line.bytes;
  left = job->line.length;
  while (left)
    {
      ssize_t n = write (job->fd, bytes, left);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          err = gpg_error_from_syserror ();
          if (ftruncate (job->fd, job->size))
            gpgrt_log_error ("a line of a job cannot be taken back: %s\n",
                             strerror (errno));
          return err;
        }
      bytes += n;
      left -= (size_t)n;
    }
  job->size += (off_t)job->line.length;
  return 0;
}

/* Write the line of JOB if the disk has ROOM bytes behind it: a job that cannot
   tell its end is as good as one that was killed.  */
static gpg_error_t
put_if_room (struct job_writer *job, size_t room)
{
  if (fallocate (job->fd, FALLOC_FL_KEEP_SIZE, job->size,
                 (off_t)(job->line.length + room))
      && errno != EOPNOTSUPP)
    return gpg_error_from_syserror ();
  return put_line (job);
}

static void
append_now (struct buffer *line, const char *name)
{
  char now[MOMENT_TEXT] = "";

  moment_write (time (NULL), now);
  append_member (line, name, now, strlen (now));
}

/* --- The beginning --- */

/* The head of CALL's file.  */
static gpg_error_t
put_head (struct job_writer *job, const struct call *call,
          const struct audit_subject *subject)
{
  auto_buffer struct buffer record = BUFFER_EMPTY;
  gpg_error_t err;

  begin_line (job, "job", subject->call);
  buffer_printf (&job->line, ",\"process\":%ld", (long)getpid ());
  append_now (&job->line, "started");
  /* The same words as in the audit log.  */
  record_call (&record, subject, call);
  err = buffer_error (&record);
  if (err)
    return err;
  buffer_append (&job->line, record.bytes, record.length);
  return put_if_room (job, END_ROOM);
}

static void
release (struct job_writer *job)
{
  buffer_release (&job->line);
  buffer_release (&job->answer);
}

/* Make the file NAME and lock it.  Another job's beginning may find it before
   it is locked, take it for one that has ended, and remove it: then make
   another.  */
static gpg_error_t
make_file (int directory, const char *name, int *r_fd, struct failure *failure)
{
  struct stat stat;

  do
    {
      if (*r_fd >= 0)
        close (*r_fd);
      *r_fd = openat (
          directory, name,
          O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
      if (*r_fd < 0 || flock (*r_fd, LOCK_EX) || fstat (*r_fd, &stat))
        return fail_errno (failure, "job %s", name);
    }
  while (!stat.st_nlink);
  return 0;
}

gpg_error_t
job_create (const struct call *call, const struct audit_subject *subject,
            struct job_writer *r_job, struct failure *failure)
{
  auto_close int directory = -1;
  auto_close int fd = -1;
  gpg_error_t err;

  *r_job = (struct job_writer){ .fd = -1 };
  err = job_directory (call->machine, subject->identity, true, &directory,
                       failure);
  if (err)
    return err;
  job_prune (directory, limits_or_usual (call->limits)->jobs_kept);
  err = make_file (directory, subject->call, &fd, failure);
  if (err)
    return err;
  r_job->fd = fd;
  err = put_head (r_job, call, subject);
  if (!err && (fdatasync (fd) || fsync (directory)))
    err = gpg_error_from_syserror ();
  if (err)
    {
      unlinkat (directory, subject->call, 0);
      release (r_job);
      return fail (failure, gpg_err_code (err), "job %s: %s", subject->call,
                   gpg_strerror (err));
    }
  (void)take_fd (&fd);
  return 0;
}

void
job_abandon (struct job_writer *job, const struct machine *machine,
             const struct audit_subject *subject)
{
  close (job->fd);
  release (job);
  job_forget (machine, subject->identity, subject->call, NULL);
}

/* --- The middle --- */

/* Write the whole lines of the answer that are there.  */
static gpg_error_t
put_answer (struct job_writer *job)
{
  const char *line = job->answer.bytes;
  size_t left = job->answer.length;
  const char *end;
  gpg_error_t err = 0;

  while (!err && left && (end = memchr (line, '\n', left)))
    {
      size_t length = (size_t)(end - line);

      buffer_clear (&job->line);
      buffer_string (&job->line, "{\"answer\":");
      buffer_append (&job->line, line, length);
      err = put_if_room (job, LAST_ROOM);
      line = end + 1;
      left -= length + 1;
    }
  if (left && line != job->answer.bytes)
    memmove (job->answer.bytes, line, left);
  job->answer.length = left;
  return err;
}

static gpg_error_t
sink_data (void *context, const char *bytes, size_t length)
{
  struct job_writer *job = context;
  gpg_error_t err;

  if (!bytes)
    return 0;
  if (job->lost)
    return 0;
  if (length > LIMIT_JOB_ANSWER - job->answered)
    err = gpg_error (GPG_ERR_TOO_LARGE);
  else
    {
      job->answered += length;
      buffer_append (&job->answer, bytes, length);
      err = buffer_error (&job->answer);
    }
  if (!err)
    err = put_answer (job);
  job->lost = err;
  return 0;
}

static gpg_error_t
sink_status (void *context, const char *keyword, const char *text)
{
  struct job_writer *job = context;

  /* Which task to look for is known also behind a flood of its log.  */
  if (job->written >= (strcmp (keyword, "TASK") ? 1 : 2) * LIMIT_JOB_STATUS)
    return 0;
  begin_line (job, "status", keyword);
  append_member (&job->line, "text", text, strlen (text));
  put_if_room (job, END_ROOM);
  job->written += job->line.length;
  return 0;
}

struct writer_sink
job_sink (struct job_writer *job)
{
  return (struct writer_sink){ sink_data, sink_status, job };
}

/* --- The end --- */

static void
put_lost (struct job_writer *job)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;

  buffer_printf (&text, "it was done, but its answer could not be kept: %s",
                 gpg_strerror (job->lost));
  begin_line (job, "status", "WARNING");
  append_member (&job->line, "text", text.length ? text.bytes : "",
                 text.length);
  put_line (job);
}

gpg_error_t
job_end (struct job_writer *job, gpg_error_t err, const struct failure *failure)
{
  const struct detail *detail = err ? failure->details : NULL;
  char now[MOMENT_TEXT] = "";
  gpg_error_t wrong;

  for (; detail; detail = detail->next)
    {
      begin_line (job, "detail", detail->name);
      append_member (&job->line, "value", detail->value, detail->length);
      put_if_room (job, LAST_ROOM);
    }
  if (!err && job->lost)
    put_lost (job);
  moment_write (time (NULL), now);
  begin_line (job, "end", now);
  if (err)
    {
      buffer_printf (&job->line, ",\"code\":%d", (int)gpg_err_code (err));
      append_member (&job->line, "advice", failure->text ? failure->text : "",
                     failure->text ? strlen (failure->text) : 0);
    }
  wrong = put_line (job);
  /* What was kept beyond it is free again.  */
  if (!wrong && (ftruncate (job->fd, job->size) || fdatasync (job->fd)))
    wrong = gpg_error_from_syserror ();
  return wrong;
}
