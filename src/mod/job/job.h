/* job.h - JOB: what is carried out while nobody waits
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_MOD_JOB_H
#define REEVE_MOD_JOB_H

#include "../../call/verb.h"

extern const struct noun job_noun;

#endif /* REEVE_MOD_JOB_H */
