/* service.h - SERVICE: the services of a machine
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SERVICE_H
#define REEVE_SERVICE_H

#include "../../call/verb.h"

extern const struct noun service_noun;

#endif /* REEVE_SERVICE_H */
