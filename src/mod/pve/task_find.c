/* task_find.c - whether a request whose answer was lost began its task
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "task_find.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"
#include "../../call/upid.h"
#include "api.h"
#include "form.h"
#include "task_look.h"

/* Entries of a list that are looked through, the newest.  */
#define NEWEST 100

/* Read the list of REQUEST's node.  */
static gpg_error_t
read_list (struct work *work, const struct task_request *request,
           struct answer *r_list)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  gpg_error_t err;

  buffer_string (&path, "/nodes");
  err = form_segment (&path, request->node);
  buffer_printf (&path, "/tasks?source=all&limit=%d", NEWEST);
  if (request->id && *request->id
      && !request->id[strspn (request->id, "0123456789")])
    buffer_printf (&path, "&vmid=%s", request->id);
  if (!err)
    err = buffer_error (&path);
  return err ? err : api_get (work, path.bytes, r_list);
}

static const char *
entry_upid (const json_t *entry)
{
  const char *text = json_string_value (json_object_get (entry, "upid"));

  return text ? text : "";
}

/* Whether UPID is a task that REQUEST of USER may have begun.  */
static bool
fits (const char *upid, const struct task_request *request, const char *user,
      time_t since)
{
  auto_upid struct upid parts = UPID_NONE;
  bool typed = false;

  if (upid_parse (upid, &parts))
    return false;
  for (const char *const *type = request->types; *type; type++)
    typed |= !strcmp (*type, parts.type);
  return typed && parts.starttime >= (uint64_t)since
         && (!request->id || !strcmp (request->id, parts.id))
         && (!user || !strcmp (user, parts.user));
}

static bool
was_there (const struct task_before *before, const char *upid)
{
  size_t index;
  json_t *entry;

  if (before->known)
    json_array_foreach (
        before->list.data, index,
        entry) if (!strcmp (entry_upid (entry), upid)) return true;
  return false;
}

/* Look once.  *R_UPID stays NULL if there is none.  */
static gpg_error_t
look (struct work *work, const struct task_request *request,
      const struct task_before *before, time_t since, char **r_upid)
{
  const struct api *api = work->context;
  struct answer list;
  size_t index;
  json_t *entry;
  gpg_error_t err = read_list (work, request, &list);

  if (err)
    return err;
  json_array_foreach (list.data, index, entry)
  {
    const char *upid = entry_upid (entry);

    /* Who sends more lies.  */
    if (index >= NEWEST)
      break;
    if (!fits (upid, request, api->conf->token_id, since)
        || was_there (before, upid))
      continue;
    *r_upid = strdup (upid);
    if (!*r_upid)
      err = gpg_error_from_syserror ();
    break;
  }
  answer_release (&list);
  return err;
}

gpg_error_t
task_note (struct work *work, const struct task_request *request,
           struct task_before *r_before)
{
  gpg_error_t err = read_list (work, request, &r_before->list);

  r_before->known = !err;
  return err;
}

void
task_forget (struct task_before *before)
{
  if (before->known)
    answer_release (&before->list);
  before->known = false;
}

/* No task was found.  TOLD: the list was read after the request, and would
   tell.  */
static gpg_error_t
give_up (struct work *work, gpg_err_code_t code, bool told, const char *why)
{
  failure_release (&work->failure);
  failure_detail (&work->failure, "outcome", "lost");
  failure_detail (&work->failure, "cause", "%s", why);
  return fail (&work->failure, code,
               told
                   ? "the answer was lost, and the node began no such task: "
                     "probably nothing was done, but look before you repeat it"
                   : "the answer was lost, and whether it was done is unknown: "
                     "look before you repeat it");
}

gpg_error_t
task_find (struct work *work, const struct task_request *request,
           const struct task_before *before, time_t since, char **r_upid)
{
  auto_free char *why = strdup (
      failure_words (&work->failure, gpg_error (GPG_ERR_NETWORK)));
  uint64_t end = link_now () + LIMIT_PVE_LOST_SECONDS * 1000;
  struct task_pace pace = { 0 };
  bool told = false;
  gpg_error_t err;

  *r_upid = NULL;
  if (!why)
    return gpg_error_from_syserror ();
  if (!*request->types)
    return give_up (work, GPG_ERR_SERVER_FAILED, false, why);
  failure_release (&work->failure);
  do
    {
      err = look (work, request, before, since, r_upid);
      if (!err && *r_upid)
        return work_status (work, "PROGRESS",
                            "the answer was lost, but its task was found");
      told |= !err && !request->at_once;
      err = task_bear (work, &pace, err);
      if (!err)
        err = task_sleep (work, task_pace_next (&pace));
    }
  while (!err && link_now () < end);
  if (gpg_err_code (err) == GPG_ERR_CANCELED && work->deadline
      && link_now () >= work->deadline)
    return give_up (work, GPG_ERR_TIMEOUT, told, why);
  return give_up (work,
                  gpg_err_code (err) == GPG_ERR_CANCELED
                      ? GPG_ERR_CANCELED
                      : GPG_ERR_SERVER_FAILED,
                  told, why);
}
