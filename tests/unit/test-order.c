/* test-order.c - tests of src/mod/aug/order.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "workerhand.h"

/* The files that follow come in order below DIRECTORY.  */
static void
begin (struct workerhand *hand, const char *directory)
{
  hand->worker.ordered = strdup (directory);
  assert_non_null (hand->worker.ordered);
}

static void
make (struct workerhand *hand, const char *node)
{
  assert_int_equal (aug_set (hand->worker.aug, node, NULL), 0);
}

static void
place (struct workerhand *hand, const char *path)
{
  assert_int_equal (order_place (&hand->worker, "/files", path, true), 0);
}

static void
has (const struct workerhand *hand, const char *directory, const char *labels)
{
  char expression[200];

  snprintf (expression, sizeof expression, "%s/*", directory);
  assert_string_equal (workerhand_labels (hand, expression), labels);
}

static void
nodes_are_made_and_moved (void **state)
{
  struct workerhand *hand = *state;

  make (hand, "/files/etc/c");
  make (hand, "/files/etc/a/deep");
  workerhand_set (hand, "/files/etc/a/deep", "kept");
  begin (hand, "/etc");
  place (hand, "/etc/a");
  place (hand, "/etc/b");
  place (hand, "/etc/c");
  place (hand, "/etc/d");
  has (hand, "/files/etc", "a b c d ");
  workerhand_has (hand, "/files/etc/a/deep", "kept");
  order_end (&hand->worker);
  assert_null (hand->worker.ordered);
  assert_null (hand->worker.cursors);
}

/* From the root, each directory stands where its first file comes.  */
static void
directories_come_with_their_first_file (void **state)
{
  struct workerhand *hand = *state;

  make (hand, "/files/usr/z");
  make (hand, "/files/etc/b/two");
  make (hand, "/files/etc/b/one");
  begin (hand, "");
  place (hand, "/etc/a");
  place (hand, "/etc/b/one");
  place (hand, "/etc/a");
  place (hand, "/etc/c");
  place (hand, "/etc/b/two");
  place (hand, "/usr/y");
  place (hand, "/usr/z");
  has (hand, "/files", "etc usr ");
  has (hand, "/files/etc", "a b c ");
  has (hand, "/files/etc/b", "one two ");
  has (hand, "/files/usr", "y z ");
}

/* A client may have made two of a name; they stay where they are.  */
static void
two_of_a_name_stay (void **state)
{
  struct workerhand *hand = *state;

  make (hand, "/files/etc/a");
  make (hand, "/files/etc/b[1]");
  make (hand, "/files/etc/b[2]");
  begin (hand, "/etc");
  place (hand, "/etc/b");
  place (hand, "/etc/a");
  has (hand, "/files/etc", "a b b ");
}

static void
what_is_missing_is_not_made_unless_asked (void **state)
{
  struct workerhand *hand = *state;

  make (hand, "/files/etc/b");
  make (hand, "/files/etc/a");
  begin (hand, "/etc");
  assert_int_equal (order_place (&hand->worker, "/files", "/etc/none", false),
                    0);
  assert_int_equal (order_place (&hand->worker, "/files", "/etc/a", false), 0);
  assert_int_equal (order_place (&hand->worker, "/files", "/etc/b", false), 0);
  has (hand, "/files/etc", "a b ");
}

/* What is known below /augeas/files has an order of its own.  */
static void
each_prefix_has_cursors_of_its_own (void **state)
{
  struct workerhand *hand = *state;

  make (hand, "/augeas/files/etc/b");
  begin (hand, "/etc");
  place (hand, "/etc/a");
  assert_int_equal (
      order_place (&hand->worker, "/augeas/files", "/etc/a", true), 0);
  assert_int_equal (
      order_place (&hand->worker, "/augeas/files", "/etc/b", true), 0);
  has (hand, "/augeas/files/etc", "a b ");
  has (hand, "/files/etc", "a ");
}

static void
undone_leaves_no_empty_nodes (void **state)
{
  struct workerhand *hand = *state;

  make (hand, "/files/etc/z");
  begin (hand, "/etc");
  place (hand, "/etc/a");
  place (hand, "/etc/sub/dir/broken");
  has (hand, "/files/etc", "a sub z ");
  order_undo (&hand->worker, "/etc/sub/dir/broken");
  has (hand, "/files/etc", "a z ");
  /* What comes next stands where the undone one stood.  */
  place (hand, "/etc/sub/good");
  has (hand, "/files/etc", "a sub z ");
  /* A directory with something in it stays.  */
  place (hand, "/etc/sub/worse");
  order_undo (&hand->worker, "/etc/sub/worse");
  has (hand, "/files/etc/sub", "good ");
  place (hand, "/etc/z");
  has (hand, "/files/etc", "a sub z ");
}

/* A worker that loads in another order ends with the same tree.  */
static void
loading_in_order (void **state)
{
  struct workerhand *hand = *state;

  workerhand_loaded (hand, "/etc/many/c", HOSTS);
  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  begin (hand, "");
  workerhand_loaded (hand, "/etc/fstab", "/dev/sda / ext4 ro 0 1\n");
  place (hand, "/etc/hosts");
  workerhand_loaded (hand, "/etc/many/a", HOSTS);
  assert_int_equal (workerhand_load (hand, "/etc/many/b", "nonsense\n"), 0);
  place (hand, "/etc/many/c");
  has (hand, "/files/etc", "fstab hosts many ");
  has (hand, "/files/etc/many", "a c ");
  has (hand, "/augeas/files/etc/many", "a b c ");
  workerhand_has (hand, "/files/etc/many/c/2/alias", "g");
}

static void
odd_names_are_names (void **state)
{
  struct workerhand *hand = *state;

  make (hand, "/files/etc/z");
  begin (hand, "/etc");
  place (hand, "/etc/a b[1]");
  place (hand, "/etc/self::*");
  place (hand, "/etc/z");
  assert_int_equal (tree_count (&hand->worker, "/files/etc/*"), 3);
  assert_int_equal (
      tree_count (&hand->worker, "/files/etc/*[1][label() = 'a b[1]']"), 1);
  assert_int_equal (
      tree_count (&hand->worker, "/files/etc/*[2][label() = 'self::*']"), 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    WORKER_TEST (nodes_are_made_and_moved),
    WORKER_TEST (directories_come_with_their_first_file),
    WORKER_TEST (two_of_a_name_stay),
    WORKER_TEST (what_is_missing_is_not_made_unless_asked),
    WORKER_TEST (each_prefix_has_cursors_of_its_own),
    WORKER_TEST (undone_leaves_no_empty_nodes),
    WORKER_TEST (loading_in_order),
    WORKER_TEST (odd_names_are_names),
  };

  return cmocka_run_group_tests_name ("order", tests, NULL, NULL);
}
