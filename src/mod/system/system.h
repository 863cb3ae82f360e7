/* system.h - SYSTEM: the machine itself
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SYSTEM_H
#define REEVE_SYSTEM_H

#include "../../call/verb.h"

extern const struct noun system_noun;

/* Handlers that other files have.  */
gpg_error_t system_metrics (struct call *call);

#endif /* REEVE_SYSTEM_H */
