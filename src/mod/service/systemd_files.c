/* systemd_files.c - which units start by themselves, and which never
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>

#include "../../../protocol/memory.h"
#include "systemd.h"

/* Write each change of REPLY's a(sss) as a field "change".  */
static gpg_error_t
write_changes (struct work *work, sd_bus_message *reply, size_t *r_count)
{
  const char *type, *path, *target;
  gpg_error_t err = 0;
  int rc = sd_bus_message_enter_container (reply, 'a', "(sss)");

  *r_count = 0;
  while (rc >= 0 && !err
         && (rc = sd_bus_message_read (reply, "(sss)", &type, &path, &target))
                > 0)
    {
      err = writer_field (work->out, "change", "%s %s%s%s", type, path,
                          *target ? " -> " : "", target);
      ++*r_count;
    }
  return err ? err : rc < 0 ? systemd_error (work, rc, NULL, NULL) : 0;
}

/* Ask for the change; the reply is before its list of changes.  */
static int
ask (sd_bus *bus, const char *action, const char *unit, sd_bus_error *error,
     sd_bus_message **r_reply, int *r_installable)
{
  int rc;

  *r_installable = true;
  if (!strcmp (action, "enable"))
    {
      rc = systemd_call (bus, "EnableUnitFiles", error, r_reply, "asbb", 1,
                         unit, false, false);
      return rc < 0 ? rc : sd_bus_message_read (*r_reply, "b", r_installable);
    }
  if (!strcmp (action, "mask"))
    return systemd_call (bus, "MaskUnitFiles", error, r_reply, "asbb", 1, unit,
                         false, false);
  return systemd_call (
      bus, !strcmp (action, "disable") ? "DisableUnitFiles" : "UnmaskUnitFiles",
      error, r_reply, "asb", 1, unit, false);
}

gpg_error_t
systemd_files (struct work *work, sd_bus *bus, const char *action,
               const char *unit)
{
  auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
  auto_unit_state struct unit_state state = UNIT_STATE_NONE;
  auto_message sd_bus_message *reply = NULL;
  int installable;
  size_t count;
  int rc = ask (bus, action, unit, &error, &reply, &installable);
  gpg_error_t err = rc < 0 ? systemd_error (work, rc, &error, unit) : 0;

  if (!err)
    err = writer_field_bool (work->out, "changed", true);
  if (!err)
    err = write_changes (work, reply, &count);
  if (!err && !installable && !count)
    return fail (&work->failure, GPG_ERR_NOT_SUPPORTED,
                 "%.60s cannot be enabled: its file has no [Install] section",
                 unit);
  /* What links say counts when the manager has read them.  */
  if (!err)
    {
      rc = systemd_call (bus, "Reload", &error, NULL, NULL);
      err = rc < 0 ? systemd_error (work, rc, &error, unit) : 0;
    }
  if (!err)
    err = unit_state_get (work, bus, unit, &state);
  return err ? err : unit_state_write (work, &state);
}
