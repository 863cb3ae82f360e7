/* systemd.h - what the files that speak to systemd share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The interface is that of org.freedesktop.systemd1(5).  */

#ifndef REEVE_SERVICE_SYSTEMD_H
#define REEVE_SERVICE_SYSTEMD_H

#include <systemd/sd-bus.h>

#include "../../call/work.h"

#define SYSTEMD_NAME "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD_NAME ".Manager"
#define SYSTEMD_UNITS SYSTEMD_PATH "/unit"

#define auto_bus_error __attribute__ ((cleanup (sd_bus_error_free)))
#define auto_message __attribute__ ((cleanup (sd_bus_message_unrefp)))

/* The connection of this process, made when it is first needed, and anew when
   it broke: to the manager's private socket where that may be used, else to
   the system bus.  */
gpg_error_t systemd_bus (struct work *work, sd_bus **r_bus);

/* Words for the number RC that a function of sd-bus returned, or for ERROR,
   if it is set, which is about UNIT (may be NULL).  */
gpg_error_t systemd_error (struct work *work, int rc, const sd_bus_error *error,
                           const char *unit);

/* Call METHOD of the manager with arguments of TYPES.  ERROR is for the
   caller.  *R_REPLY may be NULL.  */
int systemd_call (sd_bus *bus, const char *method, sd_bus_error *error,
                  sd_bus_message **r_reply, const char *types, ...);

/* Let BUS handle what there is, and wait for more at most as long as a look at
   the end of the work may be late.  */
int systemd_wait (sd_bus *bus);

/* Who must have sent a signal: on a bus anybody may send one.  */
const char *systemd_sender (sd_bus *bus);

/* Have the manager send signals to this connection.  */
gpg_error_t systemd_subscribe (struct work *work, sd_bus *bus);

/* What STATUS tells of a unit.  Texts are "" where they are not known, numbers
   UINT64_MAX.  */
struct unit_state
{
  char *id;
  char *description;
  char *load;
  char *active;
  char *sub;
  char *enabled;
  char *result;
  char *fragment;
  char *invocation; /* Another one after each start that was tried.  */
  uint64_t main_pid;
  uint64_t since; /* Microseconds after 1970.  */
  uint64_t memory;
  uint64_t tasks;
  uint64_t restarts;
};

#define UNIT_STATE_NONE                                                        \
  {                                                                            \
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0        \
  }
#define auto_unit_state __attribute__ ((cleanup (unit_state_release)))

/* Ask for it.  GPG_ERR_NOT_FOUND: there is no such unit.  */
gpg_error_t unit_state_get (struct work *work, sd_bus *bus, const char *unit,
                            struct unit_state *r_state);
void unit_state_release (struct unit_state *state);

/* Write the fields of STATUS and end the record.  */
gpg_error_t unit_state_write (struct work *work,
                              const struct unit_state *state);

/* Read the a{sv} that all properties of UNIT are.  */
gpg_error_t systemd_properties (struct work *work, sd_bus *bus,
                                const char *unit, sd_bus_message **r_reply);

/* Write the value that is next in MESSAGE, whatever its type, as the field
   NAME.  */
gpg_error_t systemd_write_value (struct writer *out, sd_bus_message *message,
                                 const char *name);

gpg_error_t systemd_status (struct work *work);
gpg_error_t systemd_list (struct work *work);
gpg_error_t systemd_show (struct work *work);
gpg_error_t systemd_deps (struct work *work);
gpg_error_t systemd_act (struct work *work, const char *action);
gpg_error_t systemd_watch (struct work *work);

/* The part of systemd_act that is about a unit's files.  */
gpg_error_t systemd_files (struct work *work, sd_bus *bus, const char *action,
                           const char *unit);

#endif /* REEVE_SERVICE_SYSTEMD_H */
