/* system.c - SYSTEM: the machine itself
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "system.h"

#include <time.h>

#include "../../../protocol/moment.h"
#include "../../call/relay.h"
#include "change.h"

static gpg_error_t
system_ping (struct call *call)
{
  char now[MOMENT_TEXT];
  gpg_error_t err = writer_field (call->out, "answer", "pong");

  if (!err && moment_write (time (NULL), now))
    err = writer_field (call->out, "time", "%s", now);
  return err ? err : writer_record_end (call->out);
}

#define POWER_HELP                                                             \
  "At once, or after the time --delay, which users are told of, with\n"        \
  "MESSAGE if that is given.  With --cancel, what is to come is called\n"      \
  "off, be it a reboot or a shutdown.  Answers a record:\n"                    \
  "  changed    yes; no: there was nothing to call off\n"                      \
  "  action     reboot, poweroff or cancel\n"                                  \
  "  way        who does it: logind, manager (systemd alone) or shutdown\n"    \
  "  scheduled  what is to come: reboot, poweroff, ...; none\n"                \
  "  at         when that comes (UTC)\n"                                       \
  "At once also means this daemon: the connection may end before the "         \
  "answer.\n"                                                                  \
  "NOT_SUPPORTED: nothing on this machine can do it, or not with a delay.\n"

static const struct verb verbs[] = {
  { "PING", "", EFFECT_READ, system_ping, NULL, "whether reeve answers",
    "Answers a record: answer (pong), time (that of the machine, UTC).\n"
    "Example: SYSTEM PING",
    VERB_UNGRANTED, NULL },
  { "INFO", "", EFFECT_READ, relay_verb, NULL, "what the machine is and has",
    "Answers records; kind says of what.  The first, kind machine:\n"
    "  hostname, fqdn          its name, and that with a domain, as\n"
    "                          /etc/hosts has it\n"
    "  os, distribution        Linux; as os-release has it\n"
    "  distribution_id, distribution_version\n"
    "  kernel, machine         its release; its architecture\n"
    "  virtualisation          none, kvm, docker, ...\n"
    "  uptime_seconds, boot_time (UTC)\n"
    "  load_1, load_5, load_15\n"
    "  processors              how many are online\n"
    "  memory_total_bytes, memory_available_bytes\n"
    "  swap_total_bytes, swap_free_bytes\n"
    "One of kind disk for each file system on a local block device:\n"
    "  target, source, filesystem\n"
    "  size_bytes, used_bytes, available_bytes\n"
    "One of kind interface for each network interface:\n"
    "  name, up (yes or no), hardware_address\n"
    "  addresses               a line for each, as 192.0.2.1/24\n"
    "One of kind user for each session of a user:\n"
    "  name, terminal, host (where from), since (UTC)\n"
    "What is not known is left out.\n"
    "Example: SYSTEM INFO",
    0, NULL },
  { "TIME", "", EFFECT_READ, relay_verb, NULL, "the time of the machine",
    "Answers a record:\n"
    "  time                UTC\n"
    "  local_time          in the zone of the machine\n"
    "  utc_offset_seconds  that zone, east of UTC is positive\n"
    "  timezone            its name\n"
    "  synchronized        yes: the clock follows another one\n"
    "  rtc                 the clock that runs on when all is off, if there\n"
    "                      is one (UTC)\n"
    "Example: SYSTEM TIME",
    0, NULL },
  { "METRICS", "[--format=<form:enum(records|prometheus)=records>]",
    EFFECT_READ, system_metrics, NULL, "what reeve counts of itself",
    "Answers records; kind says of what.  The first, kind reeved:\n"
    "  version, started (UTC), uptime_seconds\n"
    "  clients            connected now\n"
    "  jobs               that run\n"
    "  connections        since the start\n"
    "  sessions_killed    sessions and jobs that died by a signal\n"
    "  helpers_died       processes that fork workers and died\n"
    "  answers_too_large  calls that ended since max-answer was met\n"
    "Those of kind refusals have gate and count, those of kind deaths\n"
    "worker (augeas, machine, api) and count.  Those of kind calls, one for\n"
    "each verb that was called:\n"
    "  verb\n"
    "  ok, error, refused, canceled  how many ended so\n"
    "  seconds            the time of all\n"
    "  buckets            how many took at most so many seconds (JSON)\n"
    "All is lost when reeved ends.  With --format=prometheus the same as a\n"
    "text for Prometheus, whose names begin with reeve_.\n"
    "Example: SYSTEM METRICS",
    0, NULL },
  { "HOSTNAME", "<name:hostname>", EFFECT_WRITE, system_hostname, system_set,
    "name the machine",
    "Through systemd where its service runs, else in /etc/hostname.  Answers\n"
    "a record: changed (yes, or no if it was so already), hostname.\n"
    "/etc/hosts stays as it is.\n"
    "Example: SYSTEM HOSTNAME web1.example.org",
    0, NULL },
  { "TIMEZONE", "<zone:timezone>", EFFECT_WRITE, system_timezone, system_set,
    "set the time zone of the machine",
    "ZONE is a name in the zone database.  Through systemd where its service\n"
    "runs, else by the link /etc/localtime, and /etc/timezone if there is\n"
    "one.  Answers a record: changed (yes, or no if it was so already),\n"
    "timezone.\n"
    "NOT_FOUND: the database has no such zone.\n"
    "Example: SYSTEM TIMEZONE Europe/Berlin",
    0, NULL },
  { "LOCALE", "<locale:locale>...", EFFECT_WRITE, system_locale, system_set,
    "set the language of the machine",
    "Each LOCALE is a name, which LANG gets, or VARIABLE=NAME; variables that\n"
    "are not named stay as they are.  Through systemd where its service\n"
    "runs, else in /etc/default/locale where that is there, or in\n"
    "/etc/locale.conf.  Answers a record: changed (yes, or no if it was so\n"
    "already), locale (a line for each variable).\n"
    "NOT_FOUND: a locale is not installed.\n"
    "Example: SYSTEM LOCALE C.UTF-8 LC_TIME=C.UTF-8",
    0, NULL },
  { "REBOOT",
    "[--delay=<time:duration>] [--cancel] [--message=<message:string>]",
    EFFECT_DESTROY, system_power, relay_done, "start the machine anew",
    POWER_HELP "Example: SYSTEM REBOOT --cancel", 0, NULL },
  { "SHUTDOWN",
    "[--delay=<time:duration>] [--cancel] [--message=<message:string>]",
    EFFECT_DESTROY, system_power, relay_done, "turn the machine off",
    POWER_HELP "Example: SYSTEM SHUTDOWN --cancel", 0, NULL },
  { "UPDATES-NEEDED", "", EFFECT_READ, relay_verb, NULL,
    "what waits for an update or a reboot",
    "Asks no network: what the last \"apt-get update\" saw.  Answers records;\n"
    "kind says of what.  The first, kind machine:\n"
    "  reboot_required  yes or no\n"
    "  reasons          the packages that ask for it\n"
    "  running_kernel, newest_kernel\n"
    "  updates, security_updates  how many; left out where there is no apt\n"
    "One of kind package for each that has an update: package, installed,\n"
    "candidate, security (yes or no), origin.\n"
    "TRY_LATER: one session asks at a time, and the others took a minute.\n"
    "Example: SYSTEM UPDATES-NEEDED",
    0, NULL },
  { NULL, NULL, EFFECT_READ, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct noun system_noun
    = { .name = "SYSTEM",
        .summary = "the machine itself",
        .help = "What the machine is, its name, time and language, reeve's "
                "own counters,\n"
                "reboot and shutdown.",
        .verbs = verbs,
        .flags = NOUN_HELPER_TRUSTED,
        .session_end = relay_end,
        .helper = RELAY_MACHINE };
