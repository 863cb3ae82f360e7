/* pve.c - PVE: guests and nodes of a Proxmox VE cluster
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "pve.h"

#include "../../call/relay.h"
#include "change.h"
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

/* What all have that change a guest.  */
#define WAYS "[--preflight] [--no-wait] [--stop-on-cancel] "
#define CHANGES                                                                \
  "Answers a record: changed, outcome, upid, exitstatus, warnings.\n"          \
  "GENERAL: the task failed: TASK-WAIT tells of its details.\n"                \
  "LOCKED: the guest stayed locked; the detail lock says by what.\n"
#define SNAPSHOT_FIRST                                                         \
  "With --snapshot one is taken before (field snapshot: its name).\n"
#define CONFLICT "CONFLICT: somebody else changed the configuration.\n"

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
  { .name = "START",
    .args = WAYS "<vmid:vmid>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "start a guest",
    .help = CHANGES
        "Example: PVE START 100" },
  { .name = "STOP",
    .args = WAYS "[--overrule-shutdown] <vmid:vmid>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "switch a guest off",
    .help = CHANGES
        "Like a power switch: what it had not written is lost.  With\n"
        "--overrule-shutdown (not before PVE 8) a SHUTDOWN that waits is ended.\n"
        "Example: PVE STOP 100" },
  { .name = "SHUTDOWN",
    .args = WAYS "[--force-stop] [--grace=<time:duration>] <vmid:vmid>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "have a guest shut down",
    .help = CHANGES
        "It has the time TIME for that; then it is switched off with\n"
        "--force-stop, and else the task fails.\n"
        "Example: PVE SHUTDOWN --grace=2min 100" },
  { .name = "REBOOT",
    .args = WAYS "[--grace=<time:duration>] <vmid:vmid>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "shut a guest down and start it",
    .help = CHANGES
        "Pending settings hold then.\n"
        "Example: PVE REBOOT 100" },
  { .name = "SUSPEND",
    .args = WAYS "<vmid:vmid>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "halt a guest as it is",
    .help = CHANGES
        "Example: PVE SUSPEND 200" },
  { .name = "RESUME",
    .args = WAYS "<vmid:vmid>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "let a guest go on",
    .help = CHANGES
        "Example: PVE RESUME 200" },
  { .name = "SNAPSHOT",
    .args = WAYS "[--description=<text:string>] [--vmstate] <vmid:vmid> "
            "<snapname:snapname>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "keep a guest's present state",
    .help = CHANGES
        "With --vmstate the memory of a virtual machine, too.\n"
        "Example: PVE SNAPSHOT 100 before-upgrade" },
  { .name = "ROLLBACK",
    .args = WAYS "[--start] <vmid:vmid> <snapname:snapname>",
    .effect = EFFECT_DESTROY,
    .run = pve_change,
    .done = relay_done,
    .summary = "put a guest back to a snapshot",
    .help = CHANGES
        "What was written since then is lost.\n"
        "Example: PVE ROLLBACK 100 before-upgrade" },
  { .name = "DELSNAPSHOT",
    .args = WAYS "[--force] <vmid:vmid> <snapname:snapname>",
    .effect = EFFECT_DESTROY,
    .run = pve_change,
    .done = relay_done,
    .summary = "delete a snapshot",
    .help = CHANGES
        "With --force it is forgotten even if its disks cannot be deleted.\n"
        "Example: PVE DELSNAPSHOT 100 before-upgrade" },
  { .name = "BACKUP",
    .args = WAYS "[--storage=<storage:storage>] "
            "[--mode=<mode:enum(snapshot|suspend|stop)>] "
            "[--compress=<how:enum(0|gzip|lzo|zstd)>] "
            "[--notes=<text:string>] <vmid:vmid>...",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "back guests up",
    .help = CHANGES
        "All are on one node.  No old backup is removed.  NOTES needs a STORAGE.\n"
        "Example: PVE BACKUP --storage=local --mode=stop 100" },
  { .name = "RESTORE",
    .args = WAYS "[--storage=<storage:storage>] [--force=<force:permit>] [--unique] "
            "[--start] [--kind=<kind:enum(lxc|qemu)>] [--node=<node:node>] "
            "<vmid:vmid> <volid:volid>",
    .effect = EFFECT_DESTROY,
    .run = pve_change,
    .done = relay_done,
    .summary = "make a guest of a backup",
    .help = CHANGES
        "A guest that exists is overwritten with --force, which a rule must name\n"
        "to allow it (force=1).  --unique gives it other network addresses.  KIND\n"
        "is that of the backup's name, NODE that of the old guest, or the only one.\n"
        "DUP_VALUE: there is such a guest.  MISSING_VALUE: KIND or NODE is needed.\n"
        "Example: PVE RESTORE --node=pve1 150 local:backup/vzdump-lxc-100-x.tar.zst" },
  { .name = "CLONE",
    .args = WAYS "[--name=<name:hostname>] [--full] [--storage=<storage:storage>] "
            "[--target=<node:node>] [--snapname=<snapshot:snapname>] <vmid:vmid> "
            "<newid:vmid>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "copy a guest",
    .help = CHANGES
        "Example: PVE CLONE --name=web2 100 151" },
  { .name = "RESIZE",
    .args = WAYS "[--snapshot] <vmid:vmid> <disk:string> <size:string>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "let a disk grow",
    .help = CHANGES
        "SIZE is 10G, or +2G for so much more (K, M, G, T).  PVE lets none shrink.\n"
        SNAPSHOT_FIRST
        CONFLICT
        "Example: PVE RESIZE 100 rootfs +2G" },
  { .name = "MIGRATE",
    .args = WAYS "[--online] [--restart] [--with-local-disks] "
            "[--storage=<storage:storage>] <vmid:vmid> <target:node>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "move a guest to another node",
    .help = CHANGES
        "A virtual machine that runs needs --online, a container --restart.\n"
        "Example: PVE MIGRATE --restart 100 pve2" },
  { .name = "SET",
    .args = WAYS "[--snapshot] [--delete=<names:string>] <vmid:vmid> "
            "[<setting:string>...]",
    .effect = EFFECT_WRITE,
    .run = pve_set,
    .done = relay_done,
    .summary = "change a guest's configuration",
    .help = CHANGES
        "Each SETTING is NAME=VALUE, in the words of pct.conf(5) and qm.conf(5);\n"
        "NAMES, with commas between, get their defaults.  A dry run shows old and\n"
        "new values.  The field pending names what waits for the next start.\n"
        SNAPSHOT_FIRST
        CONFLICT
        "INV_ARG: PVE takes no such value: detail parameter-NAME.\n"
        "Example: PVE SET 100 memory=512 cores=2" },
  { .name = "DESTROY",
    .args = WAYS "[--purge] [--force] [--unreferenced-disks] <vmid:vmid>",
    .effect = EFFECT_DESTROY,
    .run = pve_change,
    .done = relay_done,
    .summary = "delete a guest and its disks",
    .help = CHANGES
        "With --purge it is removed from backup jobs and high availability, too;\n"
        "--force stops a container first; --unreferenced-disks are those that\n"
        "have its number but no mention.\n"
        "Example: PVE DESTROY 100" },
  { .name = "DELETE-CONTENT",
    .args = WAYS "<node:node> <volid:volid>",
    .effect = EFFECT_DESTROY,
    .run = pve_change,
    .done = relay_done,
    .summary = "delete a volume, as a backup or an image",
    .help = CHANGES
        "Example: PVE DELETE-CONTENT pve1 local:backup/vzdump-lxc-100-x.tar.zst" },
  { .name = NULL }
};

const struct noun pve_noun
    = { .name = "PVE",
        .summary = "guests and nodes of a Proxmox VE cluster",
        .help
        = "By the cluster's API, with the token that pve.conf names.\n"
          "All numbers of bytes are bytes, times are UTC.\n"
          "Each change waits for the end of its task, whose log comes as\n"
          "status lines PROGRESS; with --no-wait only for its start.  A client\n"
          "that gives up ends the waiting, with --stop-on-cancel the task, too.\n"
          "With --preflight the token's rights are looked at before anything\n"
          "begins; FORBIDDEN then names all that is missing.",
        .verbs = verbs,
        .flags = NOUN_HELPER_TRUSTED,
        .session_end = relay_end,
        .helper = RELAY_API };
