/* help.h - what the helps of several verbs of PVE say
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_HELP_H
#define REEVE_PVE_HELP_H

#define ERRORS                                                                 \
  "CONFIGURATION: /etc/reeve/pve.conf is missing or wrong.\n"                  \
  "NETWORK: no server can be reached.\n"                                       \
  "NOT_TRUSTED: a server has the wrong certificate; it saw no token.\n"        \
  "BAD_AUTH: the server does not take the token; it never says why.\n"         \
  "UNFINISHED: the server's own daemon does not answer it.\n"                  \
  "FORBIDDEN: the token has not the right, told by the details privilege\n"    \
  "and path.\n"

#define USAGE                                                                  \
  "  cpu                 of its processors, 0 to 1\n"                          \
  "  cpus\n"                                                                   \
  "  memory_used_bytes\n"                                                      \
  "  memory_host_bytes   what the host spends on it; since PVE 9\n"            \
  "  memory_total_bytes\n"                                                     \
  "  swap_used_bytes, swap_total_bytes\n"                                      \
  "  disk_used_bytes, disk_total_bytes\n"                                      \
  "  disk_read_bytes, disk_written_bytes   since it was started\n"             \
  "  net_in_bytes, net_out_bytes   likewise\n"                                 \
  "  uptime_seconds\n"

#define NOT_FOUND                                                              \
  "NOT_FOUND: there is no such guest, or none that the token may see.\n"

/* What each guest has.  */
#define GUEST_FIELDS                                                           \
  "  vmid\n"                                                                   \
  "  kind                lxc or qemu\n"                                        \
  "  node                where it is\n"                                        \
  "  name\n"                                                                   \
  "  status              running, stopped or unknown\n"                        \
  "  lock                why it is locked: backup, migrate, ...\n"             \
  "  template            yes or no\n"                                          \
  "  tags                a list\n"
#define TASK_FIELDS                                                            \
  "Answers a record: upid, status (running, stopped), outcome, exitstatus\n"   \
  "(the server's words), node, type, id, user, started.  Outcomes:\n"          \
  "  ok        it succeeded\n"                                                 \
  "  warnings  it succeeded, and warns; the field warnings is their number\n"  \
  "  failed    exitstatus says why\n"                                          \
  "  refused   a right was missing: privilege on path\n"                       \
  "  aborted   it was stopped, or died\n"                                      \
  "  queued    high availability was told, and does it later\n"                \
  "  running   it has not ended\n"
#define UPID "UPID:pve1:0000006E:000455C2:6A0BB31C:vzstart:100:agent@pve!ops:"

#define BACKUP "local:backup/vzdump-lxc-100-x.tar.zst"

/* What all have that change a guest.  */
#define WAYS "[--preflight] [--no-wait] [--stop-on-cancel] "
#define CHANGES                                                                \
  "Answers a record: changed, outcome (as TASK-STATUS has it), upid,\n"        \
  "exitstatus, warnings; changed is no, and alone, where it is so already.\n"  \
  "NOT_FOUND: it is not there, or the token may not see it.\n"                 \
  "LOCKED: it stayed locked; the detail lock says by what.\n"                  \
  "GENERAL: the task failed: TASK-WAIT tells of its details.\n"                \
  "SERVER_FAILED: the server refused, or its answer was lost (the detail\n"    \
  "outcome says lost).\n"
#define SNAPSHOT_FIRST                                                         \
  "With --snapshot one is taken before (field snapshot: its name).\n"
#define CONFLICT "CONFLICT: somebody else changed the configuration.\n"

#endif /* REEVE_PVE_HELP_H */
