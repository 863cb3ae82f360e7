/* test-align.c - tests of src/mod/aug/align.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "workerhand.h"

#include "../../src/mod/aug/compare.h"

#define MOST 12

/* What became of two rows of nodes: everything has one place only.  */
struct outcome
{
  struct slice old;
  struct slice new;
  size_t pairs;
  size_t gaps;
  bool seen_old[MOST];
  bool seen_new[MOST];
};

static gpg_error_t
note_pair (void *context, const struct node *old, const struct node *new)
{
  struct outcome *outcome = context;
  size_t i = (size_t)(old - outcome->old.nodes);
  size_t j = (size_t)(new - outcome->new.nodes);

  assert_int_equal (old->kind, new->kind);
  if (outcome->old.count <= MOST)
    {
      assert_false (outcome->seen_old[i] || outcome->seen_new[j]);
      outcome->seen_old[i] = outcome->seen_new[j] = true;
    }
  outcome->pairs++;
  return 0;
}

static gpg_error_t
note_gap (void *context, struct slice old, struct slice new)
{
  struct outcome *outcome = context;

  assert_true (old.count || new.count);
  outcome->gaps++;
  for (size_t i = 0; i < old.count && outcome->old.count <= MOST; i++)
    {
      bool *seen = &outcome->seen_old[old.nodes + i - outcome->old.nodes];

      assert_false (*seen);
      *seen = true;
    }
  for (size_t i = 0; i < new.count && outcome->old.count <= MOST; i++)
    {
      bool *seen = &outcome->seen_new[new.nodes + i - outcome->new.nodes];

      assert_false (*seen);
      *seen = true;
    }
  return 0;
}

static const struct alignment alignment = { node_kinds_equal, note_pair,
                                            note_gap };

/* The length of a longest common sequence, by trying.  */
static size_t
longest (const struct node *old, size_t old_count, const struct node *new,
         size_t new_count)
{
  size_t a, b;

  if (!old_count || !new_count)
    return 0;
  if (old->kind == new->kind)
    return 1 + longest (old + 1, old_count - 1, new + 1, new_count - 1);
  a = longest (old + 1, old_count - 1, new, new_count);
  b = longest (old, old_count, new + 1, new_count - 1);
  return a > b ? a : b;
}

static void
fill (struct node *nodes, size_t count, size_t kinds)
{
  for (size_t i = 0; i < count; i++)
    nodes[i] = (struct node){ .label = "l", .kind = (size_t)rand () % kinds };
}

static void
longest_sequences (void **state)
{
  struct node old[MOST], new[MOST];

  (void)state;
  srand (7);
  for (int round = 0; round < 3000; round++)
    {
      struct outcome outcome = { .old = { old, (size_t)rand () % 9 },
                                 .new = { new, (size_t)rand () % 9 } };
      size_t kinds = 1 + (size_t)rand () % 5;

      fill (old, outcome.old.count, kinds);
      fill (new, outcome.new.count, kinds);
      assert_int_equal (
          align_slices (&alignment, &outcome, outcome.old, outcome.new), 0);
      assert_int_equal (outcome.pairs, longest (old, outcome.old.count, new,
                                                outcome.new.count));
      for (size_t i = 0; i < outcome.old.count; i++)
        assert_true (outcome.seen_old[i]);
      for (size_t i = 0; i < outcome.new.count; i++)
        assert_true (outcome.seen_new[i]);
    }
}

static void
what_is_too_large (void **state)
{
  const size_t count = 3000;
  struct node *old = calloc (count, sizeof *old);
  struct node *new = calloc (count, sizeof *new);
  struct outcome outcome = { .old = { old, count }, .new = { new, count } };

  (void)state;
  assert_non_null (old);
  assert_non_null (new);
  for (size_t i = 0; i < count; i++)
    {
      old[i].kind = i;
      new[i].kind = i > 100 && i < count - 100 ? i + 1 : i;
    }
  assert_int_equal (
      align_slices (&alignment, &outcome, outcome.old, outcome.new), 0);
  assert_int_equal (outcome.pairs, 201);
  assert_int_equal (outcome.gaps, 1);
  free (old);
  free (new);
}

static gpg_error_t
refuse_pair (void *context, const struct node *old, const struct node *new)
{
  (void)old;
  (void)new;
  ++*(int *)context;
  return gpg_error (GPG_ERR_FORBIDDEN);
}

static gpg_error_t
refuse_gap (void *context, struct slice old, struct slice new)
{
  (void)old;
  (void)new;
  ++*(int *)context;
  return gpg_error (GPG_ERR_FORBIDDEN);
}

static void
errors_end_it (void **state)
{
  const struct alignment refusing = { node_kinds_equal, refuse_pair,
                                      refuse_gap };
  struct node old[MOST] = { 0 };
  struct node new[MOST] = { 0 };
  int calls = 0;

  (void)state;
  assert_code (align_slices (&refusing, &calls, (struct slice){ old, 3 },
                             (struct slice){ new, 3 }),
               GPG_ERR_FORBIDDEN);
  assert_int_equal (calls, 1);
  for (size_t i = 0; i < MOST; i++)
    old[i].kind = i;
  for (size_t i = 0; i < MOST; i++)
    new[i].kind = 100 + i;
  new[1].kind = old[1].kind;
  assert_code (align_slices (&refusing, &calls, (struct slice){ old, 5 },
                             (struct slice){ new, 5 }),
               GPG_ERR_FORBIDDEN);
  assert_int_equal (calls, 2);
  assert_int_equal (align_slices (&refusing, &calls, (struct slice){ old, 0 },
                                  (struct slice){ new, 0 }),
                    0);
}

static void
groves (void **state)
{
  struct workerhand *hand = *state;
  auto_grove struct grove grove = { .aug = hand->worker.aug };
  struct node top;

  workerhand_set (hand, "/t/a/x", "1");
  workerhand_set (hand, "/t/a[2]/x", "1");
  workerhand_set (hand, "/t/a[3]/x", "2");
  workerhand_set (hand, "/t/b/x", "1");
  workerhand_set (hand, "/t/b/y/z", NULL);
  assert_int_equal (grove_read (&grove, "/t", &top), 0);
  assert_int_equal (top.count, 4);
  assert_true (node_kinds_equal (&top.children[0], &top.children[1]));
  assert_false (node_kinds_equal (&top.children[0], &top.children[2]));
  assert_false (node_kinds_equal (&top.children[0], &top.children[3]));
  assert_true (node_labels_equal (&top.children[0], &top.children[2]));
  assert_string_equal (top.children[3].children[1].children[0].label, "z");
  assert_null (top.children[3].children[1].children[0].value);
  assert_true (node_kinds_equal (&top.children[0].children[0],
                                 &top.children[3].children[0]));
  assert_false (node_values_equal (&top.children[2].children[0],
                                   &top.children[3].children[0]));
  assert_false (
      node_values_equal (&top.children[2], &top.children[2].children[0]));
  node_release (&top);
  assert_int_equal (grove_read (&grove, "/none", &top), 0);
  assert_int_equal (top.count, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (longest_sequences),
    cmocka_unit_test (what_is_too_large),
    cmocka_unit_test (errors_end_it),
    WORKER_TEST (groves),
  };

  return cmocka_run_group_tests_name ("align", tests, NULL, NULL);
}
