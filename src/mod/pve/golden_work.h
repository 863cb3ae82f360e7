/* golden_work.h - what PVE has the machine worker do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   All else of PVE is the API worker's.  */

#ifndef REEVE_PVE_GOLDEN_WORK_H
#define REEVE_PVE_GOLDEN_WORK_H

#include "../../call/work.h"

extern const struct work_operation golden_operations[];

/* What is in it.  */
gpg_error_t work_create_golden (struct work *work);

#endif /* REEVE_PVE_GOLDEN_WORK_H */
