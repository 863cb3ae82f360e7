/* initd.c - the back end of SERVICE that runs init.d scripts
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The actions and the meaning of exit statuses are those of the Linux Standard
   Base, Core specification 5.0, chapter 22 (System Initialization).  The unit
   cron.service is the script /etc/init.d/cron.  */

#include <stdio.h>
#include <string.h>

#include "../../../protocol/limits.h"
#include "../../call/unit_name.h"
#include "backend.h"
#include "initd_inside.h"

uint64_t
initd_time (const struct work *work)
{
  return (uint64_t)work_left (work, LIMIT_SCRIPT_SECONDS * 1000);
}

gpg_error_t
initd_run_as (struct run run, const char *name, const char *action,
              struct run_result *r_result, struct failure *failure)
{
  const char *const arguments[] = { action, NULL };
  char program[sizeof INIT_SCRIPTS + LIMIT_UNIT_NAME + 1];

  snprintf (program, sizeof program, "%s/%s", INIT_SCRIPTS, name);
  run.program = program;
  run.arguments = arguments;
  run.most = LIMIT_SCRIPT_OUTPUT;
  run.leave = true;
  return run_program (&run, r_result, failure);
}

gpg_error_t
initd_run (struct work *work, const char *name, const char *action,
           struct run_result *r_result)
{
  gpg_error_t err = initd_run_as ((struct run){ .machine = work->machine,
                                                .time_ms = initd_time (work),
                                                .give_up = work_ended,
                                                .context = work },
                                  name, action, r_result, &work->failure);

  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND)
    return fail (&work->failure, GPG_ERR_NOT_FOUND,
                 "there is no unit %.60s: SERVICE LIST lists them", name);
  return err;
}

/* If NAME has a script keep its own name at CONTEXT, unless one is there.  */
static void
keep_script (void *context, const char *name)
{
  char *own = context;

  if (!*own)
    script_name_own (name, own);
}

gpg_error_t
initd_name (struct work *work, const char *unit, char name[LIMIT_UNIT_NAME])
{
  const char *dot = strrchr (unit, '.');
  gpg_error_t err;

  *name = 0;
  if (!dot || strcmp (dot, ".service") || strlen (unit) >= LIMIT_UNIT_NAME)
    return fail (&work->failure, GPG_ERR_NOT_FOUND,
                 "%.60s is no service: init.d scripts are", unit);
  err = unit_name_names (work->machine, unit, keep_script, name);
  if (!*name)
    snprintf (name, LIMIT_UNIT_NAME, "%s", unit);
  *strrchr (name, '.') = 0;
  return err;
}

const struct backend initd_backend = { .name = "initd",
                                       .status = initd_status,
                                       .list = initd_list,
                                       .show = initd_show,
                                       .deps = initd_deps,
                                       .act = initd_act,
                                       .watch = initd_watch };
