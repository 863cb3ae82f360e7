/* metrics.c - SYSTEM METRICS: what reeve counts of itself
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The text form is that of Prometheus, version 0.0.4.  */

#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "../../../protocol/buffer.h"
#include "../../../protocol/link.h"
#include "../../../protocol/moment.h"
#include "../../call/call.h"
#include "../../call/metrics.h"
#include "system.h"

#define SECOND_US 1000000.0

/* What is counted once, and how each form names it.  */
static const struct
{
  enum metric metric;
  const char *field;
  const char *name;
  const char *type;
  const char *help;
} values[] = {
  { METRIC_CLIENTS, "clients", "reeve_clients", "gauge",
    "Clients that are connected." },
  { METRIC_JOBS, "jobs", "reeve_jobs", "gauge", "Jobs that run." },
  { METRIC_CONNECTIONS, "connections", "reeve_connections_total", "counter",
    "Connections that were accepted." },
  { METRIC_SESSIONS_KILLED, "sessions_killed", "reeve_sessions_killed_total",
    "counter", "Sessions and jobs that died by a signal." },
  { METRIC_HELPERS_DIED, "helpers_died", "reeve_helpers_died_total", "counter",
    "Helpers that died and were started again." },
  { METRIC_ANSWERS_TOO_LARGE, "answers_too_large",
    "reeve_answers_too_large_total", "counter",
    "Answers that were cut at max-answer." },
};

static const struct
{
  enum metric metric;
  const char *worker;
} deaths[] = { { METRIC_DEATHS_AUGEAS, "augeas" },
               { METRIC_DEATHS_MACHINE, "machine" },
               { METRIC_DEATHS_API, "api" } };

#define COUNT(array) (sizeof (array) / sizeof *(array))

/* Call EACH for the rows of all verbs that were called.  */
static gpg_error_t
for_each_verb (struct call *call,
               gpg_error_t (*each) (void *context, const struct noun *noun,
                                    const struct verb *verb,
                                    const struct call_metrics *values),
               void *context)
{
  const struct registry *registry = call->registry;
  size_t index = 0;
  gpg_error_t err = 0;

  for (size_t i = 0; i < registry->count; i++)
    for (size_t j = 0; !err && j < registry->noun[i].count; j++)
      {
        struct call_metrics of_verb;
        uint64_t count = 0;

        metrics_verb (call->metrics, index++, &of_verb);
        for (size_t k = 0; k <= METRICS_BOUNDS; k++)
          count += of_verb.buckets[k];
        if (count)
          err = each (context, registry->noun[i].row,
                      registry->noun[i].verb[j].row, &of_verb);
      }
  return err;
}

/* --- Records --- */

static gpg_error_t
write_buckets (struct writer *out, const struct call_metrics *of_verb)
{
  auto_buffer struct buffer json = BUFFER_EMPTY;
  uint64_t count = 0;
  gpg_error_t err;

  for (size_t i = 0; i < METRICS_BOUNDS; i++)
    {
      count += of_verb->buckets[i];
      buffer_printf (&json, "%s\"%g\":%" PRIu64, i ? "," : "{",
                     (double)metrics_bounds[i] / SECOND_US, count);
    }
  buffer_printf (&json, ",\"+Inf\":%" PRIu64 "}",
                 count + of_verb->buckets[METRICS_BOUNDS]);
  err = buffer_error (&json);
  return err ? err
             : writer_field_json (out, "buckets", json.bytes, json.length);
}

static gpg_error_t
write_verb (void *context, const struct noun *noun, const struct verb *verb,
            const struct call_metrics *of_verb)
{
  struct writer *out = context;
  char seconds[40];
  gpg_error_t err = writer_field (out, "kind", "calls");

  snprintf (seconds, sizeof seconds, "%.6f",
            (double)of_verb->time_us / SECOND_US);
  if (!err)
    err = writer_field (out, "verb", "%s %s", noun->name, verb->name);
  for (size_t i = 0; !err && i < CALL_OUTCOMES; i++)
    err = writer_field_number (out, call_outcome_names[i],
                               (int64_t)of_verb->outcomes[i]);
  if (!err)
    err = writer_field_json (out, "seconds", seconds, strlen (seconds));
  if (!err)
    err = write_buckets (out, of_verb);
  return err ? err : writer_record_end (out);
}

static gpg_error_t
write_daemon (struct call *call)
{
  struct writer *out = call->out;
  const struct metrics *metrics = call->metrics;
  char started[MOMENT_TEXT];
  gpg_error_t err = writer_field (out, "kind", "reeved");

  if (!err)
    err = writer_field (out, "version", "%s", PACKAGE_VERSION);
  if (!err && moment_write (metrics_started (metrics), started))
    err = writer_field (out, "started", "%s", started);
  if (!err)
    err = writer_field_number (
        out, "uptime_seconds",
        (int64_t)((link_now_us () - metrics_started_us (metrics)) / 1000000));
  for (size_t i = 0; !err && i < COUNT (values); i++)
    err = writer_field_number (
        out, values[i].field,
        (int64_t)metrics_value (metrics, values[i].metric));
  return err ? err : writer_record_end (out);
}

static gpg_error_t
write_count (struct writer *out, const char *kind, const char *name,
             const char *value, uint64_t count)
{
  gpg_error_t err = writer_field (out, "kind", "%s", kind);

  if (!err)
    err = writer_field (out, name, "%s", value);
  if (!err)
    err = writer_field_number (out, "count", (int64_t)count);
  return err ? err : writer_record_end (out);
}

static gpg_error_t
write_records (struct call *call)
{
  gpg_error_t err = write_daemon (call);

  for (size_t i = REFUSAL_NONE + 1; !err && i < REFUSAL_COUNT; i++)
    err = write_count (call->out, "refusals", "gate", refusal_name (i),
                       metrics_refusals (call->metrics, i));
  for (size_t i = 0; !err && i < COUNT (deaths); i++)
    err = write_count (call->out, "deaths", "worker", deaths[i].worker,
                       metrics_value (call->metrics, deaths[i].metric));
  return err ? err : for_each_verb (call, write_verb, call->out);
}

/* --- Prometheus --- */

static void
put_head (struct buffer *text, const char *name, const char *type,
          const char *help)
{
  buffer_printf (text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static gpg_error_t
put_outcomes (void *context, const struct noun *noun, const struct verb *verb,
              const struct call_metrics *of_verb)
{
  for (size_t i = 0; i < CALL_OUTCOMES; i++)
    buffer_printf (context,
                   "reeve_calls_total{noun=\"%s\",verb=\"%s\",outcome=\"%s\"} "
                   "%" PRIu64 "\n",
                   noun->name, verb->name, call_outcome_names[i],
                   of_verb->outcomes[i]);
  return 0;
}

static gpg_error_t
put_histogram (void *context, const struct noun *noun, const struct verb *verb,
               const struct call_metrics *of_verb)
{
  static const char name[] = "reeve_call_duration_seconds";
  uint64_t count = 0;

  for (size_t i = 0; i <= METRICS_BOUNDS; i++)
    {
      char bound[32] = "+Inf";

      if (i < METRICS_BOUNDS)
        snprintf (bound, sizeof bound, "%g",
                  (double)metrics_bounds[i] / SECOND_US);
      count += of_verb->buckets[i];
      buffer_printf (
          context, "%s_bucket{noun=\"%s\",verb=\"%s\",le=\"%s\"} %" PRIu64 "\n",
          name, noun->name, verb->name, bound, count);
    }
  buffer_printf (context,
                 "%s_sum{noun=\"%s\",verb=\"%s\"} %.6f\n"
                 "%s_count{noun=\"%s\",verb=\"%s\"} %" PRIu64 "\n",
                 name, noun->name, verb->name,
                 (double)of_verb->time_us / SECOND_US, name, noun->name,
                 verb->name, count);
  return 0;
}

static void
put_daemon (struct buffer *text, const struct metrics *metrics)
{
  put_head (text, "reeve_build_info", "gauge", "The version of reeved.");
  buffer_printf (text, "reeve_build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
  put_head (text, "reeve_start_time_seconds", "gauge",
            "When reeved started, in seconds after 1970.");
  buffer_printf (text, "reeve_start_time_seconds %" PRIi64 "\n",
                 metrics_started (metrics));
  put_head (text, "reeve_uptime_seconds", "gauge",
            "How long reeved has been running.");
  buffer_printf (text, "reeve_uptime_seconds %.3f\n",
                 (double)(link_now_us () - metrics_started_us (metrics))
                     / SECOND_US);
  for (size_t i = 0; i < COUNT (values); i++)
    {
      put_head (text, values[i].name, values[i].type, values[i].help);
      buffer_printf (text, "%s %" PRIu64 "\n", values[i].name,
                     metrics_value (metrics, values[i].metric));
    }
}

static gpg_error_t
write_prometheus (struct call *call)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  gpg_error_t err;

  put_daemon (&text, call->metrics);
  put_head (&text, "reeve_refusals_total", "counter",
            "Requests that a gate did not let pass.");
  for (size_t i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++)
    buffer_printf (&text, "reeve_refusals_total{gate=\"%s\"} %" PRIu64 "\n",
                   refusal_name (i), metrics_refusals (call->metrics, i));
  put_head (&text, "reeve_worker_deaths_total", "counter",
            "Workers that died of a request.");
  for (size_t i = 0; i < COUNT (deaths); i++)
    buffer_printf (
        &text, "reeve_worker_deaths_total{worker=\"%s\"} %" PRIu64 "\n",
        deaths[i].worker, metrics_value (call->metrics, deaths[i].metric));
  put_head (&text, "reeve_calls_total", "counter",
            "Calls that came to their end.");
  for_each_verb (call, put_outcomes, &text);
  put_head (&text, "reeve_call_duration_seconds", "histogram",
            "The time that calls took.");
  for_each_verb (call, put_histogram, &text);
  err = buffer_error (&text);
  return err ? err : writer_value (call->out, text.bytes, text.length);
}

gpg_error_t
system_metrics (struct call *call)
{
  return strcmp (arg_text (call, "format"), "prometheus")
             ? write_records (call)
             : write_prometheus (call);
}
