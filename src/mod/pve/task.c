/* task.c - a request that starts a task, followed to the task's end
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "task.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"
#include "../../call/upid.h"
#include "api.h"
#include "task_end.h"
#include "task_find.h"
#include "task_log.h"
#include "task_look.h"

/* Between two tries of what is locked.  */
#define LOCK_FIRST_MS 500
#define LOCK_MOST_MS 5000

/* When the client gave up: to find a task that may have begun, and for one that
   is stopped to end.  Both together are less than LIMIT_STOP_SECONDS.  */
#define FIND_MS 3000
#define STOP_MS 6000

/* --- Starting --- */

/* The task's name that DATA, an answer, holds.  There is none where nothing was
   to be done: null, or "OK" (PVE::API2::VZDump).  */
static gpg_error_t
take_upid (struct work *work, const json_t *data, char **r_upid)
{
  auto_upid struct upid parts = UPID_NONE;
  const char *text = json_string_value (data);

  if (!data || json_is_null (data) || (text && !strcmp (text, "OK")))
    return 0;
  if (!text || upid_parse (text, &parts))
    return fail (&work->failure, GPG_ERR_INV_RESPONSE,
                 "the server's answer is no task: look at PVE TASKS before you "
                 "repeat it");
  *r_upid = strdup (text);
  return *r_upid ? 0 : gpg_error_from_syserror ();
}

/* One try, and what came of it.  */
struct attempt
{
  const struct task_request *request;
  bool follow; /* To its end.  */
  char *upid;
  char *exitstatus;
};

static void
forget (struct attempt *attempt)
{
  free (attempt->upid);
  free (attempt->exitstatus);
  attempt->upid = attempt->exitstatus = NULL;
}

/* The answer to the request, sent at the time SINCE, was lost: look for the
   task, also if it was lost since WORK has ended, as it then still has.  */
static gpg_error_t
find_lost (struct work *work, struct attempt *attempt,
           const struct task_before *before, time_t since)
{
  bool ended = work_ended (work);
  bool stopped = work->stopped;
  uint64_t deadline = work->deadline;
  gpg_error_t err;

  if (ended)
    work_grace (work, FIND_MS);
  err = task_find (work, attempt->request, before, since, &attempt->upid);
  if (ended)
    {
      work->stopped = stopped;
      work->deadline = deadline;
    }
  return err && stopped ? gpg_error (GPG_ERR_CANCELED) : err;
}

/* Send the request, once; what is lost is looked for.  */
static gpg_error_t
start (struct work *work, struct attempt *attempt)
{
  const struct task_request *request = attempt->request;
  struct task_before before;
  struct answer answer = ANSWER_NONE;
  bool lost;
  time_t since;
  gpg_error_t err = task_note (work, request, &before);

  if (err)
    return err;
  since = api_time (work);
  err = api_send (work, request->method, request->path, request->form, &answer,
                  &lost);
  if (!err)
    err = take_upid (work, answer.data, &attempt->upid);
  else if (lost)
    err = find_lost (work, attempt, &before, since);
  answer_release (&answer);
  task_forget (&before);
  return err;
}

/* What is locked has failed with WORK's failure: wait for MS, within END.
   Whether to try again.  */
static bool
await_lock (struct work *work, int ms, uint64_t end)
{
  const char *lock = failure_find (&work->failure, "lock");

  return link_now () + (uint64_t)ms < end && work_left (work, ms + 1) > ms
         && !work_status (work, "PROGRESS", "locked (%.100s): trying again",
                          lock ? lock : "by something")
         && !task_sleep (work, ms);
}

/* --- Following --- */

/* Wait for the end of the task UPID, and show its log.  GPG_ERR_CANCELED: WORK
   has ended before.  */
static gpg_error_t
await (struct work *work, struct task_log *log, char **r_exit)
{
  struct task_pace pace = { 0 };
  gpg_error_t err;

  *r_exit = NULL;
  for (;;)
    {
      gpg_error_t unread = 0;

      free (*r_exit);
      err = task_look (work, log->upid, r_exit);
      if (!err)
        unread = task_log_read (work, log);
      /* A log that cannot be had does not matter.  */
      if (unread && !api_is_passing (unread))
        unread = 0;
      err = task_bear (work, &pace, err ? err : unread);
      if (*r_exit && (!unread || err))
        break;
      if (!err)
        err = task_sleep (work, task_pace_next (&pace));
      if (err)
        return err;
    }
  failure_release (&work->failure);
  return 0;
}

/* The client gave up: stop the task.  An error of its own tells how it
   ended, unless it was a success.  */
static gpg_error_t
stop (struct work *work, struct task_log *log, char **r_exit)
{
  struct ending ending;
  gpg_error_t err = work_grace (work, STOP_MS);

  if (!err)
    err = task_kill (work, log->upid);
  if (!err)
    err = await (work, log, r_exit);
  if (!err)
    {
      outcome_read (*r_exit, &ending);
      if (task_end_is_good (&ending))
        return 0;
      task_end_detail (work, log->upid, *r_exit);
      return fail (&work->failure, GPG_ERR_CANCELED, "the task was stopped");
    }
  failure_release (&work->failure);
  failure_detail (&work->failure, "upid", "%s", log->upid);
  failure_detail (&work->failure, "outcome", "running");
  return fail (&work->failure, GPG_ERR_CANCELED,
               "the task was to be stopped, but has not ended: see PVE "
               "TASK-STATUS");
}

/* WORK has ended and the task has not.  */
static gpg_error_t
leave (struct work *work, struct task_log *log, char **r_exit)
{
  bool late = work->deadline && link_now () >= work->deadline;

  /* TASK-WAIT has the session stop it, by a call of its own.  */
  if (!late && work->changes && work_number (work, "stop-on-cancel", 0))
    return stop (work, log, r_exit);
  failure_release (&work->failure);
  failure_detail (&work->failure, "upid", "%s", log->upid);
  failure_detail (&work->failure, "outcome", "running");
  return fail (&work->failure, late ? GPG_ERR_TIMEOUT : GPG_ERR_CANCELED,
               "%s, but the task goes on: PVE TASK-WAIT waits for it again",
               late ? "the time is up" : "it is no longer waited for");
}

gpg_error_t
task_follow (struct work *work, const char *upid, char **r_exit)
{
  struct task_log log = { .upid = upid, .left = -1, .line = task_log_progress };
  gpg_error_t err = await (work, &log, r_exit);

  if (gpg_err_code (err) == GPG_ERR_CANCELED)
    err = leave (work, &log, r_exit);
  else if (err)
    failure_detail (&work->failure, "upid", "%s", upid);
  else
    err = task_end_judge (work, upid, *r_exit);
  if (err)
    {
      free (*r_exit);
      *r_exit = NULL;
    }
  return err;
}

/* --- Both --- */

/* Try until nothing is locked, or it is too late.  */
static gpg_error_t
try (struct work *work, struct attempt *attempt)
{
  uint64_t end = work->deadline ? work->deadline
                                : link_now () + LIMIT_PVE_LOCK_SECONDS * 1000;
  int pause = LOCK_FIRST_MS;
  gpg_error_t err;

  for (;;)
    {
      err = start (work, attempt);
      /* Whoever is cut off from here on knows what to look for.  */
      if (!err && attempt->upid && attempt->follow)
        err = work_status (work, "TASK", "%s", attempt->upid);
      if (!err && attempt->upid && attempt->follow)
        err = task_follow (work, attempt->upid, &attempt->exitstatus);
      if (gpg_err_code (err) != GPG_ERR_LOCKED
          || !await_lock (work, pause, end))
        break;
      failure_release (&work->failure);
      forget (attempt);
      pause = 2 * pause < LOCK_MOST_MS ? 2 * pause : LOCK_MOST_MS;
    }
  if (err)
    forget (attempt);
  return err;
}

gpg_error_t
task_start (struct work *work, const struct task_request *request,
            char **r_upid)
{
  struct attempt attempt = { .request = request };
  gpg_error_t err = try (work, &attempt);

  *r_upid = attempt.upid;
  return err;
}

static gpg_error_t
write_answer (struct writer *out, const struct attempt *attempt)
{
  gpg_error_t err = writer_field_bool (
      out, "changed", attempt->upid || attempt->request->at_once);

  if (err || !attempt->upid)
    return err ? err : writer_field (out, "outcome", "ok");
  err = writer_field (out, "upid", "%s", attempt->upid);
  return err ? err : task_end_write (out, attempt->upid, attempt->exitstatus);
}

gpg_error_t
task_run (struct work *work, const struct task_request *request)
{
  struct attempt attempt = { .request = request,
                             .follow = !work_number (work, "no-wait", 0) };
  gpg_error_t err = try (work, &attempt);

  if (!err)
    err = write_answer (work->out, &attempt);
  forget (&attempt);
  return err;
}
