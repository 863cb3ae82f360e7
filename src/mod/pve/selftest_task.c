/* selftest_task.c - PVE SELFTEST-TASK: planning it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "selftest_task.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"
#include "../../call/relay.h"
#include "change.h"

#define SNAPSHOT "reeve-selftest"

static gpg_error_t
append (struct call *call, const struct more *more, const char *operation,
        char *description)
{
  auto_free char *text = description;

  if (!text)
    return gpg_error_from_syserror ();
  return relay_append (
      call, &(struct relay_change){ .kind = &relay_api,
                                    .object = arg_text (call, "vmid"),
                                    .description = text,
                                    .operation = operation,
                                    .undo = "pve selftest clean",
                                    .more = more->pairs,
                                    .reports = true });
}

/* The test of GUEST ("container 100 on pve1").  */
static gpg_error_t
plan (struct call *call, const struct more *more, const char *guest,
      const char *snapshot, bool running)
{
  gpg_error_t err = append (
      call, more, "pve selftest begin",
      text_format ("check that %s is for tests\n", guest));

  if (err)
    return err;
  return append (call, more, "pve selftest act",
                 text_format ("take snapshot %s of %s\n"
                              "go back to it%s\n"
                              "delete it\n",
                              snapshot, guest,
                              running ? ", which stops the guest and starts it "
                                        "again"
                                      : ""));
}

gpg_error_t
pve_selftest_task (struct call *call)
{
  struct more more = { .count = 0 };
  auto_free char *text = NULL;
  auto_free char *guest = NULL;
  auto_free char *kind = NULL;
  auto_free char *node = NULL;
  auto_free char *status = NULL;
  auto_free char *snapshot = change_snapshot_name (SNAPSHOT);
  bool running;
  gpg_error_t err = snapshot
                        ? relay_ask (call, "pve look selftest", NULL, &text)
                        : gpg_error_from_syserror ();

  if (!err)
    err = change_guest_name (call, text, &guest);
  if (!err)
    err = relay_field (text, "kind", &kind);
  if (!err)
    err = relay_field (text, "node", &node);
  if (!err)
    err = relay_field (text, "status", &status);
  if (err)
    return err;
  running = status && !strcmp (status, "running");
  more_add (&more, "kind", kind);
  more_add (&more, "node", node);
  more_add (&more, "snapname", snapshot);
  more_add (&more, "start", running ? "1" : NULL);
  return plan (call, &more, guest, snapshot, running);
}
