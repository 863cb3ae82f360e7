/* operations.c - what the modules have the machine worker do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "operations.h"

#include <stddef.h>

#include "../mod/hw/hw_work.h"
#include "../mod/pve/golden_work.h"
#include "../mod/service/operations.h"
#include "../mod/system/operations.h"

const struct work_operation *const operations[] = {
  hw_operations, golden_operations, service_operations, system_operations, NULL
};
