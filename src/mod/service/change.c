/* change.c - the verbs of SERVICE that change a unit
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "change.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "../../call/relay.h"

/* What each verb does.  A unit one of whose states in FIELD is in ALREADY,
   words between blanks, needs no change.  AFTER is the state for the audit log.
   INVERSE puts back what was if the state was in FROM.  */
static const struct change
{
  const char *verb;
  const char *action;
  const char *field;
  const char *already;
  const char *after;
  const char *inverse;
  const char *from;
  bool starts; /* Not what is masked.  */
} changes[] = {
  { "START", "start", "active", " active reloading ", "active", "stop",
    " inactive failed ", true },
  { "STOP", "stop", "active", " inactive failed ", "inactive", "start",
    " active reloading ", false },
  { "RESTART", "restart", "active", "", "active", "stop", " inactive failed ",
    true },
  { "RELOAD", "reload", "active", "", NULL, NULL, "", true },
  { "TRY-RESTART", "try-restart", "active", " inactive failed ", NULL, NULL, "",
    true },
  { "ENABLE", "enable", "enabled", " enabled ", "enabled", "disable",
    " disabled ", true },
  { "DISABLE", "disable", "enabled", " disabled ", "disabled", "enable",
    " enabled ", false },
  { "MASK", "mask", "load", " masked ", "masked", "unmask", " loaded ", false },
  { "UNMASK", "unmask", "load", " loaded not-loaded error bad-setting ",
    "loaded", "mask", " masked ", false },
  { "RESET-FAILED", "reset-failed", "active", "", NULL, NULL, "", false },
};

static bool
has_word (const char *words, const char *word)
{
  auto_free char *bounded = NULL;

  return asprintf (&bounded, " %s ", word) >= 0 && strstr (words, bounded);
}

/* The answer where nothing is to be done: what STATUS said, TEXT, behind
   "changed: no".  */
static gpg_error_t
write_unchanged (struct call *call)
{
  const char *const more[]
      = { "manager", settings_text (call->settings, "service-manager"),
          "unchanged", "1", NULL };

  return relay_read (call, "SERVICE STATUS", more);
}

/* Plan CHANGE for a unit whose state is STATE.  */
static gpg_error_t
plan (struct call *call, const struct change *change, const char *state)
{
  bool force = !strcmp (change->action, "reload")
               && arg_number (call, "force", 0);
  const char *action = force ? "force-reload" : change->action;
  const char *const more[]
      = { "manager", settings_text (call->settings, "service-manager"),
          "action",  action,
          "inverse", change->inverse ? change->inverse : "",
          NULL };
  const char *unit = arg_text (call, "unit");
  auto_free char *description = NULL;

  if (asprintf (&description, "%s %s (now %s)\n", action, unit, state) < 0)
    {
      description = NULL;
      return gpg_error (GPG_ERR_ENOMEM);
    }
  return relay_append (
      call, &(struct relay_change){
                .kind = &relay_unit,
                .object = unit,
                .description = description,
                .before = state,
                .after = change->after,
                .operation = "service act",
                .undo = has_word (change->from, state) ? "service undo" : NULL,
                .more = more });
}

gpg_error_t
service_change (struct call *call)
{
  const struct change *change = changes;
  const char *const more[]
      = { "manager", settings_text (call->settings, "service-manager"), NULL };
  auto_free char *text = NULL;
  auto_free char *state = NULL;
  auto_free char *load = NULL;
  gpg_error_t err = relay_ask (call, "SERVICE STATUS", more, &text);

  while (strcmp (change->verb, call->verb->name))
    change++;
  if (!err)
    err = relay_field (text, change->field, &state);
  if (!err)
    err = relay_field (text, "load", &load);
  if (err)
    return err;
  if (change->starts && load && !strcmp (load, "masked"))
    return fail (&call->failure, GPG_ERR_INV_STATE,
                 "%.60s is masked: SERVICE UNMASK makes it usable",
                 arg_text (call, "unit"));
  if (state && has_word (change->already, state))
    return write_unchanged (call);
  return plan (call, change, state ? state : "unknown");
}
