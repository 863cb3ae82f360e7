/* bus.c - a D-Bus service with one property, to compare with
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   bus ADDRESS: owns example.reeve.Bench on that bus and answers each call of
   org.freedesktop.DBus.Properties.Get with one string.  Ends with the bus or
   by SIGTERM.  */

#include <stdio.h>
#include <stdlib.h>

#include <dbus/dbus.h>

static DBusHandlerResult
on_message (DBusConnection *connection, DBusMessage *message, void *context)
{
  const char *value = "127.0.0.1";
  DBusMessageIter top, variant;
  DBusMessage *reply;

  (void)context;
  if (!dbus_message_is_method_call (message, DBUS_INTERFACE_PROPERTIES, "Get"))
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
  reply = dbus_message_new_method_return (message);
  if (!reply)
    return DBUS_HANDLER_RESULT_NEED_MEMORY;
  dbus_message_iter_init_append (reply, &top);
  if (!dbus_message_iter_open_container (&top, DBUS_TYPE_VARIANT, "s", &variant)
      || !dbus_message_iter_append_basic (&variant, DBUS_TYPE_STRING, &value)
      || !dbus_message_iter_close_container (&top, &variant)
      || !dbus_connection_send (connection, reply, NULL))
    return DBUS_HANDLER_RESULT_NEED_MEMORY;
  dbus_message_unref (reply);
  return DBUS_HANDLER_RESULT_HANDLED;
}

int
main (int argc, char **argv)
{
  static const DBusObjectPathVTable object = { .message_function = on_message };
  DBusError error = DBUS_ERROR_INIT;
  DBusConnection *connection;

  if (argc != 2)
    return 2;
  connection = dbus_connection_open_private (argv[1], &error);
  if (!connection || !dbus_bus_register (connection, &error)
      || dbus_bus_request_name (connection, "example.reeve.Bench", 0, &error)
             != DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER
      || !dbus_connection_register_object_path (connection, "/bench", &object,
                                                NULL))
    {
      fprintf (stderr, "bus: %s\n",
               error.message ? error.message : "cannot serve");
      return 1;
    }
  while (dbus_connection_read_write_dispatch (connection, -1))
    ;
  return 0;
}
