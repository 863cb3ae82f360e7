/* test-lensed.c - tests of src/mod/aug/lensed.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "workerhand.h"

static int
setup (void **state)
{
  if (workerhand_setup (state))
    return -1;
  workerhand_loaded (*state, "/etc/hosts", HOSTS);
  workerhand_set (*state, "/text", "192.0.2.1   one\n");
  return 0;
}

#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, setup, workerhand_teardown)

/* Nothing is left of what the library and we put down.  */
static void
is_clean (struct workerhand *hand)
{
  assert_string_equal (workerhand_labels (hand, "/augeas/reeve"), "");
  assert_string_equal (workerhand_labels (hand, "/augeas/text"), "");
}

static void
names_of_lenses (void **state)
{
  struct workerhand *hand = *state;
  char *name = NULL;

  assert_int_equal (lens_named (&hand->worker, "Hosts", &name), 0);
  assert_string_equal (name, "Hosts.lns");
  free (name);
  assert_int_equal (lens_named (&hand->worker, "Hosts.lns", &name), 0);
  assert_string_equal (name, "Hosts.lns");
  free (name);
  assert_code (lens_named (&hand->worker, "Hosts.none", &name),
               GPG_ERR_NOT_FOUND);
  assert_null (name);
  assert_non_null (strstr (hand->worker.failure.text, "AUG LENSES"));
  assert_code (lens_named (&hand->worker, "@None", &name), GPG_ERR_NOT_FOUND);
  assert_code (lens_named (&hand->worker, "../x", &name), GPG_ERR_NOT_FOUND);
  is_clean (hand);
  assert_false (lens_exists (&hand->worker, "Nothing.lns", &name));
  assert_string_equal (name, "Can not find lens Nothing.lns");
  free (name);
}

static void
storing (void **state)
{
  struct workerhand *hand = *state;

  assert_int_equal (RUN (hand, CHANNEL_STORE, "Hosts", "/text", "/tree"), 0);
  workerhand_has (hand, "/tree/1/canonical", "one");
  /* Where it is more than a path, it is one of augeas' expressions.  */
  workerhand_set (hand, "/some", NULL);
  workerhand_set (hand, "/some/a b", NULL);
  assert_int_equal (RUN (hand, CHANNEL_STORE, "Hosts.lns", "/text",
                         "/some/*[label() = 'a b']"),
                    0);
  workerhand_has (hand, "/some/a\\ b/1/ipaddr", "192.0.2.1");
  assert_true (hand->worker.edited);
  is_clean (hand);
  assert_code (RUN (hand, CHANNEL_STORE, "Hosts.lns", "/none", "/tree"),
               GPG_ERR_NOT_FOUND);
  assert_code (RUN (hand, CHANNEL_STORE, "Hosts.lns", "/text", "/tree["),
               GPG_ERR_SYNTAX);
  is_clean (hand);
}

static void
texts_that_do_not_parse (void **state)
{
  struct workerhand *hand = *state;

  assert_int_equal (RUN (hand, CHANNEL_STORE, "Hosts.lns", "/text", "/tree"),
                    0);
  workerhand_set (hand, "/text", "192.0.2.1 one\n192.0.2.2\n");
  assert_code (RUN (hand, CHANNEL_STORE, "Hosts.lns", "/text", "/tree"),
               GPG_ERR_BAD_DATA);
  assert_string_equal (workerhand_detail (hand, "line"), "2");
  assert_string_equal (workerhand_detail (hand, "character"), "9");
  assert_string_equal (workerhand_detail (hand, "lens"), "Hosts.lns");
  assert_string_equal (workerhand_detail (hand, "text"), "192.0.2.2");
  assert_true (*workerhand_detail (hand, "reason"));
  /* What was there stays.  */
  workerhand_has (hand, "/tree/1/canonical", "one");
  is_clean (hand);
}

static void
into_a_file (void **state)
{
  struct workerhand *hand = *state;

  assert_int_equal (
      RUN (hand, CHANNEL_STORE, "Hosts.lns", "/text", "/files/etc/hosts"), 0);
  assert_true (record_find (&hand->worker, "/etc/hosts")->rendered);
  assert_code (RUN (hand, CHANNEL_SPAN, "/files/etc/hosts/1"), GPG_ERR_NO_DATA);
  aug_rm (hand->worker.aug, "/text");
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_RENDER), 0);
  assert_string_equal (workerhand_said (hand),
                       "ANSWER write|/etc/hosts|192.0.2.1 one\n|");
}

static void
texts_are_for_no_file (void **state)
{
  struct workerhand *hand = *state;

  assert_int_equal (RUN (hand, CHANNEL_STORE, "Hosts.lns", "/text", "/a/tree"),
                    0);
  assert_int_equal (RUN (hand, CHANNEL_RETRIEVE, "Hosts.lns", "/text[1]",
                         "/a/tree", "/out/text"),
                    0);
  assert_string_equal (hand->worker.texts, "/text\n/a\n/out\n");
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_RENDER), 0);
  workerhand_set (hand, "/b/tree", "x");
  assert_code (RUN_PLAIN (hand, CHANNEL_RENDER), GPG_ERR_NOT_SUPPORTED);
  aug_rm (hand->worker.aug, "/b");
  workerhand_set (hand, "/tex", "x");
  assert_code (RUN_PLAIN (hand, CHANNEL_RENDER), GPG_ERR_NOT_SUPPORTED);
}

static void
retrieving (void **state)
{
  struct workerhand *hand = *state;

  assert_int_equal (RUN (hand, CHANNEL_STORE, "Hosts.lns", "/text", "/tree"),
                    0);
  workerhand_set (hand, "/tree/1/alias", "uno");
  assert_int_equal (
      RUN (hand, CHANNEL_RETRIEVE, "Hosts", "/text", "/tree", "/out"), 0);
  workerhand_has (hand, "/out", "192.0.2.1   one uno\n");
  is_clean (hand);
  workerhand_set (hand, "/tree/1/nonsense", "x");
  assert_code (RUN (hand, CHANNEL_RETRIEVE, "Hosts", "/text", "/tree", "/out"),
               GPG_ERR_BAD_DATA);
  assert_true (*workerhand_detail (hand, "reason"));
  assert_code (RUN (hand, CHANNEL_RETRIEVE, "Hosts", "/text",
                    "/files/etc/hosts/*", "/out"),
               GPG_ERR_AMBIGUOUS);
  assert_code (RUN (hand, CHANNEL_RETRIEVE, "None", "/text", "/tree", "/out"),
               GPG_ERR_NOT_FOUND);
  assert_code (RUN (hand, CHANNEL_RETRIEVE, "Hosts", "/none", "/tree", "/out"),
               GPG_ERR_NOT_FOUND);
  is_clean (hand);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (names_of_lenses),         TEST (storing),
    TEST (texts_that_do_not_parse), TEST (into_a_file),
    TEST (texts_are_for_no_file),   TEST (retrieving),
  };

  return cmocka_run_group_tests_name ("lensed", tests, NULL, NULL);
}
