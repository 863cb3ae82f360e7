/* task_end.c - telling how a task ended
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "task_end.h"

#include <string.h>

#include "../../../protocol/memory.h"
#include "../../call/upid.h"
#include "task_log.h"
#include "verdict.h"

/* Whether the task UPID only asks the cluster's high availability for what is
   to be done: hastart, hastop, hashutdown, hamigrate, harelocate
   (PVE::API2::LXC::Status, PVE::API2::Qemu).  */
static bool
only_asks (const char *upid)
{
  auto_upid struct upid parts = UPID_NONE;

  return !upid_parse (upid, &parts) && !strncmp (parts.type, "ha", 2);
}

bool
task_end_is_good (const struct ending *ending)
{
  return ending->outcome == OUTCOME_OK || ending->outcome == OUTCOME_WARNINGS;
}

/* The word for how the task UPID ended: ok, warnings, failed, refused,
   aborted; queued, where the cluster's high availability was only told to do
   it.  */
static const char *
name_ending (const char *upid, const struct ending *ending)
{
  switch (ending->outcome)
    {
    case OUTCOME_OK:
      return only_asks (upid) ? "queued" : "ok";
    case OUTCOME_WARNINGS:
      return "warnings";
    case OUTCOME_REFUSED:
      return "refused";
    case OUTCOME_ABORTED:
      return "aborted";
    case OUTCOME_FAILED:
      break;
    }
  return "failed";
}

gpg_error_t
task_end_write (struct writer *out, const char *upid, const char *exitstatus)
{
  struct ending ending;
  const struct pve_refusal *refusal = &ending.refusal;
  gpg_error_t err;

  if (!exitstatus)
    return writer_field (out, "outcome", "running");
  outcome_read (exitstatus, &ending);
  err = writer_field (out, "outcome", "%s", name_ending (upid, &ending));
  if (!err)
    err = writer_field (out, "exitstatus", "%s", exitstatus);
  if (!err && ending.outcome == OUTCOME_WARNINGS)
    err = writer_field_number (out, "warnings", (int64_t)ending.warnings);
  if (err || ending.outcome != OUTCOME_REFUSED
      || refusal->refused != REFUSED_RIGHT)
    return err;
  err = writer_field_bytes (out, "privilege", refusal->privileges,
                            refusal->privileges_length);
  return err ? err
             : writer_field_bytes (out, "path", refusal->path,
                                   refusal->path_length);
}

void
task_end_detail (struct work *work, const char *upid, const char *exitstatus)
{
  struct ending ending;

  outcome_read (exitstatus, &ending);
  failure_detail (&work->failure, "upid", "%s", upid);
  failure_detail (&work->failure, "outcome", "%s", name_ending (upid, &ending));
  failure_detail (&work->failure, "exitstatus", "%s", exitstatus);
}

/* Whether a task failed since something was locked, and for nothing else: then
   that is all that it says, and it had done nothing.  */
static bool
is_lock (const char *exitstatus, const char **r_lock, size_t *r_length)
{
  static const char *const begins[] = { "CT is locked (", "VM is locked (",
                                        "can't lock file '", NULL };
  const char *const *begin = begins;

  while (*begin && strncmp (exitstatus, *begin, strlen (*begin)))
    begin++;
  return *begin && verdict_lock (exitstatus, r_lock, r_length);
}

gpg_error_t
task_end_judge (struct work *work, const char *upid, const char *exitstatus)
{
  auto_buffer struct buffer log = BUFFER_EMPTY;
  const char *lock;
  size_t length;
  struct ending ending;

  outcome_read (exitstatus, &ending);
  if (task_end_is_good (&ending))
    return 0;
  task_log_tail (work, upid, &log);
  failure_release (&work->failure);
  task_end_detail (work, upid, exitstatus);
  if (log.length && !buffer_error (&log))
    failure_detail_bytes (&work->failure, "log", log.bytes, log.length);
  if (ending.outcome == OUTCOME_REFUSED)
    return refusal_fail (&work->failure, &ending.refusal);
  if (ending.outcome == OUTCOME_ABORTED)
    return fail (&work->failure, GPG_ERR_GENERAL,
                 "the task was stopped, or died: the detail log has its last "
                 "lines");
  if (is_lock (exitstatus, &lock, &length))
    {
      failure_detail_bytes (&work->failure, "lock", lock, length);
      return fail (&work->failure, GPG_ERR_LOCKED, "the task did nothing: %s",
                   exitstatus);
    }
  return fail (&work->failure, GPG_ERR_GENERAL, "the task failed: %s",
               exitstatus);
}
