/* fuzz-upid.c - names of tasks of Proxmox VE
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What is taken apart is the same when it is put together again.  */

#include <inttypes.h>
#include <strings.h>

#include "fuzz.h"
#include "../../src/call/upid.h"

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  char *text = fuzz_string (bytes, size);
  struct upid upid = UPID_NONE;
  char again[1024];

  if (!upid_parse (text, &upid))
    {
      /* Nine digits may begin with a zero.  */
      int digits = (int)strcspn (text + strlen ("UPID:") + strlen (upid.node)
                                     + strlen (":00000000:"),
                                 ":");

      snprintf (again, sizeof again,
                "UPID:%s:%08" PRIX64 ":%0*" PRIX64 ":%08" PRIX64 ":%s:%s:%s:",
                upid.node, upid.pid, digits, upid.pstart, upid.starttime,
                upid.type, upid.id, upid.user);
      require (!strcasecmp (again, text));
      require (*upid.node && *upid.type && *upid.user);
      upid_release (&upid);
    }
  require (!upid.memory);
  free (text);
  return 0;
}
