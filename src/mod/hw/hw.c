/* hw.c - HW: the rows of disks, sensors and file systems
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stddef.h>

#include "../../call/relay.h"
#include "hw.h"

static const struct verb verbs[] = {
  { .name = "SCAN",
    .args = "",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "the disks of this machine",
    .help = "Answers records.\n"
            "Example: HW SCAN" },
  { .name = NULL }
};

const struct noun hw_noun
    = { .name = "HW",
        .summary = "disks, sensors and file systems",
        .help = "What the machine is made of, as its own programs tell it.",
        .verbs = verbs,
        .flags = NOUN_HELPER_TRUSTED,
        .session_end = relay_end,
        .helper = RELAY_PROGRAM };
