/* systemd_watch.c - SERVICE WATCH through systemd
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "systemd.h"

/* What is watched, and the error that ended it.  */
struct watch
{
  struct work *work;
  sd_bus *bus;
  gpg_error_t err;
};

/* Whether UNIT is one of those that are watched.  */
static bool
is_watched (const struct work *work, const char *unit)
{
  const char *one = work_text (work, "unit");

  if (!one)
    return true;
  for (size_t i = 0; one; one = work_text_at (work, "unit", ++i))
    if (!strcmp (one, unit))
      return true;
  return false;
}

static gpg_error_t
tell (struct work *work, const char *unit, const char *active, const char *sub)
{
  return work_status (work, "UNIT", "%s %s %s", unit, active, sub);
}

/* Read the states out of what changed, an a{sv}.  */
static int
read_states (sd_bus_message *message, const char **r_active, const char **r_sub)
{
  const char *name;
  int rc = sd_bus_message_enter_container (message, 'a', "{sv}");

  *r_active = *r_sub = NULL;
  while (rc >= 0
         && (rc = sd_bus_message_enter_container (message, 'e', "sv")) > 0)
    {
      rc = sd_bus_message_read (message, "s", &name);
      if (rc >= 0 && !strcmp (name, "ActiveState"))
        rc = sd_bus_message_read (message, "v", "s", r_active);
      else if (rc >= 0 && !strcmp (name, "SubState"))
        rc = sd_bus_message_read (message, "v", "s", r_sub);
      else if (rc >= 0)
        rc = sd_bus_message_skip (message, "v");
      if (rc >= 0)
        rc = sd_bus_message_exit_container (message);
    }
  return rc;
}

/* PropertiesChanged (s interface, a{sv} changed, as invalidated).  */
static int
changed (sd_bus_message *message, void *context, sd_bus_error *error)
{
  struct watch *watch = context;
  const char *path = sd_bus_message_get_path (message);
  auto_free char *unit = NULL;
  const char *interface, *active, *sub;

  (void)error;
  if (watch->err || !path
      || sd_bus_path_decode (path, SYSTEMD_UNITS, &unit) <= 0
      || sd_bus_message_read (message, "s", &interface) < 0
      || strcmp (interface, SYSTEMD_NAME ".Unit")
      || read_states (message, &active, &sub) < 0 || !active || !sub
      || !is_watched (watch->work, unit))
    return 0;
  watch->err = tell (watch->work, unit, active, sub);
  return 0;
}

/* The states in which those begin that are named.  */
static gpg_error_t
tell_present (struct work *work, sd_bus *bus)
{
  const char *unit = work_text (work, "unit");
  gpg_error_t err = 0;

  for (size_t i = 0; unit && !err; unit = work_text_at (work, "unit", ++i))
    {
      auto_unit_state struct unit_state state = UNIT_STATE_NONE;

      err = unit_state_get (work, bus, unit, &state);
      if (!err)
        err = tell (work, unit, state.active, state.sub);
    }
  return err;
}

gpg_error_t
systemd_watch (struct work *work)
{
  struct watch watch = { work, NULL, 0 };
  sd_bus_slot *slot = NULL;
  gpg_error_t err = systemd_bus (work, &watch.bus);
  int rc = 0;

  if (!err)
    err = systemd_subscribe (work, watch.bus);
  if (!err)
    {
      rc = sd_bus_match_signal (watch.bus, &slot, systemd_sender (watch.bus),
                                NULL, "org.freedesktop.DBus.Properties",
                                "PropertiesChanged", changed, &watch);
      err = rc < 0 ? systemd_error (work, rc, NULL, NULL)
                   : tell_present (work, watch.bus);
    }
  while (!err && !watch.err && rc >= 0 && !work_ended (work))
    rc = systemd_wait (watch.bus);
  sd_bus_slot_unref (slot);
  if (err || watch.err)
    return err ? err : watch.err;
  if (rc < 0)
    return systemd_error (work, rc, NULL, NULL);
  return 0;
}
