/* operations.c - what PVE has the API worker do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "operations.h"

#include "api.h"
#include "field.h"
#include "task_wait.h"

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
        { "PVE TASK-STATUS", task_status, false },
        { "PVE TASK-WAIT", task_wait, false },
        { "PVE TASK-LOG", task_read_log, false },
        { "pve task stop", task_stop, true },
        { NULL, NULL, false } };
