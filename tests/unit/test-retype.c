/* test-retype.c - tests of src/mod/aug/retype.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "workerhand.h"

#define TYPED "127.0.0.1\tlocalhost\n\n# mine\n"

static int
setup (void **state)
{
  struct workerhand *hand;

  if (workerhand_setup (state))
    return -1;
  hand = *state;
  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  workerhand_loaded (hand, "/etc/many/cut", "192.0.2.1 one");
  assert_int_equal (workerhand_load (hand, "/etc/fstab", "no fstab\n"), 0);
  /* Of what is not there the session need not be asked.  */
  assert_int_equal (
      record_put (&hand->worker, "/etc/hostname", RECORD_ABSENT, NULL), 0);
  assert_int_equal (tree_clean_all (&hand->worker), 0);
  return 0;
}

#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, setup, workerhand_teardown)

static void
answers (struct workerhand *hand, const char *path, const char *text)
{
  assert_int_equal (RUN (hand, CHANNEL_TEXT, path), 0);
  assert_string_equal (workerhand_said (hand), text);
}

static void
takes (struct workerhand *hand, const char *path, const char *text,
       const char *remarks)
{
  assert_int_equal (RUN (hand, CHANNEL_REPLACE, path, text), 0);
  assert_string_equal (workerhand_said (hand), remarks);
  assert_string_equal (workerhand_labels (hand, "/augeas/reeve"), "");
  assert_string_equal (workerhand_labels (hand, "/augeas/text"), "");
}

static void
renders (struct workerhand *hand, const char *text)
{
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_RENDER), 0);
  assert_string_equal (workerhand_said (hand), text);
}

static void
texts (void **state)
{
  struct workerhand *hand = *state;

  answers (hand, "/etc/hosts", "ANSWER read|");
  answers (hand, "/etc/hostname", "ANSWER read|");
  assert_int_equal (RUN (hand, CHANNEL_TEXT, "/etc/fstab"), 0);
  assert_ptr_equal (strstr (workerhand_said (hand), "ANSWER failed|1|"),
                    hand->said);
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "here");
  answers (hand, "/etc/hosts",
           "ANSWER text|127.0.0.1 here\n192.0.2.7 gate.example g\n|");
  workerhand_set (hand, "/files/etc/hosts/1/nonsense", "x");
  assert_code (RUN (hand, CHANNEL_TEXT, "/etc/hosts"), GPG_ERR_BAD_DATA);
  aug_rm (hand->worker.aug, "/files/etc/hosts");
  answers (hand, "/etc/hosts", "ANSWER removed|");
  workerhand_set (hand, "/files/etc/hostname/hostname", "gate");
  answers (hand, "/etc/hostname", "ANSWER text|gate\n|");
}

static void
texts_that_cannot_be_had (void **state)
{
  struct workerhand *hand = *state;
  const char *refused[] = { "/etc/many/x", "@Hosts", "0", "251",
                            "hands off",   "",       NULL };

  workerhand_tell (hand, CHANNEL_REFUSED, 0, refused);
  workerhand_ready (hand);
  assert_code (RUN (hand, CHANNEL_TEXT, "/etc/many/x"), GPG_ERR_FORBIDDEN);
  assert_string_equal (hand->worker.failure.text, "hands off");
  assert_code (RUN (hand, CHANNEL_REPLACE, "/etc/many/x", HOSTS),
               GPG_ERR_FORBIDDEN);
  TELL (hand, CHANNEL_SETTLED, CHANNEL_DIRECTORY, "/etc/many");
  workerhand_ready (hand);
  assert_code (RUN (hand, CHANNEL_TEXT, "/etc/many"), GPG_ERR_INV_ARG);
  assert_code (RUN (hand, CHANNEL_TEXT, "/etc/hosts/x"), GPG_ERR_INV_ARG);
  TELL (hand, CHANNEL_SETTLED, CHANNEL_ABSENT, "/etc/none");
  workerhand_ready (hand);
  assert_code (RUN (hand, CHANNEL_TEXT, "/etc/none"), GPG_ERR_NOT_SUPPORTED);
  TELL (hand, CHANNEL_SETTLED, CHANNEL_ABSENT, "/etc/both");
  workerhand_ready (hand);
  assert_code (RUN (hand, CHANNEL_REPLACE, "/etc/both", HOSTS),
               GPG_ERR_AMBIGUOUS);
}

static void
what_is_typed_is_written (void **state)
{
  struct workerhand *hand = *state;

  takes (hand, "/etc/hosts", TYPED, "");
  assert_string_equal (workerhand_labels (hand, "/files/etc/hosts/*"),
                       "1 #comment ");
  answers (hand, "/etc/hosts", "ANSWER text|" TYPED "|");
  renders (hand, "ANSWER write|/etc/hosts|" TYPED "|");
  /* Edits after that keep the rest as it was typed.  */
  workerhand_set (hand, "/files/etc/hosts/1/alias", "here");
  renders (hand, "ANSWER write|/etc/hosts|127.0.0.1\tlocalhost here\n\n"
                 "# mine\n|");
  assert_int_equal (RUN (hand, CHANNEL_COMMIT, "/etc/hosts", "9"), 0);
  assert_null (record_find (&hand->worker, "/etc/hosts")->draft);
  renders (hand, "");
  answers (hand, "/etc/hosts", "ANSWER read|");
}

/* Though the tree has no trace of it.  */
static void
blanks_are_written (void **state)
{
  struct workerhand *hand = *state;

  workerhand_loaded (hand, "/etc/many/empty", "\n");
  takes (hand, "/etc/many/empty", "\n\n", "");
  assert_int_equal (tree_clean_all (&hand->worker), 0);
  renders (hand, "ANSWER write|/etc/many/empty|\n\n|");
  takes (hand, "/etc/many/empty", "\n", "");
  renders (hand, "");
}

static void
remarks (void **state)
{
  struct workerhand *hand = *state;

  takes (hand, "/etc/hosts", "127.0.0.1 a", "ANSWER newline|");
  takes (hand, "/etc/many/cut", "192.0.2.1 one\n", "ANSWER unwritten|");
  renders (hand, "ANSWER write|/etc/hosts|127.0.0.1 a\n|");
  takes (hand, "/etc/many/cut", "192.0.2.1 one", "");
}

static void
what_does_not_parse_changes_nothing (void **state)
{
  struct workerhand *hand = *state;

  assert_code (RUN (hand, CHANNEL_REPLACE, "/etc/hosts", "127.0.0.1 a\nx\n"),
               GPG_ERR_BAD_DATA);
  assert_string_equal (workerhand_detail (hand, "line"), "2");
  assert_true (*workerhand_detail (hand, "reason"));
  workerhand_has (hand, "/files/etc/hosts/2/canonical", "gate.example");
  assert_null (record_find (&hand->worker, "/etc/hosts")->draft);
  assert_string_equal (workerhand_labels (hand, "/augeas//error"), "error ");
  renders (hand, "");
}

static void
a_broken_file_is_mended (void **state)
{
  struct workerhand *hand = *state;
  static const char good[] = "/dev/sda1 / ext4 defaults 0 1\n";

  takes (hand, "/etc/fstab", good, "");
  assert_string_equal (workerhand_labels (hand, "/augeas//error"), "");
  workerhand_has (hand, "/files/etc/fstab/1/spec", "/dev/sda1");
  renders (hand, "ANSWER write|/etc/fstab|/dev/sda1 / ext4 defaults 0 1\n|");
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_REVERT), 0);
  assert_int_equal (record_find (&hand->worker, "/etc/fstab")->state,
                    RECORD_FAILED);
  assert_null (workerhand_get (hand, "/files/etc/fstab"));
  workerhand_has (hand, "/augeas/files/etc/fstab/error", "parse_failed");
}

static void
a_new_file (void **state)
{
  struct workerhand *hand = *state;

  takes (hand, "/etc/hostname", "gate\n", "");
  renders (hand, "ANSWER write|/etc/hostname|gate\n|");
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_FILES), 0);
  assert_non_null (
      strstr (workerhand_said (hand), "/etc/hostname|changed|Hostname.lns|"));
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_REVERT), 0);
  assert_null (workerhand_get (hand, "/files/etc/hostname"));
  assert_null (record_find (&hand->worker, "/etc/hostname")->draft);
  answers (hand, "/etc/hostname", "ANSWER read|");
}

static void
names_that_are_no_plain_path (void **state)
{
  struct workerhand *hand = *state;

  workerhand_loaded (hand, "/etc/odd/a b", "192.0.2.1 one\n");
  assert_int_equal (
      record_put (&hand->worker, "/etc/odd", RECORD_DIRECTORY, NULL), 0);
  assert_int_equal (RUN (hand, CHANNEL_DEFVAR, "v", "/files/etc/odd/*/*"), 0);
  workerhand_said (hand);
  takes (hand, "/etc/odd/a b", "192.0.2.2  two\n", "");
  workerhand_has (hand, "/files/etc/odd/*/1/canonical", "two");
  assert_string_equal (workerhand_labels (hand, "$v"), "");
  renders (hand, "ANSWER write|/etc/odd/a b|192.0.2.2  two\n|");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (texts),
    TEST (texts_that_cannot_be_had),
    TEST (what_is_typed_is_written),
    TEST (blanks_are_written),
    TEST (remarks),
    TEST (what_does_not_parse_changes_nothing),
    TEST (a_broken_file_is_mended),
    TEST (a_new_file),
    TEST (names_that_are_no_plain_path),
  };

  return cmocka_run_group_tests_name ("retype", tests, NULL, NULL);
}
