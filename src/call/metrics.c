/* metrics.c - what reeve counts of itself
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "metrics.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#include "../../protocol/link.h"

const char *const call_outcome_names[CALL_OUTCOMES]
    = { "ok", "error", "refused", "canceled" };

const uint64_t metrics_bounds[METRICS_BOUNDS]
    = { 100,    500,    1000,    5000,    10000,    50000,
        100000, 500000, 1000000, 5000000, 10000000, 60000000 };

typedef _Atomic uint64_t counter;

struct verb_counters
{
  counter outcomes[CALL_OUTCOMES];
  counter buckets[METRICS_BOUNDS + 1];
  counter time_us;
};

struct metrics
{
  size_t size; /* Bytes of the mapping.  */
  size_t count;
  uint64_t started_us;
  int64_t started;
  counter values[METRIC_COUNT];
  counter refusals[REFUSAL_COUNT];
  struct verb_counters verb[];
};

gpg_error_t
metrics_new (const struct registry *registry, struct metrics **r_metrics)
{
  size_t count = 0;
  struct metrics *metrics;
  size_t size;

  *r_metrics = NULL;
  for (size_t i = 0; i < registry->count; i++)
    count += registry->noun[i].count;
  size = sizeof *metrics + count * sizeof *metrics->verb;
  metrics = mmap (NULL, size, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (metrics == MAP_FAILED)
    return gpg_error_from_syserror ();
  metrics->size = size;
  metrics->count = count;
  metrics->started_us = link_now_us ();
  metrics->started = time (NULL);
  *r_metrics = metrics;
  return 0;
}

void
metrics_release (struct metrics *metrics)
{
  if (metrics)
    munmap (metrics, metrics->size);
}

/* --- Counting --- */

static void
add (counter *number, uint64_t value)
{
  atomic_fetch_add_explicit (number, value, memory_order_relaxed);
}

static uint64_t
get (const counter *number)
{
  return atomic_load_explicit (number, memory_order_relaxed);
}

void
metrics_add (struct metrics *metrics, enum metric metric)
{
  if (metrics)
    add (metrics->values + metric, 1);
}

void
metrics_set (struct metrics *metrics, enum metric metric, uint64_t value)
{
  if (metrics)
    atomic_store_explicit (metrics->values + metric, value,
                           memory_order_relaxed);
}

void
metrics_refusal (struct metrics *metrics, enum refusal refusal)
{
  if (metrics)
    add (metrics->refusals + refusal, 1);
}

static enum call_outcome
outcome_of (gpg_error_t err, bool refused)
{
  if (refused)
    return CALL_REFUSED;
  switch (gpg_err_code (err))
    {
    case GPG_ERR_NO_ERROR:
      return CALL_OK;
    case GPG_ERR_CANCELED:
      return CALL_CANCELED;
    default:
      return CALL_ERROR;
    }
}

/* The counters of VERB; NULL if it is none of the registry's.  */
static struct verb_counters *
find_verb (struct metrics *metrics, const struct registry *registry,
           const struct noun *noun, const struct verb *verb)
{
  size_t index = 0;

  for (size_t i = 0; i < registry->count; i++)
    {
      const struct registry_noun *one = registry->noun + i;

      for (size_t j = 0; one->row == noun && j < one->count; j++)
        if (one->verb[j].row == verb)
          return index + j < metrics->count ? metrics->verb + index + j : NULL;
      index += one->count;
    }
  return NULL;
}

void
metrics_call (struct metrics *metrics, const struct registry *registry,
              const struct noun *noun, const struct verb *verb, gpg_error_t err,
              bool refused, uint64_t time_us)
{
  struct verb_counters *counters;
  size_t bucket = 0;

  counters = metrics ? find_verb (metrics, registry, noun, verb) : NULL;
  if (!counters)
    return;
  while (bucket < METRICS_BOUNDS && time_us > metrics_bounds[bucket])
    bucket++;
  add (&counters->time_us, time_us);
  add (counters->buckets + bucket, 1);
  add (counters->outcomes + outcome_of (err, refused), 1);
}

/* --- Telling --- */

uint64_t
metrics_value (const struct metrics *metrics, enum metric metric)
{
  return metrics ? get (metrics->values + metric) : 0;
}

uint64_t
metrics_refusals (const struct metrics *metrics, enum refusal refusal)
{
  return metrics ? get (metrics->refusals + refusal) : 0;
}

uint64_t
metrics_started_us (const struct metrics *metrics)
{
  return metrics ? metrics->started_us : 0;
}

int64_t
metrics_started (const struct metrics *metrics)
{
  return metrics ? metrics->started : 0;
}

void
metrics_verb (const struct metrics *metrics, size_t index,
              struct call_metrics *r_values)
{
  const struct verb_counters *counters;

  *r_values = (struct call_metrics){ .time_us = 0 };
  if (!metrics || index >= metrics->count)
    return;
  counters = metrics->verb + index;
  for (size_t i = 0; i < CALL_OUTCOMES; i++)
    r_values->outcomes[i] = get (counters->outcomes + i);
  for (size_t i = 0; i <= METRICS_BOUNDS; i++)
    r_values->buckets[i] = get (counters->buckets + i);
  r_values->time_us = get (&counters->time_us);
}
