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

#endif /* REEVE_PVE_GOLDEN_H */
