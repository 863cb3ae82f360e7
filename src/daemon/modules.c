/* modules.c - the nouns of this program
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stddef.h>

#include "../mod/aug/aug.h"
#include "../mod/audit/audit.h"
#include "../mod/hw/hw.h"
#include "../mod/job/job.h"
#include "../mod/module/module.h"
#include "../mod/policy/policy.h"
#include "../mod/pve/pve.h"
#include "../mod/service/service.h"
#include "../mod/system/system.h"
#include "daemon.h"

const struct noun *const daemon_nouns[]
    = { &aug_noun,    &audit_noun, &hw_noun,      &job_noun,    &module_noun,
        &policy_noun, &pve_noun,   &service_noun, &system_noun, NULL };
