/* test-limits.c - tests of src/base/limits.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <string.h>

#include "protocol/limits.h"
#include "src/base/limits.h"

static const struct limit *
find (const char *name)
{
  const struct limit *limit = limit_table;

  while (limit->name && strcmp (limit->name, name))
    limit++;
  assert_non_null (limit->name);
  return limit;
}

/* Set NAME to VALUE and tell what it is then; 0 is an error, which ADVICE is
   part of.  */
static uint64_t
set (const char *name, const char *value, const char *advice)
{
  auto_failure struct failure failure = FAILURE_NONE;
  const struct limit *limit = find (name);
  struct limits limits;
  gpg_error_t err;

  limits_init (&limits);
  err = limit_set (&limits, limit, value, &failure);
  if (!err)
    return limit_number (&limits, limit);
  assert_code (err, GPG_ERR_INV_VALUE);
  assert_non_null (strstr (failure.text, advice));
  assert_non_null (strstr (failure.text, value));
  return 0;
}

static void
what_is_usual (void **state)
{
  struct limits limits;

  (void)state;
  limits_init (&limits);
  assert_int_equal (limits.clients, LIMIT_CLIENTS);
  assert_int_equal (limits.auth_ms, LIMIT_AUTH_SECONDS * 1000);
  assert_int_equal (limits.answer, LIMIT_ANSWER);
  assert_int_equal (limits.calls_per_uid.calls, LIMIT_CALLS);
  assert_int_equal (limits.calls_per_uid.window_ms, LIMIT_CALLS_SECONDS * 1000);
  assert_int_equal (limits.calls_per_identity.calls, 0);
  assert_int_equal (limits.worker_memory, LIMIT_AUG_MEMORY);
  assert_memory_equal (limits_or_usual (NULL), &limits, sizeof limits);
  limits.clients = 1;
  assert_ptr_equal (limits_or_usual (&limits), &limits);
}

/* Each row has its own place, room for its usual value, and words.  */
static void
the_table_is_sound (void **state)
{
  struct limits limits;
  size_t sum = 0;

  (void)state;
  limits_init (&limits);
  for (const struct limit *limit = limit_table; limit->name; limit++)
    {
      assert_true (limit->least <= limit->usual || !limit->usual);
      assert_true (limit->usual <= limit->most);
      assert_true (*limit->description && *limit->argument);
      assert_true (*limit_unit_name (limit->unit));
      assert_ptr_equal (find (limit->name), limit);
      for (const struct limit *other = limit_table; other < limit; other++)
        assert_int_not_equal (other->offset, limit->offset);
      sum += limit->unit == UNIT_RATE ? sizeof (struct rate)
                                      : sizeof (uint64_t);
    }
  assert_int_equal (sum, sizeof limits);
}

static void
numbers (void **state)
{
  (void)state;
  assert_int_equal (set ("max-clients", "1", ""), 1);
  assert_int_equal (set ("max-clients", "10000", ""), 10000);
  assert_int_equal (set ("max-clients", "0", "no number from 1 to 10000"), 0);
  assert_int_equal (set ("max-clients", "10001", "no number from 1 to "), 0);
  assert_int_equal (set ("max-clients", "1k", "no number"), 0);
  assert_int_equal (set ("max-clients", "", "no number"), 0);
  assert_int_equal (set ("max-clients", " 1", "no number"), 0);
  assert_int_equal (set ("max-clients", "-1", "no number"), 0);
  assert_int_equal (set ("max-clients", "99999999999999999999", "no number"),
                    0);
  assert_int_equal (set ("auth-timeout", "3600", ""), 3600);
  assert_int_equal (set ("auth-timeout", "3601", "from 1 to 3600"), 0);
  assert_int_equal (set ("auth-timeout", "18446744073709551615", "from 1"), 0);
}

static void
sizes (void **state)
{
  (void)state;
  assert_int_equal (set ("max-answer", "1M", ""), MIB);
  assert_int_equal (set ("max-answer", "100k", ""), 100 * KIB);
  assert_int_equal (set ("max-answer", "100K", ""), 100 * KIB);
  assert_int_equal (set ("max-answer", "70000", ""), 70000);
  assert_int_equal (set ("max-answer", "65M", "no size in bytes"), 0);
  assert_int_equal (set ("max-answer", "1", "from 4096 to 67108864"), 0);
  assert_int_equal (set ("max-answer", "1m", "no size"), 0);
  assert_int_equal (set ("max-answer", "1MB", "no size"), 0);
  assert_int_equal (set ("max-answer", "17179869184G", "no size"), 0);
  assert_int_equal (set ("worker-memory", "1G", ""), GIB);
}

static void
rates (void **state)
{
  static const struct
  {
    const char *text;
    uint64_t calls, window_ms;
    const char *printed;
  } good[] = { { "100/60s", 100, 60000, "100/60s" },
               { "100/60", 100, 60000, "100/60s" },
               { "1/1ms", 1, 1, "1/1ms" },
               { "5/1500ms", 5, 1500, "5/1500ms" },
               { "7/2min", 7, 120000, "7/120s" },
               { "1000000/24h", 1000000, 86400000, "1000000/86400s" },
               { "0", 0, 0, "0" } };
  static const char *const bad[]
      = { "",       "100",    "/60s",      "100/",        "100/0s",
          "0/60s",  "-1/60s", "100/60d",   "100/25h",     "1000001/1s",
          "1/60s ", "1//60s", "1/60s/60s", "100 / 60s",   "x/60s",
          "1.5/1s", "1k/1s",  "00/1s",     "1/99999999h", "1/s" };
  char text[RATE_TEXT];

  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    {
      struct rate rate = { 99, 99 };

      assert_true (rate_read (good[i].text, &rate));
      assert_int_equal (rate.calls, good[i].calls);
      assert_int_equal (rate.window_ms, good[i].window_ms);
      assert_string_equal (rate_text (&rate, text), good[i].printed);
    }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      struct rate rate = { 99, 99 };

      assert_false (rate_read (bad[i], &rate));
      assert_int_equal (rate.calls, 99);
    }
  assert_int_equal (set ("max-calls-per-uid", "5", "is no rate: N/TIME"), 0);
}

/* A reload changes all but what programs were started with.  */
static void
adopted (void **state)
{
  struct limits fresh;
  struct limits limits;

  (void)state;
  limits_init (&limits);
  memset (&fresh, 0x55, sizeof fresh);
  limits_adopt (&limits, &fresh);
  assert_int_equal (limits.worker_memory, LIMIT_AUG_MEMORY);
  assert_int_equal (limits.worker_cpu_ms, LIMIT_AUG_CPU_SECONDS * 1000);
  limits.worker_memory = fresh.worker_memory;
  limits.worker_cpu_ms = fresh.worker_cpu_ms;
  assert_memory_equal (&limits, &fresh, sizeof limits);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_is_usual), cmocka_unit_test (the_table_is_sound),
    cmocka_unit_test (numbers),       cmocka_unit_test (sizes),
    cmocka_unit_test (rates),         cmocka_unit_test (adopted),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
