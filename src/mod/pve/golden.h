/* golden.h - PVE CREATE-GOLDEN
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The one thing that PVE does as root and not by the API: a container with the
   feature keyctl.  The API answers every token, also those of root@pam,
   "changing feature flags (except nesting) is only allowed for root@pam"
   (PVE::LXC, check_ct_modify_config_perm); pct(1), run by root, is root@pam.
   */

#ifndef REEVE_PVE_GOLDEN_H
#define REEVE_PVE_GOLDEN_H

#include "../../call/call.h"

/* Its handler.  */
gpg_error_t pve_create_golden (struct call *call);

/* What HELP says of it.  */
#define GOLDEN_HELP                                                            \
  "Creates the unprivileged container VMID with the features nesting and\n"    \
  "keyctl, on this node, which must be one of Proxmox VE.  The API lets\n"     \
  "only root@pam itself set keyctl, none of its tokens, so this is done\n"     \
  "by pct, as root, and needs no pve.conf; PVE RESTORE and PVE CLONE of\n"     \
  "the container keep the features.  TEMPLATE is\n"                            \
  "STORAGE:vztmpl/NAME.tar.zst (or .gz or .xz), never a file; a rule\n"        \
  "can limit it, as all arguments: template=local:vztmpl/debian-*.\n"          \
  "The root file system has SIZE, whole GiB as 8G, on STORAGE.\n"              \
  "MEMORY is whole MiB, 16M at least; without it and CORES pct's own\n"        \
  "defaults hold.  There is no way back but PVE DESTROY: what was\n"           \
  "created stays.  Answers a record: changed, vmid.\n"                         \
  "EEXIST: VMID is taken.\n"                                                   \
  "NOT_FOUND: there is no such template or storage, or no pct (package\n"      \
  "pve-container) on this machine.\n"                                          \
  "INV_ARG: an argument is not as above.\n"                                    \
  "GENERAL: pct could not; the details exit_status and message tell why.\n"    \
  "TIMEOUT: pct was ended; look whether VMID is there and whole.\n"            \
  "Example: PVE CREATE-GOLDEN --dry-run 9000 "                                 \
  "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst local-zfs 8G"

#endif /* REEVE_PVE_GOLDEN_H */
