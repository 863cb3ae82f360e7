/* service.c - SERVICE: the services of a machine
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "service.h"

#include <string.h>

#include "../../../protocol/memory.h"
#include "../../call/complete_list.h"
#include "../../call/relay.h"
#include "change.h"

/* The manager that reeved.conf names, for each operation.  */
#define MANAGER(call)                                                          \
  {                                                                            \
    "manager", settings_text ((call)->settings, "service-manager"), NULL       \
  }

static gpg_error_t
service_read (struct call *call)
{
  const char *const more[] = MANAGER (call);
  char operation[64];

  snprintf (operation, sizeof operation, "SERVICE %s", call->verb->name);
  return relay_read (call, operation, more);
}

/* --- Completion --- */

static gpg_error_t
service_complete (struct call *call, const char *type, const char *prefix)
{
  return strcmp (type, "unit") ? 0 : complete_list (call, "unit", prefix);
}

/* --- Rows --- */

#define STATE_FIELDS                                                           \
  "  unit         its name\n"                                                  \
  "  description  one line\n"                                                  \
  "  load         loaded, masked, error, ...\n"                                \
  "  active       active, inactive, failed, activating, ...\n"                 \
  "  sub          the same in the words of its kind: running, dead, ...\n"     \
  "  enabled      whether it starts by itself: enabled, disabled, static, "    \
  "...\n"                                                                      \
  "  main_pid     its main process, if there is one\n"                         \
  "  since        when it came into this state (UTC)\n"                        \
  "  memory       bytes, if they are counted\n"                                \
  "  tasks        processes and threads, if they are counted\n"                \
  "  restarts     how often it was restarted by itself\n"                      \
  "  result       how it ended last: success, exit-code, timeout, ...\n"       \
  "  fragment     its file\n"                                                  \
  "  backend      who runs it: systemd or initd\n"

#define ERRORS                                                                 \
  "NOT_FOUND: there is no such unit.\n"                                        \
  "INV_STATE: the unit is masked, or a condition of its file is not met.\n"

#define CHANGE_ANSWER                                                          \
  "Answers a record: changed (yes, or no if it was so already), then what\n"   \
  "STATUS tells.  The call waits for the end of the job.  "

#define CHANGE_ERRORS                                                          \
  ERRORS                                                                       \
  "GENERAL: it failed; the details are job, result, active, sub, and "         \
  "journal\n"                                                                  \
  "(its last lines).\n"                                                        \
  "TIMEOUT: it took too long.  NOT_OPERATIONAL: what it needs failed.\n"       \
  "LIMIT_REACHED: it was started too often.\n"

static const struct verb verbs[] = {
  { "STATUS", "<unit:unit>", EFFECT_READ, service_read, NULL,
    "the state of a unit",
    "Answers a record with the fields\n" STATE_FIELDS
    "Fields that have no value are left out.  Of init.d scripts less is "
    "known.\n" ERRORS "Example: SERVICE STATUS cron",
    0, NULL },
  { "LIST",
    "[--type=<type:enum(service|socket|target|timer|mount|automount|path|"
    "slice|scope|swap|device|all)=service>] [--state=<state:string>]",
    EFFECT_READ, service_read, NULL, "the units",
    "Answers a record for each: unit, description, load, active, sub, "
    "enabled,\n"
    "as STATUS tells them.  With --state, those of which one of load, active,\n"
    "sub and enabled is STATE.\n"
    "Example: SERVICE LIST --state=active",
    0, NULL },
  { "SHOW", "[--property=<property:string>] <unit:unit>", EFFECT_READ,
    service_read, NULL, "all that the service manager knows of a unit",
    "Answers a record with each property under its name in systemd (those of\n"
    "an init.d script: what its header says), or only PROPERTY.  Values that\n"
    "are neither text nor number nor a list of texts are JSON.\n" ERRORS
    "Example: SERVICE SHOW cron",
    0, NULL },
  { "DEPS", "[--reverse] <unit:unit>", EFFECT_READ, service_read, NULL,
    "the units on which a unit depends",
    "Answers a record for each: kind (requires, wants, binds-to, part-of,\n"
    "conflicts, after, ...), unit.  With --reverse, the units that depend on\n"
    "UNIT: kind is required-by, wanted-by, before, ...\n" ERRORS
    "Example: SERVICE DEPS cron",
    0, NULL },
  { "LOGS",
    "[--lines=<lines:int>] [--since=<since:string>] "
    "[--priority=<priority:enum(emerg|alert|crit|err|warning|notice|info|"
    "debug)=debug>] [--follow] [<unit:unit>]",
    EFFECT_READ, service_read, NULL,
    "what a unit, or all, wrote to the journal",
    "Answers a record for each entry, the oldest first: time (UTC), priority,\n"
    "unit, identifier, pid, message.  These are the last LINES ones, of\n"
    "PRIORITY or worse, from the time SINCE on: 2027-01-31T12:00:00Z,\n"
    "2027-01-31, or a time before now as 90s, 10min, 1h or 2d.  Without LINES\n"
    "they are ten, or all from SINCE on.  With --follow new ones follow until\n"
    "CANCEL.\n"
    "NOT_FOUND: this machine keeps no journal.\n"
    "Example: SERVICE LOGS --lines=5 cron",
    0, NULL },
  { "WATCH", "[--for=<time:duration>] [<unit:unit>...]", EFFECT_READ,
    service_read, NULL, "tell of each change of units",
    "Writes a status line \"S UNIT name active sub\" for each UNIT as it is "
    "now,\n"
    "then for each change, of these or of all units, until CANCEL, or for the\n"
    "time FOR.  Scripts of init.d are asked once a second, and must be "
    "named.\n" ERRORS "Example: SERVICE WATCH --for=10ms cron",
    0, NULL },
  { "START", "<unit:unit>", EFFECT_WRITE, service_change, relay_done,
    "start a unit",
    CHANGE_ANSWER "\n" CHANGE_ERRORS "Example: SERVICE START cron", 0, NULL },
  { "STOP", "<unit:unit>", EFFECT_WRITE, service_change, relay_done,
    "stop a unit",
    CHANGE_ANSWER "\n" CHANGE_ERRORS "Example: SERVICE STOP cron", 0, NULL },
  { "RESTART", "<unit:unit>", EFFECT_WRITE, service_change, relay_done,
    "stop a unit and start it",
    CHANGE_ANSWER "\n" CHANGE_ERRORS "Example: SERVICE RESTART cron", 0, NULL },
  { "RELOAD", "[--force] <unit:unit>", EFFECT_WRITE, service_change, relay_done,
    "have a unit read its configuration again",
    CHANGE_ANSWER
    "\n"
    "With --force a unit that cannot is restarted.\n" CHANGE_ERRORS
    "NOT_SUPPORTED: the unit cannot.\n"
    "Example: SERVICE RELOAD cron",
    0, NULL },
  { "TRY-RESTART", "<unit:unit>", EFFECT_WRITE, service_change, relay_done,
    "restart a unit if it runs",
    CHANGE_ANSWER "\n" CHANGE_ERRORS "Example: SERVICE TRY-RESTART cron", 0,
    NULL },
  { "ENABLE", "<unit:unit>", EFFECT_WRITE, service_change, relay_done,
    "let a unit start when the machine starts",
    CHANGE_ANSWER
    "The field change, before\nthese, tells of each link.\n" ERRORS
    "NOT_SUPPORTED: the unit does not say when it would start.\n"
    "Example: SERVICE ENABLE cron",
    0, NULL },
  { "DISABLE", "<unit:unit>", EFFECT_WRITE, service_change, relay_done,
    "let a unit no longer start by itself",
    CHANGE_ANSWER
    "The field change, before\nthese, tells of each link.\n" ERRORS
    "Example: SERVICE DISABLE cron",
    0, NULL },
  { "MASK", "<unit:unit>", EFFECT_WRITE, service_change, relay_done,
    "let a unit start by nothing",
    CHANGE_ANSWER
    "\n"
    "It does not stop UNIT.  An init.d script is no longer executable.\n" ERRORS
    "Example: SERVICE MASK telnetd",
    0, NULL },
  { "UNMASK", "<unit:unit>", EFFECT_WRITE, service_change, relay_done,
    "take MASK back", CHANGE_ANSWER "\n" ERRORS "Example: SERVICE UNMASK cron",
    0, NULL },
  { "RESET-FAILED", "<unit:unit>", EFFECT_WRITE, service_change, relay_done,
    "forget that a unit failed, and how often it was started",
    CHANGE_ANSWER "\n" ERRORS "Example: SERVICE RESET-FAILED cron", 0, NULL },
  { NULL, NULL, EFFECT_READ, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct noun service_noun
    = { .name = "SERVICE",
        .summary = "the services of the machine",
        .help = "Units of systemd, or init.d scripts where that does not run; "
                "the setting\n"
                "service-manager decides.  A UNIT without a suffix is a "
                "service.",
        .verbs = verbs,
        .flags = NOUN_HELPER_TRUSTED,
        .session_end = relay_end,
        .complete = service_complete,
        .helper = RELAY_MACHINE };
