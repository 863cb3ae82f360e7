/* test-known.c - tests of src/mod/aug/known.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "workerhand.h"
#include <sys/resource.h>

/* Only what is loaded is known here, since without descriptors nothing more can
   be: in the keeper that is everything.  */
static void
what_is_known (void **state)
{
  struct workerhand *hand = *state;
  auto_buffer struct buffer text = BUFFER_EMPTY;
  auto_free char *before = transforms_shown (hand->worker.aug);
  auto_free char *after = NULL;
  struct rlimit limit, now;
  struct lens_table known;

  assert_int_equal (getrlimit (RLIMIT_NOFILE, &limit), 0);
  workerhand_set (hand, "/augeas/load/None/lens", "None.lns");
  assert_int_equal (known_text (hand->worker.aug, &text), 0);
  assert_int_equal (lens_table_parse (text.bytes, text.length, &known), 0);
  assert_int_equal (known.count, 0);
  assert_true (known.known_count > 0);
  assert_string_equal (known.known[0].name, "Hosts.lns");
  assert_non_null (strstr (lens_info (&known, "Hosts.lns"), "/hosts.aug:"));
  assert_string_equal (lens_info (&known, "None.lns"), "");
  lens_table_release (&known);
  /* All is as it was.  */
  aug_rm (hand->worker.aug, "/augeas/load/None");
  after = transforms_shown (hand->worker.aug);
  assert_string_equal (before, after);
  assert_string_equal (workerhand_labels (hand, "/augeas/files/*"), "");
  assert_string_equal (workerhand_labels (hand, "/files/*"), "");
  assert_int_equal (getrlimit (RLIMIT_NOFILE, &now), 0);
  assert_int_equal (now.rlim_cur, limit.rlim_cur);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { WORKER_TEST (what_is_known) };

  return cmocka_run_group_tests_name ("known", tests, NULL, NULL);
}
