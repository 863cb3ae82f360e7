/* work.c - what SERVICE has the machine worker do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include <sys/stat.h>

#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"
#include "../../call/types.h"
#include "../../call/unit_name.h"
#include "backend.h"
#include "operations.h"

const struct backend *
backend_of (const struct work *work)
{
  const char *manager = work_text (work, "manager");
  auto_free char *path = NULL;
  struct stat st;

  if (manager && !strcmp (manager, "systemd"))
    return &systemd_backend;
  if (manager && !strcmp (manager, "initd"))
    return &initd_backend;
  path = machine_path (work->machine, "/run/systemd/system");
  return path && !lstat (path, &st) && S_ISDIR (st.st_mode) ? &systemd_backend
                                                            : &initd_backend;
}

/* Each "unit" must be a unit's name, and one must be there if it is NEEDED.  A
   session that was taken over may ask for anything, and a name becomes part of
   the path of a program.  */
static gpg_error_t
check_units (struct work *work, bool needed)
{
  const char *unit = work_text (work, "unit");

  if (!unit && needed)
    return fail (&work->failure, GPG_ERR_INV_ARG, "no unit is named");
  for (size_t i = 0; unit; unit = work_text_at (work, "unit", ++i))
    {
      char name[LIMIT_UNIT_NAME + TYPE_GROWTH + 1];
      size_t length = strlen (unit);
      const char *wanted;

      if (length < LIMIT_UNIT_NAME)
        memcpy (name, unit, length + 1);
      if (length >= LIMIT_UNIT_NAME
          || unit_name_check (name, &length, NULL, NULL, &wanted)
          || strcmp (name, unit))
        return fail (&work->failure, GPG_ERR_INV_ARG,
                     "%.60s is not the whole name of a unit", unit);
    }
  return 0;
}

static gpg_error_t
status (struct work *work)
{
  gpg_error_t err = check_units (work, true);

  return err ? err : backend_of (work)->status (work);
}

static gpg_error_t
list (struct work *work)
{
  return backend_of (work)->list (work);
}

static gpg_error_t
show (struct work *work)
{
  gpg_error_t err = check_units (work, true);

  return err ? err : backend_of (work)->show (work);
}

static gpg_error_t
deps (struct work *work)
{
  gpg_error_t err = check_units (work, true);

  return err ? err : backend_of (work)->deps (work);
}

static gpg_error_t
watch (struct work *work)
{
  int64_t time = work_number (work, "for", 0);
  uint64_t end = time ? link_now () + (uint64_t)time : 0;
  bool timed = end && (!work->deadline || end < work->deadline);
  gpg_error_t err;

  if (timed)
    work->deadline = end;
  err = check_units (work, false);
  if (!err)
    err = backend_of (work)->watch (work);
  /* A script that was asked when the time was over.  */
  if ((gpg_err_code (err) == GPG_ERR_TIMEOUT
       || gpg_err_code (err) == GPG_ERR_CANCELED)
      && timed && !work->stopped && link_now () >= end)
    {
      failure_release (&work->failure);
      err = 0;
    }
  if (err)
    return err;
  return timed && !work->stopped
             ? 0
             : fail (&work->failure, GPG_ERR_CANCELED, "watching was ended");
}

static gpg_error_t
act (struct work *work)
{
  gpg_error_t err = check_units (work, true);

  return err ? err : backend_of (work)->act (work, work_text (work, "action"));
}

static gpg_error_t
undo (struct work *work)
{
  gpg_error_t err = check_units (work, true);

  return err ? err : backend_of (work)->act (work, work_text (work, "inverse"));
}

static gpg_error_t
logs (struct work *work)
{
  gpg_error_t err = check_units (work, false);

  return err ? err : journal_logs (work);
}

const struct work_operation service_operations[]
    = { { "SERVICE STATUS", status, false },
        { "SERVICE LIST", list, false },
        { "SERVICE SHOW", show, false },
        { "SERVICE DEPS", deps, false },
        { "SERVICE WATCH", watch, false },
        { "SERVICE LOGS", logs, false },
        { "service act", act, true },
        { "service undo", undo, true },
        { NULL, NULL, false } };
