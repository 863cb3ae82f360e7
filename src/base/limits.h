/* limits.h - the limits that reeved.conf may change
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   One table of them all: options, GETINFO limits and what holds to them derive
   from it.  Those that nobody may change are in protocol/limits.h.  */

#ifndef REEVE_BASE_LIMITS_H
#define REEVE_BASE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include "failure.h"

#define RATE_CALLS_MOST UINT64_C (1000000)

/* At most CALLS in a window of WINDOW_MS; CALLS 0: as many as one likes.  */
struct rate
{
  uint64_t calls;
  uint64_t window_ms;
};

struct limits
{
  uint64_t clients;
  uint64_t clients_per_uid;
  uint64_t auth_ms;
  uint64_t line_ms;
  uint64_t idle_ms;
  uint64_t write_ms;
  uint64_t inquiry; /* Bytes.  */
  uint64_t answer;  /* Bytes.  */
  struct rate calls_per_uid;
  struct rate calls_per_identity; /* Unless policy says something else.  */
  uint64_t worker_memory;         /* Bytes.  */
  uint64_t worker_cpu_ms;
  uint64_t worker_ms;
  uint64_t unsaved;
  uint64_t jobs; /* That run at once.  */
  uint64_t jobs_per_uid;
  uint64_t jobs_kept; /* Of one identity.  */
  uint64_t audit_size; /* Bytes.  */
  uint64_t audit_age_ms;
  uint64_t audit_files;
  uint64_t audit_refusals; /* In a second.  */
};

enum limit_unit
{
  UNIT_NUMBER,
  UNIT_SECONDS, /* Milliseconds in struct limits and in the table.  */
  UNIT_BYTES,
  UNIT_RATE /* A struct rate.  */
};

/* The flag of a limit that is handed to programs of ours when they start: a
   reload does not change it.  */
#define LIMIT_FROM_START 1U

struct limit
{
  const char *name; /* As in reeved.conf.  */
  enum limit_unit unit;
  uint64_t usual; /* What it is if nobody sets it; the calls of a rate.  */
  uint64_t least;
  uint64_t most;
  size_t offset;           /* In struct limits.  */
  const char *argument;    /* "N": what the description calls the value.  */
  const char *description; /* One line.  */
  unsigned flags;
  uint64_t window_ms; /* Of a rate: the usual one.  */
};

/* The table, ending with a NULL name.  */
extern const struct limit limit_table[];

/* What holds if nobody sets anything.  */
void limits_init (struct limits *r_limits);

/* LIMITS, or what limits_init gives if that is NULL.  */
const struct limits *limits_or_usual (const struct limits *limits);

/* Take over what FRESH, read by a reload, has.  */
void limits_adopt (struct limits *limits, const struct limits *fresh);

/* Set LIMIT from VALUE, as it stands in reeved.conf: a number, a size with k,
   M or G (powers of 1024), seconds, or a rate.  FAILURE says what would be
   right.  */
gpg_error_t limit_set (struct limits *limits, const struct limit *limit,
                       const char *value, struct failure *failure);

/* The value of a LIMIT that is no rate, in its unit.  */
uint64_t limit_number (const struct limits *limits, const struct limit *limit);

/* The rate that is LIMIT.  */
const struct rate *limit_rate (const struct limits *limits,
                               const struct limit *limit);

/* "number", "seconds", "bytes", "rate".  */
const char *limit_unit_name (enum limit_unit unit);

#define RATE_TEXT 64

/* RATE as limit_set takes it, in R_TEXT: "100/60s"; "0" if there is none.  */
const char *rate_text (const struct rate *rate, char r_text[RATE_TEXT]);

/* Read TEXT, "CALLS/TIME" or "0"; TIME is seconds or has ms, s, min or h.
   Returns whether it is a rate.  */
bool rate_read (const char *text, struct rate *r_rate);

#endif /* REEVE_BASE_LIMITS_H */
