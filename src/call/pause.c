/* pause.c - waiting for something that is to happen
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "pause.h"

#include <poll.h>

#include "../../protocol/link.h"

gpg_error_t
pause_check (struct call *call)
{
  if (call->canceled && call->canceled (call->client))
    return fail (&call->failure, GPG_ERR_CANCELED, "the client gave up");
  if (call->deadline && link_now () >= call->deadline)
    return fail (&call->failure, GPG_ERR_TIMEOUT,
                 "the time is over: give it more by --timeout");
  return 0;
}

gpg_error_t
pause_call (struct call *call, int ms)
{
  gpg_error_t err = writer_flush (call->out);

  if (!err)
    err = pause_check (call);
  if (!err && call->ending && call->ending (call->client))
    return fail (&call->failure, GPG_ERR_CANCELED, "the server is stopping");
  if (!err && call->still_may)
    err = call->still_may (call);
  if (!err)
    poll (NULL, 0, ms);
  return err;
}
