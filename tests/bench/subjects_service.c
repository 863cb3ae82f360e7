/* subjects_service.c - the state of a unit: by SERVICE STATUS, and bare
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "subject.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define STATUS "SERVICE STATUS bench.service\n"

static int reeve_fd;
static sd_bus *bus;
static char *unit_path;

static void
reeve_prepare (void)
{
  reeve_fd = wire_connect (places.reeve);
  wire_login (reeve_fd);
  wire_exchange (reeve_fd, STATUS, 1);
}

static void
reeve_status (void)
{
  wire_exchange (reeve_fd, STATUS, 1);
}

static void
bus_prepare (void)
{
  char address[256];

  snprintf (address, sizeof address, "unix:path=%s", places.manager);
  if (sd_bus_new (&bus) < 0 || sd_bus_set_address (bus, address) < 0
      || sd_bus_set_trusted (bus, 1) < 0 || sd_bus_start (bus) < 0
      || sd_bus_path_encode ("/org/freedesktop/systemd1/unit", "bench.service",
                             &unit_path)
             < 0)
    give_up ("%s: no connection", places.manager);
}

/* Where SERVICE STATUS has its fields from; they are not even read here.  */
static void
bus_status (void)
{
  sd_bus_error error = SD_BUS_ERROR_NULL;
  sd_bus_message *reply = NULL;

  if (sd_bus_call_method (bus, SYSTEMD, unit_path,
                          "org.freedesktop.DBus.Properties", "GetAll", &error,
                          &reply, "s", "")
      < 0)
    give_up ("systemd: %s", error.message);
  sd_bus_message_unref (reply);
}

const struct subject service_subjects[]
    = { { "status.reeve", reeve_prepare, NULL, reeve_status, 20 },
        { "status.bus", bus_prepare, NULL, bus_status, 20 },
        { NULL, NULL, NULL, NULL, 0 } };
