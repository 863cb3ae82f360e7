/* going_down.c - SYSTEM REBOOT and SHUTDOWN, in the machine worker
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   logind does it, or the manager of systemd where no logind runs, or
   shutdown(8) of sysvinit; this last only on the machine itself: below a root
   it would be another machine's.  */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/moment.h"
#include "../../base/run.h"
#include "settings.h"

#define SHUTDOWN "shutdown"
#define MINUTE_MS 60000
#define TOOL_MS 30000
#define OUTPUT 4096

/* --- Who does it, and what is to come --- */

struct scheduled
{
  const char *way;
  char action[32]; /* "none" where nothing is to come.  */
  uint64_t at_us;  /* After 1970; 0: unknown.  */
};

static gpg_error_t
ask_logind (struct work *work, struct scheduled *scheduled)
{
  auto_message sd_bus_message *reply = NULL;
  const char *action = NULL;
  gpg_error_t err = bus_property (work, &bus_logind, "ScheduledShutdown",
                                  "(st)", &reply);

  if (err || !reply)
    return err;
  if (sd_bus_message_read (reply, "(st)", &action, &scheduled->at_us) < 0)
    return gpg_error (GPG_ERR_INV_PACKET);
  scheduled->way = "logind";
  if (*action && strcmp (action, "dry-reboot") && scheduled->at_us
      && scheduled->at_us != UINT64_MAX)
    snprintf (scheduled->action, sizeof scheduled->action, "%s", action);
  return 0;
}

static gpg_error_t
look (struct work *work, struct scheduled *scheduled)
{
  auto_free char *version = NULL;
  gpg_error_t err;

  *scheduled = (struct scheduled){ "none", "none", 0 };
  err = ask_logind (work, scheduled);
  if (err || strcmp (scheduled->way, "none"))
    return err;
  if (!bus_text (work, &bus_manager, "Version", &version) && version)
    scheduled->way = "manager";
  else if (!*work->machine->root && run_is_installed (work->machine, SHUTDOWN))
    {
      scheduled->way = SHUTDOWN;
      if (!access ("/run/shutdown.pid", F_OK))
        snprintf (scheduled->action, sizeof scheduled->action, SHUTDOWN);
    }
  failure_release (&work->failure);
  return 0;
}

static gpg_error_t
write_scheduled (struct work *work, const struct scheduled *scheduled)
{
  char at[MOMENT_TEXT];
  gpg_error_t err = writer_field (work->out, "way", "%s", scheduled->way);

  if (!err)
    err = writer_field (work->out, "scheduled", "%s", scheduled->action);
  if (!err && strcmp (scheduled->action, "none") && scheduled->at_us
      && moment_write ((int64_t)(scheduled->at_us / 1000000), at))
    err = writer_field (work->out, "at", "%s", at);
  return err ? err : writer_record_end (work->out);
}

gpg_error_t
power_look (struct work *work)
{
  struct scheduled scheduled;
  gpg_error_t err = look (work, &scheduled);

  return err ? err : write_scheduled (work, &scheduled);
}

/* --- shutdown(8) --- */

static gpg_error_t
run_shutdown (struct work *work, const char *const *arguments)
{
  struct run_result result = { .output = NULL };
  gpg_error_t err = run_program (&(struct run){ .machine = work->machine,
                                                .program = SHUTDOWN,
                                                .arguments = arguments,
                                                .most = OUTPUT,
                                                .time_ms = TOOL_MS,
                                                .leave = true,
                                                .give_up = work_ended,
                                                .context = work },
                                 &result, &work->failure);

  if (!err && result.exit_status)
    {
      failure_detail (&work->failure, "output", "%s", result.errors);
      err = fail (&work->failure, GPG_ERR_GENERAL,
                  "shutdown failed with status %d", result.exit_status);
    }
  run_result_release (&result);
  return err;
}

static gpg_error_t
by_shutdown (struct work *work, const char *action, int64_t delay_ms)
{
  const char *message = work_text (work, "message");
  char time[24] = "now";
  const char *const cancel[] = { "-c", NULL };
  const char *const arguments[] = { strcmp (action, "reboot") ? "-P" : "-r",
                                    "--", time, message, NULL };

  if (!strcmp (action, "cancel"))
    return run_shutdown (work, cancel);
  if (delay_ms)
    snprintf (time, sizeof time, "+%lld",
              (long long)((delay_ms + MINUTE_MS - 1) / MINUTE_MS));
  return run_shutdown (work, arguments);
}

/* --- systemd --- */

static gpg_error_t
by_logind (struct work *work, const char *action, int64_t delay_ms)
{
  const char *message = work_text (work, "message");
  struct timespec now;
  uint64_t at;
  gpg_error_t err = 0;

  if (!strcmp (action, "cancel"))
    return bus_call (work, &bus_logind, "CancelScheduledShutdown", NULL);
  if (message)
    err = bus_call (work, &bus_logind, "SetWallMessage", "sb", message, 1);
  if (err)
    return err;
  if (!delay_ms)
    return bus_call (work, &bus_logind,
                     strcmp (action, "reboot") ? "PowerOff" : "Reboot", "b", 0);
  clock_gettime (CLOCK_REALTIME, &now);
  at = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000
       + (uint64_t)delay_ms * 1000;
  return bus_call (work, &bus_logind, "ScheduleShutdown", "st", action, at);
}

static gpg_error_t
by_manager (struct work *work, const char *action)
{
  return bus_call (work, &bus_manager, "StartUnit", "ss",
                   strcmp (action, "reboot") ? "poweroff.target"
                                             : "reboot.target",
                   "replace-irreversibly");
}

/* --- Operations --- */

static gpg_error_t
act (struct work *work, const char *action, int64_t delay_ms)
{
  const char *way = work_text (work, "way");

  if (!strcmp (way, "logind"))
    return by_logind (work, action, delay_ms);
  if (!strcmp (way, "manager"))
    return by_manager (work, action);
  return by_shutdown (work, action, delay_ms);
}

gpg_error_t
power_act (struct work *work)
{
  const char *action = work_text (work, "action");
  int64_t delay_ms = work_number (work, "delay", 0);
  struct scheduled scheduled = { work_text (work, "way"), "none", 0 };
  gpg_error_t err = act (work, action, delay_ms);

  /* With no delay who would be asked is about to end.  */
  if (!err && (delay_ms || !strcmp (action, "cancel")))
    err = look (work, &scheduled);
  if (!err)
    err = writer_field_bool (work->out, "changed", true);
  if (!err)
    err = writer_field (work->out, "action", "%s", action);
  return err ? err : write_scheduled (work, &scheduled);
}

gpg_error_t
power_undo (struct work *work)
{
  return act (work, "cancel", 0);
}
