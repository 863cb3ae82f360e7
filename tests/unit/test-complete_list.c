/* test-complete_list.c - tests of src/call/complete_list.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include "check.h"
#include "fake_perform.h"
#include "src/call/complete_list.h"

#define LIST                                                                   \
  "unit: ssh.service\nunits: no\nstate: unit: ssh\n\n"                         \
  "unit: sshd.service\n\nunit: cron.service"

static void
assert_offered (const char *answer, const char *prefix, const char *expected)
{
  const struct fake_verb verbs[] = { { .expect = "LIST", .answer = answer },
                                     { .expect = NULL } };
  struct fake_call fake;

  fake_call_begin (&fake, verbs);
  assert_int_equal (complete_list (&fake.call, "unit", prefix), 0);
  assert_string_equal (fake.answer.bytes, expected);
  fake_call_end (&fake);
}

static void
values_of_the_field (void **state)
{
  (void)state;
  assert_offered (LIST, "", "ssh.service\nsshd.service\ncron.service\n");
  assert_offered (LIST, "ssh", "ssh.service\nsshd.service\n");
  assert_offered (LIST, "sshd.service", "sshd.service\n");
  assert_offered (LIST, "x", "");
}

static void
an_empty_list (void **state)
{
  (void)state;
  assert_offered (NULL, "", "");
  assert_offered ("\n", "", "");
}

/* Who may not list is offered nothing.  */
static void
a_list_that_fails (void **state)
{
  const struct fake_verb verbs[] = { { .expect = "LIST",
                                       .answer = "unit: ssh.service\n",
                                       .code = GPG_ERR_FORBIDDEN,
                                       .text = "no" },
                                     { .expect = NULL } };
  struct fake_call fake;

  (void)state;
  fake_call_begin (&fake, verbs);
  assert_code (complete_list (&fake.call, "unit", ""), GPG_ERR_FORBIDDEN);
  assert_string_equal (fake.call.failure.text, "no");
  assert_string_equal (fake.answer.bytes, "");
  fake_call_end (&fake);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (values_of_the_field),
                                      cmocka_unit_test (an_empty_list),
                                      cmocka_unit_test (a_list_that_fails) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
