/* operations.h - what SYSTEM has the machine worker do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SYSTEM_OPERATIONS_H
#define REEVE_SYSTEM_OPERATIONS_H

#include "../../call/work.h"

extern const struct work_operation system_operations[];

#endif /* REEVE_SYSTEM_OPERATIONS_H */
