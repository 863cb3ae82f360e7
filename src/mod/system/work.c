/* work.c - what SYSTEM has the machine worker do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "describe.h"
#include "operations.h"
#include "settings.h"

const struct work_operation system_operations[]
    = { { "SYSTEM INFO", describe_machine, false },
        { "SYSTEM TIME", describe_time, false },
        { "SYSTEM UPDATES-NEEDED", describe_updates, false },
        { "system hostname", hostname_look, false },
        { "system timezone", timezone_look, false },
        { "system locale", locale_look, false },
        { "system power", power_look, false },
        { "hostname set", hostname_set, true },
        { "hostname set undo", hostname_undo, true },
        { "timezone set", timezone_set, true },
        { "timezone set undo", timezone_undo, true },
        { "locale set", locale_set, true },
        { "locale set undo", locale_undo, true },
        { "power act", power_act, true },
        { "power undo", power_undo, true },
        { NULL, NULL, false } };
