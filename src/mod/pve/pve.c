/* pve.c - PVE: guests and nodes of a Proxmox VE cluster
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "pve.h"

#include "../../call/relay.h"
#include "golden.h"

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
    .help
    = "Answers a record: version (as 8.4.1), release (as 8.4), repoid.\n" ERRORS
      "Example: PVE VERSION" },
  { .name = "CREATE-GOLDEN",
    .args = "<vmid:vmid> <template:volid> <storage:storage> <size:size> "
            "[--cores=<cores:int>] [--memory=<memory:size>] "
            "[--hostname=<hostname:hostname>]",
    .effect = EFFECT_WRITE,
    .run = pve_create_golden,
    .done = relay_done,
    .summary = "create a container that may run containers",
    .help
    = "Creates the unprivileged container VMID with the features nesting and\n"
      "keyctl, on this node, which must be one of Proxmox VE.  The API lets\n"
      "only root@pam itself set keyctl, none of its tokens, so this is done\n"
      "by pct, as root, and needs no pve.conf; PVE RESTORE and PVE CLONE of\n"
      "the container keep the features.  TEMPLATE is\n"
      "STORAGE:vztmpl/NAME.tar.zst (or .gz or .xz), never a file; a rule\n"
      "can limit it, as all arguments: template=local:vztmpl/debian-*.\n"
      "The root file system has SIZE, whole GiB as 8G, on STORAGE.\n"
      "MEMORY is whole MiB, 16M at least; without it and CORES pct's own\n"
      "defaults hold.  There is no way back but PVE DESTROY: what was\n"
      "created stays.  Answers a record: changed, vmid.\n"
      "EEXIST: VMID is taken.\n"
      "NOT_FOUND: there is no such template or storage, or no pct (package\n"
      "pve-container) on this machine.\n"
      "INV_ARG: an argument is not as above.\n"
      "GENERAL: pct could not; the details exit_status and message tell why.\n"
      "TIMEOUT: pct was ended; look whether VMID is there and whole.\n"
      "Example: PVE CREATE-GOLDEN --dry-run 9000 "
      "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst local-zfs 8G" },
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
