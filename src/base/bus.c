/* bus.c - connections to systemd and to the system bus
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "bus.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "../../protocol/limits.h"
#include "../../protocol/memory.h"

/* The address goes by a descriptor: it has no limit of length, and needs no
   escapes.  */
int
bus_open (const struct machine *machine, enum bus_kind kind, sd_bus **r_bus)
{
  bool broker = kind == BUS_SYSTEM;
  auto_free char *path = machine_path (machine,
                                       broker ? "/run/dbus" : "/run/systemd");
  auto_close int fd = path ? open (path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
  sd_bus *bus = NULL;
  char address[100];
  int rc;

  *r_bus = NULL;
  if (fd < 0)
    return path ? -errno : -ENOMEM;
  snprintf (address, sizeof address, "unix:path=/proc/self/fd/%d/%s", fd,
            broker ? "system_bus_socket" : "private");
  rc = sd_bus_new (&bus);
  if (rc >= 0)
    rc = sd_bus_set_address (bus, address);
  if (rc >= 0)
    rc = broker ? sd_bus_set_bus_client (bus, true)
                : sd_bus_set_trusted (bus, true);
  if (rc >= 0)
    rc = sd_bus_set_method_call_timeout (bus, LIMIT_BUS_SECONDS
                                                  * UINT64_C (1000000));
  if (rc >= 0)
    rc = sd_bus_start (bus);
  if (rc >= 0)
    *r_bus = bus;
  else
    sd_bus_unref (bus);
  return rc < 0 ? rc : 0;
}
