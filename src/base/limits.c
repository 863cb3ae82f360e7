/* limits.c - the limits that reeved.conf may change
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../protocol/limits.h"
#include "../../protocol/quantity.h"

#define SECOND UINT64_C (1000)
#define RATE_WINDOW_MS (24 * 3600 * SECOND)

/* clang-format off */
const struct limit limit_table[] = {
  { "max-clients", UNIT_NUMBER, LIMIT_CLIENTS, 1, 10000,
    offsetof (struct limits, clients), "N", "serve at most N clients at once",
    0, 0 },
  { "max-clients-per-uid", UNIT_NUMBER, LIMIT_CLIENTS_PER_UID, 1, 10000,
    offsetof (struct limits, clients_per_uid), "N", "at most N of one user",
    0, 0 },
  { "auth-timeout", UNIT_SECONDS, LIMIT_AUTH_SECONDS * SECOND, SECOND,
    3600 * SECOND, offsetof (struct limits, auth_ms), "SECONDS",
    "time for a client to authenticate", 0, 0 },
  { "line-timeout", UNIT_SECONDS, LIMIT_LINE_SECONDS * SECOND, SECOND,
    3600 * SECOND, offsetof (struct limits, line_ms), "SECONDS",
    "time to send a line or answer an inquiry", 0, 0 },
  { "idle-timeout", UNIT_SECONDS, LIMIT_IDLE_SECONDS * SECOND, SECOND,
    604800 * SECOND, offsetof (struct limits, idle_ms), "SECONDS",
    "time between two lines", 0, 0 },
  { "write-timeout", UNIT_SECONDS, LIMIT_WRITE_SECONDS * SECOND, SECOND,
    3600 * SECOND, offsetof (struct limits, write_ms), "SECONDS",
    "time for a client to take what it asked for", 0, 0 },
  { "max-inquiry", UNIT_BYTES, LIMIT_VALUE, KIB, LIMIT_VALUE,
    offsetof (struct limits, inquiry), "SIZE",
    "the answer to an inquiry has at most SIZE bytes", 0, 0 },
  { "max-answer", UNIT_BYTES, LIMIT_ANSWER, 4 * KIB, LIMIT_ANSWER,
    offsetof (struct limits, answer), "SIZE",
    "an answer has at most SIZE bytes", 0, 0 },
  { "max-calls-per-uid", UNIT_RATE, LIMIT_CALLS, 0, RATE_CALLS_MOST, offsetof (struct limits, calls_per_uid), "N/TIME",
    "at most N calls of one user in TIME, as 100/60s; 0: no limit", 0,
    LIMIT_CALLS_SECONDS * SECOND },
  { "max-calls-per-identity", UNIT_RATE, 0, 0, RATE_CALLS_MOST,
    offsetof (struct limits, calls_per_identity), "N/TIME",
    "the same for an identity whose policy sets no rate", 0, 0 },
  { "worker-memory", UNIT_BYTES, LIMIT_AUG_MEMORY, 128 * MIB,
    16384 * MIB, offsetof (struct limits, worker_memory), "SIZE",
    "address space of a worker", LIMIT_FROM_START, 0 },
  { "worker-cpu", UNIT_SECONDS, LIMIT_AUG_CPU_SECONDS * SECOND, SECOND,
    3600 * SECOND, offsetof (struct limits, worker_cpu_ms), "SECONDS",
    "processor time of one request to a worker", LIMIT_FROM_START, 0 },
  { "worker-time", UNIT_SECONDS, LIMIT_AUG_WALL_SECONDS * SECOND, SECOND,
    3600 * SECOND, offsetof (struct limits, worker_ms), "SECONDS",
    "time of one request to a worker by the clock", 0, 0 },
  { "max-unsaved", UNIT_NUMBER, LIMIT_UNSAVED, 1, 10000000,
    offsetof (struct limits, unsaved), "N",
    "at most N edits that are not saved", 0, 0 },
  { "max-jobs", UNIT_NUMBER, LIMIT_JOBS, 0, LIMIT_JOBS_MOST,
    offsetof (struct limits, jobs), "N", "at most N jobs run at once", 0, 0 },
  { "max-jobs-per-uid", UNIT_NUMBER, LIMIT_JOBS_PER_UID, 0, LIMIT_JOBS_MOST,
    offsetof (struct limits, jobs_per_uid), "N", "at most N of one user", 0, 0 },
  { "keep-jobs", UNIT_NUMBER, LIMIT_JOBS_KEPT, 1, 100000,
    offsetof (struct limits, jobs_kept), "N",
    "jobs of an identity that are known, the oldest are forgotten", 0, 0 },
  { "audit-size", UNIT_BYTES, LIMIT_AUDIT_SIZE, 64 * KIB, 65536 * MIB,
    offsetof (struct limits, audit_size), "SIZE",
    "begin another file of the audit log after SIZE bytes", 0, 0 },
  { "audit-age", UNIT_SECONDS, LIMIT_AUDIT_SECONDS * SECOND, SECOND,
    3660 * 86400 * SECOND, offsetof (struct limits, audit_age_ms), "SECONDS",
    "and after this time", 0, 0 },
  { "audit-files", UNIT_NUMBER, 0, 0, 100000,
    offsetof (struct limits, audit_files), "N",
    "keep the N latest files besides; 0: all", 0, 0 },
  { "audit-refusals", UNIT_NUMBER, LIMIT_AUDIT_REFUSALS, 1, 100000,
    offsetof (struct limits, audit_refusals), "N",
    "refusals of a user in a second beyond N are one record", 0, 0 },
  { NULL, UNIT_NUMBER, 0, 0, 0, 0, NULL, NULL, 0, 0 }
};
/* clang-format on */

static const struct quantity_unit none[] = { { "", 1 }, { NULL, 0 } };
static const struct quantity_unit seconds[] = { { "", SECOND }, { NULL, 0 } };
static const struct quantity_unit sizes[] = { { "", 1 },    { "k", KIB },
                                              { "K", KIB }, { "M", MIB },
                                              { "G", GIB }, { NULL, 0 } };

/* Where the number of LIMIT is.  */
static void *
place (const struct limits *limits, const struct limit *limit)
{
  return (char *)limits + limit->offset;
}

void
limits_init (struct limits *r_limits)
{
  *r_limits = (struct limits){ 0 };
  for (const struct limit *limit = limit_table; limit->name; limit++)
    if (limit->unit == UNIT_RATE)
      *(struct rate *)place (r_limits, limit)
          = (struct rate){ limit->usual, limit->window_ms };
    else
      *(uint64_t *)place (r_limits, limit) = limit->usual;
}

const struct limits *
limits_or_usual (const struct limits *limits)
{
  static struct limits usual;

  if (limits)
    return limits;
  if (!usual.clients)
    limits_init (&usual);
  return &usual;
}

void
limits_adopt (struct limits *limits, const struct limits *fresh)
{
  for (const struct limit *limit = limit_table; limit->name; limit++)
    if (!(limit->flags & LIMIT_FROM_START))
      memcpy (place (limits, limit), place (fresh, limit),
              limit->unit == UNIT_RATE ? sizeof (struct rate)
                                       : sizeof (uint64_t));
}

bool
rate_read (const char *text, struct rate *r_rate)
{
  const char *slash = strchr (text, '/');
  struct rate rate = { 0, 0 };
  char calls[24];

  if (!strcmp (text, "0"))
    {
      *r_rate = rate;
      return true;
    }
  if (!slash || (size_t)(slash - text) >= sizeof calls)
    return false;
  snprintf (calls, sizeof calls, "%.*s", (int)(slash - text), text);
  if (!quantity_read (calls, none, RATE_CALLS_MOST, &rate.calls) || !rate.calls
      || !quantity_read (slash + 1, quantity_times, RATE_WINDOW_MS,
                         &rate.window_ms)
      || !rate.window_ms)
    return false;
  *r_rate = rate;
  return true;
}

const char *
rate_text (const struct rate *rate, char r_text[RATE_TEXT])
{
  bool whole = rate->window_ms % SECOND == 0;

  if (!rate->calls)
    snprintf (r_text, RATE_TEXT, "0");
  else
    snprintf (r_text, RATE_TEXT, "%" PRIu64 "/%" PRIu64 "%s", rate->calls,
              whole ? rate->window_ms / SECOND : rate->window_ms,
              whole ? "s" : "ms");
  return r_text;
}

/* Say what would be right for LIMIT, which counts in units of UNIT.  */
static gpg_error_t
refuse (const struct limit *limit, const char *value, uint64_t unit,
        struct failure *failure)
{
  const char *what = limit->unit == UNIT_BYTES
                         ? "size in bytes (or with k, M, G)"
                         : "number";

  return fail (failure, GPG_ERR_INV_VALUE,
               "\"%s\" is no %s from %" PRIu64 " to %" PRIu64, value, what,
               limit->least / unit, limit->most / unit);
}

gpg_error_t
limit_set (struct limits *limits, const struct limit *limit, const char *value,
           struct failure *failure)
{
  const struct quantity_unit *units = none;
  uint64_t number;

  switch (limit->unit)
    {
    case UNIT_RATE:
      if (rate_read (value, place (limits, limit)))
        return 0;
      return fail (
          failure, GPG_ERR_INV_VALUE,
          "\"%s\" is no rate: N/TIME, as 100/60s, with N up to %" PRIu64 " "
          "and TIME up to 24h, or 0",
          value, RATE_CALLS_MOST);
    case UNIT_SECONDS:
      units = seconds;
      break;
    case UNIT_BYTES:
      units = sizes;
      break;
    case UNIT_NUMBER:
      break;
    }
  if (!quantity_read (value, units, limit->most, &number)
      || number < limit->least)
    return refuse (limit, value, limit->unit == UNIT_SECONDS ? SECOND : 1,
                   failure);
  *(uint64_t *)place (limits, limit) = number;
  return 0;
}

uint64_t
limit_number (const struct limits *limits, const struct limit *limit)
{
  uint64_t number = *(const uint64_t *)place (limits, limit);

  return limit->unit == UNIT_SECONDS ? number / SECOND : number;
}

const struct rate *
limit_rate (const struct limits *limits, const struct limit *limit)
{
  return place (limits, limit);
}

const char *
limit_unit_name (enum limit_unit unit)
{
  static const char *const names[] = { [UNIT_NUMBER] = "number",
                                       [UNIT_SECONDS] = "seconds",
                                       [UNIT_BYTES] = "bytes",
                                       [UNIT_RATE] = "rate" };

  return names[unit];
}
