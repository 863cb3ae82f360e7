/* test-permit.c - tests of src/mod/aug/permit.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "check.h"
#include "fake_policy.h"
#include "scratch.h"

#include "../../src/mod/aug/permit.h"

/* What CALL asked of POLICY since the last time.  */
static const char *
asked (const struct fake_policy *policy)
{
  static char text[300];

  snprintf (text, sizeof text, "%s",
            policy->asked->bytes ? policy->asked->bytes : "");
  buffer_clear (policy->asked);
  if (policy->asked->bytes)
    *policy->asked->bytes = 0;
  return text;
}

static void
without_policy (void **state)
{
  struct scratch *scratch = *state;
  struct call call = { .machine = &scratch->machine };

  assert_true (aug_may_all (&call, EFFECT_WRITE));
  assert_int_equal (aug_may_read (&call, "/etc/a", NULL, NULL), 0);
  assert_int_equal (aug_may_write (&call, "/etc/a", NULL, "/1", NULL), 0);
}

/* Reeve's own files are hidden whatever policy says.  */
static void
own_files (void **state)
{
  struct scratch *scratch = *state;
  struct call call = { .machine = &scratch->machine };
  struct fake_policy policy = { .rules = { ALLOW (READ, "") } };
  auto_failure struct failure failure = FAILURE_NONE;

  fake_policy_set (&call, &policy);
  assert_code (aug_may_read (&call, "/etc/reeve/reeved.conf", NULL, &failure),
               GPG_ERR_FORBIDDEN);
  assert_string_equal (failure.text,
                       "reeve's own files are not for its clients");
  assert_code (
      aug_may_read (&call, "/etc/a", "/etc/reeve/reeved.conf", &failure),
      GPG_ERR_FORBIDDEN);
  assert_int_equal (aug_may_read (&call, "/etc/a", "/etc/b", &failure), 0);
}

static void
names (void **state)
{
  struct scratch *scratch = *state;
  struct call call = { .machine = &scratch->machine };
  struct buffer text = BUFFER_EMPTY;
  struct fake_policy policy = { .rules = { ALLOW (READ, "/files/etc/b"),
                                           ALLOW (WRITE, "/files/a"),
                                           DENY (WRITE, "/files/a/1/x") },
                                .asked = &text };
  auto_failure struct failure failure = FAILURE_NONE;

  fake_policy_set (&call, &policy);
  assert_false (aug_may_all (&call, EFFECT_READ));
  assert_code (aug_may_read (&call, "/etc/a", NULL, &failure),
               GPG_ERR_FORBIDDEN);
  assert_string_equal (asked (&policy), "/files/etc/a|");
  /* The canonical name comes first.  */
  assert_int_equal (aug_may_read (&call, "/etc/a", "/etc/b", &failure), 0);
  assert_string_equal (asked (&policy), "/files/etc/b /files/etc/a|");
  assert_int_equal (aug_may_read (&call, "/etc/b", "/etc/b", &failure), 0);
  assert_string_equal (asked (&policy), "/files/etc/b|");
  aug_may_read (&call, "/etc/a\\b", NULL, NULL);
  assert_string_equal (asked (&policy), "/files/etc/a\\\\b|");
  assert_int_equal (aug_may_write (&call, "/l", "/a", "/1/y", &failure), 0);
  assert_string_equal (asked (&policy), "/files/a/1/y /files/l/1/y|");
  assert_null (failure.details);
  assert_code (aug_may_write (&call, "/l", "/a", "/1/x", &failure),
               GPG_ERR_FORBIDDEN);
  assert_string_equal (failure.details->name, "node");
  assert_string_equal (failure.details->value, "/files/l/1/x");
  buffer_release (&text);
}

static gpg_error_t
find_whole (const struct call *call, enum effect effect,
            const struct object_name *objects, size_t count,
            struct failure *failure)
{
  (void)effect;
  (void)failure;
  for (size_t i = 0; i < count; i++)
    ((size_t *)call->gate)[i] = objects[i].whole;
  return count ? 0 : gpg_error (GPG_ERR_FORBIDDEN);
}

static void
where_the_file_ends (void **state)
{
  struct scratch *scratch = *state;
  size_t wholes[2] = { 0, 0 };
  struct call call
      = { .machine = &scratch->machine, .may = find_whole, .gate = wholes };

  assert_int_equal (aug_may_write (&call, "/etc/a", "/b", "/1/y", NULL), 0);
  assert_int_equal (wholes[0], strlen ("/files/b"));
  assert_int_equal (wholes[1], strlen ("/files/etc/a"));
  assert_int_equal (aug_may_read (&call, "/etc/a\\", NULL, NULL), 0);
  assert_int_equal (wholes[0], strlen ("/files/etc/a\\\\"));
}

#define SCRATCH_TEST(name)                                                     \
  cmocka_unit_test_setup_teardown (name, scratch_setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    SCRATCH_TEST (without_policy),
    SCRATCH_TEST (own_files),
    SCRATCH_TEST (names),
    SCRATCH_TEST (where_the_file_ends),
  };

  return cmocka_run_group_tests_name ("permit", tests, NULL, NULL);
}
