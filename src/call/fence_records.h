/* fence_records.h - fences as records
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_FENCE_RECORDS_H
#define REEVE_FENCE_RECORDS_H

#include <gpg-error.h>
#include "writer.h"

/* Write, for each word of NAMES, a record for GETINFO fences: whether it holds
   for PROCESS, as it does if it is one of the words of REPORT (which may be
   NULL).  See ../base/fence.h.  */
gpg_error_t fence_records_write (struct writer *out, const char *process,
                                 const char *names, const char *report);

#endif /* REEVE_FENCE_RECORDS_H */
