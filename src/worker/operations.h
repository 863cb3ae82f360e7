/* operations.h - what the modules have the machine worker do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_OPERATIONS_H
#define REEVE_OPERATIONS_H

#include "../call/work.h"

/* A table for each module, ending with NULL.  */
extern const struct work_operation *const operations[];

#endif /* REEVE_OPERATIONS_H */
