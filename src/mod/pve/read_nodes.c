/* read_nodes.c - PVE: NODES, STATUS, DISKS, RESOURCES
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "read.h"

/* --- NODES --- */

static gpg_error_t
write_node (struct work *work, const json_t *entry, const void *context)
{
  static const struct field first[] = { { "node", "node", FIELD_TEXT },
                                        { "status", "status", FIELD_TEXT },
                                        { NULL, NULL, FIELD_TEXT } };
  static const struct field last[]
      = { { "level", "level", FIELD_TEXT },
          { "fingerprint", "ssl_fingerprint", FIELD_TEXT },
          { NULL, NULL, FIELD_TEXT } };
  gpg_error_t err = field_write (work->out, entry, first);

  (void)context;
  if (!err)
    err = field_write (work->out, entry, read_usage);
  return err ? err : field_write (work->out, entry, last);
}

gpg_error_t
read_nodes (struct work *work)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;

  buffer_string (&path, "/nodes");
  return read_list (work, &path, "node", write_node, NULL);
}

/* --- STATUS --- */

/* A part of a node's status: fields of the member MEMBER, or, if it is NULL, of
   the status itself.  */
struct part
{
  const char *member;
  const struct field *fields;
};

static const struct field own[]
    = { { "version", "pveversion", FIELD_TEXT },
        { "uptime_seconds", "uptime", FIELD_NUMBER },
        { "cpu", "cpu", FIELD_FRACTION },
        { "io_wait", "wait", FIELD_FRACTION },
        { NULL, NULL, FIELD_TEXT } };
static const struct field processor[]
    = { { "cpus", "cpus", FIELD_NUMBER },
        { "cpu_cores", "cores", FIELD_NUMBER },
        { "cpu_sockets", "sockets", FIELD_NUMBER },
        { "cpu_model", "model", FIELD_TEXT },
        { NULL, NULL, FIELD_TEXT } };
static const struct field memory[]
    = { { "memory_used_bytes", "used", FIELD_NUMBER },
        { "memory_free_bytes", "free", FIELD_NUMBER },
        { "memory_available_bytes", "available", FIELD_NUMBER },
        { "memory_total_bytes", "total", FIELD_NUMBER },
        { NULL, NULL, FIELD_TEXT } };
static const struct field swap[]
    = { { "swap_used_bytes", "used", FIELD_NUMBER },
        { "swap_total_bytes", "total", FIELD_NUMBER },
        { NULL, NULL, FIELD_TEXT } };
static const struct field shared[] = {
  { "ksm_shared_bytes", "shared", FIELD_NUMBER }, { NULL, NULL, FIELD_TEXT }
};
static const struct field root[]
    = { { "root_used_bytes", "used", FIELD_NUMBER },
        { "root_available_bytes", "avail", FIELD_NUMBER },
        { "root_total_bytes", "total", FIELD_NUMBER },
        { NULL, NULL, FIELD_TEXT } };
static const struct field boot[]
    = { { "boot_mode", "mode", FIELD_TEXT },
        { "secure_boot", "secureboot", FIELD_BOOL },
        { NULL, NULL, FIELD_TEXT } };

static const struct part parts[]
    = { { NULL, own },        { "cpuinfo", processor }, { "memory", memory },
        { "swap", swap },     { "ksm", shared },        { "rootfs", root },
        { "boot-info", boot } };

/* Since 8 the kernel's release has a member of its own; "kversion", which has
   it as the second of its words, is to go.  */
static gpg_error_t
write_kernel (struct work *work, const json_t *status)
{
  const char *release = read_string (json_object_get (status, "current-kernel"),
                                     "release");
  const char *version = read_string (status, "kversion");

  if (!release && version && strchr (version, ' '))
    release = strchr (version, ' ') + 1;
  if (!release)
    return 0;
  return writer_field_bytes (work->out, "kernel", release,
                             strcspn (release, " "));
}

/* The load comes as a list of texts.  */
static gpg_error_t
write_load (struct work *work, const json_t *status)
{
  static const char *const names[] = { "load_1", "load_5", "load_15" };
  const json_t *load = json_object_get (status, "loadavg");
  gpg_error_t err = 0;

  for (size_t i = 0; i < sizeof names / sizeof *names && !err; i++)
    {
      const struct field fields[] = { { names[i], "load", FIELD_FRACTION },
                                      { NULL, NULL, FIELD_TEXT } };
      json_t *value = json_array_get (load, i);
      json_t *object = value ? json_pack ("{sO}", "load", value) : NULL;

      if (object)
        err = field_write (work->out, object, fields);
      json_decref (object);
    }
  return err;
}

static gpg_error_t
write_status (struct work *work, const json_t *status)
{
  gpg_error_t err = writer_field (work->out, "node", "%s",
                                  work_text (work, "node"));

  if (!err)
    err = write_kernel (work, status);
  if (!err)
    err = write_load (work, status);
  for (size_t i = 0; i < sizeof parts / sizeof *parts && !err; i++)
    {
      const char *member = parts[i].member;

      err = field_write (work->out,
                         member ? json_object_get (status, member) : status,
                         parts[i].fields);
    }
  return err ? err : writer_record_end (work->out);
}

gpg_error_t
read_status (struct work *work)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  json_t *status = NULL;
  gpg_error_t err = read_node_path (work, &path, "/status");

  if (!err)
    err = read_object (work, path.bytes, &status);
  if (!err)
    err = write_status (work, status);
  json_decref (status);
  return err;
}

/* --- DISKS --- */

/* Without the blanks that fill it up.  */
static gpg_error_t
write_vendor (struct work *work, const json_t *disk)
{
  const char *vendor = read_string (disk, "vendor");
  size_t length = vendor ? strlen (vendor) : 0;

  while (length && vendor[length - 1] == ' ')
    length--;
  if (!length || !strcmp (vendor, "unknown"))
    return 0;
  return writer_field_bytes (work->out, "vendor", vendor, length);
}

/* The server tells how much of a disk's life is left, or "N/A"; HW SMART tells
   what is used up.  A rotation of -1 is unknown.  */
static gpg_error_t
write_numbers (struct work *work, const json_t *disk)
{
  int64_t number;
  gpg_error_t err = 0;

  if (field_number (disk, "wearout", &number) && number >= 0 && number <= 100)
    err = writer_field_number (work->out, "wear_percent", 100 - number);
  if (!err && field_number (disk, "rpm", &number) && number >= 0)
    err = writer_field_number (work->out, "rotation", number);
  if (!err && field_number (disk, "osdid", &number) && number >= 0)
    err = writer_field_number (work->out, "osd", number);
  return err;
}

static gpg_error_t
write_disk (struct work *work, const json_t *disk, const void *context)
{
  static const struct field fields[]
      = { { "device", "devpath", FIELD_TEXT },
          { "by_id", "by_id_link", FIELD_TEXT },
          { "type", "type", FIELD_TEXT },
          { "model", "model", FIELD_TEXT },
          { "serial", "serial", FIELD_TEXT },
          { "wwn", "wwn", FIELD_TEXT },
          { "capacity_bytes", "size", FIELD_NUMBER },
          { "health", "health", FIELD_TEXT },
          { "used", "used", FIELD_TEXT },
          { "mounted", "mounted", FIELD_BOOL },
          { "gpt", "gpt", FIELD_BOOL },
          { NULL, NULL, FIELD_TEXT } };
  gpg_error_t err = field_write (work->out, disk, fields);

  (void)context;
  if (!err)
    err = write_vendor (work, disk);
  return err ? err : write_numbers (work, disk);
}

gpg_error_t
read_disks (struct work *work)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  gpg_error_t err = read_node_path (work, &path, "/disks/list");

  return err ? err : read_list (work, &path, "devpath", write_disk, NULL);
}

/* --- RESOURCES --- */

static gpg_error_t
write_resource (struct work *work, const json_t *entry, const void *context)
{
  static const struct field first[]
      = { { "id", "id", FIELD_TEXT },
          { "kind", "type", FIELD_TEXT },
          { "node", "node", FIELD_TEXT },
          { "vmid", "vmid", FIELD_NUMBER },
          { "name", "name", FIELD_TEXT },
          { "storage", "storage", FIELD_TEXT },
          { "pool", "pool", FIELD_TEXT },
          { "sdn", "sdn", FIELD_TEXT },
          { "network", "network", FIELD_TEXT },
          { "network_type", "network-type", FIELD_TEXT },
          { "zone_type", "zone-type", FIELD_TEXT },
          { "protocol", "protocol", FIELD_TEXT },
          { "status", "status", FIELD_TEXT },
          { "lock", "lock", FIELD_TEXT },
          { "ha_state", "hastate", FIELD_TEXT },
          { "template", "template", FIELD_BOOL },
          { "storage_type", "plugintype", FIELD_TEXT },
          { "shared", "shared", FIELD_BOOL },
          { "level", "level", FIELD_TEXT },
          { NULL, NULL, FIELD_TEXT } };
  gpg_error_t err = field_write (work->out, entry, first);

  (void)context;
  if (!err)
    err = read_words (work, entry, "content", "content");
  if (!err)
    err = read_words (work, entry, "tags", "tags");
  return err ? err : field_write (work->out, entry, read_usage);
}

gpg_error_t
read_resources (struct work *work)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  auto_buffer struct buffer query = BUFFER_EMPTY;

  buffer_string (&path, "/cluster/resources");
  read_argument (work, &query, "type");
  read_query (&path, &query);
  return read_list (work, &path, "id", write_resource, NULL);
}
