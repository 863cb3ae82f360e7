/* change.h - the verbs of SYSTEM that change the machine
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SYSTEM_CHANGE_H
#define REEVE_SYSTEM_CHANGE_H

#include "../../call/call.h"

/* HOSTNAME, TIMEZONE, LOCALE.  */
gpg_error_t system_hostname (struct call *call);
gpg_error_t system_timezone (struct call *call);
gpg_error_t system_locale (struct call *call);

/* Their "done": the answer.  */
gpg_error_t system_set (struct call *call, gpg_error_t err);

/* REBOOT, SHUTDOWN (power.c).  */
gpg_error_t system_power (struct call *call);

#endif /* REEVE_SYSTEM_CHANGE_H */
