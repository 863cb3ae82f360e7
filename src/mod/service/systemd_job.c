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
  char *path;   /* NULL until the manager has told it.  */
  char *result; /* NULL until it has ended.  */
};

static void
job_release (struct job *job)
{
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
  { "start", "StartUnit", "active" },        { "stop", "StopUnit", "inactive" },
  { "restart", "RestartUnit", "active" },    { "reload", "ReloadUnit", NULL },
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

/* Wait for the end of JOB; a client that gave up has it cancelled.  */
static gpg_error_t
follow (struct work *work, sd_bus *bus, struct job *job, const char *unit)
{
  uint64_t end = 0;

  while (!job->result)
    {
      int rc = systemd_wait (work, bus);

      if (rc < 0)
        return systemd_error (work, rc, NULL, unit);
      if (!end && work_ended (work))
        {
          /* Its end is told as any other.  */
          sd_bus_call_method (bus, SYSTEMD_NAME, job->path, SYSTEMD_NAME ".Job",
                              "Cancel", NULL, NULL, NULL);
          end = link_now () + LIMIT_BUS_SECONDS * UINT64_C (1000);
        }
      if (end && link_now () >= end)
        return fail (&work->failure, GPG_ERR_TIMEOUT,
                     "%.60s: the job was given up, systemd still has it", unit);
    }
  return 0;
}

/* What RESULT of a job, and the state in which it left UNIT, mean.  */
static gpg_error_t
judge (struct work *work, const char *result, const char *action,
       const struct unit_state *state, const char *unit)
{
  struct failure *failure = &work->failure;

  if (!strcmp (state->result, "start-limit-hit"))
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
  if (!strcmp (result, "skipped"))
    return fail (failure, GPG_ERR_INV_STATE,
                 "%s of %.60s was skipped: the unit is not in a state for it",
                 action, unit);
  return fail (failure, GPG_ERR_GENERAL, "%s of %.60s failed (%.40s)", action,
               unit, *state->result ? state->result : result);
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
               && !strcmp (state.active, "failed"));
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
  return judge (work, job->result, action, &state, unit);
}

static gpg_error_t
run_job (struct work *work, sd_bus *bus, size_t index)
{
  auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
  auto_message sd_bus_message *reply = NULL;
  const char *unit = work_text (work, "unit");
  sd_bus_slot *slot = NULL;
  struct job job = { NULL, NULL };
  const char *path;
  gpg_error_t err = systemd_subscribe (work, bus);
  int rc;

  if (err)
    return err;
  rc = sd_bus_match_signal (bus, &slot, NULL, SYSTEMD_PATH, SYSTEMD_MANAGER,
                            "JobRemoved", job_removed, &job);
  if (rc >= 0)
    /* A signal that comes before the reply waits in the queue of BUS.  */
    rc = systemd_call (bus, actions[index].method, &error, &reply, "ss", unit,
                       "replace");
  if (rc >= 0)
    rc = sd_bus_message_read (reply, "o", &path);
  if (rc >= 0 && !(job.path = strdup (path)))
    rc = -ENOMEM;
  err = rc < 0 ? systemd_error (work, rc, &error, unit)
               : follow (work, bus, &job, unit);
  if (!err)
    err = conclude (work, bus, &job, actions[index].action,
                    actions[index].wanted);
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
