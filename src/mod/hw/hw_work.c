/* hw_work.c - HW: what the machine worker does for it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stddef.h>

#include "hw_work.h"

const struct work_operation hw_operations[] = { { NULL, NULL, false } };
