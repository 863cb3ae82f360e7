/* bus.c - the services of systemd that know the machine
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "bus.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "../../base/bus.h"

#define FREEDESKTOP "org.freedesktop."
#define FREEDESKTOP_PATH "/org/freedesktop/"

const struct bus_service bus_hostnamed = { FREEDESKTOP "hostname1",
                                           FREEDESKTOP_PATH "hostname1",
                                           FREEDESKTOP "hostname1", false };
const struct bus_service bus_timedated = { FREEDESKTOP "timedate1",
                                           FREEDESKTOP_PATH "timedate1",
                                           FREEDESKTOP "timedate1", false };
const struct bus_service bus_localed = { FREEDESKTOP "locale1",
                                         FREEDESKTOP_PATH "locale1",
                                         FREEDESKTOP "locale1", false };
const struct bus_service bus_logind = { FREEDESKTOP "login1",
                                        FREEDESKTOP_PATH "login1",
                                        FREEDESKTOP "login1.Manager", false };
const struct bus_service bus_manager = { FREEDESKTOP "systemd1",
                                         FREEDESKTOP_PATH "systemd1",
                                         FREEDESKTOP "systemd1.Manager", true };

/* --- Connections --- */

sd_bus *
bus_connect (const struct work *work, const struct bus_service *service)
{
  static sd_bus *buses[2];
  sd_bus **bus = buses + service->manager;

  if (*bus && sd_bus_is_open (*bus) <= 0)
    *bus = sd_bus_close_unref (*bus);
  if (!*bus)
    bus_open (work->machine, service->manager ? BUS_MANAGER : BUS_SYSTEM, bus);
  return *bus;
}

/* --- Errors --- */

/* Whether an error says that there is no such service on this machine.  */
static bool
is_absent (int rc, const sd_bus_error *error)
{
  static const char *const names[] = {
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
    "org.freedesktop.systemd1.NoSuchUnit", "org.freedesktop.systemd1.UnitMasked"
  };
  static const char spawn[] = "org.freedesktop.DBus.Error.Spawn.";

  if (!error->name)
    return rc == -ECONNREFUSED || rc == -ECONNRESET || rc == -ENOTCONN
           || rc == -ENOENT;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp (error->name, names[i]))
      return true;
  return !strncmp (error->name, spawn, strlen (spawn));
}

static gpg_error_t
bus_fail (struct work *work, const struct bus_service *service, int rc,
          const sd_bus_error *error)
{
  const char *said = error->message ? error->message : strerror (-rc);

  failure_detail (&work->failure, "reason", "%.300s", said);
  return fail (&work->failure,
               rc == -ETIMEDOUT ? GPG_ERR_TIMEOUT : GPG_ERR_GENERAL,
               "%s: %.80s", service->name, said);
}

static gpg_error_t
no_bus (struct work *work, const struct bus_service *service)
{
  return fail (&work->failure, GPG_ERR_NO_SERVICE, "%s cannot be reached",
               service->name);
}

/* --- Properties and methods --- */

gpg_error_t
bus_property (struct work *work, const struct bus_service *service,
              const char *name, const char *type, sd_bus_message **r_reply)
{
  auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
  sd_bus *bus = bus_connect (work, service);
  int rc;

  *r_reply = NULL;
  if (!bus)
    return 0;
  rc = sd_bus_get_property (bus, service->manager ? NULL : service->name,
                            service->path, service->interface, name, &error,
                            r_reply, type);
  if (rc >= 0)
    return 0;
  *r_reply = NULL;
  return is_absent (rc, &error) ? 0 : bus_fail (work, service, rc, &error);
}

gpg_error_t
bus_text (struct work *work, const struct bus_service *service,
          const char *name, char **r_text)
{
  auto_message sd_bus_message *reply = NULL;
  const char *text = NULL;
  gpg_error_t err = bus_property (work, service, name, "s", &reply);

  *r_text = NULL;
  if (err || !reply)
    return err;
  if (sd_bus_message_read (reply, "s", &text) < 0)
    return gpg_error (GPG_ERR_INV_PACKET);
  *r_text = strdup (text);
  return *r_text ? 0 : gpg_error_from_syserror ();
}

gpg_error_t
bus_send (struct work *work, const struct bus_service *service,
          sd_bus_message *message)
{
  auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
  int rc = sd_bus_call (bus_connect (work, service), message, 0, &error, NULL);

  return rc < 0 ? bus_fail (work, service, rc, &error) : 0;
}

gpg_error_t
bus_call (struct work *work, const struct bus_service *service,
          const char *method, const char *types, ...)
{
  auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
  sd_bus *bus = bus_connect (work, service);
  va_list arguments;
  int rc;

  if (!bus)
    return no_bus (work, service);
  va_start (arguments, types);
  rc = sd_bus_call_methodv (bus, service->manager ? NULL : service->name,
                            service->path, service->interface, method, &error,
                            NULL, types, arguments);
  va_end (arguments);
  return rc < 0 ? bus_fail (work, service, rc, &error) : 0;
}
