/* operations.h - what SERVICE has the machine worker do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SERVICE_OPERATIONS_H
#define REEVE_SERVICE_OPERATIONS_H

#include "../../call/work.h"

extern const struct work_operation service_operations[];

#endif /* REEVE_SERVICE_OPERATIONS_H */
