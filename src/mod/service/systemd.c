/* systemd.c - the back end of SERVICE that speaks to systemd
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "systemd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../base/bus.h"
#include "backend.h"

#define SLICE_US 100000 /* The longest wait without a look at WORK's end.  */

const struct backend systemd_backend = { .name = "systemd",
                                         .status = systemd_status,
                                         .list = systemd_list,
                                         .show = systemd_show,
                                         .deps = systemd_deps,
                                         .act = systemd_act,
                                         .watch = systemd_watch };

/* --- The connection --- */

gpg_error_t
systemd_bus (struct work *work, sd_bus **r_bus)
{
  static sd_bus *bus;
  const char *other = NULL;
  int rc, second;

  if (bus && !sd_bus_is_open (bus))
    bus = sd_bus_close_unref (bus);
  if (!bus)
    {
      rc = bus_open (work->machine, BUS_MANAGER, &bus);
      if (rc < 0)
        {
          second = bus_open (work->machine, BUS_SYSTEM, &bus);
          other = second < 0 ? strerror (-second) : NULL;
        }
      if (other)
        return fail (&work->failure, GPG_ERR_NO_SERVICE,
                     "systemd cannot be reached: %s; by the system bus: %s",
                     strerror (-rc), other);
    }
  *r_bus = bus;
  return 0;
}

int
systemd_call (sd_bus *bus, const char *method, sd_bus_error *error,
              sd_bus_message **r_reply, const char *types, ...)
{
  va_list arguments;
  int rc;

  va_start (arguments, types);
  rc = sd_bus_call_methodv (bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
                            method, error, r_reply, types, arguments);
  va_end (arguments);
  return rc;
}

int
systemd_wait (sd_bus *bus)
{
  int rc = sd_bus_process (bus, NULL);

  return rc ? rc : sd_bus_wait (bus, SLICE_US);
}

const char *
systemd_sender (sd_bus *bus)
{
  return sd_bus_is_bus_client (bus) > 0 ? SYSTEMD_NAME : NULL;
}

gpg_error_t
systemd_subscribe (struct work *work, sd_bus *bus)
{
  auto_bus_error sd_bus_error error = SD_BUS_ERROR_NULL;
  int rc = systemd_call (bus, "Subscribe", &error, NULL, NULL);

  if (rc < 0
      && !sd_bus_error_has_name (&error, SYSTEMD_NAME ".AlreadySubscribed"))
    return systemd_error (work, rc, &error, NULL);
  return 0;
}

/* --- Errors --- */

/* What an error of systemd means for a client; %s is the unit.  */
static const struct
{
  const char *name; /* Behind SYSTEMD_NAME.  */
  gpg_err_code_t code;
  const char *words;
} meanings[] = {
  { ".NoSuchUnit", GPG_ERR_NOT_FOUND,
    "there is no unit %s: SERVICE LIST lists them" },
  { ".UnitMasked", GPG_ERR_INV_STATE,
    "%s is masked: SERVICE UNMASK makes it usable" },
  { ".OnlyByDependency", GPG_ERR_NOT_SUPPORTED,
    "%s is only started and stopped by what depends on it" },
  { ".JobTypeNotApplicable", GPG_ERR_NOT_SUPPORTED,
    "%s cannot do this: it is no unit that can be reloaded or started" },
  { ".LoadFailed", GPG_ERR_BAD_DATA, "the file of %s cannot be loaded" },
  { ".BadUnitSetting", GPG_ERR_BAD_DATA, "the file of %s has a wrong setting" },
  { ".TransactionIsDestructive", GPG_ERR_CONFLICT,
    "%s: another job forbids it, the machine may be going down" },
  { ".TransactionJobsConflicting", GPG_ERR_CONFLICT,
    "%s: what it depends on is in conflict" },
  { ".TransactionOrderIsCyclic", GPG_ERR_CONFLICT,
    "%s: its dependencies have a cycle" },
  { ".ShuttingDown", GPG_ERR_CONFLICT, "%s: the machine is going down" },
};

/* Those that D-Bus knows, and system errors, by errno.  */
static gpg_err_code_t
code_of (int rc)
{
  switch (-rc)
    {
    case ENOENT:
    case EEXIST:
    case EINVAL:
    case EACCES:
    case EPERM:
    case ENOMEM:
      return gpg_err_code_from_errno (-rc);
    case ETIMEDOUT:
      return GPG_ERR_TIMEOUT;
    default:
      return GPG_ERR_GENERAL;
    }
}

gpg_error_t
systemd_error (struct work *work, int rc, const sd_bus_error *error,
               const char *unit)
{
  const char *name = error && error->name ? error->name : "";
  const char *said = error && error->message ? error->message : strerror (-rc);

  if (!unit)
    unit = "the unit";
  failure_detail (&work->failure, "reason", "%.300s", said);
  if (!strncmp (name, SYSTEMD_NAME, strlen (SYSTEMD_NAME)))
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
      if (!strcmp (name + strlen (SYSTEMD_NAME), meanings[i].name))
        {
          char words[200];

          /* One %s, of ours.  */
          const char *hole = strstr (meanings[i].words, "%s");

          snprintf (words, sizeof words, "%.*s%.60s%s",
                    (int)(hole - meanings[i].words), meanings[i].words, unit,
                    hole + 2);
          return fail (&work->failure, meanings[i].code, "%s", words);
        }
  return fail (&work->failure, code_of (rc), "%.60s: systemd: %.100s", unit,
               said);
}
