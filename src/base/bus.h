/* bus.h - connections to systemd and to the system bus
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   For the machine worker, which is alone in linking libsystemd.  */

#ifndef REEVE_BUS_H
#define REEVE_BUS_H

#include <systemd/sd-bus.h>
#include "machine.h"

enum bus_kind
{
  BUS_MANAGER, /* The private socket of systemd, without a broker: only for
                  the user whose manager it is.  */
  BUS_SYSTEM   /* The system bus.  */
};

/* Connect to that of MACHINE.  An answer may take LIMIT_BUS_SECONDS.  Returns 0
   or a negative errno.  */
int bus_open (const struct machine *machine, enum bus_kind kind,
              sd_bus **r_bus);

#endif /* REEVE_BUS_H */
