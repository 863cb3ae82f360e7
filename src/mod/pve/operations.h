/* operations.h - what PVE has the API worker do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_OPERATIONS_H
#define REEVE_PVE_OPERATIONS_H

#include "../../call/work.h"

extern const struct work_operation pve_operations[];

#endif /* REEVE_PVE_OPERATIONS_H */
