/* systemd_unit.c - what systemd tells of its units
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/moment.h"
#include "backend.h"
#include "systemd.h"

#define UNIT_FIELD(member) offsetof (struct unit_state, member)

/* The properties that STATUS needs, and where they go.  */
static const struct wanted
{
  const char *name;
  char type; /* Of D-Bus; 'y': an array of bytes.  */
  size_t offset;
  bool own; /* Of its kind of unit, not of all.  */
} wanted[] = {
  { "Id", 's', UNIT_FIELD (id), false },
  { "Description", 's', UNIT_FIELD (description), false },
  { "LoadState", 's', UNIT_FIELD (load), false },
  { "ActiveState", 's', UNIT_FIELD (active), false },
  { "SubState", 's', UNIT_FIELD (sub), false },
  { "UnitFileState", 's', UNIT_FIELD (enabled), false },
  { "Result", 's', UNIT_FIELD (result), true },
  { "FragmentPath", 's', UNIT_FIELD (fragment), false },
  { "InvocationID", 'y', UNIT_FIELD (invocation), false },
  { "MainPID", 'u', UNIT_FIELD (main_pid), true },
  { "StateChangeTimestamp", 't', UNIT_FIELD (since), false },
  { "MemoryCurrent", 't', UNIT_FIELD (memory), true },
  { "TasksCurrent", 't', UNIT_FIELD (tasks), true },
  { "NRestarts", 'u', UNIT_FIELD (restarts), true },
};

void
unit_state_release (struct unit_state *state)
{
  free (state->id);
  free (state->description);
  free (state->load);
  free (state->active);
  free (state->sub);
  free (state->enabled);
  free (state->result);
  free (state->fragment);
  free (state->invocation);
  *state = (struct unit_state)UNIT_STATE_NONE;
}

/* Ask for the properties of UNIT that INTERFACE has; "": those of all: a
   service's own stand beside the unit's.  */
static gpg_error_t
get_all (struct work *work, sd_bus *bus, const char *unit,
         const char *interface, sd_bus_message **r_reply)
{
  auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
  auto_free char *path = NULL;
  int rc = sd_bus_path_encode (SYSTEMD_UNITS, unit, &path);

  *r_reply = NULL;
  if (rc >= 0)
    rc = sd_bus_call_method (bus, SYSTEMD_NAME, path,
                             "org.freedesktop.DBus.Properties", "GetAll",
                             &error, r_reply, "s", interface);
  return rc < 0 ? systemd_error (work, rc, &error, unit) : 0;
}

gpg_error_t
systemd_properties (struct work *work, sd_bus *bus, const char *unit,
                    sd_bus_message **r_reply)
{
  return get_all (work, bus, unit, "", r_reply);
}

/* Read the bytes that are next in MESSAGE, as hex digits.  */
static int
take_bytes (sd_bus_message *message, char **r_text)
{
  const unsigned char *bytes;
  size_t length;
  int rc = sd_bus_message_enter_container (message, 'v', "ay");

  if (rc >= 0)
    rc = sd_bus_message_read_array (message, 'y', (const void **)&bytes,
                                    &length);
  if (rc < 0)
    return rc;
  free (*r_text);
  *r_text = calloc (2, length + 1);
  for (size_t i = 0; *r_text && i < length; i++)
    snprintf (*r_text + 2 * i, 3, "%02x", bytes[i]);
  return *r_text ? sd_bus_message_exit_container (message) : -ENOMEM;
}

/* Read the variant that is next in MESSAGE into STATE, if it is property NAME
   that is wanted, else skip it.  */
static int
take_property (sd_bus_message *message, const char *name,
               struct unit_state *state)
{
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    {
      char *member = (char *)state + wanted[i].offset;
      char type[2] = { wanted[i].type, 0 };
      const char *text;
      uint32_t number;
      int rc;

      if (strcmp (wanted[i].name, name))
        continue;
      switch (wanted[i].type)
        {
        case 's':
          rc = sd_bus_message_read (message, "v", type, &text);
          if (rc >= 0)
            {
              free (*(char **)member);
              *(char **)member = strdup (text);
            }
          return rc;
        case 'y':
          return take_bytes (message, (char **)member);
        case 'u':
          rc = sd_bus_message_read (message, "v", type, &number);
          if (rc >= 0)
            *(uint64_t *)member = number;
          return rc;
        default:
          return sd_bus_message_read (message, "v", type, (uint64_t *)member);
        }
    }
  return sd_bus_message_skip (message, "v");
}

/* --- The properties of its kind --- */

/* An answer that is waited for.  */
struct question
{
  const struct wanted *property;
  struct unit_state *state;
  unsigned *left; /* Of all questions.  */
};

/* A kind of unit need not have the property.  */
static int
answered (sd_bus_message *message, void *context, sd_bus_error *error)
{
  struct question *question = context;

  (void)error;
  if (!sd_bus_message_is_method_error (message, NULL))
    take_property (message, question->property->name, question->state);
  --*question->left;
  return 0;
}

/* The interface of UNIT's kind: that of a service is ...Service.  */
static void
own_interface (const char *unit, char interface[64])
{
  const char *dot = strrchr (unit, '.');

  snprintf (interface, 64, "%s.%s", SYSTEMD_NAME, dot ? dot + 1 : "");
  interface[strlen (SYSTEMD_NAME) + 1] = (char)toupper (
      (unsigned char)interface[strlen (SYSTEMD_NAME) + 1]);
}

/* Ask for the few that are wanted, all at once: all that a service has would
   cost as much again as what all units have.  */
static gpg_error_t
get_own (struct work *work, sd_bus *bus, const char *unit,
         struct unit_state *state)
{
  enum
  {
    COUNT = sizeof wanted / sizeof *wanted
  };
  uint64_t end = link_now () + LIMIT_BUS_SECONDS * UINT64_C (1000);
  auto_free char *path = NULL;
  sd_bus_slot *slots[COUNT] = { NULL };
  struct question questions[COUNT];
  unsigned left = 0;
  char interface[64];
  int rc = sd_bus_path_encode (SYSTEMD_UNITS, unit, &path);

  own_interface (unit, interface);
  for (size_t i = 0; rc >= 0 && i < COUNT; i++)
    if (wanted[i].own)
      {
        questions[i] = (struct question){ wanted + i, state, &left };
        rc = sd_bus_call_method_async (bus, slots + i, SYSTEMD_NAME, path,
                                       "org.freedesktop.DBus.Properties", "Get",
                                       answered, questions + i, "ss", interface,
                                       wanted[i].name);
        left += rc >= 0;
      }
  while (rc >= 0 && left && link_now () < end)
    rc = systemd_wait (bus);
  /* What is still on its way finds nobody.  */
  for (size_t i = 0; i < COUNT; i++)
    sd_bus_slot_unref (slots[i]);
  if (rc >= 0 && left)
    rc = -ETIMEDOUT;
  return rc < 0 ? systemd_error (work, rc, NULL, unit) : 0;
}

/* --- A unit's state --- */

/* No text stays unset.  */
static gpg_error_t
complete (struct unit_state *state)
{
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    {
      char **text = (char **)((char *)state + wanted[i].offset);

      if (strchr ("sy", wanted[i].type) && !*text && !(*text = strdup ("")))
        return gpg_error_from_syserror ();
    }
  return 0;
}

gpg_error_t
unit_state_get (struct work *work, sd_bus *bus, const char *unit,
                struct unit_state *r_state)
{
  auto_message sd_bus_message *reply = NULL;
  gpg_error_t err = get_all (work, bus, unit, SYSTEMD_NAME ".Unit", &reply);
  const char *name;
  int rc;

  *r_state = (struct unit_state)UNIT_STATE_NONE;
  r_state->main_pid = r_state->since = r_state->memory = r_state->tasks
      = r_state->restarts = UINT64_MAX;
  if (err)
    return err;
  rc = sd_bus_message_enter_container (reply, 'a', "{sv}");
  while (rc >= 0
         && (rc = sd_bus_message_enter_container (reply, 'e', "sv")) > 0)
    {
      rc = sd_bus_message_read (reply, "s", &name);
      if (rc >= 0)
        rc = take_property (reply, name, r_state);
      if (rc >= 0)
        rc = sd_bus_message_exit_container (reply);
    }
  err = rc < 0 ? systemd_error (work, rc, NULL, unit)
               : get_own (work, bus, unit, r_state);
  if (!err)
    err = complete (r_state);
  if (!err && !strcmp (r_state->load, "not-found")
      && !strcmp (r_state->active, "inactive"))
    err = fail (&work->failure, GPG_ERR_NOT_FOUND,
                "there is no unit %.100s: SERVICE LIST lists them", unit);
  if (err)
    unit_state_release (r_state);
  return err;
}

static gpg_error_t
write_number (struct writer *out, const char *name, uint64_t number)
{
  return number > INT64_MAX ? 0
                            : writer_field_number (out, name, (int64_t)number);
}

/* PATH, one of the operating system's, as a path below the root.  */
static const char *
below_root (const struct machine *machine, const char *path)
{
  size_t length = strlen (machine->root);

  return !strncmp (path, machine->root, length) && path[length] == '/'
             ? path + length
             : path;
}

gpg_error_t
unit_state_write (struct work *work, const struct unit_state *state)
{
  struct writer *out = work->out;
  char since[MOMENT_TEXT] = "";
  gpg_error_t err = writer_field (out, "unit", "%s", state->id);

  if (!err)
    err = writer_field (out, "description", "%s", state->description);
  if (!err)
    err = writer_field (out, "load", "%s", state->load);
  if (!err)
    err = writer_field (out, "active", "%s", state->active);
  if (!err)
    err = writer_field (out, "sub", "%s", state->sub);
  if (!err)
    err = writer_field (out, "enabled", "%s", state->enabled);
  if (!err && state->main_pid)
    err = write_number (out, "main_pid", state->main_pid);
  if (!err && state->since && state->since != UINT64_MAX
      && moment_write ((int64_t)(state->since / 1000000), since))
    err = writer_field (out, "since", "%s", since);
  if (!err)
    err = write_number (out, "memory", state->memory);
  if (!err)
    err = write_number (out, "tasks", state->tasks);
  if (!err)
    err = write_number (out, "restarts", state->restarts);
  if (!err && *state->result)
    err = writer_field (out, "result", "%s", state->result);
  if (!err && *state->fragment)
    err = writer_field (out, "fragment", "%s",
                        below_root (work->machine, state->fragment));
  if (!err)
    err = writer_field (out, "backend", "systemd");
  return err ? err : writer_record_end (out);
}

gpg_error_t
systemd_status (struct work *work)
{
  auto_unit_state struct unit_state state = UNIT_STATE_NONE;
  sd_bus *bus;
  gpg_error_t err = systemd_bus (work, &bus);

  if (!err)
    err = unit_state_get (work, bus, work_text (work, "unit"), &state);
  return err ? err : unit_state_write (work, &state);
}

/* --- SHOW --- */

static bool
is_asked_for (const struct work *work, const char *name)
{
  const char *property = work_text (work, "property");

  for (size_t i = 0; property; property = work_text_at (work, "property", ++i))
    if (!strcmp (property, name))
      return true;
  return !work_text (work, "property");
}

/* Write those that are asked for, in the manager's order.  */
static gpg_error_t
write_properties (struct work *work, sd_bus_message *reply, const char *unit,
                  size_t *r_count)
{
  gpg_error_t err = 0;
  const char *name;
  int rc = sd_bus_message_enter_container (reply, 'a', "{sv}");

  while (rc >= 0 && !err
         && (rc = sd_bus_message_enter_container (reply, 'e', "sv")) > 0)
    {
      rc = sd_bus_message_read (reply, "s", &name);
      if (rc >= 0 && is_asked_for (work, name))
        {
          (*r_count)++;
          err = systemd_write_value (work->out, reply, name);
        }
      else if (rc >= 0)
        rc = sd_bus_message_skip (reply, "v");
      if (rc >= 0 && !err)
        rc = sd_bus_message_exit_container (reply);
    }
  return err ? err : rc < 0 ? systemd_error (work, rc, NULL, unit) : 0;
}

gpg_error_t
systemd_show (struct work *work)
{
  const char *unit = work_text (work, "unit");
  auto_unit_state struct unit_state state = UNIT_STATE_NONE;
  auto_message sd_bus_message *reply = NULL;
  size_t count = 0;
  sd_bus *bus;
  gpg_error_t err = systemd_bus (work, &bus);

  if (!err)
    err = unit_state_get (work, bus, unit, &state);
  if (!err)
    err = systemd_properties (work, bus, unit, &reply);
  if (!err)
    err = write_properties (work, reply, unit, &count);
  if (!err && !count)
    err = fail (&work->failure, GPG_ERR_NOT_FOUND,
                "%.60s has no property %.60s", unit,
                work_text (work, "property"));
  return err ? err : writer_record_end (work->out);
}

/* --- DEPS --- */

static const struct
{
  const char *property;
  const char *kind;
  bool reverse;
} dependencies[] = {
  { "Requires", "requires", false },
  { "Requisite", "requisite", false },
  { "BindsTo", "binds-to", false },
  { "Wants", "wants", false },
  { "PartOf", "part-of", false },
  { "Conflicts", "conflicts", false },
  { "TriggeredBy", "triggered-by", false },
  { "After", "after", false },
  { "RequiredBy", "required-by", true },
  { "RequisiteOf", "requisite-of", true },
  { "BoundBy", "bound-by", true },
  { "WantedBy", "wanted-by", true },
  { "ConsistsOf", "consists-of", true },
  { "ConflictedBy", "conflicted-by", true },
  { "Triggers", "triggers", true },
  { "Before", "before", true },
};

/* Write a record for each unit of the list that is the variant next in
   REPLY.  */
static gpg_error_t
write_dependencies (struct work *work, sd_bus_message *reply, const char *kind)
{
  gpg_error_t err = 0;
  const char *unit;
  int rc = sd_bus_message_enter_container (reply, 'v', "as");

  if (rc >= 0)
    rc = sd_bus_message_enter_container (reply, 'a', "s");
  while (rc >= 0 && !err && (rc = sd_bus_message_read (reply, "s", &unit)) > 0)
    {
      err = writer_field (work->out, "kind", "%s", kind);
      if (!err)
        err = writer_field (work->out, "unit", "%s", unit);
      if (!err)
        err = writer_record_end (work->out);
    }
  if (rc >= 0 && !err)
    rc = sd_bus_message_exit_container (reply);
  if (rc >= 0 && !err)
    rc = sd_bus_message_exit_container (reply);
  return err ? err : rc < 0 ? systemd_error (work, rc, NULL, kind) : 0;
}

/* The kind of property NAME, if it is asked for; else NULL.  */
static const char *
kind_of (const char *name, bool reverse)
{
  for (size_t i = 0; i < sizeof dependencies / sizeof *dependencies; i++)
    if (dependencies[i].reverse == reverse
        && !strcmp (dependencies[i].property, name))
      return dependencies[i].kind;
  return NULL;
}

gpg_error_t
systemd_deps (struct work *work)
{
  const char *unit = work_text (work, "unit");
  bool reverse = work_number (work, "reverse", 0);
  auto_unit_state struct unit_state state = UNIT_STATE_NONE;
  auto_message sd_bus_message *reply = NULL;
  const char *name, *kind;
  sd_bus *bus;
  gpg_error_t err = systemd_bus (work, &bus);
  int rc = 0;

  if (!err)
    err = unit_state_get (work, bus, unit, &state);
  if (!err)
    err = systemd_properties (work, bus, unit, &reply);
  if (!err)
    rc = sd_bus_message_enter_container (reply, 'a', "{sv}");
  while (!err && rc >= 0
         && (rc = sd_bus_message_enter_container (reply, 'e', "sv")) > 0)
    {
      rc = sd_bus_message_read (reply, "s", &name);
      kind = rc < 0 ? NULL : kind_of (name, reverse);
      if (kind)
        err = write_dependencies (work, reply, kind);
      else if (rc >= 0)
        rc = sd_bus_message_skip (reply, "v");
      if (rc >= 0 && !err)
        rc = sd_bus_message_exit_container (reply);
    }
  return err ? err : rc < 0 ? systemd_error (work, rc, NULL, unit) : 0;
}
