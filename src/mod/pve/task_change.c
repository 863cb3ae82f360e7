/* task_change.c - the verbs of PVE that may stop a task
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "task_change.h"

#include <string.h>

#include "../../../protocol/buffer.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "../../call/relay.h"

gpg_error_t
pve_task_stop (struct call *call)
{
  static const char *const unchanged[] = { "unchanged", "1", NULL };
  const char *upid = arg_text (call, "upid");
  auto_free char *text = NULL;
  auto_free char *status = NULL;
  auto_free char *description = NULL;
  gpg_error_t err = relay_ask (call, "PVE TASK-STATUS", NULL, &text);

  if (!err)
    err = relay_field (text, "status", &status);
  if (err)
    return err;
  if (status && !strcmp (status, "stopped"))
    return relay_read (call, "PVE TASK-STATUS", unchanged);
  description = text_format ("stop the task %s\n", upid);
  if (!description)
    return gpg_error_from_syserror ();
  return relay_append (call,
                       &(struct relay_change){ .kind = &relay_api,
                                               .object = upid,
                                               .description = description,
                                               .before = "running",
                                               .after = "stopped",
                                               .operation = "pve task stop" });
}

/* Forget what is written.  */
static gpg_error_t
drop (void *context, const char *bytes, size_t length)
{
  struct buffer *kept = context;

  buffer_append (kept, bytes ? bytes : "", length);
  return buffer_error (kept);
}

static gpg_error_t
drop_status (void *context, const char *keyword, const char *text)
{
  (void)context;
  (void)keyword;
  (void)text;
  return 0;
}

/* Stop the task UPID, and take a detail on what became of it.  */
static gpg_error_t
stop_one (struct call *call, const char *upid, struct buffer *told)
{
  auto_buffer struct buffer answer = BUFFER_EMPTY;
  auto_free char *outcome = NULL;
  struct writer out = { .sink = { drop, drop_status, &answer } };
  gpg_error_t err = call->perform (call, "TASK-STOP", &upid, 1, &out);

  if (!err)
    err = relay_field (answer.bytes, "outcome", &outcome);
  writer_release (&out);
  if (!err)
    buffer_printf (told, "%s%s %s", told->length ? "\n" : "", upid,
                   outcome ? outcome : "running");
  return err;
}

/* The client gave up: stop the tasks.  */
static gpg_error_t
stop_all (struct call *call)
{
  auto_buffer struct buffer told = BUFFER_EMPTY;
  gpg_error_t err = 0;

  /* He has said it: it is not to be taken for giving that up, too.  */
  call->canceled = NULL;
  for (size_t i = 0; !err && i < arguments_count (call->arguments); i++)
    {
      const struct argument_value *value = arguments_value (call->arguments, i);

      if (value->text && !strcmp (value->item->name, "upid"))
        err = stop_one (call, value->text, &told);
    }
  if (told.length)
    failure_detail (&call->failure, "stopped", "%s", told.bytes);
  return err ? err
             : fail (&call->failure, GPG_ERR_CANCELED,
                     "the client gave up: the tasks were stopped");
}

gpg_error_t
pve_task_wait (struct call *call)
{
  gpg_error_t err = relay_verb (call);

  if (gpg_err_code (err) != GPG_ERR_CANCELED
      || !arg_number (call, "stop-on-cancel", 0)
      || (call->ending && call->ending (call->client)))
    return err;
  failure_release (&call->failure);
  return stop_all (call);
}
