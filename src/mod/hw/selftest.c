/* selftest.c - HW SELFTEST: planning a disk's self-test
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "selftest.h"

#include <string.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "../../call/relay.h"

/* What the disk is and does now.  */
struct now
{
  char *device;
  bool running;
};

static gpg_error_t
look (struct call *call, struct now *now)
{
  auto_free char *text = NULL;
  auto_free char *running = NULL;
  gpg_error_t err = relay_ask (call, "HW SMART", NULL, &text);

  if (!err)
    err = relay_field (text, "device", &now->device);
  if (!err)
    err = relay_field (text, "selftest_running", &running);
  now->running = running && !strcmp (running, "yes");
  if (!err && !now->device)
    err = gpg_error (GPG_ERR_SERVER_FAILED);
  return err;
}

/* There is nothing to abort.  */
static gpg_error_t
answer_unchanged (struct call *call, const char *device)
{
  gpg_error_t err = writer_field_bool (call->out, "changed", false);

  if (!err)
    err = writer_field (call->out, "device", "%s", device);
  if (!err)
    err = writer_field_bool (call->out, "selftest_running", false);
  return err ? err : writer_record_end (call->out);
}

static gpg_error_t
plan (struct call *call, const struct now *now, const char *test, bool abort)
{
  auto_free char *description = text_format (
      abort ? "%s the self-test of %s\n" : "start the %s self-test of %s\n",
      abort ? "abort" : test, now->device);
  auto_free char *after = abort ? strdup ("none") : text_format ("%s", test);
  const struct relay_change change
      = { .kind = &relay_tool,
          .object = now->device,
          .description = description,
          .before = now->running ? "running" : "none",
          .after = after,
          .operation = "hw selftest",
          /* What was aborted cannot be taken up again.  */
          .undo = abort ? NULL : "hw selftest undo" };

  if (!description || !after)
    return gpg_error (GPG_ERR_ENOMEM);
  return relay_append (call, &change);
}

gpg_error_t
hw_selftest (struct call *call)
{
  const char *test = arg_text (call, "test");
  bool abort = !strcmp (test, "abort");
  struct now now = { 0 };
  gpg_error_t err = look (call, &now);

  if (!err && abort && !now.running)
    err = answer_unchanged (call, now.device);
  else if (!err && !abort && now.running)
    err = fail (&call->failure, GPG_ERR_CONFLICT,
                "a self-test of %.40s is running: wait, or abort it",
                now.device);
  else if (!err)
    err = plan (call, &now, test, abort);
  free (now.device);
  return err;
}
