/* guest_work.c - what the API worker does to guests
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "guest_work.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "api.h"
#include "field.h"
#include "form.h"
#include "guest.h"
#include "task.h"
#include "volume_work.h"

/* What a verb's step is made of, from the arguments.  */
static const struct action *
find_action (const struct work *work)
{
  return action_find (work_text (work, "verb"));
}

/* Whether FAILURE says WORDS somewhere.  */
static bool
says (const struct failure *failure, const char *words)
{
  if (failure->text && strstr (failure->text, words))
    return true;
  for (const struct detail *detail = failure->details; detail;
       detail = detail->next)
    if (memmem (detail->value, detail->length, words, strlen (words)))
      return true;
  return false;
}

/* Whether ERR, of ACTION, only means that there was nothing to do.  */
static bool
was_so (struct work *work, const struct action *action, gpg_error_t err)
{
  return err && action && action->already
         && says (&work->failure, action->already);
}

/* --- Requests --- */

/* The first number of what the server says its release is; 0: unknown.  */
static gpg_error_t
find_release (struct work *work, int *r_release)
{
  auto_answer struct answer answer = ANSWER_NONE;
  gpg_error_t err = api_get (work, "/version", &answer);
  int64_t number;

  *r_release = 0;
  if (!err && field_number (answer.data, "release", &number))
    *r_release = (int)number;
  return err;
}

/* Append the parameters of ACTION to FORM.  */
static gpg_error_t
make_form (struct work *work, const struct action *action, struct buffer *form)
{
  const char *left_out;
  int release = 0;
  gpg_error_t err = 0;

  if (action_needs_release (work, action))
    err = find_release (work, &release);
  if (err)
    return err;
  action_form (work, action, release, form, &left_out);
  return left_out ? writer_warning (work->out,
                                    "this server is too old to know %s: it is "
                                    "left out",
                                    left_out)
                  : 0;
}

/* Have DO_IT carry out ACTION.  */
static gpg_error_t
request (struct work *work, const struct action *action,
         gpg_error_t (*do_it) (struct work *work,
                               const struct task_request *request))
{
  auto_buffer struct buffer form = BUFFER_EMPTY;
  auto_free char *path = NULL;
  gpg_error_t err = action_path (work, action, &path);

  if (!err)
    err = make_form (work, action, &form);
  if (!err)
    err = buffer_error (&form);
  if (err)
    return err;
  return do_it (work,
                &(struct task_request){
                    .method = action->method,
                    .path = path,
                    .form = &form,
                    .node = work_text (work, "node"),
                    .types = action_kind (work, action)->types,
                    .id = work_text (work, action->id ? action->id : "vmid"),
                    .at_once = action->at_once });
}

/* Wait for its end, and write nothing.  */
static gpg_error_t
start_and_follow (struct work *work, const struct task_request *request)
{
  auto_free char *upid = NULL;
  auto_free char *exitstatus = NULL;
  gpg_error_t err = task_start (work, request, &upid);

  return err || !upid ? err : task_follow (work, upid, &exitstatus);
}

gpg_error_t
guest_do (struct work *work, const struct action *action)
{
  return request (work, action, start_and_follow);
}

/* --- Steps --- */

/* It became so between planning and now.  */
static gpg_error_t
write_unchanged (struct work *work)
{
  gpg_error_t err = writer_field_bool (work->out, "changed", false);

  failure_release (&work->failure);
  return err ? err : writer_record_end (work->out);
}

gpg_error_t
guest_act (struct work *work)
{
  const struct action *action = find_action (work);
  const char *snapshot = work_text (work, "snapname");
  gpg_error_t err = action ? request (work, action, task_run)
                           : gpg_error (GPG_ERR_NOT_IMPLEMENTED);

  if (was_so (work, action, err))
    return write_unchanged (work);
  if (!err && snapshot)
    err = writer_field (work->out, "snapshot", "%s", snapshot);
  if (!err && !strcmp (action->verb, "BACKUP")
      && !work_number (work, "no-wait", 0))
    err = volume_write_backups (work);
  return err ? err : writer_record_end (work->out);
}

gpg_error_t
guest_undo (struct work *work)
{
  const struct action *action = find_action (work);
  const struct action *inverse = action ? action_find (action->inverse) : NULL;
  gpg_error_t err = inverse ? guest_do (work, inverse)
                            : gpg_error (GPG_ERR_NOT_IMPLEMENTED);

  return was_so (work, inverse, err) ? 0 : err;
}

gpg_error_t
guest_snapshot_first (struct work *work)
{
  return guest_do (work, action_find ("SNAPSHOT"));
}

gpg_error_t
guest_is_busy (struct work *work, bool *r_busy)
{
  auto_answer struct answer answer = ANSWER_NONE;
  auto_buffer struct buffer path = BUFFER_EMPTY;
  gpg_error_t err;

  *r_busy = false;
  buffer_string (&path, "/nodes");
  err = form_segment (&path, work_text (work, "node"));
  if (err)
    return err;
  buffer_printf (&path, "/tasks?source=active&vmid=%" PRId64,
                 work_number (work, "vmid", 0));
  err = buffer_error (&path);
  if (!err)
    err = api_get (work, path.bytes, &answer);
  *r_busy = !err && json_array_size (answer.data);
  return err;
}

gpg_error_t
guest_snapshot_undo (struct work *work)
{
  bool busy;
  gpg_error_t err = guest_is_busy (work, &busy);

  if (!err && busy)
    err = fail (&work->failure, GPG_ERR_CONFLICT,
                "the snapshot %s stays: a task of the guest still runs",
                work_text (work, "snapname"));
  return err ? err : guest_do (work, action_find ("DELSNAPSHOT"));
}

/* --- Looking --- */

static gpg_error_t
write_text (struct writer *out, const char *name, const char *text)
{
  return text ? writer_field (out, name, "%s", text) : 0;
}

/* What GUEST is; STATE, of a virtual machine, says more than its status.  */
static gpg_error_t
write_fields (struct work *work, const struct guest *guest, const char *status,
              const char *state)
{
  struct writer *out = work->out;
  gpg_error_t err = write_text (out, "kind", guest->container ? "lxc" : "qemu");

  if (!err)
    err = write_text (out, "node", guest->node);
  if (!err)
    err = write_text (out, "name", guest->name);
  if (!err)
    err = write_text (out, "status", status ? status : guest->status);
  if (!err)
    err = write_text (out, "state", state);
  return err ? err : writer_field_bool (out, "managed", guest->managed);
}

gpg_error_t
guest_tell (struct work *work, struct guest *r_guest)
{
  const struct action *action = find_action (work);
  auto_answer struct answer answer = ANSWER_NONE;
  gpg_error_t err = guest_find (work, r_guest);

  if (!err && action)
    err = action_check (work, action, r_guest->container);
  if (!err)
    err = api_getf (work, &answer, "%s/status/current", r_guest->path);
  if (!err)
    err = write_fields (
        work, r_guest,
        json_string_value (json_object_get (answer.data, "status")),
        json_string_value (json_object_get (answer.data, "qmpstatus")));
  return err;
}

/* Check that all guests are on the node of the FIRST: that is the one to be
   asked.  */
static gpg_error_t
check_others (struct work *work, const struct guest *first)
{
  const char *text;
  gpg_error_t err = 0;

  for (size_t i = 1; !err && (text = work_text_at (work, "vmid", i)); i++)
    {
      auto_guest struct guest guest = GUEST_NONE;

      err = guest_find_number (work, strtoll (text, NULL, 10), &guest);
      if (!err && strcmp (guest.node, first->node))
        err = fail (&work->failure, GPG_ERR_INV_ARG,
                    "guest %s is on %.63s, not on %.63s as the first: name "
                    "guests of one node",
                    text, guest.node, first->node);
    }
  return err;
}

gpg_error_t
guest_look (struct work *work)
{
  auto_guest struct guest guest = GUEST_NONE;
  gpg_error_t err = guest_tell (work, &guest);

  if (!err)
    err = check_others (work, &guest);
  return err ? err : writer_record_end (work->out);
}

/* The disk that is to be grown, and what protects it from others.  */
static gpg_error_t
write_disk (struct work *work, const json_t *config)
{
  const char *disk = work_text (work, "disk");
  const char *volume = json_string_value (json_object_get (config, disk));
  const char *digest = json_string_value (json_object_get (config, "digest"));
  gpg_error_t err;

  if (!volume)
    return fail (&work->failure, GPG_ERR_NOT_FOUND, "the guest has no disk %s",
                 disk);
  err = write_text (work->out, "volume", volume);
  if (!err)
    err = writer_field_bool (
        work->out, "same", action_disk_has (volume, work_text (work, "size")));
  return err ? err : write_text (work->out, "digest", digest);
}

gpg_error_t
guest_look_resize (struct work *work)
{
  auto_guest struct guest guest = GUEST_NONE;
  auto_answer struct answer answer = ANSWER_NONE;
  gpg_error_t err = guest_tell (work, &guest);

  if (!err)
    err = api_getf (work, &answer, "%s/config", guest.path);
  if (!err)
    err = write_disk (work, answer.data);
  return err ? err : writer_record_end (work->out);
}
