/* hw_work.h - HW: what the machine worker does for it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_HW_WORK_H
#define REEVE_HW_WORK_H

#include "../../call/work.h"

extern const struct work_operation hw_operations[];

/* What is in it.  */
gpg_error_t work_scan (struct work *work);
gpg_error_t work_smart (struct work *work);
gpg_error_t work_selftest (struct work *work);
gpg_error_t work_selftest_undo (struct work *work);
gpg_error_t work_sensors (struct work *work);

#endif /* REEVE_HW_WORK_H */
