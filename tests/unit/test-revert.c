/* test-revert.c - tests of src/mod/aug/revert.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "workerhand.h"

/* The tree as "AUG PRINT /files" shows it, for free ().  */
static char *
print (struct workerhand *hand)
{
  char *text = NULL;
  size_t length = 0;
  FILE *stream = open_memstream (&text, &length);

  assert_non_null (stream);
  assert_int_equal (aug_print (hand->worker.aug, stream, "/files"), 0);
  fclose (stream);
  return text;
}

/* Drop the edits; the tree is TREE then.  */
static void
reverts_to (struct workerhand *hand, const char *tree)
{
  auto_free char *text = NULL;

  assert_int_equal (revert_edits (&hand->worker), 0);
  assert_false (hand->worker.edited);
  assert_int_equal (tree_count (&hand->worker, "/files//*[modified()]"), 0);
  text = print (hand);
  assert_string_equal (text, tree);
}

static void
edits_are_dropped (void **state)
{
  static const char *const edits[] = { "/files/etc/hosts/1/canonical",
                                       "/files/etc/hosts/9/ipaddr",
                                       "/files/etc/hosts",
                                       "/files/etc",
                                       "/files",
                                       "/stray/a/b",
                                       "/files/etc/nonsense/x",
                                       "/files/etc/hosts[2]/1/ipaddr",
                                       "/files/etc[2]/hosts/1/ipaddr",
                                       "/files/etc/many/new/1/ipaddr",
                                       "/files/new" };
  struct workerhand *hand = *state;
  auto_free char *tree = NULL;

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  workerhand_loaded (hand, "/etc/many/a", HOSTS);
  tree = print (hand);
  for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
    {
      workerhand_set (hand, edits[i], "x");
      reverts_to (hand, tree);
      assert_string_equal (workerhand_labels (hand, "/*"), "augeas files ");
    }
  for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
    workerhand_set (hand, edits[i], "x");
  reverts_to (hand, tree);
}

/* A tree that is gone comes back; its place is found when all is next put in
   order.  */
static void
removed_files_come_back (void **state)
{
  struct workerhand *hand = *state;
  struct worker *worker = &hand->worker;

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  assert_int_equal (record_put (worker, "/etc", RECORD_DIRECTORY, NULL), 0);
  worker->everything = true;
  aug_rm (worker->aug, "/files/etc/hosts");
  worker->edited = true;
  assert_int_equal (revert_edits (worker), 0);
  workerhand_has (hand, "/files/etc/hosts/2/alias", "g");
  assert_false (worker->everything);
  assert_null (record_find (worker, "/etc"));
  assert_int_equal (tree_count (worker, "/files//*[modified()]"), 0);
}

/* Without an edit nothing is touched, not even what would be swept.  */
static void
nothing_to_revert (void **state)
{
  struct workerhand *hand = *state;

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  aug_set (hand->worker.aug, "/files/etc/hosts/1/canonical", "x");
  assert_int_equal (revert_edits (&hand->worker), 0);
  workerhand_has (hand, "/files/etc/hosts/1/canonical", "x");
}

/* What was rendered before is void.  */
static void
changes_are_forgotten (void **state)
{
  struct workerhand *hand = *state;

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "x");
  assert_int_equal (render_changes (&hand->worker), 0);
  assert_int_equal (hand->worker.change_count, 1);
  assert_int_equal (revert_edits (&hand->worker), 0);
  assert_int_equal (hand->worker.change_count, 0);
}

/* Files that do not parse have no tree to go back to.  */
static void
broken_files_stay_so (void **state)
{
  struct workerhand *hand = *state;

  assert_int_equal (workerhand_load (hand, "/etc/fstab", "no fstab\n"), 0);
  workerhand_set (hand, "/files/etc/fstab/1/spec", "x");
  assert_int_equal (revert_edits (&hand->worker), 0);
  assert_null (workerhand_get (hand, "/files/etc/fstab"));
  workerhand_has (hand, "/augeas/files/etc/fstab/error", "parse_failed");
}

/* All files are forgotten and come anew; so are variables evaluated.  */
static void
all_is_loaded_again (void **state)
{
  struct workerhand *hand = *state;
  struct worker *worker = &hand->worker;

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  assert_int_equal (aug_defvar (worker->aug, "h", "/files/etc/hosts/*"), 2);
  assert_int_equal (aug_defvar (worker->aug, "bare", "1 + 1"), 0);
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "x");
  TELL (hand, CHANNEL_FILE, 0, "/etc/hosts", "Hosts.lns", "8",
        "192.0.2.1 one\n192.0.2.2 two\n192.0.2.3 three\n");
  workerhand_ready (hand);
  assert_int_equal (revert_all (worker), 0);
  assert_string_equal (workerhand_said (hand), "NEED /etc/hosts|");
  assert_false (worker->edited);
  workerhand_has (hand, "$h[3]/canonical", "three");
  workerhand_has (hand, "/augeas/files/etc/hosts/mtime", "8");
  assert_int_equal (tree_count (worker, "/files//*[modified()]"), 0);
}

static void
all_is_forgotten (void **state)
{
  struct workerhand *hand = *state;
  struct worker *worker = &hand->worker;

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  worker->everything = true;
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "x");
  assert_int_equal (revert_all (worker), 0);
  assert_string_equal (workerhand_said (hand), "");
  assert_null (record_find (worker, "/etc/hosts"));
  assert_null (workerhand_get (hand, "/files/etc"));
  assert_int_equal (tree_count (worker, "/augeas/files/*"), 0);
  assert_int_equal (worker->files, 0);
  assert_false (worker->everything);
}

/* A definition that cannot be evaluated any more is an error.  */
static void
definitions_that_fail (void **state)
{
  struct workerhand *hand = *state;

  aug_set (hand->worker.aug, "/augeas/variables/v", "/augeas/version[");
  assert_code (revert_all (&hand->worker), GPG_ERR_SYNTAX);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    WORKER_TEST (edits_are_dropped),    WORKER_TEST (removed_files_come_back),
    WORKER_TEST (nothing_to_revert),    WORKER_TEST (changes_are_forgotten),
    WORKER_TEST (broken_files_stay_so), WORKER_TEST (all_is_loaded_again),
    WORKER_TEST (all_is_forgotten),     WORKER_TEST (definitions_that_fail),
  };

  return cmocka_run_group_tests_name ("revert", tests, NULL, NULL);
}
