/* fences_work.c - what the kernel keeps from the API's processes
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "fences.h"

#include "../../../protocol/memory.h"
#include "../../base/fence.h"
#include "../../call/fence_records.h"
#include "api.h"

gpg_error_t
fences_write (struct work *work)
{
  struct api *api = work->context;
  auto_free char *report = NULL;
  gpg_error_t err = fence_records_write (
      work->out, "API worker", FENCE_NAMES_OWN_USER " locked_memory",
      api->fences);

  if (!err)
    err = http_fences (api->http, work_ended, work, &report);
  return err ? err
             : fence_records_write (work->out, "API connector",
                                    FENCE_NAMES_OWN_USER, report);
}
