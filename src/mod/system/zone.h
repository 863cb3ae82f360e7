/* zone.h - the zone database of the machine
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SYSTEM_ZONE_H
#define REEVE_SYSTEM_ZONE_H

#include <gpg-error.h>
#include "../../base/machine.h"

#define ZONE_DIRECTORY "/usr/share/zoneinfo"

/* Whether the database has the zone NAME: a regular file with the data of a
   zone (tzfile(5)), reached without leaving the database, whatever links are
   there.  GPG_ERR_NOT_FOUND.  */
gpg_error_t zone_check (const struct machine *machine, const char *name,
                        struct failure *failure);

/* The name of the zone that /etc/localtime links to, for the caller to free:
   "" if there is no such file, NULL if it is no link into the database.  */
gpg_error_t zone_now (const struct machine *machine, char **r_name);

#endif /* REEVE_SYSTEM_ZONE_H */
