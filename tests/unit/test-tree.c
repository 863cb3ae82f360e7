/* test-tree.c - tests of src/mod/aug/tree.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "workerhand.h"

static void
names_are_escaped (void **state)
{
  struct workerhand *hand = *state;
  static const struct
  {
    const char *path;
    const char *node;
  } cases[] = {
    { "/etc/hosts", "/files/etc/hosts" },
    { "/a b", "/files/a\\ b" },
    { "/a[1]", "/files/a\\[1\\]" },
    { "/*", "/files/\\*" },
    { "/*a", "/files/\\*a" },
    { "/self::x", "/files/\\self::x" },
  };

  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      auto_free char *node = tree_node (&hand->worker, "/files", cases[i].path);
      auto_free char *named = NULL;

      assert_non_null (node);
      assert_string_equal (node, cases[i].node);
      /* As an expression it is a name: what is made by it has that name.  */
      assert_int_equal (aug_set (hand->worker.aug, node, "v"), 0);
      assert_true (asprintf (&named, "/files//*[label() = '%s']",
                             strrchr (cases[i].path, '/') + 1)
                   > 0);
      assert_int_equal (tree_count (&hand->worker, named), 1);
      assert_int_equal (tree_count (&hand->worker, node), 1);
    }
}

static void
a_file_is_parsed_and_noted (void **state)
{
  struct workerhand *hand = *state;
  struct record *record;

  assert_int_equal (workerhand_load (hand, "/etc/hosts", HOSTS), 0);
  workerhand_has (hand, "/files/etc/hosts/2/canonical", "gate.example");
  workerhand_has (hand, "/augeas/files/etc/hosts/path", "/files/etc/hosts");
  workerhand_has (hand, "/augeas/files/etc/hosts/mtime", "7");
  workerhand_has (hand, "/augeas/files/etc/hosts/lens", "Hosts.lns");
  workerhand_has (hand, "/augeas/files/etc/hosts/lens/info", "hosts.aug:1");
  record = record_find (&hand->worker, "/etc/hosts");
  assert_int_equal (record->state, RECORD_LOADED);
  assert_string_equal (record->text, HOSTS);
  assert_int_equal (record->length, strlen (HOSTS));
  assert_string_equal (record->lens->name, "Hosts.lns");
  assert_int_equal (hand->worker.files, 1);
  /* Nothing of the work is left over.  */
  assert_int_equal (tree_count (&hand->worker, "/augeas/reeve"), 0);
  assert_int_equal (tree_count (&hand->worker, "/augeas/text"), 0);
}

static void
a_final_newline_is_added (void **state)
{
  struct workerhand *hand = *state;
  const struct record *record;

  workerhand_loaded (hand, "/etc/hosts", "127.0.0.1 localhost");
  record = record_find (&hand->worker, "/etc/hosts");
  assert_string_equal (record->text, "127.0.0.1 localhost\n");
  assert_int_equal (record->length, 20);
  workerhand_has (hand, "/files/etc/hosts/1/canonical", "localhost");
  workerhand_loaded (hand, "/etc/many/empty", "");
  assert_string_equal (record_find (&hand->worker, "/etc/many/empty")->text,
                       "\n");
}

static void
a_text_that_does_not_parse_is_noted (void **state)
{
  struct workerhand *hand = *state;
  struct worker *worker = &hand->worker;
  struct record *record;

  assert_int_equal (
      workerhand_load (hand, "/etc/hosts", "127.0.0.1 localhost\nnonsense\n"),
      0);
  record = record_find (worker, "/etc/hosts");
  assert_int_equal (record->state, RECORD_FAILED);
  assert_null (workerhand_get (hand, "/files/etc/hosts"));
  workerhand_has (hand, "/augeas/files/etc/hosts/error", "parse_failed");
  assert_code (tree_failure (worker, "/etc/hosts", record->lens, record->text,
                             "does not parse"),
               GPG_ERR_BAD_DATA);
  assert_string_equal (workerhand_detail (hand, "file"), "/etc/hosts");
  assert_string_equal (workerhand_detail (hand, "lens"), "Hosts.lns");
  assert_string_equal (workerhand_detail (hand, "line"), "2");
  assert_true (*workerhand_detail (hand, "character"));
  assert_string_equal (workerhand_detail (hand, "text"), "nonsense");
  assert_ptr_equal (
      strstr (worker->failure.text, "/etc/hosts does not parse at line 2: "),
      worker->failure.text);
  /* Once it parses the error is gone.  */
  assert_int_equal (workerhand_load (hand, "/etc/hosts", HOSTS), 0);
  assert_null (workerhand_get (hand, "/augeas/files/etc/hosts/error"));
  assert_int_equal (worker->files, 1);
}

/* What is shown of a long line is a part of it.  */
static void
excerpts_are_short (void **state)
{
  struct workerhand *hand = *state;
  struct record *record;
  char text[400];

  memset (text, 'x', sizeof text);
  text[sizeof text - 2] = '\n';
  text[sizeof text - 1] = 0;
  assert_int_equal (workerhand_load (hand, "/etc/fstab", text), 0);
  record = record_find (&hand->worker, "/etc/fstab");
  assert_int_equal (record->state, RECORD_FAILED);
  tree_failure (&hand->worker, "/etc/fstab", record->lens, record->text, "x");
  assert_in_range (strlen (workerhand_detail (hand, "text")), 1, 80);
}

/* Names that augeas would take for an expression.  */
static void
odd_names (void **state)
{
  struct workerhand *hand = *state;

  workerhand_loaded (hand, "/etc/odd/a b[1]", HOSTS);
  workerhand_has (hand, "/files/etc/odd/*/2/alias", "g");
  assert_string_equal (workerhand_labels (hand, "/files/etc/odd/*"), "a b[1] ");
  workerhand_has (hand, "/augeas/files/etc/odd/*/path",
                  "/files/etc/odd/a b[1]");
  assert_int_equal (workerhand_load (hand, "/etc/odd/c (d)", "nonsense\n"), 0);
  assert_int_equal (record_find (&hand->worker, "/etc/odd/c (d)")->state,
                    RECORD_FAILED);
  workerhand_has (hand, "/augeas/files/etc/odd/*[2]/error", "parse_failed");
  assert_int_equal (tree_count (&hand->worker, "/augeas/text"), 0);
}

static void
binary_texts_are_refused (void **state)
{
  struct workerhand *hand = *state;
  const struct item text = { "a\0b\n", 4 };
  struct record *record;

  assert_int_equal (tree_load (&hand->worker, "/etc/hosts",
                               lens_by_name (&hand->worker.table, "Hosts.lns"),
                               "7", &text),
                    0);
  record = record_find (&hand->worker, "/etc/hosts");
  assert_int_equal (record->state, RECORD_REFUSED);
  assert_int_equal (record->code, GPG_ERR_BAD_DATA);
  assert_non_null (strstr (record->advice, "NUL"));
  assert_int_equal (hand->worker.files, 0);
  assert_null (workerhand_get (hand, "/files/etc/hosts"));
}

static void
there_is_a_limit_of_files (void **state)
{
  struct workerhand *hand = *state;

  hand->worker.files = LIMIT_AUG_FILES;
  assert_code (workerhand_load (hand, "/etc/hosts", HOSTS),
               GPG_ERR_LIMIT_REACHED);
  assert_null (record_find (&hand->worker, "/etc/hosts"));
  hand->worker.files = 0;
}

/* A message of the kind REFUSED.  */
static gpg_error_t
refuse (struct workerhand *hand, const char *lens, const char *code,
        const char *kind)
{
  const struct item items[]
      = { workerhand_item ("/etc/hosts"), workerhand_item (lens),
          workerhand_item ("0"),          workerhand_item (code),
          workerhand_item ("the advice"), workerhand_item (kind) };
  const struct message message = { CHANNEL_REFUSED, 0, 6, items };

  return tree_refuse (&hand->worker, &message);
}

static void
what_cannot_be_had (void **state)
{
  struct workerhand *hand = *state;
  char too_large[16];
  struct record *record;

  snprintf (too_large, sizeof too_large, "%d", GPG_ERR_TOO_LARGE);
  assert_int_equal (refuse (hand, "Hosts.lns", too_large, "read_failed"), 0);
  record = record_find (&hand->worker, "/etc/hosts");
  assert_int_equal (record->state, RECORD_REFUSED);
  assert_int_equal (record->code, GPG_ERR_TOO_LARGE);
  assert_string_equal (record->advice, "the advice");
  workerhand_has (hand, "/augeas/files/etc/hosts/error", "read_failed");
  workerhand_has (hand, "/augeas/files/etc/hosts/error/message", "the advice");
  aug_rm (hand->worker.aug, "/augeas/files/*");
  /* Without a kind, or a lens, nothing is shown.  */
  assert_int_equal (refuse (hand, "Hosts.lns", "not a number", ""), 0);
  assert_int_equal (record_find (&hand->worker, "/etc/hosts")->code,
                    GPG_ERR_FORBIDDEN);
  assert_int_equal (refuse (hand, "None.lns", too_large, "read_failed"), 0);
  assert_int_equal (tree_count (&hand->worker, "/augeas/files/*"), 0);
  assert_null (workerhand_get (hand, "/files/etc/hosts"));
}

static void
clean_is_unmodified (void **state)
{
  struct workerhand *hand = *state;
  struct worker *worker = &hand->worker;
  const char *edited = "/files//*[modified()]";
  const char *hosts = "/files/etc/hosts//*[modified()]";
  const char *odd = "/files/etc/odd//*[modified()]";

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  workerhand_loaded (hand, "/etc/odd/a[1]*", HOSTS);
  assert_int_equal (tree_count (worker, edited), 0);
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "x");
  workerhand_set (hand, "/files/etc/odd/*/1/canonical", "x");
  assert_true (tree_count (worker, hosts) > 0);
  assert_true (tree_count (worker, odd) > 0);
  assert_int_equal (tree_clean (worker, "/etc/odd/a[1]*"), 0);
  assert_true (tree_count (worker, hosts) > 0);
  assert_int_equal (tree_count (worker, odd), 0);
  assert_int_equal (tree_clean_all (worker), 0);
  assert_int_equal (tree_count (worker, edited), 0);
  workerhand_has (hand, "/files/etc/hosts/1/canonical", "x");
  assert_int_equal (tree_count (worker, "/augeas/load/reeve"), 0);
  assert_int_equal (tree_count (worker, "/augeas/load/Hosts"), 1);
  /* With no transform left, too.  */
  aug_rm (worker->aug, "/augeas/load/*");
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "y");
  assert_int_equal (tree_clean_all (worker), 0);
  assert_int_equal (tree_count (worker, edited), 0);
}

static void
reload_and_touch (void **state)
{
  struct workerhand *hand = *state;
  struct worker *worker = &hand->worker;

  workerhand_loaded (hand, "/etc/hosts", HOSTS);
  workerhand_set (hand, "/files/etc/hosts/1/canonical", "x");
  workerhand_set (hand, "/files/etc/hosts/3/ipaddr", "192.0.2.9");
  assert_int_equal (tree_reload (worker, record_find (worker, "/etc/hosts")),
                    0);
  workerhand_has (hand, "/files/etc/hosts/1/canonical", "localhost");
  assert_null (workerhand_get (hand, "/files/etc/hosts/3"));
  assert_int_equal (tree_touch (worker, "/etc/hosts", "99"), 0);
  workerhand_has (hand, "/augeas/files/etc/hosts/mtime", "99");
  assert_int_equal (tree_touch (worker, "/etc/none", "99"), 0);
  assert_int_equal (tree_count (worker, "/augeas/files/etc/none"), 0);
}

/* The tree that a lens refuses: augeas tells of it in its own way.  */
static void
failures_of_writing (void **state)
{
  struct workerhand *hand = *state;
  struct worker *worker = &hand->worker;

  aug_set (worker->aug, "/augeas/files/etc/hosts/error", "put_failed");
  aug_set (worker->aug, "/augeas/files/etc/hosts/error/path",
           "/files/etc/hosts/files/etc/hosts/1");
  aug_set (worker->aug, "/augeas/files/etc/hosts/error/message",
           "first line\nsecond line");
  assert_code (
      tree_failure (worker, "/etc/hosts", NULL, NULL, "cannot be written"),
      GPG_ERR_BAD_DATA);
  assert_string_equal (workerhand_detail (hand, "path"), "/files/etc/hosts/1");
  assert_string_equal (workerhand_detail (hand, "lens"), "");
  assert_string_equal (worker->failure.text,
                       "/etc/hosts cannot be written: first line");
  failure_release (&worker->failure);
  aug_set (worker->aug, "/augeas/files/etc/hosts/error/path", "/files/x");
  aug_rm (worker->aug, "/augeas/files/etc/hosts/error/message");
  tree_failure (worker, "/etc/hosts", NULL, NULL, "x");
  assert_string_equal (workerhand_detail (hand, "path"), "/files/x");
  assert_string_equal (worker->failure.text, "/etc/hosts x: see the details");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    WORKER_TEST (names_are_escaped),
    WORKER_TEST (a_file_is_parsed_and_noted),
    WORKER_TEST (a_final_newline_is_added),
    WORKER_TEST (a_text_that_does_not_parse_is_noted),
    WORKER_TEST (excerpts_are_short),
    WORKER_TEST (odd_names),
    WORKER_TEST (binary_texts_are_refused),
    WORKER_TEST (there_is_a_limit_of_files),
    WORKER_TEST (what_cannot_be_had),
    WORKER_TEST (clean_is_unmodified),
    WORKER_TEST (reload_and_touch),
    WORKER_TEST (failures_of_writing),
  };

  return cmocka_run_group_tests_name ("tree", tests, NULL, NULL);
}
