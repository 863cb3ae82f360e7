/* pve.c - PVE: guests and nodes of a Proxmox VE cluster
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "pve.h"

#include "../../call/relay.h"
#include "change.h"
#include "fences.h"
#include "golden.h"
#include "help.h"
#include "help_read.h"
#include "selftest_task.h"
#include "task_change.h"

static const struct verb verbs[] = {
  { .name = "VERSION",
    .args = "",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "the version of Proxmox VE",
    .help
    = "Answers a record: version (as 8.4.1), release (as 8.4), repoid.\n" ERRORS
      "Example: PVE VERSION" },
  { .name = "NODES",
    .args = "",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "the nodes of the cluster",
    .help
    = "Answers a record for each, with what is known of it:\n"
      "  node, status        online, offline or unknown\n" USAGE
      "  level               of its subscription, if it has one\n"
      "  fingerprint         SHA-256 of its certificate, for pve.conf\n" ERRORS
      "Example: PVE NODES" },
  { .name = "STATUS",
    .args = "<node:node>",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "how a node is",
    .help = STATUS_HELP },
  { .name = "GUESTS",
    .args = "[--node=<node:node>] [--kind=<kind:enum(lxc|qemu)>]",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "the containers and virtual machines",
    .help = "Answers a record for each that the token may see, in the order\n"
            "of numbers.  They are in the cluster's list, which is some\n"
            "seconds old; with --node that node is asked, containers "
            "first.\n" GUEST_FIELDS
            "  pool, ha_state      not with --node\n" USAGE ERRORS
            "Example: PVE GUESTS --kind=lxc" },
  { .name = "GUEST",
    .args = "<vmid:vmid>",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "how a guest is now",
    .help
    = "Answers a record, of what is known:\n" GUEST_FIELDS
      "  ha_managed          yes or no: by high availability\n"
      "  ha_state            started, stopped, ...\n" USAGE
      "  pid                 of its process on the node\n"
      "  qmp_status          running, paused, ...\n"
      "  machine, qemu_version   what runs\n"
      "  agent               yes or no: it is configured\n"
      "  pressure_cpu_some, pressure_cpu_full, pressure_io_some,\n"
      "  pressure_io_full, pressure_memory_some, pressure_memory_full\n"
      "                      how much it stalls; since PVE 9\n" ERRORS NOT_FOUND
      "Example: PVE GUEST 100" },
  { .name = "CONFIG",
    .args = "[--current] [--snapshot=<snapshot:snapname>] <vmid:vmid>",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "how a guest is configured",
    .help = "Answers a record of each setting under its name in Proxmox VE,\n"
            "sorted, as it will be at the next start; with --current as it\n"
            "is in force, or as it was at SNAPSHOT.  The field digest tells "
            "one configuration from\n"
            "another.  memory and swap are MiB.\n" ERRORS NOT_FOUND
            "Example: PVE CONFIG 100" },
  { .name = "PENDING",
    .args = "<vmid:vmid>",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "settings that wait for a guest's next start",
    .help = "Answers a record for each, none if nothing waits:\n"
            "  setting\n"
            "  value               now, if it is set\n"
            "  pending             what it will be, unless it goes\n"
            "  delete              yes or no: it goes\n" ERRORS NOT_FOUND
            "Example: PVE PENDING 100" },
  { .name = "SNAPSHOTS",
    .args = "<vmid:vmid>",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "the snapshots of a guest",
    .help = "Answers a record for each, the oldest first:\n"
            "  name\n"
            "  created             when (UTC)\n"
            "  parent              the snapshot before it\n"
            "  memory              yes or no: it has the memory, too\n"
            "  description\n"
            "  current             yes for that which the guest goes on "
            "from\n" ERRORS NOT_FOUND "Example: PVE SNAPSHOTS 100" },
  { .name = "STORAGES",
    .args = "[<node:node>]",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "the storages of a node, or of all",
    .help = STORAGES_HELP },
  { .name = "CONTENT",
    .args = "[--content=<content:enum(backup|images|import|iso|rootdir|"
            "snippets|vztmpl)>] [--vmid=<vmid:vmid>] <node:node> "
            "<storage:storage>",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "the volumes of a storage",
    .help = CONTENT_HELP },
  { .name = "TASKS",
    .args = "[--node=<node:node>] [--vmid=<vmid:vmid>] [--running] [--errors] "
            "[--limit=<limit:int=50>] [--since=<since:string>]",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "what runs, and what was done",
    .help = TASKS_HELP },
  { .name = "RESOURCES",
    .args = "[--type=<type:enum(vm|node|storage|sdn)>]",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "all that the cluster has",
    .help = RESOURCES_HELP },
  { .name = "PERMISSIONS",
    .args = "[--path=<path:string>]",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "what the token may",
    .help
    = "Answers a record for each path where the token has rights, or\n"
      "for PATH, none if it has none:\n"
      "  path                as /vms/100\n"
      "  privileges          a list, as VM.Audit\n"
      "  only_here           those of them that do not hold below\n" ERRORS
      "Example: PVE PERMISSIONS --path=/vms/100" },
  { .name = "DISKS",
    .args = "<node:node>",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "the disks of a node",
    .help = DISKS_HELP },
  { .name = "NEXTID",
    .args = "[<vmid:vmid>]",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "a free number for a guest",
    .help = "Answers a record: vmid, the first that is free, or VMID if it\n"
            "is.  Nothing reserves it.\n" ERRORS
            "DUP_VALUE: there is such a guest already.\n"
            "Example: PVE NEXTID" },
  { .name = "TASK-STATUS",
    .args = "<upid:upid>",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "whether a task runs, or how it ended",
    .help = TASK_FIELDS "NOT_FOUND: its node knows no such task (any more).\n"
                        "Example: PVE TASK STATUS " UPID },
  { .name = "TASK-WAIT",
    .args = "[--stop-on-cancel] <upid:upid>...",
    .effect = EFFECT_READ,
    .run = pve_task_wait,
    .summary = "wait for the end of tasks",
    .help = TASK_WAIT_HELP },
  { .name = "TASK-LOG",
    .args = "[--from=<line:int>] [--limit=<count:int>] [--follow] <upid:upid>",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "what a task wrote into its log",
    .help
    = "A list of lines.  LINE is the first one, counted from 1; there are\n"
      "at most COUNT.  With --follow what is written later comes too, until\n"
      "the task ends or the client gives up.\n"
      "Example: PVE TASK LOG --follow " UPID },
  { .name = "TASK-STOP",
    .args = "<upid:upid>",
    .effect = EFFECT_WRITE,
    .run = pve_task_stop,
    .done = relay_done,
    .summary = "stop a task",
    .help = TASK_STOP_HELP },
  { .name = "CREATE-GOLDEN",
    .args = "<vmid:vmid> <template:volid> <storage:storage> <size:size> "
            "[--cores=<cores:int>] [--memory=<memory:size>] "
            "[--hostname=<hostname:hostname>]",
    .effect = EFFECT_WRITE,
    .run = pve_create_golden,
    .done = relay_done,
    .summary = "create a container that may run containers",
    .help = GOLDEN_HELP },
  { .name = "START",
    .args = WAYS "<vmid:vmid>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "start a guest",
    .help = CHANGES "Example: PVE START 100" },
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
    .also = "force-stop:STOP",
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
    .help = CHANGES "Pending settings hold then.\n"
                    "Example: PVE REBOOT 100" },
  { .name = "SUSPEND",
    .args = WAYS "<vmid:vmid>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "halt a guest as it is",
    .help = CHANGES "It stands still and keeps its memory.\n"
                    "Example: PVE SUSPEND 200" },
  { .name = "RESUME",
    .args = WAYS "<vmid:vmid>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "let a guest go on",
    .help = CHANGES "Example: PVE RESUME 200" },
  { .name = "SNAPSHOT",
    .args = WAYS "[--description=<text:string>] [--vmstate] <vmid:vmid> "
                 "<snapname:snapname>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "keep a guest's present state",
    .help = CHANGES
    "With --vmstate the memory of a virtual machine, too.  The field\n"
    "snapshot is its name.\n"
    "Example: PVE SNAPSHOT 100 before-upgrade" },
  { .name = "ROLLBACK",
    .args = WAYS "[--start] <vmid:vmid> <snapname:snapname>",
    .effect = EFFECT_DESTROY,
    .also = "start:START",
    .run = pve_change,
    .done = relay_done,
    .summary = "put a guest back to a snapshot",
    .help = CHANGES
    "What was written since then is lost.  With --start it is started.\n"
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
    .also = "mode=stop:REBOOT mode=suspend:SUSPEND",
    .run = pve_change,
    .done = relay_done,
    .summary = "back guests up",
    .help = CHANGES
    "All are on one node.  No old backup is removed.  NOTES needs a\n"
    "STORAGE.  With a STORAGE the list volid has the new backups.  What is\n"
    "not said (STORAGE, MODE, HOW) is as in the node's vzdump.conf.\n"
    "Example: PVE BACKUP --storage=local --mode=snapshot 100" },
  { .name = "RESTORE",
    .args = WAYS
    "[--storage=<storage:storage>] [--force=<force:permit>] [--unique] "
    "[--start] [--kind=<kind:enum(lxc|qemu)>] [--node=<node:node>] "
    "<vmid:vmid> <volid:volid>",
    .effect = EFFECT_DESTROY,
    .also = "force:DESTROY start:START",
    .run = pve_change,
    .done = relay_done,
    .summary = "make a guest of a backup",
    .help = CHANGES
    "A guest that exists is overwritten with --force, which a rule must name\n"
    "to allow it (force=1).  --unique gives it other network addresses.  KIND\n"
    "is that of the backup's name, NODE that of the old guest, or the only\n"
    "one.  Disks go to STORAGE, or to where they were.\n"
    "DUP_VALUE: it is there already.  MISSING_VALUE: KIND or NODE is needed.\n"
    "Example: PVE RESTORE --node=pve1 150 " BACKUP },
  { .name = "CLONE",
    .args = WAYS
    "[--name=<name:hostname>] [--full] [--storage=<storage:storage>] "
    "[--target=<node:node>] [--snapname=<snapshot:snapname>] <vmid:vmid> "
    "<newid:vmid>",
    .effect = EFFECT_WRITE,
    .run = pve_change,
    .done = relay_done,
    .summary = "copy a guest",
    .help = CHANGES
    "NEWID is the copy's number, TARGET its node, SNAPSHOT the state that is\n"
    "copied.  A template's copy keeps what differs only, unless it is --full;\n"
    "then it goes to STORAGE.\n"
    "Example: PVE CLONE --name=web2 100 151" },
  { .name = "RESIZE",
    .args = WAYS "[--snapshot] <vmid:vmid> <disk:string> <size:string>",
    .effect = EFFECT_WRITE,
    .also = "snapshot:SNAPSHOT",
    .run = pve_change,
    .done = relay_done,
    .summary = "let a disk grow",
    .help = CHANGES "SIZE is 10G, or +2G for so much more (K, M, G, T).  PVE "
                    "lets none shrink.\n" SNAPSHOT_FIRST CONFLICT
                    "Example: PVE RESIZE 100 rootfs +2G" },
  { .name = "MIGRATE",
    .args = WAYS "[--online] [--restart] [--with-local-disks] "
                 "[--storage=<storage:storage>] <vmid:vmid> <target:node>",
    .effect = EFFECT_WRITE,
    .also = "restart:REBOOT",
    .run = pve_change,
    .done = relay_done,
    .summary = "move a guest to another node",
    .help = CHANGES
    "A virtual machine that runs needs --online, a container --restart.\n"
    "Disks that only its node has go to STORAGE, or one of the same name; "
    "those\n"
    "of a virtual machine need --with-local-disks.\n"
    "Example: PVE MIGRATE 100 pve2" },
  { .name = "SET",
    .args = WAYS "[--snapshot] [--delete=<names:string>] <vmid:vmid> "
                 "[<setting:string>...]",
    .effect = EFFECT_WRITE,
    .also = "snapshot:SNAPSHOT",
    .run = pve_set,
    .done = relay_done,
    .summary = "change a guest's configuration",
    .help = CHANGES
    "Each SETTING is NAME=VALUE, in the words of pct.conf(5) and qm.conf(5);\n"
    "NAMES, with commas between, get their defaults.  A dry run shows old and\n"
    "new values.  The field pending names what waits for the next "
    "start.\n" SNAPSHOT_FIRST CONFLICT
    "INV_ARG: PVE takes no such value: detail parameter-NAME.\n"
    "Example: PVE SET 100 memory=512 cores=2" },
  { .name = "DESTROY",
    .args = WAYS "[--purge] [--force] [--unreferenced-disks] <vmid:vmid>",
    .effect = EFFECT_DESTROY,
    .also = "force:STOP",
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
    .help = CHANGES "Example: PVE DELETE-CONTENT pve1 " BACKUP },
  { .name = "SELFTEST",
    .args = "",
    .effect = EFFECT_READ,
    .run = relay_verb,
    .summary = "whether servers, token, nodes and storages are well",
    .help
    = "Only reads.  What fails is told in a record, and is no error.\n"
      "Answers a record for each check:\n"
      "  check     endpoint, tls, token, version and clock of each server of\n"
      "            pve.conf; privileges; node and storage, each\n"
      "  object    which one\n"
      "  state     ok, warning or failed\n"
      "  message   what was found, and what to do\n"
      "A privilege (A|B: one of them) that the token has nowhere is told with\n"
      "the verbs that need it.  Without a server that takes the token nothing\n"
      "else can be checked.  \"reeve selftest\" shows all as a table.\n"
      "CONFIGURATION: /etc/reeve/pve.conf is missing or wrong.\n"
      "Example: PVE SELFTEST" },
  { .name = "SELFTEST-TASK",
    .args = "<vmid:vmid>",
    .effect = EFFECT_DESTROY,
    .run = pve_selftest_task,
    .done = relay_done,
    .summary = "try snapshot, rollback and deletion on a guest for tests",
    .help = SELFTEST_TASK_HELP },
  { .name = NULL }
};

const struct noun pve_noun = {
  .name = "PVE",
  .summary = "guests and nodes of a Proxmox VE cluster",
  .help
  = "By the cluster's API, with the token that pve.conf names.\n"
    "All numbers of bytes are bytes, times are UTC.\n"
    "Each change waits for the end of its task, whose name comes as a status\n"
    "line TASK, and its log as lines PROGRESS; with --no-wait only for its "
    "start.  A client\n"
    "that gives up ends the waiting, with --stop-on-cancel the task, too.\n"
    "With --preflight the token's rights are looked at before anything\n"
    "begins; FORBIDDEN then names all that is missing.\n"
    "TASK STATUS is TASK-STATUS, and likewise the others.",
  .verbs = verbs,
  .flags = NOUN_HELPER_TRUSTED,
  .session_end = relay_end,
  .fences = pve_fences,
  .helper = RELAY_API
};
