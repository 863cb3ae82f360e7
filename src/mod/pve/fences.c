/* fences.c - what the kernel keeps from the API's processes: the session's side
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "fences.h"

#include "../../call/relay.h"

gpg_error_t
pve_fences (struct call *call)
{
  gpg_error_t err = relay_read (call, PVE_FENCES, NULL);

  if (gpg_err_code (err) != GPG_ERR_CONFIGURATION)
    return err;
  failure_release (&call->failure);
  return 0;
}
