/* power.c - SYSTEM REBOOT and SHUTDOWN
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "../../call/relay.h"
#include "change.h"

/* Who can do it, and what is to come already.  */
struct power
{
  char *way;
  char *scheduled;
  char *at;
};

static void
power_release (struct power *power)
{
  free (power->way);
  free (power->scheduled);
  free (power->at);
}

static gpg_error_t
power_ask (struct call *call, struct power *r_power)
{
  auto_free char *text = NULL;
  gpg_error_t err = relay_ask (call, "system power", NULL, &text);

  if (!err)
    err = relay_field (text, "way", &r_power->way);
  if (!err)
    err = relay_field (text, "scheduled", &r_power->scheduled);
  if (!err)
    err = relay_field (text, "at", &r_power->at);
  if (!err && (!r_power->way || !r_power->scheduled))
    err = gpg_error (GPG_ERR_INV_PACKET);
  return err;
}

/* There was nothing to call off.  */
static gpg_error_t
write_unchanged (struct call *call, const struct power *power)
{
  gpg_error_t err = writer_field_bool (call->out, "changed", false);

  if (!err)
    err = writer_field (call->out, "action", "cancel");
  if (!err)
    err = writer_field (call->out, "way", "%s", power->way);
  if (!err)
    err = writer_field (call->out, "scheduled", "none");
  return err ? err : writer_record_end (call->out);
}

/* Plan ACTION after DELAY_MS.  */
static gpg_error_t
append (struct call *call, const struct power *power, const char *action,
        int64_t delay_ms)
{
  const char *const more[] = { "way", power->way, "action", action, NULL };
  bool cancel = !strcmp (action, "cancel");
  auto_free char *description = NULL;
  auto_free char *before = NULL;
  int length = asprintf (&before, "%s%s%s", power->scheduled,
                         power->at ? " at " : "", power->at ? power->at : "");

  if (length < 0)
    before = NULL;
  else if (delay_ms)
    length = asprintf (&description, "%s in %.3f s (way: %s)\n", action,
                       (double)delay_ms / 1000, power->way);
  else
    length = asprintf (&description, "%s at once (way: %s)\n", action,
                       power->way);
  if (length < 0)
    {
      description = NULL;
      return gpg_error (GPG_ERR_ENOMEM);
    }
  return relay_append (
      call, &(struct relay_change){ .kind = &relay_setting,
                                    .object = "machine",
                                    .description = description,
                                    .before = before,
                                    .after = cancel ? "none" : action,
                                    .operation = "power act",
                                    .undo = delay_ms ? "power undo" : NULL,
                                    .more = more });
}

/* Plan what CALL asks for, where POWER is what there is.  */
static gpg_error_t
plan (struct call *call, const struct power *power)
{
  const char *action = strcmp (call->verb->name, "REBOOT") ? "poweroff"
                                                           : "reboot";
  int64_t delay_ms = arg_number (call, "delay", 0);

  if (arg_number (call, "cancel", 0))
    return strcmp (power->scheduled, "none") ? append (call, power, "cancel", 0)
                                             : write_unchanged (call, power);
  if (!strcmp (power->way, "none"))
    return fail (&call->failure, GPG_ERR_NOT_SUPPORTED,
                 "neither systemd nor shutdown can be reached on this machine");
  if (delay_ms && !strcmp (power->way, "manager"))
    return fail (&call->failure, GPG_ERR_NOT_SUPPORTED,
                 "a delay needs logind, which does not run");
  return append (call, power, action, delay_ms);
}

gpg_error_t
system_power (struct call *call)
{
  struct power power = { NULL, NULL, NULL };
  gpg_error_t err;

  if (arg_number (call, "cancel", 0)
      && (arg_text (call, "delay") || arg_text (call, "message")))
    return fail (&call->failure, GPG_ERR_INV_ARG,
                 "--cancel takes no other option");
  err = power_ask (call, &power);
  if (!err)
    err = plan (call, &power);
  power_release (&power);
  return err;
}
