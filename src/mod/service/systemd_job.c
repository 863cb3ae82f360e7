/* systemd_job.c - jobs of systemd, followed to their end
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"
#include "backend.h"
#include "systemd.h"

/* The job that is waited for.  */
struct job
{
  char *invocation; /* Of the unit, before it.  */
  char *path;       /* NULL until the manager has told it.  */
  char *result;     /* NULL until it has ended.  */
  bool unmet;       /* A condition of the unit's file is not met.  */
};

static void
job_release (struct job *job)
{
  free (job->invocation);
  free (job->path);
  free (job->result);
}

/* What each action asks of the manager.  */
static const struct
{
  const char *action;
  const char *method;
  const char *wanted; /* The state of a unit after it; NULL: any.  */
} actions[] = {
  { "start", "StartUnit", "active" },
  { "stop", "StopUnit", "inactive" },
  { "restart", "RestartUnit", "active" },
  { "reload", "ReloadUnit", NULL },
  { "force-reload", "ReloadOrRestartUnit", NULL },
  { "try-restart", "TryRestartUnit", NULL },
};

/* JobRemoved (u id, o job, s unit, s result).  */
static int
job_removed (sd_bus_message *message, void *context, sd_bus_error *error)
{
  struct job *job = context;
  const char *path, *unit, *result;
  uint32_t id;

  (void)error;
  if (sd_bus_message_read (message, "uoss", &id, &path, &unit, &result) < 0)
    return 0;
  if (job->path && !job->result && !strcmp (job->path, path))
    job->result = strdup (result);
  return 0;
}

/* PropertiesChanged (s interface, a{sv} changed, as invalidated) of the unit,
   which may be forgotten as soon as its job has ended.  */
static int
unit_changed (sd_bus_message *message, void *context, sd_bus_error *error)
{
  struct job *job = context;
  const char *name;
  int met;
  int rc = sd_bus_message_skip (message, "s");

  (void)error;
  if (rc >= 0)
    rc = sd_bus_message_enter_container (message, 'a', "{sv}");
  while (rc >= 0
         && (rc = sd_bus_message_enter_container (message, 'e', "sv")) > 0)
    {
      rc = sd_bus_message_read (message, "s", &name);
      if (rc >= 0 && !strcmp (name, "ConditionResult"))
        {
          rc = sd_bus_message_read (message, "v", "b", &met);
          job->unmet = rc >= 0 && !met;
        }
      else if (rc >= 0)
        rc = sd_bus_message_skip (message, "v");
      if (rc >= 0)
        rc = sd_bus_message_exit_container (message);
    }
  return 0;
}

/* UNIT is its Id.  */
static int
match_unit (sd_bus *bus, sd_bus_slot **r_slot, const char *unit,
            struct job *job)
{
  auto_free char *path = NULL;
  int rc = sd_bus_path_encode (SYSTEMD_UNITS, unit, &path);

  return rc < 0 ? rc
                : sd_bus_match_signal (bus, r_slot, systemd_sender (bus), path,
                                       "org.freedesktop.DBus.Properties",
                                       "PropertiesChanged", unit_changed, job);
}

static int
match_jobs (sd_bus *bus, sd_bus_slot **r_slot, struct job *job)
{
  return sd_bus_match_signal (bus, r_slot, systemd_sender (bus), SYSTEMD_PATH,
                              SYSTEMD_MANAGER, "JobRemoved", job_removed, job);
}

/* Wait for the end of JOB, until END, if that is not 0; without it until the
   client gives up, when JOB's result stays NULL.  */
static gpg_error_t
follow (struct work *work, sd_bus *bus, struct job *job, uint64_t end)
{
  while (!job->result && (end ? link_now () < end : !work_ended (work)))
    {
      int rc = systemd_wait (bus);

      if (rc < 0)
        return systemd_error (work, rc, NULL, work_text (work, "unit"));
    }
  return 0;
}

/* The client gave JOB up.  A job that is cancelled leaves its unit on the way:
   what was to start is stopped, which cancels the job, too.  */
static gpg_error_t
give_up (struct work *work, sd_bus *bus, struct job *job, bool starts)
{
  uint64_t end = link_now () + (LIMIT_STOP_SECONDS - 2) * UINT64_C (1000);
  auto_message sd_bus_message *reply = NULL;
  struct job stop = { NULL, NULL, NULL, false };
  sd_bus_slot *slot = NULL;
  const char *path;
  gpg_error_t err = 0;
  int rc = 0;

  if (!starts)
    rc = sd_bus_call_method (bus, SYSTEMD_NAME, job->path, SYSTEMD_NAME ".Job",
                             "Cancel", NULL, NULL, NULL);
  else
    {
      rc = match_jobs (bus, &slot, &stop);
      if (rc >= 0)
        rc = systemd_call (bus, "StopUnit", NULL, &reply, "ss",
                           work_text (work, "unit"), "replace");
      if (rc >= 0)
        rc = sd_bus_message_read (reply, "o", &path);
      if (rc >= 0 && !(stop.path = strdup (path)))
        rc = -ENOMEM;
    }
  if (rc >= 0)
    err = follow (work, bus, job, end);
  if (rc >= 0 && !err && starts)
    err = follow (work, bus, &stop, end);
  sd_bus_slot_unref (slot);
  job_release (&stop);
  if (!err && (rc < 0 || !job->result))
    err = fail (&work->failure, GPG_ERR_CANCELED,
                "%.60s was given up, but systemd still has a job for it",
                work_text (work, "unit"));
  return err;
}

/* What RESULT of a job, and the state in which it left UNIT, mean.  */
static gpg_error_t
judge (struct work *work, const struct job *job, const char *action,
       const struct unit_state *state, const char *unit)
{
  struct failure *failure = &work->failure;
  const char *result = job->result;
  bool tried = !strcmp (result, "failed") || !strcmp (result, "done");

  /* The result stays that of the failure before, but nothing was tried.  */
  if (!strcmp (state->result, "start-limit-hit")
      || (!strcmp (result, "failed") && strstr (action, "start")
          && !strcmp (state->active, "failed")
          && !strcmp (state->invocation, job->invocation)))
    return fail (failure, GPG_ERR_LIMIT_REACHED,
                 "%.60s was started too often: SERVICE RESET-FAILED lets it "
                 "start again",
                 unit);
  if (!strcmp (result, "timeout"))
    return fail (failure, GPG_ERR_TIMEOUT, "%s of %.60s took too long", action,
                 unit);
  if (!strcmp (result, "canceled"))
    return fail (failure, GPG_ERR_CANCELED, "%s of %.60s was cancelled", action,
                 unit);
  if (!strcmp (result, "dependency"))
    return fail (failure, GPG_ERR_NOT_OPERATIONAL,
                 "%.60s was not started: what it needs failed, see SERVICE "
                 "DEPS",
                 unit);
  if (!strcmp (result, "done") && job->unmet)
    return fail (failure, GPG_ERR_INV_STATE,
                 "%.60s was not started: a condition of its file is not met",
                 unit);
  if (!strcmp (result, "skipped"))
    return fail (failure, GPG_ERR_INV_STATE,
                 "%s of %.60s was skipped: the unit is not in a state for it",
                 action, unit);
  return fail (failure, GPG_ERR_GENERAL, "%s of %.60s failed (%.40s)", action,
               unit, tried && *state->result ? state->result : result);
}

/* JOB has ended: say how.  */
static gpg_error_t
conclude (struct work *work, sd_bus *bus, const struct job *job,
          const char *action, const char *wanted)
{
  const char *unit = work_text (work, "unit");
  auto_unit_state struct unit_state state = UNIT_STATE_NONE;
  gpg_error_t err = unit_state_get (work, bus, unit, &state);
  bool failed;

  if (err)
    return err;
  failed = strcmp (job->result, "done")
           || (wanted && !strcmp (wanted, "active")
               && (!strcmp (state.active, "failed")
                   || (!strcmp (state.active, "inactive") && job->unmet)));
  if (!failed)
    {
      err = writer_field_bool (work->out, "changed", true);
      return err ? err : unit_state_write (work, &state);
    }
  failure_detail (&work->failure, "unit", "%s", unit);
  failure_detail (&work->failure, "job", "%s", job->result);
  failure_detail (&work->failure, "result", "%s", state.result);
  failure_detail (&work->failure, "active", "%s", state.active);
  failure_detail (&work->failure, "sub", "%s", state.sub);
  journal_add_details (work);
  return judge (work, job, action, &state, unit);
}

static gpg_error_t
run_job (struct work *work, sd_bus *bus, size_t index)
{
  auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
  auto_message sd_bus_message *reply = NULL;
  const char *unit = work_text (work, "unit");
  sd_bus_slot *slot = NULL;
  sd_bus_slot *unit_slot = NULL;
  auto_unit_state struct unit_state before = UNIT_STATE_NONE;
  struct job job = { NULL, NULL, NULL, false };
  const char *path;
  gpg_error_t err = unit_state_get (work, bus, unit, &before);
  int rc;

  if (!err)
    err = systemd_subscribe (work, bus);
  if (err)
    return err;
  job.invocation = take (&before.invocation);
  rc = match_jobs (bus, &slot, &job);
  if (rc >= 0)
    rc = match_unit (bus, &unit_slot, before.id, &job);
  if (rc >= 0)
    /* A signal that comes before the reply waits in the queue of BUS.  */
    rc = systemd_call (bus, actions[index].method, &error, &reply, "ss", unit,
                       "replace");
  if (rc >= 0)
    rc = sd_bus_message_read (reply, "o", &path);
  if (rc >= 0 && !(job.path = strdup (path)))
    rc = -ENOMEM;
  err = rc < 0 ? systemd_error (work, rc, &error, unit)
               : follow (work, bus, &job, 0);
  if (!err && !job.result)
    err = give_up (work, bus, &job, !strcmp (actions[index].action, "start"));
  if (!err)
    err = conclude (work, bus, &job, actions[index].action,
                    actions[index].wanted);
  sd_bus_slot_unref (unit_slot);
  sd_bus_slot_unref (slot);
  job_release (&job);
  return err;
}

static gpg_error_t
reset_failed (struct work *work, sd_bus *bus)
{
  auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
  auto_unit_state struct unit_state state = UNIT_STATE_NONE;
  const char *unit = work_text (work, "unit");
  int rc = systemd_call (bus, "ResetFailedUnit", &error, NULL, "s", unit);
  gpg_error_t err = rc < 0 ? systemd_error (work, rc, &error, unit) : 0;

  if (!err)
    err = unit_state_get (work, bus, unit, &state);
  if (!err)
    err = writer_field_bool (work->out, "changed", true);
  return err ? err : unit_state_write (work, &state);
}

gpg_error_t
systemd_act (struct work *work, const char *action)
{
  const char *unit = work_text (work, "unit");
  sd_bus *bus;
  gpg_error_t err = systemd_bus (work, &bus);

  if (err)
    return err;
  for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
    if (!strcmp (actions[i].action, action))
      return run_job (work, bus, i);
  if (!strcmp (action, "reset-failed"))
    return reset_failed (work, bus);
  return systemd_files (work, bus, action, unit);
}
