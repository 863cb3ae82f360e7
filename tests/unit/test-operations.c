/* test-operations.c - tests of src/mod/aug/operations.c
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
  return 0;
}

/* The operation succeeded and said TEXT.  */
#define DOES(hand, text, ...)                                                  \
  do                                                                           \
    {                                                                          \
      assert_int_equal (RUN (hand, __VA_ARGS__), 0);                           \
      assert_string_equal (workerhand_said (hand), text);                      \
    }                                                                          \
  while (0)

static void
setting (void **state)
{
  struct workerhand *hand = *state;

  assert_false (hand->worker.edited);
  DOES (hand, "", CHANNEL_SET, "/files/etc/hosts/1/canonical", "x");
  assert_true (hand->worker.edited);
  workerhand_has (hand, "/files/etc/hosts/1/canonical", "x");
  DOES (hand, "", CHANNEL_SET, "/files/etc/hosts/1/canonical");
  workerhand_has (hand, "/files/etc/hosts/1/canonical", "(none)");
  DOES (hand, "", CHANNEL_CLEAR, "/files/etc/hosts/2/canonical");
  workerhand_has (hand, "/files/etc/hosts/2/canonical", "(none)");
  assert_code (RUN (hand, CHANNEL_SET, "/files/etc/hosts/*", "x"),
               GPG_ERR_AMBIGUOUS);
  DOES (hand, "ANSWER 2|", CHANNEL_SETM, "/files/etc/hosts/*", "ipaddr",
        "192.0.2.9");
  workerhand_has (hand, "/files/etc/hosts/2/ipaddr", "192.0.2.9");
  DOES (hand, "ANSWER 2|", CHANNEL_SETM, "/files/etc/hosts/*", "ipaddr");
  workerhand_has (hand, "/files/etc/hosts/1/ipaddr", "(none)");
  assert_code (RUN (hand, CHANNEL_SETM, "/files/etc/hosts/*", "[", "x"),
               GPG_ERR_SYNTAX);
}

static void
moving_about (void **state)
{
  struct workerhand *hand = *state;

  DOES (hand, "", CHANNEL_INSERT, "01", "before", "/files/etc/hosts/1");
  DOES (hand, "", CHANNEL_INSERT, "02", "after", "/files/etc/hosts/1");
  assert_string_equal (workerhand_labels (hand, "/files/etc/hosts/*"),
                       "01 1 02 2 ");
  assert_code (RUN (hand, CHANNEL_INSERT, "a/b", "after", "/files/etc/hosts/1"),
               GPG_ERR_INV_ARG);
  assert_code (RUN (hand, CHANNEL_INSERT, "a", "after", "/files/etc/hosts/7"),
               GPG_ERR_NOT_FOUND);
  DOES (hand, "ANSWER 3|", CHANNEL_REMOVE, "/files/etc/hosts/1");
  DOES (hand, "ANSWER 0|", CHANNEL_REMOVE, "/files/etc/hosts/1");
  assert_code (RUN (hand, CHANNEL_REMOVE, "["), GPG_ERR_SYNTAX);
  DOES (hand, "", CHANNEL_MOVE, "/files/etc/hosts/2", "/files/etc/hosts/01");
  workerhand_has (hand, "/files/etc/hosts/01/alias", "g");
  assert_code (
      RUN (hand, CHANNEL_MOVE, "/files/etc/hosts", "/files/etc/hosts/02"),
      GPG_ERR_INV_ARG);
}

static void
variables (void **state)
{
  static const char *const bad[] = { "", "1a", "a-b", "a/b", "\xc3\xa4" };
  struct workerhand *hand = *state;

  DOES (hand, "ANSWER 2|", CHANNEL_DEFVAR, "h", "/files/etc/hosts/*");
  DOES (hand, "ANSWER 0|", CHANNEL_DEFVAR, "_a1", "1 + 1");
  assert_false (hand->worker.edited);
  DOES (hand, "ANSWER g|", CHANNEL_GET, "$h[2]/alias");
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_code (RUN (hand, CHANNEL_DEFVAR, bad[i], "/files/etc/hosts/*"),
                 GPG_ERR_INV_NAME);
  assert_code (RUN (hand, CHANNEL_DEFVAR, "h", "/files["), GPG_ERR_SYNTAX);
}

/* As augtool takes paths.  */
static void
paths_are_trimmed (void **state)
{
  struct workerhand *hand = *state;

  DOES (hand, "ANSWER 127.0.0.1|", CHANNEL_GET,
        "/files/etc/hosts/1/ipaddr/ / ");
  DOES (hand, "", CHANNEL_SET, "/files/etc/hosts/1/canonical/", "x/ ");
  workerhand_has (hand, "/files/etc/hosts/1/canonical", "x/ ");
  hand->worker.everything = true;
  DOES (hand, "ANSWER /augeas|/files|", CHANNEL_MATCH, "/*");
}

static void
what_is_needed_is_asked_for (void **state)
{
  struct workerhand *hand = *state;

  TELL (hand, CHANNEL_FILE, 0, "/etc/fstab", "Fstab.lns", "1",
        "/dev/sda / ext4 ro 0 1\n");
  workerhand_ready (hand);
  DOES (hand, "NEED /etc/fstab/1/spec|ANSWER /dev/sda|127.0.0.1|", CHANNEL_GET,
        "/files/etc/fstab/1/spec", "/files/etc/hosts/1/ipaddr");
  /* What stands below is found among what is there: nothing more.  */
  DOES (hand, "ANSWER 1|", CHANNEL_SETM, "/files/etc/fstab/*", "opt", "rw");
}

static void
without_a_path_all_is_needed (void **state)
{
  struct workerhand *hand = *state;
  const char *said;

  TELL (hand, CHANNEL_SETTLED, CHANNEL_DIRECTORY, "/");
  workerhand_ready (hand);
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_ERRORS), 0);
  assert_string_equal (workerhand_said (hand), "NEED /|ANSWER ");
  assert_true (hand->worker.everything);
  aug_rm (hand->worker.aug, "/augeas/*");
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_PRINT), 0);
  said = workerhand_said (hand);
  assert_ptr_equal (strstr (said, "ANSWER "), said);
  assert_non_null (strstr (said, "/files/etc/hosts/2/alias = \"g\"\n"));
}

static void
other_ways_to_save (void **state)
{
  struct workerhand *hand = *state;

  DOES (hand, "", CHANNEL_SET, "/files/etc/hosts/1/canonical", "there");
  workerhand_set (hand, "/augeas/save", "noop");
  assert_code (RUN (hand, CHANNEL_RENDER, "save"), GPG_ERR_NOT_SUPPORTED);
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_RENDER), 0);
  workerhand_set (hand, "/augeas/save", "overwrite");
  assert_int_equal (RUN (hand, CHANNEL_RENDER, "save"), 0);
  aug_rm (hand->worker.aug, "/augeas/save");
  assert_int_equal (RUN (hand, CHANNEL_RENDER, "save"), 0);
}

static void
saving_and_dropping (void **state)
{
  struct workerhand *hand = *state;

  workerhand_loaded (hand, "/etc/many/gone", HOSTS);
  DOES (hand, "ANSWER 8|", CHANNEL_REMOVE, "/files/etc/many/gone");
  DOES (hand, "", CHANNEL_SET, "/files/etc/hosts/1/canonical", "there");
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_RENDER), 0);
  assert_string_equal (workerhand_said (hand),
                       "ANSWER write|/etc/hosts|127.0.0.1 there\n"
                       "192.0.2.7 gate.example g\n|"
                       "ANSWER remove|/etc/many/gone||");
  DOES (hand, "", CHANNEL_COMMIT, "/etc/hosts", "9", "/etc/many/gone", "0");
  workerhand_has (hand, "/augeas/files/etc/hosts/mtime", "9");
  assert_false (hand->worker.edited);
  DOES (hand, "", CHANNEL_SET, "/files/etc/hosts/1/canonical", "nowhere");
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_REVERT), 0);
  workerhand_has (hand, "/files/etc/hosts/1/canonical", "there");
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_LOAD), 0);
  assert_null (workerhand_get (hand, "/files/etc/hosts"));
  assert_string_equal (workerhand_said (hand), "");
}

static void
touching (void **state)
{
  struct workerhand *hand = *state;

  DOES (hand, "", CHANNEL_TOUCH, "/files/etc/hosts/1/canonical");
  workerhand_has (hand, "/files/etc/hosts/1/canonical", "localhost");
  DOES (hand, "", CHANNEL_TOUCH, "/files/etc/hosts/*");
  DOES (hand, "", CHANNEL_TOUCH, "/files/etc/hosts/3/ipaddr");
  workerhand_has (hand, "/files/etc/hosts/3/ipaddr", "(none)");
  assert_true (hand->worker.edited);
  assert_code (RUN (hand, CHANNEL_TOUCH, "/files/etc/hosts/["), GPG_ERR_SYNTAX);
}

static void
copying (void **state)
{
  struct workerhand *hand = *state;

  DOES (hand, "", CHANNEL_COPY, "/files/etc/hosts/2", "/files/etc/hosts/3");
  workerhand_has (hand, "/files/etc/hosts/3/alias", "g");
  workerhand_has (hand, "/files/etc/hosts/2/alias", "g");
  /* What the destination had is gone, also for a variable.  */
  DOES (hand, "ANSWER 3|", CHANNEL_DEFVAR, "x", "/files/etc/hosts/3/*");
  DOES (hand, "", CHANNEL_COPY, "/files/etc/hosts/1", "/files/etc/hosts/3");
  assert_string_equal (workerhand_labels (hand, "/files/etc/hosts/3/*"),
                       "ipaddr canonical ");
  assert_string_equal (workerhand_labels (hand, "$x"), "");
  /* A source that is not there costs the destination nothing.  */
  assert_code (
      RUN (hand, CHANNEL_COPY, "/files/etc/hosts/7", "/files/etc/hosts/3"),
      GPG_ERR_NOT_FOUND);
  assert_string_equal (workerhand_labels (hand, "/files/etc/hosts/3/*"),
                       "ipaddr canonical ");
  assert_code (
      RUN (hand, CHANNEL_COPY, "/files/etc/hosts/*", "/files/etc/hosts/3"),
      GPG_ERR_AMBIGUOUS);
  assert_code (
      RUN (hand, CHANNEL_COPY, "/files/etc/hosts", "/files/etc/hosts/3"),
      GPG_ERR_INV_ARG);
  assert_code (
      RUN (hand, CHANNEL_COPY, "/files/etc/hosts/3", "/files/etc/hosts"),
      GPG_ERR_INV_ARG);
  assert_code (
      RUN (hand, CHANNEL_MOVE, "/files/etc/hosts/3", "/files/etc/hosts"),
      GPG_ERR_INV_ARG);
  assert_code (
      RUN (hand, CHANNEL_COPY, "/files/etc/hosts/3", "/files/etc/hosts/3"),
      GPG_ERR_INV_ARG);
  assert_string_equal (workerhand_labels (hand, "/files/etc/hosts/3/*"),
                       "ipaddr canonical ");
}

static void
renaming (void **state)
{
  struct workerhand *hand = *state;

  DOES (hand, "ANSWER 2|", CHANNEL_RENAME, "/files/etc/hosts/*", "7");
  assert_string_equal (workerhand_labels (hand, "/files/etc/hosts/*"), "7 7 ");
  DOES (hand, "ANSWER 0|", CHANNEL_RENAME, "/files/etc/hosts/8", "9");
  assert_code (RUN (hand, CHANNEL_RENAME, "/files/etc/hosts/7[1]", "a/b"),
               GPG_ERR_INV_NAME);
}

static void
defining_nodes (void **state)
{
  struct workerhand *hand = *state;

  DOES (hand, "ANSWER 1|", CHANNEL_DEFNODE, "n", "/files/etc/hosts/3/ipaddr",
        "192.0.2.3");
  workerhand_has (hand, "$n", "192.0.2.3");
  DOES (hand, "ANSWER 3|", CHANNEL_DEFNODE, "n", "/files/etc/hosts/*/ipaddr",
        "192.0.2.4");
  workerhand_has (hand, "$n[1]", "127.0.0.1");
  DOES (hand, "ANSWER 1|", CHANNEL_DEFNODE, "n", "/files/etc/hosts/4", "");
  workerhand_has (hand, "$n", "(none)");
  assert_code (RUN (hand, CHANNEL_DEFNODE, "a b", "/augeas/x"),
               GPG_ERR_INV_NAME);
  assert_code (RUN (hand, CHANNEL_DEFNODE, "n", "/augeas/["), GPG_ERR_SYNTAX);
  assert_code (RUN (hand, CHANNEL_DEFNODE, "n", "'text'"), GPG_ERR_SYNTAX);
}

/* Not what a session of ours would send.  */
static void
malformed_requests (void **state)
{
  struct workerhand *hand = *state;
  const char *many[ARGUMENTS_AT_MOST] = { NULL };
  struct item items[] = { { "cpu", 3 }, { "/files\0x", 8 } };
  struct message message = { CHANNEL_REQUEST, CHANNEL_GET, 2, items };

  assert_code (RUN (hand, CHANNEL_OPERATIONS, "/files"), GPG_ERR_INV_PACKET);
  assert_code (RUN (hand, 200, "/files"), GPG_ERR_INV_PACKET);
  assert_code (RUN_PLAIN (hand, CHANNEL_LABEL), GPG_ERR_INV_PACKET);
  assert_code (RUN (hand, CHANNEL_MOVE, "/files/etc/hosts/1"),
               GPG_ERR_INV_PACKET);
  assert_code (RUN (hand, CHANNEL_LABEL, "/augeas/x", "/augeas/y"),
               GPG_ERR_INV_PACKET);
  assert_code (RUN (hand, CHANNEL_LOAD, "x"), GPG_ERR_INV_PACKET);
  for (size_t i = 0; i < 150; i++)
    many[i] = "/augeas/root";
  assert_code (workerhand_run (hand, CHANNEL_GET, many), GPG_ERR_INV_PACKET);
  many[100] = NULL;
  assert_int_equal (workerhand_run (hand, CHANNEL_GET, many), 0);
  /* A string with a NUL is none.  */
  assert_int_not_equal (operation_run (&hand->worker, &message), 0);
  assert_false (hand->worker.edited);
}

/* Reading leaves what was found out about expressions; all else may change
   what they mean.  */
static void
reading_unsettles_nothing (void **state)
{
  struct workerhand *hand = *state;
  size_t settled = 0;

  DOES (hand, "ANSWER 127.0.0.1|", CHANNEL_GET, "/files/etc/hosts/1/ipaddr");
  for (size_t i = 0; i < WORKER_SETTLED; i++)
    settled += hand->worker.settled[i] != NULL;
  assert_int_equal (settled, 1);
  assert_int_equal (RUN_PLAIN (hand, CHANNEL_REVERT), 0);
  for (size_t i = 0; i < WORKER_SETTLED; i++)
    assert_null (hand->worker.settled[i]);
  DOES (hand, "", CHANNEL_SET, "/files/etc/hosts/1/ipaddr", "x");
  for (size_t i = 0; i < WORKER_SETTLED; i++)
    assert_null (hand->worker.settled[i]);
}

#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, setup, workerhand_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (setting),
    TEST (moving_about),
    TEST (variables),
    TEST (paths_are_trimmed),
    TEST (what_is_needed_is_asked_for),
    TEST (without_a_path_all_is_needed),
    TEST (other_ways_to_save),
    TEST (saving_and_dropping),
    TEST (touching),
    TEST (copying),
    TEST (renaming),
    TEST (defining_nodes),
    TEST (malformed_requests),
    TEST (reading_unsettles_nothing),
  };

  return cmocka_run_group_tests_name ("operations", tests, NULL, NULL);
}
