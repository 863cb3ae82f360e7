/* help_read.h - what the helps of PVE's longer lists say
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_HELP_READ_H
#define REEVE_PVE_HELP_READ_H

#include "help.h"

#define STATUS_HELP                                                            \
  "Answers a record:\n"                                                        \
  "  node\n"                                                                   \
  "  kernel              its release, as 6.8.12-1-pve\n"                       \
  "  load_1, load_5, load_15   the load of as many minutes\n"                  \
  "  version             of pve-manager\n"                                     \
  "  uptime_seconds\n"                                                         \
  "  cpu, io_wait        of all processors, 0 to 1\n"                          \
  "  cpus, cpu_cores, cpu_sockets, cpu_model\n"                                \
  "  memory_used_bytes, memory_free_bytes, memory_total_bytes\n"               \
  "  memory_available_bytes   since PVE 9\n"                                   \
  "  swap_used_bytes, swap_total_bytes\n"                                      \
  "  ksm_shared_bytes    memory that guests share\n"                           \
  "  root_used_bytes, root_available_bytes, root_total_bytes\n"                \
  "  boot_mode           efi or legacy-bios; since PVE 8\n"                    \
  "  secure_boot         yes or no; likewise\n" ERRORS                         \
  "NOT_FOUND: there is no such node.\n"                                        \
  "Example: PVE STATUS pve1"

#define STORAGES_HELP                                                          \
  "Answers a record for each: of NODE as it is now, else of each\n"            \
  "node from the cluster's list, which is some seconds old and has\n"          \
  "a status in place of the fields marked by a star:\n"                        \
  "  storage, node\n"                                                          \
  "  type                dir, lvmthin, nfs, zfspool, ...\n"                    \
  "  shared              yes or no: all nodes have the same\n"                 \
  "  enabled, active     yes or no *\n"                                        \
  "  status              available or unknown\n"                               \
  "  used_bytes, total_bytes\n"                                                \
  "  available_bytes     *\n"                                                  \
  "  used_fraction       0 to 1 *\n"                                           \
  "  content             a list: what it is for\n" ERRORS                      \
  "NOT_FOUND: there is no such node.\n"                                        \
  "Example: PVE STORAGES pve1"

#define CONTENT_HELP                                                           \
  "Answers a record for each, or for each of CONTENT, and of the\n"            \
  "guest VMID:\n"                                                              \
  "  volid               its name, for other calls\n"                          \
  "  content             backup, images, iso, ...\n"                           \
  "  kind                of the guest in a backup: lxc or qemu\n"              \
  "  format              raw, qcow2, tar.zst, ...\n"                           \
  "  vmid                whose it is\n"                                        \
  "  size_bytes, used_bytes\n"                                                 \
  "  created             when (UTC)\n"                                         \
  "  parent              of a linked clone\n"                                  \
  "  notes               the first line\n"                                     \
  "  protected           yes or no\n"                                          \
  "  encrypted           by which key, or 1\n"                                 \
  "  verified            ok or failed, by a backup server\n" ERRORS            \
  "NOT_FOUND: there is no such node or storage.\n"                             \
  "Example: PVE CONTENT --content=backup pve1 local"

#define TASKS_HELP                                                             \
  "Answers a record for each task of NODE, or of all nodes, the\n"             \
  "newest first, at most LIMIT: only those of the guest VMID, those\n"         \
  "that run, or those that ended badly, and that began at SINCE\n"             \
  "(2027-01-31 or 2027-01-31T12:00:00Z) or later:\n"                           \
  "  upid                its name, for other calls\n"                          \
  "  node\n"                                                                   \
  "  type                vzdump, qmstart, ...\n"                               \
  "  id                  a guest's number, or whatever it is about\n"          \
  "  started, ended      when (UTC)\n"                                         \
  "  user                who, with the token\n"                                \
  "  outcome             running, ok, warnings, failed, refused or\n"          \
  "                      aborted\n"                                            \
  "  exitstatus          how it ended, in its own words\n"                     \
  "A node that does not answer is left out, with a warning.  Of\n"             \
  "other users' tasks the token needs Sys.Audit on the node.\n" ERRORS         \
  "Example: PVE TASKS --errors --limit=5"

#define RESOURCES_HELP                                                         \
  "Answers a record for each thing of TYPE, or for each, from the\n"           \
  "cluster's list, which is some seconds old:\n"                               \
  "  id                  as lxc/100\n"                                         \
  "  kind                node, lxc, qemu, storage, pool, sdn or\n"             \
  "                      network\n"                                            \
  "  node, vmid, name, storage, pool, sdn, network, status\n"                  \
  "  network_type, zone_type, protocol\n"                                      \
  "  lock, ha_state, template   of a guest\n"                                  \
  "  storage_type, shared, content   of a storage\n"                           \
  "  level               of a node's subscription, if any\n"                   \
  "  tags                a list\n" USAGE ERRORS                                \
  "Example: PVE RESOURCES --type=node"

#define DISKS_HELP                                                             \
  "Answers a record for each, with what is known:\n"                           \
  "  device              as /dev/sda\n"                                        \
  "  by_id               its link of a name that stays\n"                      \
  "  type                hdd, ssd, nvme, usb or unknown\n"                     \
  "  model, vendor, serial, wwn, capacity_bytes\n"                             \
  "  health              PASSED, FAILED, UNKNOWN, ...\n"                       \
  "  used                what for: LVM, partitions, mounted, ...\n"            \
  "  mounted, gpt        yes or no\n"                                          \
  "  wear_percent        of an SSD's life that is used up\n"                   \
  "  rotation            turns a minute, 0 for an SSD\n"                       \
  "  osd                 its number in Ceph\n" ERRORS                          \
  "NOT_FOUND: there is no such node.\n"                                        \
  "Example: PVE DISKS pve1"

#endif /* REEVE_PVE_HELP_READ_H */
