/* set_work.c - changing a guest's configuration
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "set_work.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "api.h"
#include "form.h"
#include "guest_work.h"
#include "setting.h"
#include "task.h"
#include "task_end.h"

/* For what was begun to be put back, within LIMIT_STOP_SECONDS.  */
#define BACK_MS 8000

/* "/nodes/NODE/KIND/VMID/config" of the guest that the arguments name, for the
   caller to free.  */
static gpg_error_t
config_path (const struct work *work, char **r_path)
{
  static const char *const names[] = { "node", "kind", "vmid" };
  auto_buffer struct buffer path = BUFFER_EMPTY;
  gpg_error_t err = 0;

  *r_path = NULL;
  buffer_string (&path, "/nodes");
  for (size_t i = 0; !err && i < sizeof names / sizeof *names; i++)
    {
      const char *text = work_text (work, names[i]);

      err = form_segment (&path, text ? text : "");
    }
  buffer_string (&path, "/config");
  return err ? err : buffer_take (&path, r_path, NULL);
}

static const char *
digest_of (const struct answer *config)
{
  const char *digest = json_string_value (
      json_object_get (config->data, "digest"));

  return digest ? digest : "";
}

/* --- Looking --- */

static gpg_error_t
write_buffer (struct writer *out, const char *name, const struct buffer *text)
{
  gpg_error_t err = buffer_error (text);

  return err ? err
             : writer_field_bytes (out, name, text->bytes ? text->bytes : "",
                                   text->length);
}

static gpg_error_t
write_changes (struct work *work, const struct settings *settings,
               const struct answer *config)
{
  auto_buffer struct buffer changes = BUFFER_EMPTY;
  auto_buffer struct buffer back = BUFFER_EMPTY;
  struct writer *out = work->out;
  gpg_error_t err;

  settings_describe (settings, config->data, &changes);
  settings_form_back (settings, config->data, &back);
  err = writer_field (out, "digest", "%s", digest_of (config));
  if (!err)
    err = writer_field_bool (out, "same",
                             !settings_differ (settings, config->data));
  if (!err)
    err = writer_field_bool (out, "locked",
                             json_object_get (config->data, "lock"));
  if (!err)
    err = write_buffer (out, "changes", &changes);
  if (!err)
    err = write_buffer (out, "back", &back);
  return err ? err : writer_record_end (out);
}

gpg_error_t
set_look (struct work *work)
{
  auto_guest struct guest guest = GUEST_NONE;
  auto_answer struct answer config = ANSWER_NONE;
  auto_settings struct settings settings = SETTINGS_NONE;
  gpg_error_t err = settings_read (work, &settings);

  if (!err)
    err = guest_tell (work, &guest);
  if (!err)
    err = api_getf (work, &config, "%s/config", guest.path);
  return err ? err : write_changes (work, &settings, &config);
}

/* --- Sending --- */

/* Send FORM with DIGEST.  A virtual machine's configuration is changed by a
   task, a container's at once.  *R_UPID and *R_EXIT are for the caller to free;
   NULL: there is no task, or it is not to be waited for.  */
static gpg_error_t
send_form (struct work *work, const struct buffer *form, const char *digest,
           bool wait, char **r_upid, char **r_exit)
{
  static const char *const none[] = { NULL };
  static const char *const types[] = { "qmconfig", NULL };
  bool container = !strcmp (work_text (work, "kind"), "lxc");
  auto_buffer struct buffer whole = BUFFER_EMPTY;
  auto_free char *path = NULL;
  gpg_error_t err = config_path (work, &path);

  *r_upid = *r_exit = NULL;
  if (err)
    return err;
  buffer_append (&whole, form->bytes, form->length);
  if (*digest)
    form_append (&whole, "digest", digest);
  err = buffer_error (&whole);
  if (!err)
    err = task_start (
        work,
        &(struct task_request){ .method = container ? "PUT" : "POST",
                                .path = path,
                                .form = &whole,
                                .node = work_text (work, "node"),
                                .types = container ? none : types,
                                .id = work_text (work, "vmid") },
        r_upid);
  if (!err && *r_upid && wait)
    err = task_follow (work, *r_upid, r_exit);
  return err;
}

/* Send what puts the old values back, unless somebody else changed something
   since CONFIG was read.  */
static gpg_error_t
send_back (struct work *work, const struct answer *config)
{
  auto_buffer struct buffer form = BUFFER_EMPTY;
  auto_free char *upid = NULL;
  auto_free char *exitstatus = NULL;

  buffer_string (&form, work_text (work, "back"));
  return send_form (work, &form, digest_of (config), true, &upid, &exitstatus);
}

static gpg_error_t
read_config (struct work *work, struct answer *r_config)
{
  auto_free char *path = NULL;
  gpg_error_t err = config_path (work, &path);

  return err ? err : api_get (work, path, r_config);
}

gpg_error_t
set_undo (struct work *work)
{
  auto_answer struct answer config = ANSWER_NONE;
  gpg_error_t err = read_config (work, &config);

  return err ? err : send_back (work, &config);
}

/* --- The step --- */

/* Whether NAME waits for the guest's next start, as LIST of pending changes has
   it.  */
static bool
is_pending (const json_t *list, const char *name)
{
  size_t index;
  json_t *entry;

  json_array_foreach (list, index, entry)
  {
    const char *key = json_string_value (json_object_get (entry, "key"));

    if (key && !strcmp (key, name))
      return json_object_get (entry, "pending")
             || json_object_get (entry, "delete");
  }
  return false;
}

/* Write which of SETTINGS are pending, if the server tells.  */
static gpg_error_t
write_pending (struct work *work, const struct settings *settings)
{
  auto_answer struct answer pending = ANSWER_NONE;
  auto_free const char **names = calloc (settings->count, sizeof *names);
  auto_free char *path = NULL;
  size_t count = 0;
  gpg_error_t err = names ? config_path (work, &path)
                          : gpg_error_from_syserror ();

  if (err)
    return err;
  path[strlen (path) - strlen ("/config")] = 0;
  if (api_getf (work, &pending, "%s/pending", path))
    {
      failure_release (&work->failure);
      return 0;
    }
  for (size_t i = 0; i < settings->count; i++)
    if (is_pending (pending.data, settings->list[i].name))
      names[count++] = settings->list[i].name;
  return count ? writer_field_list (work->out, "pending", names, count) : 0;
}

/* The answer of a success.  EXITSTATUS is that of the task UPID; both may be
   NULL.  */
static gpg_error_t
write_done (struct work *work, const struct settings *settings,
            const char *upid, const char *exitstatus)
{
  struct writer *out = work->out;
  const char *snapshot = work_text (work, "snapname");
  gpg_error_t err = writer_field_bool (out, "changed", true);

  if (!err && upid)
    err = writer_field (out, "upid", "%s", upid);
  if (!err)
    err = upid ? task_end_write (out, upid, exitstatus)
               : writer_field (out, "outcome", "ok");
  if (!err && snapshot)
    err = writer_field (out, "snapshot", "%s", snapshot);
  if (!err && (exitstatus || !upid))
    err = write_pending (work, settings);
  return err ? err : writer_record_end (out);
}

/* Whether nobody knows if the server did it (task_find.h).  */
static bool
is_lost (const struct failure *failure)
{
  for (const struct detail *detail = failure->details; detail;
       detail = detail->next)
    if (!strcmp (detail->name, "outcome") && !strcmp (detail->value, "lost"))
      return true;
  return false;
}

/* See what the server has done of SETTINGS, and put it back unless it is ALL of
   it and that will do.  *R_DONE tells.  */
static gpg_error_t
clear_up (struct work *work, const struct settings *settings,
          const char *digest, bool all, bool *r_done)
{
  auto_answer struct answer config = ANSWER_NONE;
  gpg_error_t err = work_ended (work) ? work_grace (work, BACK_MS) : 0;

  *r_done = false;
  if (!err)
    err = read_config (work, &config);
  if (err || !strcmp (digest_of (&config), digest))
    return err;
  *r_done = all && !settings_differ (settings, config.data);
  return *r_done ? 0 : send_back (work, &config);
}

/* The change of what had DIGEST failed with ERR and WORK's failure.  A server
   that answered nothing may have done it; one that refused may have done a
   part.  0: all is as it was to be.  */
static gpg_error_t
settle (struct work *work, const struct settings *settings, const char *digest,
        gpg_error_t err)
{
  struct failure kept = work->failure;
  gpg_error_t again;
  bool done;

  work->failure = (struct failure)FAILURE_NONE;
  again = clear_up (work, settings, digest, is_lost (&kept), &done);
  if (again)
    failure_detail (&kept, "not-undone", "%s",
                    failure_words (&work->failure, again));
  failure_release (&work->failure);
  if (done)
    {
      failure_release (&kept);
      return 0;
    }
  work->failure = kept;
  return err;
}

/* Whether ERR leaves nothing to be settled: nothing was changed, or the task
   UPID goes on.  */
static bool
is_clean (gpg_error_t err, const char *upid)
{
  switch (gpg_err_code (err))
    {
    case GPG_ERR_CANCELED:
    case GPG_ERR_TIMEOUT:
      return upid;
    case GPG_ERR_CONFLICT:
    case GPG_ERR_FORBIDDEN:
    case GPG_ERR_LOCKED:
    case GPG_ERR_BAD_AUTH:
    case GPG_ERR_NETWORK:
    case GPG_ERR_NOT_TRUSTED:
      return true;
    default:
      return false;
    }
}

/* The digest that protects the step, for the caller to free: that of planning,
   or, if something of ours or a lock that is gone has CHANGED it, the present
   one, if the SETTINGS have the same values as at planning.  */
static gpg_error_t
find_digest (struct work *work, const struct settings *settings, bool changed,
             char **r_digest)
{
  auto_answer struct answer config = ANSWER_NONE;
  auto_buffer struct buffer back = BUFFER_EMPTY;
  const char *digest = work_text (work, "digest");
  gpg_error_t err = 0;

  *r_digest = NULL;
  if (changed)
    {
      err = read_config (work, &config);
      if (err)
        return err;
      settings_form_back (settings, config.data, &back);
      err = buffer_error (&back);
      if (!err && strcmp (back.bytes, work_text (work, "back")))
        err = fail (&work->failure, GPG_ERR_CONFLICT,
                    "the configuration was changed since it was read");
      digest = digest_of (&config);
    }
  if (err)
    return err;
  *r_digest = strdup (digest);
  return *r_digest ? 0 : gpg_error_from_syserror ();
}

/* Whether what was sent failed by ERR since the guest was locked at planning,
   which is a line of its configuration, and is no longer.  */
static bool
was_unlocked (const struct work *work, gpg_error_t err)
{
  const char *locked = work_text (work, "locked");

  return gpg_err_code (err) == GPG_ERR_CONFLICT && locked
         && !strcmp (locked, "yes");
}

gpg_error_t
set_act (struct work *work)
{
  auto_settings struct settings settings = SETTINGS_NONE;
  auto_buffer struct buffer form = BUFFER_EMPTY;
  auto_free char *digest = NULL;
  auto_free char *upid = NULL;
  auto_free char *exitstatus = NULL;
  gpg_error_t err = settings_read (work, &settings);

  bool wait = !work_number (work, "no-wait", 0);

  if (!err)
    err = find_digest (work, &settings, work_text (work, "snapname"), &digest);
  if (err)
    return err;
  settings_form (&settings, &form);
  err = send_form (work, &form, digest, wait, &upid, &exitstatus);
  if (was_unlocked (work, err))
    {
      free (digest);
      failure_release (&work->failure);
      err = find_digest (work, &settings, true, &digest);
      if (!err)
        err = send_form (work, &form, digest, wait, &upid, &exitstatus);
    }
  if (err && !is_clean (err, upid))
    err = settle (work, &settings, digest, err);
  return err ? err : write_done (work, &settings, upid, exitstatus);
}
