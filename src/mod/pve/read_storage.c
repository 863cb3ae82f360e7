/* read_storage.c - PVE: STORAGES, CONTENT
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "form.h"
#include "read.h"

/* --- STORAGES --- */

/* A node says type, total and used; the cluster plugintype, maxdisk, disk, and
   a status.  */
static gpg_error_t
write_storage (struct work *work, const json_t *entry, const void *context)
{
  static const struct field of_node[]
      = { { "type", "type", FIELD_TEXT },
          { "shared", "shared", FIELD_BOOL },
          { "enabled", "enabled", FIELD_BOOL },
          { "active", "active", FIELD_BOOL },
          { "used_bytes", "used", FIELD_NUMBER },
          { "available_bytes", "avail", FIELD_NUMBER },
          { "total_bytes", "total", FIELD_NUMBER },
          { "used_fraction", "used_fraction", FIELD_FRACTION },
          { NULL, NULL, FIELD_TEXT } };
  static const struct field of_cluster[]
      = { { "node", "node", FIELD_TEXT },
          { "type", "plugintype", FIELD_TEXT },
          { "shared", "shared", FIELD_BOOL },
          { "status", "status", FIELD_TEXT },
          { "used_bytes", "disk", FIELD_NUMBER },
          { "total_bytes", "maxdisk", FIELD_NUMBER },
          { NULL, NULL, FIELD_TEXT } };
  static const struct field name[] = { { "storage", "storage", FIELD_TEXT },
                                       { NULL, NULL, FIELD_TEXT } };
  const char *node = context;
  gpg_error_t err = field_write (work->out, entry, name);

  if (!err && node)
    err = writer_field (work->out, "node", "%s", node);
  if (!err)
    err = field_write (work->out, entry, node ? of_node : of_cluster);
  return err ? err : read_words (work, entry, "content", "content");
}

gpg_error_t
read_storages (struct work *work)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  const char *node = work_text (work, "node");
  gpg_error_t err = 0;

  if (node)
    err = read_node_path (work, &path, "/storage");
  else
    buffer_string (&path, "/cluster/resources?type=storage");
  return err ? err
             : read_list (work, &path, node ? "storage" : "id", write_storage,
                          node);
}

/* --- CONTENT --- */

static gpg_error_t
write_volume (struct work *work, const json_t *entry, const void *context)
{
  static const struct field fields[]
      = { { "volid", "volid", FIELD_TEXT },
          { "content", "content", FIELD_TEXT },
          { "kind", "subtype", FIELD_TEXT },
          { "format", "format", FIELD_TEXT },
          { "vmid", "vmid", FIELD_NUMBER },
          { "size_bytes", "size", FIELD_NUMBER },
          { "used_bytes", "used", FIELD_NUMBER },
          { "created", "ctime", FIELD_TIME },
          { "parent", "parent", FIELD_TEXT },
          { "notes", "notes", FIELD_TEXT },
          { "protected", "protected", FIELD_BOOL },
          { "encrypted", "encrypted", FIELD_TEXT },
          { NULL, NULL, FIELD_TEXT } };
  static const struct field check[] = { { "verified", "state", FIELD_TEXT },
                                        { NULL, NULL, FIELD_TEXT } };
  gpg_error_t err = field_write (work->out, entry, fields);

  (void)context;
  return err ? err
             : field_write (work->out, json_object_get (entry, "verification"),
                            check);
}

gpg_error_t
read_content (struct work *work)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  auto_buffer struct buffer query = BUFFER_EMPTY;
  const char *storage = work_text (work, "storage");
  gpg_error_t err = read_node_path (work, &path, "/storage");

  if (!err)
    err = form_segment (&path, storage ? storage : "");
  buffer_string (&path, "/content");
  read_argument (work, &query, "content");
  read_argument (work, &query, "vmid");
  read_query (&path, &query);
  return err ? err : read_list (work, &path, "volid", write_volume, NULL);
}
