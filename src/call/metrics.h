/* metrics.h - what reeve counts of itself
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The counters lie in memory that the supervisor makes and all processes that
   it forks share.  Each is one atomic number: it survives the death of any
   process at any instruction, and a sum never disagrees with its parts, since
   sums are made when they are read.  All functions take NULL for "nothing is
   counted".  */

#ifndef REEVE_METRICS_H
#define REEVE_METRICS_H

#include <stdint.h>
#include <gpg-error.h>
#include "../base/failure.h"
#include "registry.h"

struct metrics;

enum metric
{
  METRIC_CLIENTS,          /* Now; this and the next also fall.  */
  METRIC_JOBS,             /* That run, as of a second ago.  */
  METRIC_CONNECTIONS,      /* Accepted, also if refused afterwards.  */
  METRIC_SESSIONS_KILLED,  /* Sessions and jobs that were killed.  */
  METRIC_DEATHS_AUGEAS,    /* Workers of AUG that were lost.  */
  METRIC_DEATHS_MACHINE,   /* Machine workers that were lost.  */
  METRIC_DEATHS_API,       /* API workers that were lost.  */
  METRIC_HELPERS_DIED,     /* What forks workers died and is started again.  */
  METRIC_ANSWERS_TOO_LARGE /* Calls that ended since max-answer was met.  */
};

#define METRIC_COUNT (METRIC_ANSWERS_TOO_LARGE + 1)

/* How a call ended.  */
enum call_outcome
{
  CALL_OK, /* A dry run, too.  */
  CALL_ERROR,
  CALL_REFUSED,
  CALL_CANCELED
};

#define CALL_OUTCOMES (CALL_CANCELED + 1)

/* Their names: "ok", "error", "refused", "canceled".  */
extern const char *const call_outcome_names[CALL_OUTCOMES];

/* The upper ends of the buckets of a histogram, microseconds, ascending; one
   more bucket has all that is above.  */
#define METRICS_BOUNDS 12
extern const uint64_t metrics_bounds[METRICS_BOUNDS];

/* Of one verb.  */
struct call_metrics
{
  uint64_t outcomes[CALL_OUTCOMES];
  uint64_t buckets[METRICS_BOUNDS + 1]; /* Not cumulative.  */
  uint64_t time_us;                     /* Of all calls together.  */
};

/* Make room for the verbs of REGISTRY; processes forked later share it.  */
gpg_error_t metrics_new (const struct registry *registry,
                         struct metrics **r_metrics);
void metrics_release (struct metrics *metrics);

void metrics_add (struct metrics *metrics, enum metric metric);
void metrics_set (struct metrics *metrics, enum metric metric, uint64_t value);
void metrics_refusal (struct metrics *metrics, enum refusal refusal);

/* A call of VERB of NOUN, rows of REGISTRY, ended with ERR after TIME_US.
   REFUSED: a gate did not let it pass.  */
void metrics_call (struct metrics *metrics, const struct registry *registry,
                   const struct noun *noun, const struct verb *verb,
                   gpg_error_t err, bool refused, uint64_t time_us);

/* --- For who tells of them --- */

uint64_t metrics_value (const struct metrics *metrics, enum metric metric);
uint64_t metrics_refusals (const struct metrics *metrics, enum refusal refusal);

/* When it was made: microseconds on the clock of link_now_us, and seconds
   after 1970.  */
uint64_t metrics_started_us (const struct metrics *metrics);
int64_t metrics_started (const struct metrics *metrics);

/* What there is of verb INDEX, counted through all nouns of the registry.  */
void metrics_verb (const struct metrics *metrics, size_t index,
                   struct call_metrics *r_values);

#endif /* REEVE_METRICS_H */
