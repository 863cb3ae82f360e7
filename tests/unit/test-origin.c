/* test-origin.c - tests of src/mod/aug/origin.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#define WORKERHAND_FLAGS AUG_ENABLE_SPAN
#include "workerhand.h"

const char *__lsan_default_suppressions (void);

/* See WORKERHAND_FLAGS.  */
const char *
__lsan_default_suppressions (void)
{
  return "leak:libaugeas.so";
}

/* OPERATION on PATH answers with TEXT.  */
static void
answers (struct workerhand *hand, enum channel_operation operation,
         const char *path, const char *text)
{
  assert_int_equal (RUN (hand, operation, path), 0);
  assert_string_equal (workerhand_said (hand), text);
}

static int
setup (void **state)
{
  struct workerhand *hand;

  if (workerhand_setup (state))
    return -1;
  hand = *state;
  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  workerhand_loaded (hand, "/etc/odd/a b", "192.0.2.1 one");
  return record_put (&hand->worker, "/etc/odd", RECORD_DIRECTORY, NULL) != 0;
}

#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, setup, workerhand_teardown)

static void
sources (void **state)
{
  struct workerhand *hand = *state;

  answers (hand, CHANNEL_SOURCE, "/files/etc/hosts/2/alias",
           "ANSWER /files/etc/hosts|");
  answers (hand, CHANNEL_SOURCE, "/files/etc/hosts",
           "ANSWER /files/etc/hosts|");
  answers (hand, CHANNEL_SOURCE, "/augeas/files/etc/hosts/path",
           "ANSWER /augeas/files/etc/hosts|");
  answers (hand, CHANNEL_SOURCE, "/files/etc/odd/*/1",
           "ANSWER /files/etc/odd/a\\ b|");
  assert_code (RUN (hand, CHANNEL_SOURCE, "/augeas/version"), GPG_ERR_NO_DATA);
  assert_code (RUN (hand, CHANNEL_SOURCE, "/augeas/none"), GPG_ERR_NOT_FOUND);
  assert_code (RUN (hand, CHANNEL_SOURCE, "/files/etc/hosts/*"),
               GPG_ERR_AMBIGUOUS);
  assert_code (RUN (hand, CHANNEL_SOURCE, "/augeas/["), GPG_ERR_SYNTAX);
}

/* Of two trees of one name the first is the file's.  */
static void
sources_of_doubles (void **state)
{
  struct workerhand *hand = *state;

  workerhand_set (hand, "/files/etc/hosts[2]/1", "x");
  answers (hand, CHANNEL_SOURCE, "/files/etc/hosts[1]/1",
           "ANSWER /files/etc/hosts[1]|");
  assert_code (RUN (hand, CHANNEL_SOURCE, "/files/etc/hosts[2]/1"),
               GPG_ERR_NO_DATA);
}

static void
spans (void **state)
{
  struct workerhand *hand = *state;

  answers (hand, CHANNEL_SPAN, "/files/etc/hosts/2/canonical",
           "ANSWER /etc/hosts|0|0|30|42|30|42|");
  answers (hand, CHANNEL_SPAN, "/files/etc/hosts",
           "ANSWER /etc/hosts|0|0|0|0|0|45|");
  /* The newline that was added is not in the file.  */
  answers (hand, CHANNEL_SPAN, "/files/etc/odd/*",
           "ANSWER /etc/odd/a b|0|0|0|0|0|13|");
  answers (hand, CHANNEL_SPAN, "/files/etc/odd/*/1/ipaddr",
           "ANSWER /etc/odd/a b|0|0|0|9|0|9|");
  assert_code (RUN (hand, CHANNEL_SPAN, "/augeas/version"), GPG_ERR_NO_DATA);
  assert_code (RUN (hand, CHANNEL_SPAN, "/augeas/none"), GPG_ERR_NOT_FOUND);
  assert_code (RUN (hand, CHANNEL_SPAN, "/files/etc/hosts/*"),
               GPG_ERR_AMBIGUOUS);
}

static void
spans_after_edits (void **state)
{
  struct workerhand *hand = *state;

  workerhand_set (hand, "/files/etc/hosts/1/canonical", "much.longer");
  workerhand_set (hand, "/files/etc/hosts/1/alias", "new");
  answers (hand, CHANNEL_SPAN, "/files/etc/hosts/2/canonical",
           "ANSWER /etc/hosts|0|0|30|42|30|42|");
  assert_code (RUN (hand, CHANNEL_SPAN, "/files/etc/hosts/1/alias"),
               GPG_ERR_NO_DATA);
}

static void
spans_after_rendering (void **state)
{
  struct workerhand *hand = *state;

  workerhand_set (hand, "/files/etc/hosts/1/canonical", "here");
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_RENDER), 0);
  workerhand_said (hand);
  assert_code (RUN (hand, CHANNEL_SPAN, "/files/etc/hosts/2/canonical"),
               GPG_ERR_NO_DATA);
  assert_non_null (strstr (hand->worker.failure.text, "SAVE or REVERT"));
  assert_int_equal (RUN (hand, CHANNEL_COMMIT, "/etc/hosts", "9"), 0);
  answers (hand, CHANNEL_SPAN, "/files/etc/hosts/2/canonical",
           "ANSWER /etc/hosts|0|0|25|37|25|37|");
  answers (hand, CHANNEL_SPAN, "/files/etc/hosts/1",
           "ANSWER /etc/hosts|0|0|0|0|0|15|");
  assert_string_equal (workerhand_labels (hand, "/augeas/reeve"), "");
  assert_string_equal (workerhand_labels (hand, "/augeas/text"), "");
}

static void
spans_after_reverting (void **state)
{
  struct workerhand *hand = *state;

  workerhand_set (hand, "/files/etc/hosts/1/canonical", "here");
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_RENDER), 0);
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_REVERT), 0);
  workerhand_said (hand);
  answers (hand, CHANNEL_SPAN, "/files/etc/hosts/2/canonical",
           "ANSWER /etc/hosts|0|0|30|42|30|42|");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (sources),
    TEST (sources_of_doubles),
    TEST (spans),
    TEST (spans_after_edits),
    TEST (spans_after_rendering),
    TEST (spans_after_reverting),
  };

  return cmocka_run_group_tests_name ("origin", tests, NULL, NULL);
}
