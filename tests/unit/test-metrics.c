/* test-metrics.c - tests of src/call/metrics.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/call/metrics.h"

static gpg_error_t
never (struct call *call)
{
  (void)call;
  return 0;
}

#define ROW(name)                                                              \
  {                                                                            \
    name, "", EFFECT_READ, never, NULL, "one", "two", 0, NULL                  \
  }
static const struct verb first_verbs[] = { ROW ("A"), ROW ("B"), { 0 } };
static const struct verb second_verbs[] = { ROW ("A"), { 0 } };
static const struct noun first
    = { .name = "FIRST", .summary = "x", .help = "x", .verbs = first_verbs };
static const struct noun second
    = { .name = "SECOND", .summary = "x", .help = "x", .verbs = second_verbs };

struct hand
{
  struct registry registry;
  struct metrics *metrics;
};

static int
setup (void **state)
{
  static const struct noun *const nouns[] = { &first, &second, NULL };
  struct hand *hand = calloc (1, sizeof *hand);

  *state = hand;
  return !hand || registry_make (nouns, &hand->registry, NULL)
         || metrics_new (&hand->registry, &hand->metrics);
}

static int
teardown (void **state)
{
  struct hand *hand = *state;

  metrics_release (hand->metrics);
  registry_release (&hand->registry);
  free (hand);
  return 0;
}

static void
count (struct hand *hand, const struct noun *noun, size_t verb,
       gpg_err_code_t code, bool refused, uint64_t time_us)
{
  metrics_call (hand->metrics, &hand->registry, noun, noun->verbs + verb,
                code ? gpg_error (code) : 0, refused, time_us);
}

static void
test_calls (void **state)
{
  struct hand *hand = *state;
  struct call_metrics values;

  count (hand, &first, 1, 0, false, 100);
  count (hand, &first, 1, 0, false, 101);
  count (hand, &first, 1, GPG_ERR_CANCELED, false, 60000000);
  count (hand, &first, 1, GPG_ERR_TIMEOUT, false, 60000001);
  count (hand, &first, 1, GPG_ERR_FORBIDDEN, true, 0);
  metrics_verb (hand->metrics, 1, &values);
  assert_int_equal (values.outcomes[CALL_OK], 2);
  assert_int_equal (values.outcomes[CALL_ERROR], 1);
  assert_int_equal (values.outcomes[CALL_REFUSED], 1);
  assert_int_equal (values.outcomes[CALL_CANCELED], 1);
  assert_int_equal (values.buckets[0], 2);
  assert_int_equal (values.buckets[1], 1);
  assert_int_equal (values.buckets[METRICS_BOUNDS - 1], 1);
  assert_int_equal (values.buckets[METRICS_BOUNDS], 1);
  assert_int_equal (values.time_us, 120000202);
  metrics_verb (hand->metrics, 0, &values);
  assert_int_equal (values.time_us, 0);
}

static void
test_verbs_of_one_name (void **state)
{
  struct hand *hand = *state;
  struct call_metrics values;

  count (hand, &second, 0, 0, false, 7);
  metrics_verb (hand->metrics, 0, &values);
  assert_int_equal (values.time_us, 0);
  metrics_verb (hand->metrics, 2, &values);
  assert_int_equal (values.time_us, 7);
  metrics_verb (hand->metrics, 3, &values);
  assert_int_equal (values.time_us, 0);
}

static void
test_rows_of_no_registry (void **state)
{
  struct hand *hand = *state;
  static const struct noun stranger = { .name = "THIRD", .verbs = first_verbs };
  struct call_metrics values;

  count (hand, &stranger, 0, 0, false, 7);
  for (size_t i = 0; i < 3; i++)
    {
      metrics_verb (hand->metrics, i, &values);
      assert_int_equal (values.outcomes[CALL_OK], 0);
    }
}

static void
test_bounds_ascend (void **state)
{
  (void)state;
  for (size_t i = 1; i < METRICS_BOUNDS; i++)
    assert_true (metrics_bounds[i - 1] < metrics_bounds[i]);
}

static void
test_all_processes_count (void **state)
{
  struct hand *hand = *state;
  struct call_metrics values;

  for (int i = 0; i < 4; i++)
    {
      pid_t pid = fork ();

      assert_true (pid >= 0);
      if (!pid)
        {
          for (int j = 0; j < 1000; j++)
            {
              count (hand, &first, 0, 0, false, 1);
              metrics_add (hand->metrics, METRIC_CONNECTIONS);
              metrics_refusal (hand->metrics, REFUSAL_RATE);
            }
          raise (SIGKILL);
        }
    }
  while (wait (NULL) > 0)
    ;
  metrics_verb (hand->metrics, 0, &values);
  assert_int_equal (values.outcomes[CALL_OK], 4000);
  assert_int_equal (values.buckets[0], 4000);
  assert_int_equal (metrics_value (hand->metrics, METRIC_CONNECTIONS), 4000);
  assert_int_equal (metrics_refusals (hand->metrics, REFUSAL_RATE), 4000);
  assert_int_equal (metrics_refusals (hand->metrics, REFUSAL_PEER), 0);
}

static void
test_set (void **state)
{
  struct hand *hand = *state;

  metrics_set (hand->metrics, METRIC_CLIENTS, 5);
  metrics_set (hand->metrics, METRIC_CLIENTS, 3);
  assert_int_equal (metrics_value (hand->metrics, METRIC_CLIENTS), 3);
  assert_true (metrics_started (hand->metrics) > 0);
  assert_true (metrics_started_us (hand->metrics) > 0);
}

static void
test_nothing_is_counted (void **state)
{
  struct hand *hand = *state;
  struct call_metrics values;

  metrics_add (NULL, METRIC_CLIENTS);
  metrics_set (NULL, METRIC_CLIENTS, 1);
  metrics_refusal (NULL, REFUSAL_RATE);
  metrics_call (NULL, &hand->registry, &first, first_verbs, 0, false, 1);
  metrics_verb (NULL, 0, &values);
  assert_int_equal (values.time_us, 0);
  assert_int_equal (metrics_value (NULL, METRIC_CLIENTS), 0);
  assert_int_equal (metrics_refusals (NULL, REFUSAL_RATE), 0);
  assert_int_equal (metrics_started (NULL), 0);
  assert_int_equal (metrics_started_us (NULL), 0);
  metrics_release (NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = { TEST (test_calls),
                                      TEST (test_verbs_of_one_name),
                                      TEST (test_rows_of_no_registry),
                                      TEST (test_bounds_ascend),
                                      TEST (test_all_processes_count),
                                      TEST (test_set),
                                      TEST (test_nothing_is_counted) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
