/* selftest.h - HW SELFTEST
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SELFTEST_H
#define REEVE_SELFTEST_H

#include "../../call/call.h"

/* Its handler.  */
gpg_error_t hw_selftest (struct call *call);

#endif /* REEVE_SELFTEST_H */
