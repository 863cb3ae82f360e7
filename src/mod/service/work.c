/* work.c - what SERVICE has the machine worker do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include <sys/stat.h>

#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"
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

static gpg_error_t
status (struct work *work)
{
  return backend_of (work)->status (work);
}

static gpg_error_t
list (struct work *work)
{
  return backend_of (work)->list (work);
}

static gpg_error_t
show (struct work *work)
{
  return backend_of (work)->show (work);
}

static gpg_error_t
deps (struct work *work)
{
  return backend_of (work)->deps (work);
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
  err = backend_of (work)->watch (work);
  if (err)
    return err;
  return timed && !work->stopped
             ? 0
             : fail (&work->failure, GPG_ERR_CANCELED, "watching was ended");
}

static gpg_error_t
act (struct work *work)
{
  return backend_of (work)->act (work, work_text (work, "action"));
}

static gpg_error_t
undo (struct work *work)
{
  return backend_of (work)->act (work, work_text (work, "inverse"));
}

const struct work_operation service_operations[]
    = { { "SERVICE STATUS", status, false },
        { "SERVICE LIST", list, false },
        { "SERVICE SHOW", show, false },
        { "SERVICE DEPS", deps, false },
        { "SERVICE WATCH", watch, false },
        { "SERVICE LOGS", journal_logs, false },
        { "service act", act, true },
        { "service undo", undo, true },
        { NULL, NULL, false } };
