/* read_config.c - PVE: CONFIG, PENDING, SNAPSHOTS
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "api.h"
#include "guest.h"
#include "read.h"

/* --- CONFIG --- */

/* Settings that are numbers, though one version or another sends a text.  */
static bool
is_number (const char *key)
{
  static const char *const keys[]
      = { "balloon", "cores", "cpuunits", "memory", "shares",
          "sockets", "swap",  "tty",      "vcpus",  NULL };

  for (const char *const *one = keys; *one; one++)
    if (!strcmp (*one, key))
      return true;
  return false;
}

/* Whether KEY can be a field's name.  */
static bool
is_name (const char *key)
{
  return *key
         && !key[strspn (key, "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")];
}

/* The low-level settings of a container are lists of lists.  */
static gpg_error_t
write_deep (struct work *work, const char *key, const json_t *value)
{
  auto_free char *text = json_dumps (value, JSON_COMPACT | JSON_ENCODE_ANY);

  return text ? writer_field_json (work->out, key, text, strlen (text))
              : gpg_error (GPG_ERR_ENOMEM);
}

static gpg_error_t
write_setting (struct work *work, const json_t *config, const char *key)
{
  const json_t *value = json_object_get (config, key);
  struct field fields[] = { { key, key, FIELD_VALUE },
                            { NULL, NULL, FIELD_TEXT } };
  int64_t number;

  if (!is_name (key))
    return 0;
  if (json_is_array (value) || json_is_object (value))
    return write_deep (work, key, value);
  if ((json_is_integer (value) || is_number (key))
      && field_number (config, key, &number))
    fields[0].kind = FIELD_NUMBER;
  return field_write (work->out, config, fields);
}

gpg_error_t
read_config (struct work *work)
{
  auto_guest struct guest guest = GUEST_NONE;
  auto_free const char **keys = NULL;
  auto_buffer struct buffer path = BUFFER_EMPTY;
  auto_buffer struct buffer query = BUFFER_EMPTY;
  json_t *config = NULL;
  size_t count = 0;
  gpg_error_t err;

  buffer_string (&path, "/config");
  read_argument (work, &query, "current");
  read_argument (work, &query, "snapshot");
  read_query (&path, &query);
  err = buffer_error (&path);
  if (!err)
    err = read_of_guest (work, path.bytes, &guest, &config);

  if (!err)
    err = read_names (work, config, &keys, &count);
  for (size_t i = 0; i < count && !err; i++)
    err = write_setting (work, config, keys[i]);
  if (!err && work->out->in_record)
    err = writer_record_end (work->out);
  json_decref (config);
  return err;
}

/* --- PENDING --- */

/* A setting with nothing to come is passed over.  "delete" is 2 if it is
   forced.  */
static gpg_error_t
write_pending (struct work *work, const json_t *entry, const void *context)
{
  static const struct field fields[] = { { "setting", "key", FIELD_TEXT },
                                         { "value", "value", FIELD_VALUE },
                                         { "pending", "pending", FIELD_VALUE },
                                         { NULL, NULL, FIELD_TEXT } };
  const json_t *pending = json_object_get (entry, "pending");
  int64_t number = 0;
  bool deleted = field_number (entry, "delete", &number) && number;
  gpg_error_t err;

  (void)context;
  if (!deleted && (!pending || json_is_null (pending)))
    return 0;
  err = field_write (work->out, entry, fields);
  return err ? err : writer_field_bool (work->out, "delete", deleted);
}

gpg_error_t
read_pending (struct work *work)
{
  auto_guest struct guest guest = GUEST_NONE;
  auto_buffer struct buffer path = BUFFER_EMPTY;
  gpg_error_t err = guest_find (work, &guest);

  if (err)
    return err;
  buffer_printf (&path, "%s/pending", guest.path);
  return read_list (work, &path, "key", write_pending, NULL);
}

/* --- SNAPSHOTS --- */

/* What the guest has now stands in the list, too, under this name.  */
#define NOW "current"

static bool
is_now (const json_t *entry)
{
  const char *name = read_string (entry, "name");

  return name && !strcmp (name, NOW);
}

/* The entry of COUNT ENTRIES that tells what there is now, or NULL.  */
static const json_t *
find_now (const json_t *const *entries, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (is_now (entries[i]))
      return entries[i];
  return NULL;
}

static gpg_error_t
write_snapshot (struct work *work, const json_t *entry, const char *parent)
{
  static const struct field fields[]
      = { { "name", "name", FIELD_TEXT },
          { "created", "snaptime", FIELD_TIME },
          { "parent", "parent", FIELD_TEXT },
          { "memory", "vmstate", FIELD_BOOL },
          { "description", "description", FIELD_TEXT },
          { NULL, NULL, FIELD_TEXT } };
  const char *name = read_string (entry, "name");
  gpg_error_t err = field_write (work->out, entry, fields);

  if (!err)
    err = writer_field_bool (work->out, "current",
                             parent && name && !strcmp (name, parent));
  return err ? err : writer_record_end (work->out);
}

gpg_error_t
read_snapshots (struct work *work)
{
  auto_guest struct guest guest = GUEST_NONE;
  auto_free const json_t **entries = NULL;
  auto_answer struct answer answer = ANSWER_NONE;
  size_t count = 0;
  const json_t *now;
  gpg_error_t err = guest_find (work, &guest);

  if (!err)
    err = api_getf (work, &answer, "%s/snapshot", guest.path);
  if (err)
    return err;
  err = read_order (work, answer.data, "snaptime", &entries, &count);
  now = find_now (entries, count);
  for (size_t i = 0; i < count && !err; i++)
    if (entries[i] != now)
      err = write_snapshot (work, entries[i],
                            now ? read_string (now, "parent") : NULL);
  return err;
}
