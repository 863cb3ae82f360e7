/* task_wait.c - what the verbs TASK-... have the API worker do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "task_wait.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/moment.h"
#include "../../call/upid.h"
#include "api.h"
#include "task.h"
#include "task_end.h"
#include "task_log.h"
#include "task_look.h"

/* --- One task --- */

/* Write the record of the task UPID, which runs if EXITSTATUS is NULL.  */
static gpg_error_t
write_task (struct writer *out, const char *upid, const char *exitstatus)
{
  auto_upid struct upid parts = UPID_NONE;
  char started[MOMENT_TEXT];
  gpg_error_t err = upid_parse (upid, &parts);

  if (!err)
    err = writer_field (out, "upid", "%s", upid);
  if (!err)
    err = writer_field (out, "status", exitstatus ? "stopped" : "running");
  if (!err)
    err = task_end_write (out, upid, exitstatus);
  if (!err)
    err = writer_field (out, "node", "%s", parts.node);
  if (!err)
    err = writer_field (out, "type", "%s", parts.type);
  if (!err)
    err = writer_field (out, "id", "%s", parts.id);
  if (!err)
    err = writer_field (out, "user", "%s", parts.user);
  if (!err && moment_write ((int64_t)parts.starttime, started))
    err = writer_field (out, "started", "%s", started);
  return err ? err : writer_record_end (out);
}

gpg_error_t
task_status (struct work *work)
{
  const char *upid = work_text (work, "upid");
  auto_free char *exitstatus = NULL;
  gpg_error_t err = task_look (work, upid, &exitstatus);

  return err ? err : write_task (work->out, upid, exitstatus);
}

/* --- Waiting --- */

struct waited
{
  const char *upid;
  uint64_t next; /* When it is to be looked at.  */
  struct task_pace pace;
};

struct waiting
{
  struct waited *tasks;
  size_t count; /* Those that run.  */
  size_t failed;
  struct task_pace pace; /* Of what they share: the server.  */
};

/* The task that is to be looked at first.  */
static size_t
find_first (const struct waiting *waiting)
{
  size_t first = 0;

  for (size_t i = 1; i < waiting->count; i++)
    if (waiting->tasks[i].next < waiting->tasks[first].next)
      first = i;
  return first;
}

/* Look at TASK; whether it has ended is stored.  */
static gpg_error_t
look (struct work *work, struct waiting *waiting, struct waited *task,
      bool *r_ended)
{
  auto_free char *exitstatus = NULL;
  struct ending ending;
  gpg_error_t err = task_look (work, task->upid, &exitstatus);

  *r_ended = false;
  if (err && !api_is_passing (err))
    failure_detail (&work->failure, "upid", "%s", task->upid);
  err = task_bear (work, &waiting->pace, err);
  /* So many that one look at each takes longer need no haste.  */
  task->next = link_now () + (uint64_t)task_pace_next (&task->pace);
  if (err || !exitstatus)
    return err;
  *r_ended = true;
  outcome_read (exitstatus, &ending);
  if (!task_end_is_good (&ending))
    waiting->failed++;
  err = write_task (work->out, task->upid, exitstatus);
  return err ? err : writer_flush (work->out);
}

/* WORK ends before the tasks do.  */
static gpg_error_t
leave (struct work *work, const struct waiting *waiting)
{
  failure_release (&work->failure);
  for (size_t i = 0; i < waiting->count; i++)
    failure_detail (&work->failure, "upid", "%s", waiting->tasks[i].upid);
  failure_detail (&work->failure, "outcome", "running");
  return fail (&work->failure, GPG_ERR_TIMEOUT,
               "the time is up, but %zu tasks go on: the details upid name "
               "them",
               waiting->count);
}

static gpg_error_t
await_all (struct work *work, struct waiting *waiting)
{
  size_t count = waiting->count;
  gpg_error_t err = 0;

  while (!err && waiting->count)
    {
      size_t first = find_first (waiting);
      struct waited *task = waiting->tasks + first;
      uint64_t now = link_now ();
      bool ended = false;

      if (task->next > now)
        err = task_sleep (work, (int)(task->next - now));
      if (!err)
        err = look (work, waiting, task, &ended);
      if (ended)
        *task = waiting->tasks[--waiting->count];
    }
  if (gpg_err_code (err) == GPG_ERR_CANCELED)
    return leave (work, waiting);
  if (!err && waiting->failed)
    err = fail (&work->failure, GPG_ERR_GENERAL,
                "%zu of %zu tasks did not succeed: see the records",
                waiting->failed, count);
  return err;
}

gpg_error_t
task_wait (struct work *work)
{
  struct waiting waiting = { .count = 0 };
  auto_free char *exitstatus = NULL;
  const char *upid = work_text (work, "upid");
  gpg_error_t err;

  if (!work_text_at (work, "upid", 1))
    {
      err = task_follow (work, upid, &exitstatus);
      return err ? err : write_task (work->out, upid, exitstatus);
    }
  while (work_text_at (work, "upid", waiting.count))
    waiting.count++;
  waiting.tasks = calloc (waiting.count, sizeof *waiting.tasks);
  if (!waiting.tasks)
    return gpg_error_from_syserror ();
  for (size_t i = 0; i < waiting.count; i++)
    waiting.tasks[i].upid = work_text_at (work, "upid", i);
  err = await_all (work, &waiting);
  free (waiting.tasks);
  return err;
}

/* --- Its log --- */

gpg_error_t
task_read_log (struct work *work)
{
  int64_t from = work_number (work, "from", 1);
  struct task_log log = { .upid = work_text (work, "upid"),
                          .next = from - 1,
                          .left = work_number (work, "limit", -1),
                          .line = task_log_item };
  bool follow = work_number (work, "follow", 0);
  struct task_pace pace = { 0 };
  gpg_error_t err = 0;
  bool ended;

  if (from < 1 || work_number (work, "limit", 0) < 0)
    return fail (&work->failure, GPG_ERR_INV_ARG,
                 "lines are counted from 1, and there are no fewer than 0");
  if (!follow)
    return task_log_read (work, &log);
  do
    {
      auto_free char *exitstatus = NULL;
      gpg_error_t unread;

      /* What it writes between the two is read next time, so first the one
         that may be the last.  */
      unread = task_look (work, log.upid, &exitstatus);
      if (!unread)
        unread = task_log_read (work, &log);
      ended = !unread && exitstatus;
      err = task_bear (work, &pace, unread);
      if (!err)
        err = writer_flush (work->out);
      if (!err && !ended && log.left)
        err = task_sleep (work, task_pace_next (&pace));
    }
  while (!err && !ended && log.left);
  return err;
}

/* --- Stopping --- */

gpg_error_t
task_stop (struct work *work)
{
  const char *upid = work_text (work, "upid");
  auto_free char *exitstatus = NULL;
  struct task_pace pace = { 0 };
  struct ending ending;
  gpg_error_t err = task_kill (work, upid);

  while (!err && !exitstatus)
    {
      err = task_bear (work, &pace, task_look (work, upid, &exitstatus));
      if (!err && !exitstatus)
        err = task_sleep (work, task_pace_next (&pace));
    }
  if (gpg_err_code (err) == GPG_ERR_CANCELED)
    {
      failure_release (&work->failure);
      failure_detail (&work->failure, "upid", "%s", upid);
      return fail (&work->failure,
                   work->stopped ? GPG_ERR_CANCELED : GPG_ERR_TIMEOUT,
                   "the task was told to stop, and has not ended yet");
    }
  if (err)
    return err;
  outcome_read (exitstatus, &ending);
  err = writer_field_bool (work->out, "changed", !task_end_is_good (&ending));
  return err ? err : write_task (work->out, upid, exitstatus);
}
