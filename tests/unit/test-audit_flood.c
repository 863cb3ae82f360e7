/* test-audit_flood.c - many refusals are summed up
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "auditlog.h"
#include "src/gate/audit_inside.h"

static int64_t clock_ms;

int64_t __wrap_audit_now (void);

int64_t
__wrap_audit_now (void)
{
  return clock_ms;
}

static int
setup_clock (void **state)
{
  clock_ms = 1700000000000;
  return setup (state);
}

static void
refuse (struct audit *audit, uid_t uid, enum refusal gate)
{
  const struct peer peer = { .uid = uid, .gid = 1, .pid = 1 };
  const struct audit_subject subject = { .peer = &peer };

  audit_refuse (audit, &subject, gate, "", gpg_error (GPG_ERR_FORBIDDEN), "no");
}

static void
test_one (void **state)
{
  struct audit *audit = open_audit ();

  (void)state;
  for (int i = 0; i < 1000; i++)
    refuse (audit, 7, i % 3 ? REFUSAL_PARSE : REFUSAL_RATE);
  assert_log (LIMIT_AUDIT_REFUSALS);
  refuse (audit, 8, REFUSAL_PEER);
  assert_log (LIMIT_AUDIT_REFUSALS + 1);
  /* Not before the second is over.  */
  assert_int_equal (audit_tick (audit), 1000);
  assert_log (LIMIT_AUDIT_REFUSALS + 1);
  clock_ms += 1000;
  assert_int_equal (audit_tick (audit), -1);
  assert_log (LIMIT_AUDIT_REFUSALS + 2);
  assert_says ("\"event\":\"refusals\",\"uid\":7,\"count\":990,\"gate\":"
               "{\"parse\":660,\"rate\":330},\"hash\":");
  audit_close (audit);
}

/* Without a tick, the next refusal tells of those before.  */
static void
test_next (void **state)
{
  struct audit *audit = open_audit ();

  (void)state;
  for (int i = 0; i < LIMIT_AUDIT_REFUSALS + 5; i++)
    refuse (audit, 7, REFUSAL_POLICY);
  clock_ms += 1000;
  refuse (audit, 7, REFUSAL_POLICY);
  assert_log (LIMIT_AUDIT_REFUSALS + 2);
  assert_says ("\"count\":5,\"gate\":{\"policy\":5}");
  audit_close (audit);
}

static void
test_many_uids (void **state)
{
  struct audit *audit = open_audit ();

  (void)state;
  for (uid_t uid = 0; uid < 200; uid++)
    refuse (audit, uid, REFUSAL_PEER);
  /* Those who found no place of their own share one.  */
  assert_log (AUDIT_FLOODERS - 1 + LIMIT_AUDIT_REFUSALS);
  clock_ms += 1000;
  /* A place that waits to be told goes to another uid.  */
  audit_tick (audit);
  assert_log (AUDIT_FLOODERS + LIMIT_AUDIT_REFUSALS);
  assert_says ("\"event\":\"refusals\",\"count\":127,\"gate\":{\"peer\":127}");
  for (uid_t uid = 1000; uid < 1063; uid++)
    for (int i = 0; i < LIMIT_AUDIT_REFUSALS + 1; i++)
      refuse (audit, uid, REFUSAL_PEER);
  clock_ms += 1000;
  refuse (audit, 5, REFUSAL_PEER);
  assert_log (AUDIT_FLOODERS + LIMIT_AUDIT_REFUSALS + 63 * LIMIT_AUDIT_REFUSALS
              + 2);
  audit_close (audit);
}

/* Whoever is refused may be nobody that the kernel knows of.  */
static void
test_unknown (void **state)
{
  struct audit *audit = open_audit ();

  (void)state;
  for (int i = 0; i < LIMIT_AUDIT_REFUSALS + 5; i++)
    audit_refuse (audit, NULL, REFUSAL_LIMIT, "", 0, "full");
  assert_log (LIMIT_AUDIT_REFUSALS);
  assert_says ("\"event\":\"refused\",\"gate\":\"limit\",\"outcome\"");
  clock_ms += 1000;
  audit_tick (audit);
  assert_says ("\"event\":\"refusals\",\"count\":5,\"gate\":{\"limit\":5}");
  audit_close (audit);
}

#define CLOCK_TEST(function)                                                   \
  cmocka_unit_test_setup_teardown (function, setup_clock, teardown)

int
main (void)
{
  const struct CMUnitTest tests[]
      = { CLOCK_TEST (test_one), CLOCK_TEST (test_next),
          CLOCK_TEST (test_many_uids), CLOCK_TEST (test_unknown) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
