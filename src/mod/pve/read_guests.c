/* read_guests.c - PVE: GUESTS, GUEST, NEXTID
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "api.h"
#include "guest.h"
#include "read.h"

/* --- GUESTS --- */

/* Where a list of guests is from.  */
struct origin
{
  const char *node; /* And then all are of KIND; or NULL: the cluster's list. */
  const char *kind; /* Only such ones; NULL: all.  */
};

/* Fields of all guests, wherever they are told.  */
static const struct field guest_fields[]
    = { { "name", "name", FIELD_TEXT },
        { "status", "status", FIELD_TEXT },
        { "lock", "lock", FIELD_TEXT },
        { "template", "template", FIELD_BOOL },
        { NULL, NULL, FIELD_TEXT } };

/* What is told first of each guest.  */
static gpg_error_t
write_place (struct work *work, const json_t *entry, const char *kind,
             const char *node)
{
  static const struct field number[] = { { "vmid", "vmid", FIELD_NUMBER },
                                         { NULL, NULL, FIELD_TEXT } };
  gpg_error_t err = field_write (work->out, entry, number);

  if (!err)
    err = writer_field (work->out, "kind", "%s", kind);
  if (!err)
    err = writer_field (work->out, "node", "%s", node);
  if (!err)
    err = field_write (work->out, entry, guest_fields);
  return err ? err : read_words (work, entry, "tags", "tags");
}

static bool
is_guest (const char *kind)
{
  return !strcmp (kind, "lxc") || !strcmp (kind, "qemu");
}

static gpg_error_t
write_listed (struct work *work, const json_t *entry, const void *context)
{
  static const struct field in_cluster[]
      = { { "pool", "pool", FIELD_TEXT },
          { "ha_state", "hastate", FIELD_TEXT },
          { NULL, NULL, FIELD_TEXT } };
  const struct origin *origin = context;
  const char *kind = read_string (entry, "type");
  const char *node = read_string (entry, "node");
  gpg_error_t err;

  if (origin->node)
    {
      kind = origin->kind;
      node = origin->node;
    }
  if (!kind || !node || !is_guest (kind)
      || (origin->kind && strcmp (kind, origin->kind)))
    return 0;
  err = write_place (work, entry, kind, node);
  if (!err)
    err = field_write (work->out, entry, in_cluster);
  return err ? err : field_write (work->out, entry, read_usage);
}

/* The guests of one node, as they are now: two lists.  */
static gpg_error_t
list_node (struct work *work, const char *node, const char *kind)
{
  static const char *const kinds[] = { "lxc", "qemu" };
  gpg_error_t err = 0;

  for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !err; i++)
    {
      const struct origin origin = { node, kinds[i] };
      auto_buffer struct buffer path = BUFFER_EMPTY;

      if (kind && strcmp (kind, kinds[i]))
        continue;
      err = read_node_path (work, &path, i ? "/qemu" : "/lxc");
      if (!err)
        err = read_list (work, &path, "vmid", write_listed, &origin);
    }
  return err;
}

gpg_error_t
read_guests (struct work *work)
{
  const char *node = work_text (work, "node");
  const struct origin origin = { NULL, work_text (work, "kind") };
  auto_buffer struct buffer path = BUFFER_EMPTY;

  if (node)
    return list_node (work, node, origin.kind);
  buffer_string (&path, "/cluster/resources?type=vm");
  return read_list (work, &path, "vmid", write_listed, &origin);
}

/* --- GUEST --- */

static gpg_error_t
write_current (struct work *work, const struct guest *guest,
               const json_t *current)
{
  static const struct field more[]
      = { { "pid", "pid", FIELD_NUMBER },
          { "qmp_status", "qmpstatus", FIELD_TEXT },
          { "machine", "running-machine", FIELD_TEXT },
          { "qemu_version", "running-qemu", FIELD_TEXT },
          { "agent", "agent", FIELD_BOOL },
          { "pressure_cpu_some", "pressurecpusome", FIELD_FRACTION },
          { "pressure_cpu_full", "pressurecpufull", FIELD_FRACTION },
          { "pressure_io_some", "pressureiosome", FIELD_FRACTION },
          { "pressure_io_full", "pressureiofull", FIELD_FRACTION },
          { "pressure_memory_some", "pressurememorysome", FIELD_FRACTION },
          { "pressure_memory_full", "pressurememoryfull", FIELD_FRACTION },
          { NULL, NULL, FIELD_TEXT } };
  static const struct field availability[]
      = { { "ha_managed", "managed", FIELD_BOOL },
          { "ha_state", "state", FIELD_TEXT },
          { NULL, NULL, FIELD_TEXT } };
  gpg_error_t err = write_place (
      work, current, guest->container ? "lxc" : "qemu", guest->node);

  if (!err)
    err = field_write (work->out, json_object_get (current, "ha"),
                       availability);
  if (!err)
    err = field_write (work->out, current, read_usage);
  if (!err)
    err = field_write (work->out, current, more);
  return err ? err : writer_record_end (work->out);
}

gpg_error_t
read_guest (struct work *work)
{
  auto_guest struct guest guest = GUEST_NONE;
  json_t *current = NULL;
  gpg_error_t err = read_of_guest (work, "/status/current", &guest, &current);

  if (!err)
    err = write_current (work, &guest, current);
  json_decref (current);
  return err;
}

/* --- NEXTID --- */

gpg_error_t
read_nextid (struct work *work)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  auto_buffer struct buffer query = BUFFER_EMPTY;
  json_t *object = NULL;
  auto_answer struct answer answer = ANSWER_NONE;
  int64_t vmid;
  gpg_error_t err;

  buffer_string (&path, "/cluster/nextid");
  read_argument (work, &query, "vmid");
  read_query (&path, &query);
  err = buffer_error (&path);
  if (!err)
    err = api_get (work, path.bytes, &answer);
  /* The server calls it a wrong parameter.  */
  if (gpg_err_code (err) == GPG_ERR_INV_ARG && query.length)
    return fail (&work->failure, GPG_ERR_DUP_VALUE,
                 "guest %" PRId64 " is there already",
                 work_number (work, "vmid", 0));
  if (err)
    return err;
  object = json_pack ("{sO}", "vmid", answer.data);
  if (field_number (object, "vmid", &vmid))
    err = writer_field_number (work->out, "vmid", vmid);
  else
    err = read_odd (work, "number");
  json_decref (object);
  return err ? err : writer_record_end (work->out);
}
