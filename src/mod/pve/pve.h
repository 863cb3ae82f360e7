/* pve.h - PVE: guests and nodes of a Proxmox VE cluster
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PVE_H
#define REEVE_PVE_H

#include "../../call/call.h"

extern const struct noun pve_noun;

#endif /* REEVE_PVE_H */
