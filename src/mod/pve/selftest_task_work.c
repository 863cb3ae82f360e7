/* selftest_task_work.c - PVE SELFTEST-TASK in the API worker
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "selftest_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "action.h"
#include "api.h"
#include "guest.h"
#include "guest_work.h"
#include "read.h"
#include "task_look.h"

#define LOOK_MS 500      /* Between two looks ...  */
#define STARTED_MS 30000 /* ... whether a guest runs again.  */
#define SEPARATORS ";, " /* Of tags (PVE::JSONSchema, pve-tag-list).  */

/* --- The tag --- */

static bool
has_tag (const char *tags)
{
  while (tags && *tags)
    {
      size_t length = strcspn (tags, SEPARATORS);

      if (length == strlen (SELFTEST_TAG)
          && !memcmp (tags, SELFTEST_TAG, length))
        return true;
      tags += length + (tags[length] != 0);
    }
  return false;
}

static gpg_error_t
check_tag (struct work *work, const struct guest *guest)
{
  const char *vmid = work_text (work, "vmid");
  auto_free char *path = text_format ("%s/config", guest->path);
  json_t *config = NULL;
  gpg_error_t err = path ? read_object (work, path, &config)
                         : gpg_error_from_syserror ();

  if (!err && !has_tag (read_string (config, "tags")))
    err = fail (&work->failure, GPG_ERR_FORBIDDEN,
                "guest %s is not for tests: it has not the tag " SELFTEST_TAG,
                vmid);
  json_decref (config);
  return err;
}

gpg_error_t
selftest_look (struct work *work)
{
  auto_guest struct guest guest = GUEST_NONE;
  gpg_error_t err = guest_tell (work, &guest);

  if (!err)
    err = check_tag (work, &guest);
  return err ? err : writer_record_end (work->out);
}

gpg_error_t
selftest_begin (struct work *work)
{
  auto_guest struct guest guest = GUEST_NONE;
  gpg_error_t err = guest_find (work, &guest);

  return err ? err : check_tag (work, &guest);
}

/* --- Looking --- */

/* Whether the snapshot "snapname" of GUEST is there, and is what the guest
   goes on from.  */
static gpg_error_t
find_snapshot (struct work *work, const struct guest *guest, bool *r_there,
               bool *r_parent)
{
  const char *wanted = work_text (work, "snapname");
  auto_answer struct answer answer = ANSWER_NONE;
  gpg_error_t err = api_getf (work, &answer, "%s/snapshot", guest->path);
  size_t index;
  json_t *entry;

  *r_there = *r_parent = false;
  json_array_foreach (answer.data, index, entry)
  {
    const char *name = read_string (entry, "name");
    const char *parent = read_string (entry, "parent");

    if (name && !strcmp (name, wanted))
      *r_there = true;
    if (name && !strcmp (name, "current"))
      *r_parent = parent && !strcmp (parent, wanted);
  }
  return err;
}

static gpg_error_t
find_running (struct work *work, const struct guest *guest, bool *r_running)
{
  auto_answer struct answer answer = ANSWER_NONE;
  gpg_error_t err = api_getf (work, &answer, "%s/status/current", guest->path);
  const char *status = read_string (answer.data, "status");

  *r_running = status && !strcmp (status, "running");
  return err;
}

/* It is started by a task of its own, behind that which went back.  */
static gpg_error_t
await_running (struct work *work, const struct guest *guest)
{
  uint64_t end = link_now () + STARTED_MS;
  bool running = false;
  gpg_error_t err;

  while (!(err = find_running (work, guest, &running)) && !running
         && link_now () < end)
    if ((err = task_sleep (work, LOOK_MS)))
      return err;
  if (!err && !running)
    err = fail (&work->failure, GPG_ERR_GENERAL,
                "guest %s ran, and was not started again",
                work_text (work, "vmid"));
  return err;
}

/* --- Acting --- */

/* One part of the test, and what must be so behind it.  */
struct part
{
  const char *check;
  const char *verb;
  bool there; /* The snapshot.  */
  const char *message;
};

static gpg_error_t
verify (struct work *work, const struct guest *guest, const struct part *part)
{
  bool there, parent;
  gpg_error_t err = find_snapshot (work, guest, &there, &parent);

  if (err)
    return err;
  if (there != part->there)
    return fail (&work->failure, GPG_ERR_GENERAL,
                 "the task succeeded, but the snapshot %s %s",
                 work_text (work, "snapname"),
                 there ? "is still there" : "is not there");
  if (there && !parent)
    return fail (&work->failure, GPG_ERR_GENERAL,
                 "the task succeeded, but the guest does not go on from the "
                 "snapshot %s",
                 work_text (work, "snapname"));
  return work_number (work, "start", 0) ? await_running (work, guest) : 0;
}

/* PART ended with WHY, 0 or an error.  */
static gpg_error_t
write_part (struct work *work, const struct part *part, uint64_t ms,
            gpg_error_t why)
{
  struct writer *out = work->out;
  const char *state = why ? "failed" : "ok";
  char seconds[32];
  int length = snprintf (seconds, sizeof seconds, "%.3f", (double)ms / 1000);
  gpg_error_t err = writer_field (out, "check", "%s", part->check);

  if (!err)
    err = writer_field (out, "state", "%s", state);
  if (!err)
    err = writer_field_json (out, "seconds", seconds, (size_t)length);
  if (!err)
    err = writer_field (out, "message", "%s",
                        why ? failure_words (&work->failure, why)
                            : part->message);
  if (!err)
    err = writer_record_end (out);
  return err ? err
             : work_status (work, "PROGRESS", "%s: %s, %s s", part->check,
                            state, seconds);
}

gpg_error_t
selftest_act (struct work *work)
{
  static const struct part parts[]
      = { { "snapshot", "SNAPSHOT", true, "it is in the list" },
          { "rollback", "ROLLBACK", true, "the guest goes on from it" },
          { "delete", "DELSNAPSHOT", false, "it is gone from the list" } };
  auto_guest struct guest guest = GUEST_NONE;
  gpg_error_t err = guest_find (work, &guest);

  for (size_t i = 0; !err && i < sizeof parts / sizeof *parts; i++)
    {
      uint64_t begin = link_now ();
      gpg_error_t told;

      err = guest_do (work, action_find (parts[i].verb));
      if (!err)
        err = verify (work, &guest, parts + i);
      told = write_part (work, parts + i, link_now () - begin, err);
      if (err)
        failure_detail (&work->failure, "check", "%s", parts[i].check);
      else
        err = told;
    }
  return err;
}

/* --- Cleaning up --- */

/* Wait until no task of the guest runs: one that was given up goes on.  */
static gpg_error_t
await_quiet (struct work *work)
{
  bool busy;
  gpg_error_t err;

  while (!(err = guest_is_busy (work, &busy)) && busy)
    if ((err = task_sleep (work, LOOK_MS)))
      return err;
  return err;
}

static gpg_error_t
clean (struct work *work, bool *r_left)
{
  auto_guest struct guest guest = GUEST_NONE;
  bool parent;
  bool running = true;
  gpg_error_t err = await_quiet (work);

  *r_left = true;
  if (!err)
    err = guest_find (work, &guest);
  if (!err)
    err = find_snapshot (work, &guest, r_left, &parent);
  if (!err && *r_left)
    err = guest_do (work, action_find ("DELSNAPSHOT"));
  if (!err)
    err = find_snapshot (work, &guest, r_left, &parent);
  if (!err && work_number (work, "start", 0))
    err = find_running (work, &guest, &running);
  return err || running ? err : guest_do (work, action_find ("START"));
}

gpg_error_t
selftest_clean (struct work *work)
{
  bool left;
  gpg_error_t err = clean (work, &left);
  auto_free char *why = NULL;

  if (!err && !left)
    return 0;
  why = text_format ("%s", err ? failure_words (&work->failure, err)
                               : "it is still there");
  if (!left)
    return fail (&work->failure, gpg_err_code (err),
                 "guest %s is to be started by PVE START: %.100s",
                 work_text (work, "vmid"), why ? why : "");
  return fail (&work->failure, err ? gpg_err_code (err) : GPG_ERR_GENERAL,
               "delete what is left by PVE DELSNAPSHOT %s %s: %.100s",
               work_text (work, "vmid"), work_text (work, "snapname"),
               why ? why : "");
}
