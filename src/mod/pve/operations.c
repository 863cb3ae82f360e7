/* operations.c - what PVE has the API worker do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "operations.h"

#include "api.h"
#include "fences.h"
#include "field.h"
#include "read.h"
#include "guest_work.h"
#include "preflight.h"
#include "selftest_work.h"
#include "set_work.h"
#include "task_wait.h"
#include "volume_work.h"

static gpg_error_t
read_version (struct work *work)
{
  static const struct field fields[] = { { "version", "version", FIELD_TEXT },
                                         { "release", "release", FIELD_TEXT },
                                         { "repoid", "repoid", FIELD_TEXT },
                                         { NULL, NULL, FIELD_TEXT } };
  struct answer answer;
  gpg_error_t err = api_get (work, "/version", &answer);

  if (err)
    return err;
  err = field_write (work->out, answer.data, fields);
  answer_release (&answer);
  return err ? err : writer_record_end (work->out);
}

const struct work_operation pve_operations[]
    = { { "PVE VERSION", read_version, false },
        { "PVE NODES", read_nodes, false },
        { "PVE STATUS", read_status, false },
        { "PVE DISKS", read_disks, false },
        { "PVE RESOURCES", read_resources, false },
        { "PVE GUESTS", read_guests, false },
        { "PVE GUEST", read_guest, false },
        { "PVE CONFIG", read_config, false },
        { "PVE PENDING", read_pending, false },
        { "PVE SNAPSHOTS", read_snapshots, false },
        { "PVE NEXTID", read_nextid, false },
        { "PVE STORAGES", read_storages, false },
        { "PVE CONTENT", read_content, false },
        { "PVE TASKS", read_tasks, false },
        { "PVE PERMISSIONS", read_permissions, false },
        { "PVE SELFTEST", selftest_read, false },
        { "PVE TASK-STATUS", task_status, false },
        { "PVE TASK-WAIT", task_wait, false },
        { "PVE TASK-LOG", task_read_log, false },
        { PVE_FENCES, fences_write, false },
        { "pve task stop", task_stop, true },
        { "pve look", guest_look, false },
        { "pve look resize", guest_look_resize, false },
        { "pve look restore", volume_look_restore, false },
        { "pve look content", volume_look_content, false },
        { "pve look set", set_look, false },
        { "pve look selftest", selftest_look, false },
        { "pve preflight", preflight_check, false },
        { "pve act", guest_act, true },
        { "pve undo", guest_undo, true },
        { "pve snapshot", guest_snapshot_first, true },
        { "pve snapshot undo", guest_snapshot_undo, true },
        { "pve set", set_act, true },
        { "pve set undo", set_undo, true },
        { "pve selftest begin", selftest_begin, true },
        { "pve selftest act", selftest_act, true },
        { "pve selftest clean", selftest_clean, true },
        { NULL, NULL, false } };
