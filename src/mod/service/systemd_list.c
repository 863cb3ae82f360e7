/* systemd_list.c - SERVICE LIST through systemd
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The units that systemd has loaded, and those that are only files.  */

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "systemd.h"

/* A unit: from the loaded ones, from the files, or both.  */
struct listed
{
  const char *name;
  const char *description; /* NULL: it is only a file.  */
  const char *load;
  const char *active;
  const char *sub;
  const char *enabled; /* NULL: it has no file.  */
};

struct listing
{
  struct listed *items;
  size_t count;
  size_t room;
};

static gpg_error_t
add (struct listing *listing, const struct listed *item)
{
  if (listing->count == listing->room)
    {
      size_t room = listing->room ? 2 * listing->room : 256;
      struct listed *items = reallocarray (listing->items, room, sizeof *items);

      if (!items)
        return gpg_error_from_syserror ();
      listing->items = items;
      listing->room = room;
    }
  listing->items[listing->count++] = *item;
  return 0;
}

static bool
has_type (const char *unit, const char *type)
{
  const char *dot = strrchr (unit, '.');

  return !type || !strcmp (type, "all") || (dot && !strcmp (dot + 1, type));
}

static gpg_error_t
add_loaded (struct work *work, sd_bus_message *reply, struct listing *listing)
{
  struct listed item = { .enabled = NULL };
  const char *following, *path, *job_type, *job_path;
  uint32_t job;
  gpg_error_t err = 0;
  int rc = sd_bus_message_enter_container (reply, 'a', "(ssssssouso)");

  while (rc >= 0 && !err
         && (rc = sd_bus_message_read (reply, "(ssssssouso)", &item.name,
                                       &item.description, &item.load,
                                       &item.active, &item.sub, &following,
                                       &path, &job, &job_type, &job_path))
                > 0)
    if (has_type (item.name, work_text (work, "type"))
        && strcmp (item.load, "not-found"))
      err = add (listing, &item);
  return err ? err : rc < 0 ? systemd_error (work, rc, NULL, NULL) : 0;
}

static gpg_error_t
add_files (struct work *work, sd_bus_message *reply, struct listing *listing)
{
  struct listed item
      = { .load = "not-loaded", .active = "inactive", .sub = "dead" };
  const char *path;
  gpg_error_t err = 0;
  int rc = sd_bus_message_enter_container (reply, 'a', "(ss)");

  while (rc >= 0 && !err
         && (rc = sd_bus_message_read (reply, "(ss)", &path, &item.enabled))
                > 0)
    {
      const char *slash = strrchr (path, '/');

      item.name = slash ? slash + 1 : path;
      if (has_type (item.name, work_text (work, "type")))
        err = add (listing, &item);
    }
  return err ? err : rc < 0 ? systemd_error (work, rc, NULL, NULL) : 0;
}

/* By name, what is loaded before its file.  */
static int
compare (const void *a, const void *b)
{
  const struct listed *one = a;
  const struct listed *other = b;
  int order = strcmp (one->name, other->name);

  return order ? order : !one->description - !other->description;
}

static gpg_error_t
write_listed (struct work *work, const struct listed *item)
{
  struct writer *out = work->out;
  gpg_error_t err = writer_field (out, "unit", "%s", item->name);

  if (!err)
    err = writer_field (out, "description", "%s",
                        item->description ? item->description : "");
  if (!err)
    err = writer_field (out, "load", "%s", item->load);
  if (!err)
    err = writer_field (out, "active", "%s", item->active);
  if (!err)
    err = writer_field (out, "sub", "%s", item->sub);
  if (!err)
    err = writer_field (out, "enabled", "%s",
                        item->enabled ? item->enabled : "");
  return err ? err : writer_record_end (out);
}

/* Whether ITEM has the state that is wanted.  */
static bool
has_state (const struct work *work, const struct listed *item)
{
  const char *state = work_text (work, "state");

  return !state || !strcmp (state, item->active) || !strcmp (state, item->load)
         || !strcmp (state, item->sub)
         || (item->enabled && !strcmp (state, item->enabled));
}

static gpg_error_t
write_all (struct work *work, struct listing *listing)
{
  gpg_error_t err = 0;

  if (listing->count)
    qsort (listing->items, listing->count, sizeof *listing->items, compare);
  for (size_t i = 0; !err && i < listing->count; i++)
    {
      struct listed item = listing->items[i];

      while (i + 1 < listing->count
             && !strcmp (listing->items[i + 1].name, item.name))
        item.enabled = listing->items[++i].enabled;
      if (has_state (work, &item))
        err = write_listed (work, &item);
    }
  return err;
}

gpg_error_t
systemd_list (struct work *work)
{
  auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
  auto_message sd_bus_message *units = NULL;
  auto_message sd_bus_message *files = NULL;
  struct listing listing = { NULL, 0, 0 };
  sd_bus *bus;
  gpg_error_t err = systemd_bus (work, &bus);
  int rc;

  if (err)
    return err;
  rc = systemd_call (bus, "ListUnits", &error, &units, NULL);
  if (rc >= 0)
    rc = systemd_call (bus, "ListUnitFiles", &error, &files, NULL);
  if (rc < 0)
    return systemd_error (work, rc, &error, NULL);
  err = add_loaded (work, units, &listing);
  if (!err)
    err = add_files (work, files, &listing);
  if (!err)
    err = write_all (work, &listing);
  free (listing.items);
  return err;
}
