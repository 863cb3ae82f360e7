/* volume_work.c - looking for volumes, and where a backup would be restored
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "volume_work.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "action.h"
#include "api.h"
#include "field.h"
#include "form.h"
#include "guest.h"

/* --- Restoring --- */

const char *
volume_kind (const char *volid)
{
  static const struct
  {
    const char *words;
    const char *kind;
  } signs[] = { { "vzdump-lxc-", "lxc" },
                { "vzdump-openvz-", "lxc" },
                { "vzdump-qemu-", "qemu" },
                { ":backup/ct/", "lxc" },
                { ":backup/vm/", "qemu" } };

  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
    if (strstr (volid, signs[i].words))
      return signs[i].kind;
  return NULL;
}

/* The only node, for the caller to free.  */
static gpg_error_t
find_only_node (struct work *work, char **r_node)
{
  auto_answer struct answer answer = ANSWER_NONE;
  gpg_error_t err = api_get (work, "/nodes", &answer);
  const char *node;

  *r_node = NULL;
  if (err)
    return err;
  node = json_string_value (
      json_object_get (json_array_get (answer.data, 0), "node"));
  if (!node || json_array_size (answer.data) != 1)
    return fail (&work->failure, GPG_ERR_MISSING_VALUE,
                 "--node is needed where there are several");
  *r_node = strdup (node);
  return *r_node ? 0 : gpg_error_from_syserror ();
}

/* Find the guest that would be overwritten; none is no error.  */
static gpg_error_t
find_old (struct work *work, struct guest *r_guest)
{
  gpg_error_t err = guest_find (work, r_guest);

  if (gpg_err_code (err) != GPG_ERR_NOT_FOUND)
    return err;
  failure_release (&work->failure);
  return 0;
}

/* Check that KIND on NODE may take the place of OLD, which exists.  */
static gpg_error_t
check_old (struct work *work, const struct guest *old, const char *kind,
           const char *node)
{
  if (!work_number (work, "force", 0))
    return fail (&work->failure, GPG_ERR_DUP_VALUE,
                 "guest %" PRId64 " exists: --force overwrites it", old->vmid);
  if (old->container != !strcmp (kind, "lxc"))
    return fail (&work->failure, GPG_ERR_CONFLICT,
                 "guest %" PRId64 " is of the other kind", old->vmid);
  if (strcmp (old->node, node))
    return fail (&work->failure, GPG_ERR_CONFLICT,
                 "guest %" PRId64 " is on node %.63s", old->vmid, old->node);
  return 0;
}

static gpg_error_t
write_place (struct work *work, const struct guest *old, const char *kind,
             const char *node)
{
  struct writer *out = work->out;
  gpg_error_t err = writer_field (out, "kind", "%s", kind);

  if (!err)
    err = writer_field (out, "node", "%s", node);
  if (!err)
    err = writer_field_bool (out, "exists", old->path);
  if (!err && old->name)
    err = writer_field (out, "name", "%s", old->name);
  if (!err && old->status)
    err = writer_field (out, "status", "%s", old->status);
  return err ? err : writer_record_end (out);
}

gpg_error_t
volume_look_restore (struct work *work)
{
  auto_guest struct guest old = GUEST_NONE;
  auto_free char *only = NULL;
  const char *kind = work_text (work, "kind");
  const char *node = work_text (work, "node");
  gpg_error_t err;

  if (!kind)
    kind = volume_kind (work_text (work, "volid"));
  if (!kind)
    return fail (&work->failure, GPG_ERR_MISSING_VALUE,
                 "--kind is needed: the volume's name does not tell it");
  err = action_check (work, action_find ("RESTORE"), !strcmp (kind, "lxc"));
  if (!err)
    err = find_old (work, &old);
  if (!err && !node && !old.path)
    err = find_only_node (work, &only);
  if (err)
    return err;
  node = node ? node : old.path ? old.node : only;
  err = old.path ? check_old (work, &old, kind, node) : 0;
  return err ? err : write_place (work, &old, kind, node);
}

/* --- Deleting --- */

/* The entry of VOLID in the list CONTENT, or NULL.  */
static const json_t *
find_volume (const json_t *content, const char *volid)
{
  size_t index;
  json_t *entry;

  json_array_foreach (content, index, entry)
  {
    const char *name = json_string_value (json_object_get (entry, "volid"));

    if (name && !strcmp (name, volid))
      return entry;
  }
  return NULL;
}

/* The task is called OWNER@STORAGE, or STORAGE.  */
static gpg_error_t
write_volume (struct work *work, const json_t *entry, const char *storage)
{
  static const struct field fields[] = { { "size_bytes", "size", FIELD_NUMBER },
                                         { "content", "content", FIELD_TEXT },
                                         { "vmid", "vmid", FIELD_NUMBER },
                                         { NULL, NULL, FIELD_TEXT } };
  int64_t owner;
  gpg_error_t err = field_write (work->out, entry, fields);

  if (!err)
    err = writer_field (work->out, "storage", "%s", storage);
  if (!err && field_number (entry, "vmid", &owner))
    err = writer_field (work->out, "task_id", "%" PRId64 "@%s", owner, storage);
  else if (!err)
    err = writer_field (work->out, "task_id", "%s", storage);
  return err ? err : writer_record_end (work->out);
}

/* Append "/nodes/NODE/storage/STORAGE/content", encoded, to PATH.  */
static gpg_error_t
content_path (const struct work *work, const char *storage, struct buffer *path)
{
  gpg_error_t err;

  buffer_string (path, "/nodes");
  err = form_segment (path, work_text (work, "node"));
  buffer_string (path, "/storage");
  if (!err)
    err = form_segment (path, storage);
  buffer_string (path, "/content");
  return err ? err : buffer_error (path);
}

gpg_error_t
volume_look_content (struct work *work)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  auto_answer struct answer answer = ANSWER_NONE;
  auto_free char *storage = NULL;
  const char *volid = work_text (work, "volid");
  const json_t *entry;
  gpg_error_t err;

  storage = strndup (volid, strcspn (volid, ":"));
  if (!storage)
    return gpg_error_from_syserror ();
  err = content_path (work, storage, &path);
  if (!err)
    err = api_get (work, path.bytes, &answer);
  if (err)
    return err;
  entry = find_volume (answer.data, volid);
  return entry ? write_volume (work, entry, storage)
               : fail (&work->failure, GPG_ERR_NOT_FOUND,
                       "there is no such volume, or the token may not see it");
}

/* --- Backups --- */

/* The newest of the backups CONTENT that are of VMID, or NULL.  */
static const char *
find_newest (const json_t *content, const char *vmid)
{
  const char *newest = NULL;
  int64_t latest = -1, owner, when;
  size_t index;
  json_t *entry;

  json_array_foreach (content, index,
                      entry) if (field_number (entry, "vmid", &owner)
                                 && owner == strtoll (vmid, NULL, 10)
                                 && field_number (entry, "ctime", &when)
                                 && when > latest)
  {
    latest = when;
    newest = json_string_value (json_object_get (entry, "volid"));
  }
  return newest;
}

/* Write the newest of CONTENT of each guest.  */
static gpg_error_t
write_newest (struct work *work, const json_t *content)
{
  auto_free const char **names = NULL;
  size_t guests = 0, count = 0;

  while (work_text_at (work, "vmid", guests))
    guests++;
  names = calloc (guests + 1, sizeof *names);
  if (!names)
    return gpg_error_from_syserror ();
  for (size_t i = 0; i < guests; i++)
    {
      names[count] = find_newest (content, work_text_at (work, "vmid", i));
      count += names[count] != NULL;
    }
  return count ? writer_field_list (work->out, "volid", names, count) : 0;
}

gpg_error_t
volume_write_backups (struct work *work)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  auto_answer struct answer answer = ANSWER_NONE;
  const char *storage = work_text (work, "storage");
  gpg_error_t err = storage ? content_path (work, storage, &path) : 0;

  if (err || !storage)
    return err;
  buffer_string (&path, "?content=backup");
  err = buffer_error (&path);
  if (err)
    return err;
  if (!api_get (work, path.bytes, &answer))
    return write_newest (work, answer.data);
  failure_release (&work->failure);
  return 0;
}
