/* bus.h - the services of systemd that know the machine
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   hostnamed, timedated, localed and logind are on the system bus; the manager
   is there, and on a socket of its own.  Their interfaces are described by
   org.freedesktop.hostname1(5), timedate1(5), locale1(5), login1(5).  */

#ifndef REEVE_SYSTEM_BUS_H
#define REEVE_SYSTEM_BUS_H

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "../../call/work.h"

#define auto_bus_error __attribute__ ((cleanup (sd_bus_error_free)))
#define auto_message __attribute__ ((cleanup (sd_bus_message_unrefp)))

/* A service: its name is that of its interface, too.  */
struct bus_service
{
  const char *name;
  const char *path;
  const char *interface;
  bool manager; /* The manager's own socket.  */
};

extern const struct bus_service bus_hostnamed;
extern const struct bus_service bus_timedated;
extern const struct bus_service bus_localed;
extern const struct bus_service bus_logind;
extern const struct bus_service bus_manager;

/* The connection of this process that leads to SERVICE, or NULL: there is
   none.  */
sd_bus *bus_connect (const struct work *work,
                     const struct bus_service *service);

/* The property NAME, a text, of SERVICE, for the caller to free; NULL: the
   service does not run and cannot be started on this machine.  */
gpg_error_t bus_text (struct work *work, const struct bus_service *service,
                      const char *name, char **r_text);

/* The same for a property of any type: *R_REPLY stands at its value.  */
gpg_error_t bus_property (struct work *work, const struct bus_service *service,
                          const char *name, const char *type,
                          sd_bus_message **r_reply);

/* Call METHOD of SERVICE with arguments of TYPES.  */
gpg_error_t bus_call (struct work *work, const struct bus_service *service,
                      const char *method, const char *types, ...);

/* Send MESSAGE, a call of SERVICE.  */
gpg_error_t bus_send (struct work *work, const struct bus_service *service,
                      sd_bus_message *message);

#endif /* REEVE_SYSTEM_BUS_H */
