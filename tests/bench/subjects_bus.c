/* subjects_bus.c - D-Bus: a property read, and a connection for one
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <dbus/dbus.h>

#include "subject.h"

static DBusConnection *bus;

static DBusConnection *
open_bus (void)
{
  DBusError error = DBUS_ERROR_INIT;
  DBusConnection *connection = dbus_connection_open_private (places.bus,
                                                             &error);

  if (!connection || !dbus_bus_register (connection, &error))
    give_up ("%s: %s", places.bus, error.message);
  return connection;
}

static void
read_property (DBusConnection *connection)
{
  const char *interface = "example.reeve.Bench";
  const char *property = "Address";
  DBusError error = DBUS_ERROR_INIT;
  DBusMessage *call = dbus_message_new_method_call (
      "example.reeve.Bench", "/bench", DBUS_INTERFACE_PROPERTIES, "Get");
  DBusMessage *reply;

  if (!call
      || !dbus_message_append_args (call, DBUS_TYPE_STRING, &interface,
                                    DBUS_TYPE_STRING, &property,
                                    DBUS_TYPE_INVALID))
    give_up ("out of memory");
  reply = dbus_connection_send_with_reply_and_block (connection, call, 5000,
                                                     &error);
  if (!reply)
    give_up ("D-Bus: %s", error.message);
  dbus_message_unref (reply);
  dbus_message_unref (call);
}

static void
bus_prepare (void)
{
  bus = open_bus ();
}

static void
bus_call (void)
{
  read_property (bus);
}

static void
bus_connect (void)
{
  DBusConnection *connection = open_bus ();

  read_property (connection);
  dbus_connection_close (connection);
  dbus_connection_unref (connection);
}

const struct subject bus_subjects[]
    = { { "call.bus", bus_prepare, NULL, bus_call, 50 },
        { "connect.bus", NULL, NULL, bus_connect, 10 },
        { NULL, NULL, NULL, NULL, 0 } };
