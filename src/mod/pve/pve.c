/* pve.c - PVE: guests and nodes of a Proxmox VE cluster
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "pve.h"

#include "../../call/relay.h"
#include "golden.h"
#include "task_change.h"

#define ERRORS                                                                 \
  "CONFIGURATION: /etc/reeve/pve.conf is missing or wrong.\n"                  \
  "NETWORK: no server can be reached.\n"                                       \
  "NOT_TRUSTED: a server has the wrong certificate; it saw no token.\n"        \
  "BAD_AUTH: the server does not take the token; it never says why.\n"         \
  "UNFINISHED: the server's own daemon does not answer it.\n"                  \
  "FORBIDDEN: the token has not the right, told by the details privilege\n"    \
  "and path.\n"

#define TASK_FIELDS                                                            \
  "Answers a record: upid, status (running, stopped), outcome, exitstatus\n"    \
  "(the server's words), node, type, id, user, started.  Outcomes:\n"           \
  "  ok        it succeeded\n"                                                  \
  "  warnings  it succeeded, and warns; the field warnings is their number\n"   \
  "  failed    exitstatus says why\n"                                           \
  "  refused   a right was missing: privilege on path\n"                        \
  "  aborted   it was stopped, or died\n"                                       \
  "  queued    high availability was told, and does it later\n"                 \
  "  running   it has not ended\n"
#define UPID "UPID:pve1:0000006E:000455C2:6A0BB31C:vzstart:100:agent@pve!ops:"

static const struct verb verbs[] = {
  { .name = "VERSION",
    .args = "",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "the version of Proxmox VE",
    .help = "Answers a record: version (as 8.4.1), release (as 8.4), repoid.\n"
        ERRORS "Example: PVE VERSION" },
  { .name = "TASK-STATUS",
    .args = "<upid:upid>",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "whether a task runs, or how it ended",
    .help = TASK_FIELDS
        "NOT_FOUND: its node knows no such task (any more).\n"
        "Example: PVE TASK STATUS " UPID },
  { .name = "TASK-WAIT",
    .args = "[--stop-on-cancel] <upid:upid>...",
    .effect = EFFECT_READ,
    .run = pve_task_wait,
    .summary = "wait for the end of tasks",
    .help = "Answers a record, as TASK-STATUS does, for each task as it ends.\n"
        "The lines of a single one's log come as status lines PROGRESS.  A\n"
        "server that is away for a while ends nothing.  With --stop-on-cancel\n"
        "a client that gives up has the tasks stopped, if it may TASK-STOP.\n"
        "GENERAL: the task failed or was stopped (details upid, outcome,\n"
        "exitstatus, log: its last lines), or one of several did.\n"
        "FORBIDDEN: the task lacked a right (details privilege, path).\n"
        "TIMEOUT: the time limit ends the waiting, not the task.\n"
        "CANCELED: likewise; the detail stopped tells what was stopped.\n"
        "Example: PVE TASK WAIT --timeout=1h " UPID },
  { .name = "TASK-LOG",
    .args = "[--from=<line:int>] [--limit=<count:int>] [--follow] <upid:upid>",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "what a task wrote into its log",
    .help = "A list of lines.  LINE is the first one, counted from 1; there are\n"
        "at most COUNT.  With --follow what is written later comes too, until\n"
        "the task ends or the client gives up.\n"
        "Example: PVE TASK LOG --follow " UPID },
  { .name = "TASK-STOP",
    .args = "<upid:upid>",
    .effect = EFFECT_WRITE,
    .run = pve_task_stop,
    .done = relay_done,
    .summary = "stop a task",
    .help = "What it has done by then stays.  Waits for its end.\n"
        "Answers changed (no: it had ended), and what TASK-STATUS does.\n"
        "Example: PVE TASK STOP " UPID },
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
