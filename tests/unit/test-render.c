/* test-render.c - tests of src/mod/aug/render.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "workerhand.h"

/* There is one change, of PATH: TEXT, or its removal if that is NULL.  */
static void
changes_one (struct workerhand *hand, const char *path, const char *text)
{
  struct worker *worker = &hand->worker;
  gpg_error_t err = render_changes (worker);

  if (err)
    print_error ("%s\n", worker->failure.text ? worker->failure.text : "");
  assert_int_equal (err, 0);
  assert_int_equal (worker->change_count, 1);
  assert_string_equal (worker->changes[0].path, path);
  assert_int_equal (worker->changes[0].remove, !text);
  if (!text)
    return;
  assert_string_equal (worker->changes[0].text, text);
  assert_int_equal (worker->changes[0].length, strlen (text));
}

/* Nothing is rendered but CODE, with the detail "node" if NODE is not NULL.  */
static void
refuses (struct workerhand *hand, gpg_err_code_t code, const char *node)
{
  struct worker *worker = &hand->worker;

  assert_code (render_changes (worker), code);
  assert_int_equal (worker->change_count, 0);
  assert_non_null (worker->failure.text);
  if (node)
    assert_string_equal (workerhand_detail (hand, "node"), node);
  failure_release (&worker->failure);
}

static void
only_changes_are_rendered (void **state)
{
  struct workerhand *hand = *state;

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  workerhand_loaded (hand, "/etc/many/other", HOSTS);
  assert_int_equal (render_changes (&hand->worker), 0);
  assert_int_equal (hand->worker.change_count, 0);
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "here");
  changes_one (hand, "/etc/hosts",
               "127.0.0.1 here\n192.0.2.7 gate.example g\n");
  /* Nothing of the work is left over.  */
  assert_int_equal (tree_count (&hand->worker, "/augeas/reeve-in"), 0);
  assert_int_equal (tree_count (&hand->worker, "/augeas/reeve-out"), 0);
  /* Back to what it was: modified, but no change.  */
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "localhost");
  assert_int_equal (render_changes (&hand->worker), 0);
  assert_int_equal (hand->worker.change_count, 0);
}

static void
new_files_and_removed_ones (void **state)
{
  struct workerhand *hand = *state;

  workerhand_set (hand, "/files/etc/hosts/1/ipaddr", "192.0.2.1");
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "new");
  changes_one (hand, "/etc/hosts", "192.0.2.1\tnew\n");
  aug_rm (hand->worker.aug, "/files/etc/hosts");
  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  aug_rm (hand->worker.aug, "/files/etc/hosts");
  changes_one (hand, "/etc/hosts", NULL);
  /* What could not be read is not removed when it is not there.  */
  assert_int_equal (workerhand_load (hand, "/etc/fstab", "no fstab\n"), 0);
  changes_one (hand, "/etc/hosts", NULL);
}

static void
nodes_that_no_file_takes (void **state)
{
  static const struct
  {
    const char *set;
    const char *node;
  } cases[] = {
    { "/stray", "/stray" },
    { "/files", "/files" },
    { "/files/etc", "/files/etc" },
    { "/files/etc/nonsense", "/files/etc/nonsense" },
    { "/files/etc/nonsense/deep/er", "/files/etc/nonsense/deep/er" },
    { "/files/etc/hosts", "/files/etc/hosts" },
    { "/files/etc/hosts[2]/1/ipaddr", "/files/etc/hosts[1]" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct workerhand *hand = *state;

      workerhand_loaded (hand, "/etc/hosts", HOSTS);
      workerhand_set (hand, cases[i].set, "x");
      refuses (hand, GPG_ERR_NOT_SUPPORTED, cases[i].node);
      assert_int_equal (revert_edits (&hand->worker), 0);
      assert_int_equal (render_changes (&hand->worker), 0);
    }
}

/* What is below /augeas is the library's; it is no stray node.  */
static gpg_error_t
count_stray (struct worker *worker, const char *node)
{
  (void)worker;
  (void)node;
  return gpg_error (GPG_ERR_EOF);
}

static void
strays (void **state)
{
  struct workerhand *hand = *state;

  assert_int_equal (render_each_stray (&hand->worker, count_stray), 0);
  workerhand_set (hand, "/augeas/x/y", "z");
  assert_int_equal (render_each_stray (&hand->worker, count_stray), 0);
  workerhand_set (hand, "/x/y", "z");
  assert_code (render_each_stray (&hand->worker, count_stray), GPG_ERR_EOF);
}

static void
labels_that_no_file_has (void **state)
{
  struct workerhand *hand = *state;

  workerhand_set (hand, "/files/etc/a\\/b", NULL);
  refuses (hand, GPG_ERR_NOT_SUPPORTED, NULL);
}

static void
two_lenses_for_a_new_file (void **state)
{
  struct workerhand *hand = *state;

  workerhand_set (hand, "/files/etc/both/1/ipaddr", "192.0.2.1");
  refuses (hand, GPG_ERR_AMBIGUOUS, NULL);
}

static void
files_that_were_not_read (void **state)
{
  struct workerhand *hand = *state;

  assert_int_equal (workerhand_load (hand, "/etc/fstab", "no fstab\n"), 0);
  workerhand_set (hand, "/files/etc/fstab/1/spec", "x");
  refuses (hand, GPG_ERR_BAD_DATA, NULL);
}

/* Directories, known or not, are looked into.  */
static void
directories_are_looked_into (void **state)
{
  struct workerhand *hand = *state;

  assert_int_equal (record_put (&hand->worker, "/etc", RECORD_DIRECTORY, NULL),
                    0);
  assert_int_equal (
      record_put (&hand->worker, "/etc/hosts", RECORD_ABSENT, NULL), 0);
  workerhand_set (hand, "/files/etc/hosts/1/ipaddr", "192.0.2.1");
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "new");
  changes_one (hand, "/etc/hosts", "192.0.2.1\tnew\n");
}

static void
trees_that_a_lens_refuses (void **state)
{
  struct workerhand *hand = *state;

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  workerhand_loaded (hand, "/etc/many/a", HOSTS);
  workerhand_set (hand, "/files/etc/many/a/1/canonical", "x");
  workerhand_set (hand, "/files/etc/hosts/1/nonsense", "x");
  assert_code (render_changes (&hand->worker), GPG_ERR_BAD_DATA);
  assert_int_equal (hand->worker.change_count, 0);
  assert_string_equal (workerhand_detail (hand, "file"), "/etc/hosts");
  assert_string_equal (workerhand_detail (hand, "lens"), "Hosts.lns");
  assert_string_equal (workerhand_detail (hand, "path"), "/files/etc/hosts/1");
  assert_true (*workerhand_detail (hand, "reason"));
  workerhand_has (hand, "/augeas/files/etc/hosts/error", "put_failed");
}

static void
texts_have_a_limit (void **state)
{
  struct workerhand *hand = *state;
  char *name = malloc (LIMIT_AUG_FILE + 1);

  assert_non_null (name);
  memset (name, 'x', LIMIT_AUG_FILE);
  name[LIMIT_AUG_FILE] = 0;
  workerhand_set (hand, "/files/etc/hostname/hostname", name);
  refuses (hand, GPG_ERR_TOO_LARGE, NULL);
  name[LIMIT_AUG_FILE - 1] = 0;
  workerhand_set (hand, "/files/etc/hostname/hostname", name);
  assert_int_equal (render_changes (&hand->worker), 0);
  assert_int_equal (hand->worker.changes[0].length, LIMIT_AUG_FILE);
  free (name);
}

static void
what_was_written_is_taken_over (void **state)
{
  struct workerhand *hand = *state;
  struct worker *worker = &hand->worker;
  const struct item pairs[]
      = { workerhand_item ("/etc/hosts"),     workerhand_item ("42"),
          workerhand_item ("/etc/many/gone"), workerhand_item ("0"),
          workerhand_item ("/etc/unheard"),   workerhand_item ("1") };

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  workerhand_loaded (hand, "/etc/many/gone", HOSTS);
  workerhand_loaded (hand, "/etc/fstab", "/dev/sda / ext4 ro 0 1\n");
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "here");
  workerhand_set (hand, "/files/etc/fstab/1/opt", "rw");
  aug_rm (worker->aug, "/files/etc/many/gone");
  assert_int_equal (render_changes (worker), 0);
  assert_int_equal (worker->change_count, 3);
  assert_int_equal (render_commit (worker, pairs, 6), 0);
  assert_int_equal (worker->change_count, 0);
  assert_false (worker->edited);
  assert_string_equal (record_find (worker, "/etc/hosts")->text,
                       "127.0.0.1 here\n192.0.2.7 gate.example g\n");
  workerhand_has (hand, "/augeas/files/etc/hosts/mtime", "42");
  workerhand_has (hand, "/augeas/events/saved[1]", "/files/etc/hosts");
  workerhand_has (hand, "/augeas/events/saved[2]", "/files/etc/many/gone");
  assert_int_equal (tree_count (worker, "/augeas/events/saved"), 2);
  assert_int_equal (record_find (worker, "/etc/many/gone")->state,
                    RECORD_ABSENT);
  assert_null (workerhand_get (hand, "/augeas/files/etc/many/gone"));
  assert_int_equal (tree_count (worker, "/files//*[modified()]"), 0);
  /* What was not written is still what the file has.  */
  assert_string_equal (record_find (worker, "/etc/fstab")->text,
                       "/dev/sda / ext4 ro 0 1\n");
}

/* Lenses want a final newline, though the text that was written has none.  */
static void
texts_without_a_final_newline (void **state)
{
  struct workerhand *hand = *state;
  struct worker *worker = &hand->worker;
  const struct item pairs[] = { workerhand_item ("/etc/hosts"),
                                workerhand_item ("42") };

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "here");
  assert_int_equal (render_changes (worker), 0);
  worker->changes[0].text[--worker->changes[0].length] = 0;
  assert_int_equal (render_commit (worker, pairs, 2), 0);
  assert_string_equal (record_find (worker, "/etc/hosts")->text,
                       "127.0.0.1 here\n192.0.2.7 gate.example g\n");
  assert_int_equal (record_find (worker, "/etc/hosts")->length, 40);
}

static void
looking_at_nodes (void **state)
{
  struct workerhand *hand = *state;
  struct worker *worker = &hand->worker;

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  assert_false (node_is_modified (worker, "/files/etc/hosts"));
  assert_false (node_has_value (worker, "/files/etc/hosts"));
  assert_false (node_has_value (worker, "/files/etc/none"));
  assert_true (node_has_value (worker, "/files/etc/hosts/1/ipaddr"));
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "x");
  assert_true (node_is_modified (worker, "/files/etc/hosts"));
  assert_true (node_is_modified (worker, "/files/etc"));
  assert_false (node_is_modified (worker, "/files/etc/hosts/2"));
  assert_true (node_is_numbered ("/files/a[2]"));
  assert_false (node_is_numbered ("/files/a"));
  assert_false (node_is_numbered ("/files/a[2\\]"));
  assert_true (node_is_numbered ("/files/a[2\\\\]"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    WORKER_TEST (only_changes_are_rendered),
    WORKER_TEST (new_files_and_removed_ones),
    WORKER_TEST (nodes_that_no_file_takes),
    WORKER_TEST (strays),
    WORKER_TEST (labels_that_no_file_has),
    WORKER_TEST (two_lenses_for_a_new_file),
    WORKER_TEST (files_that_were_not_read),
    WORKER_TEST (directories_are_looked_into),
    WORKER_TEST (trees_that_a_lens_refuses),
    WORKER_TEST (texts_have_a_limit),
    WORKER_TEST (what_was_written_is_taken_over),
    WORKER_TEST (texts_without_a_final_newline),
    WORKER_TEST (looking_at_nodes),
  };

  return cmocka_run_group_tests_name ("render", tests, NULL, NULL);
}
