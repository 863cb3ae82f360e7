/* pve.c - PVE: guests and nodes of a Proxmox VE cluster
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "pve.h"

#include "../../call/relay.h"

#define ERRORS                                                                 \
  "CONFIGURATION: /etc/reeve/pve.conf is missing or wrong.\n"                  \
  "NETWORK: no server can be reached.\n"                                       \
  "NOT_TRUSTED: a server has the wrong certificate; it saw no token.\n"        \
  "BAD_AUTH: the server does not take the token; it never says why.\n"         \
  "UNFINISHED: the server's own daemon does not answer it.\n"                  \
  "FORBIDDEN: the token has not the right, told by the details privilege\n"    \
  "and path.\n"

static const struct verb verbs[] = {
  { .name = "VERSION",
    .args = "",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "the version of Proxmox VE",
    .help = "Answers a record: version (as 8.4.1), release (as 8.4), repoid.\n"
        ERRORS "Example: PVE VERSION" },
  { .name = NULL }
};

const struct noun pve_noun
    = { .name = "PVE",
        .summary = "guests and nodes of a Proxmox VE cluster",
        .help = "By the cluster's API, with the token that pve.conf names.\n"
                "All numbers of bytes are bytes, times are UTC.",
        .verbs = verbs,
        .flags = NOUN_HELPER_TRUSTED,
        .session_end = relay_end,
        .helper = RELAY_API };
