/* compare.c - which nodes differ between two texts of a file
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Asked by a session that judges a SAVE, of a worker that has seen nothing
   else.  Both texts are parsed.  Children of a node are aligned: a longest
   common sequence of equal ones first, then between these, of ones with the
   same label, which are compared deeper.  Whatever has no partner is named
   with all below it, so what was moved is.  Who reads the names may take each
   node that is not named to be what it was, among the same neighbours.

   A name is the labels on the way, "/1/ipaddr".  "" is the file itself: it
   appears or vanishes, or the texts differ in more than the nodes tell.  */

#include <config.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include "compare.h"
#include "label.h"
#include "queries.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

#define OLD SCRATCH "/old"
#define NEW SCRATCH "/new"
#define TREE "/tree"

struct comparison
{
  struct worker *worker;
  struct buffer name; /* Of the node that is looked at.  */
  void *named;        /* Search tree of names that were told.  */
  size_t count;
};

/* --- Naming --- */

static int
compare_names (const void *a, const void *b)
{
  return strcmp (a, b);
}

/* Name what COMPARISON looks at, once.  */
static gpg_error_t
tell_name (struct comparison *comparison)
{
  struct worker *worker = comparison->worker;
  const char *name = comparison->name.bytes;
  gpg_error_t err = buffer_error (&comparison->name);
  char *copy;

  if (err || tfind (name, &comparison->named, compare_names))
    return err;
  if (comparison->count == LIMIT_AUG_JUDGED)
    return fail (&worker->failure, GPG_ERR_LIMIT_REACHED,
                 "more than %d nodes differ: SAVE fewer changes at once",
                 LIMIT_AUG_JUDGED);
  copy = strdup (name);
  if (!copy || !tsearch (copy, &comparison->named, compare_names))
    {
      free (copy);
      return gpg_error (GPG_ERR_ENOMEM);
    }
  comparison->count++;
  channel_string (&worker->channel, name);
  return answer_more (worker);
}

/* Look at the child LABEL; what is returned brings step_up back.  */
static size_t
step_down (struct comparison *comparison, const char *label)
{
  size_t length = comparison->name.length;

  label_append (&comparison->name, label);
  return length;
}

static void
step_up (struct comparison *comparison, size_t length)
{
  if (comparison->name.failed)
    return;
  comparison->name.length = length;
  comparison->name.bytes[length] = 0;
}

/* Name NODE and all below it.  */
static gpg_error_t
name_all (struct comparison *comparison, const struct node *node)
{
  size_t length = step_down (comparison, node->label);
  gpg_error_t err = tell_name (comparison);

  for (size_t i = 0; i < node->count && !err; i++)
    err = name_all (comparison, &node->children[i]);
  step_up (comparison, length);
  return err;
}

/* --- Comparing --- */

static gpg_error_t
name_gap (void *context, struct slice old, struct slice new)
{
  gpg_error_t err = 0;

  for (size_t i = 0; i < old.count && !err; i++)
    err = name_all (context, &old.nodes[i]);
  for (size_t i = 0; i < new.count && !err; i++)
    err = name_all (context, &new.nodes[i]);
  return err;
}

static gpg_error_t compare_children (void *context, struct slice old,
                                     struct slice new);

static gpg_error_t
compare_pair (void *context, const struct node *old, const struct node *new)
{
  struct comparison *comparison = context;
  struct slice below = { old->children, old->count };
  size_t length;
  gpg_error_t err = 0;

  if (old->kind == new->kind)
    return 0;
  length = step_down (comparison, old->label);
  if (!node_values_equal (old, new))
    err = tell_name (comparison);
  if (!err)
    err = compare_children (comparison, below,
                            (struct slice){ new->children, new->count });
  step_up (comparison, length);
  return err;
}

/* Compare what lies between equal nodes.  */
static gpg_error_t
compare_gap (void *context, struct slice old, struct slice new)
{
  static const struct alignment labels = { node_labels_equal, compare_pair,
                                           name_gap };

  return align_slices (&labels, context, old, new);
}

static gpg_error_t
skip_pair (void *context, const struct node *old, const struct node *new)
{
  (void)context;
  (void)old;
  (void)new;
  return 0;
}

static gpg_error_t
compare_children (void *context, struct slice old, struct slice new)
{
  static const struct alignment kinds = { node_kinds_equal, skip_pair,
                                          compare_gap };

  return align_slices (&kinds, context, old, new);
}

/* --- The texts --- */

enum text_state
{
  TEXT_ABSENT,
  TEXT_BROKEN, /* LENS does not parse it.  */
  TEXT_PARSED
};

/* Put the text in ITEM, as a file is read, into the node PLACE, and parse it
   into the tree below.  */
static gpg_error_t
parse_text (struct worker *worker, const char *lens, const struct item *item,
            const char *place, enum text_state *r_state)
{
  struct item text = { item->bytes + 1, item->length - 1 };
  auto_free char *copy = NULL;
  auto_free char *tree = NULL;
  size_t length;
  bool added;
  int rc;

  *r_state = TEXT_ABSENT;
  if (!item->length)
    return 0;
  *r_state = TEXT_BROKEN;
  copy = tree_text (&text, &length, &added);
  if (!copy || !(tree = text_format ("%s" TREE, place)))
    return gpg_error (GPG_ERR_ENOMEM);
  if (strlen (copy) != length)
    return 0;
  if (aug_set (worker->aug, place, copy))
    return worker_augeas_error (worker, place);
  rc = aug_text_store (worker->aug, lens, place, tree);
  if (aug_error (worker->aug) != AUG_NOERROR)
    return worker_augeas_error (worker, lens);
  if (!rc)
    *r_state = TEXT_PARSED;
  return 0;
}

/* Whether the new nodes, rendered with the old text, are just the new text.
   The final newline that a file may lack does not count.  */
static gpg_error_t
check_rendering (struct worker *worker, const char *lens, bool *r_same)
{
  const char *text = NULL;
  const char *wanted = NULL;
  size_t length;

  *r_same = false;
  if (aug_text_retrieve (worker->aug, lens, OLD, NEW TREE, NEW "/text"))
    return aug_error (worker->aug) == AUG_ENOMEM ? gpg_error (GPG_ERR_ENOMEM)
                                                 : 0;
  if (aug_get (worker->aug, NEW "/text", &text) != 1 || !text
      || aug_get (worker->aug, NEW, &wanted) != 1 || !wanted)
    return 0;
  length = strlen (text);
  *r_same = !strncmp (text, wanted, length)
            && (!wanted[length] || !strcmp (wanted + length, "\n"));
  return 0;
}

/* Name what differs, the texts being parsed as far as they can be.  */
static gpg_error_t
compare_parsed (struct comparison *comparison, const char *lens, bool old,
                bool new)
{
  auto_grove struct grove grove = { .aug = comparison->worker->aug };
  struct node old_top = { 0 };
  struct node new_top = { 0 };
  bool same = false;
  gpg_error_t err = 0;

  if (old && new)
    err = check_rendering (comparison->worker, lens, &same);
  if (!err && !same)
    err = tell_name (comparison);
  if (!err && old)
    err = grove_read (&grove, OLD TREE, &old_top);
  if (!err && new)
    err = grove_read (&grove, NEW TREE, &new_top);
  if (!err)
    err = compare_children (comparison,
                            (struct slice){ old_top.children, old_top.count },
                            (struct slice){ new_top.children, new_top.count });
  node_release (&old_top);
  node_release (&new_top);
  return err;
}

static bool
items_equal (const struct item *a, const struct item *b)
{
  return a->length == b->length && !memcmp (a->bytes, b->bytes, a->length);
}

static gpg_error_t
compare_items (struct comparison *comparison, const struct item *items)
{
  struct worker *worker = comparison->worker;
  auto_free char *lens = item_string (&items[0]);
  enum text_state old, new;
  gpg_error_t err;

  if (!lens)
    return gpg_error (GPG_ERR_ENOMEM);
  err = parse_text (worker, lens, &items[1], OLD, &old);
  if (!err)
    err = parse_text (worker, lens, &items[2], NEW, &new);
  if (err)
    return err;
  if (old == TEXT_BROKEN || new == TEXT_BROKEN)
    {
      channel_begin (&worker->channel, CHANNEL_ANSWER, 1);
      channel_end (&worker->channel);
    }
  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  err = compare_parsed (comparison, lens, old == TEXT_PARSED,
                        new == TEXT_PARSED);
  /* A newline at the end.  */
  if (!err && !comparison->count && !items_equal (&items[1], &items[2]))
    err = tell_name (comparison);
  channel_end (&worker->channel);
  return err;
}

gpg_error_t
compare_texts (struct worker *worker, const struct item *items, size_t count)
{
  struct comparison comparison = { .worker = worker, .name = BUFFER_EMPTY };
  gpg_error_t err;

  if (count != 3)
    return gpg_error (GPG_ERR_INV_PACKET);
  buffer_string (&comparison.name, "");
  err = buffer_error (&comparison.name);
  if (!err)
    err = compare_items (&comparison, items);
  aug_rm (worker->aug, SCRATCH);
  aug_rm (worker->aug, "/augeas/text");
  tdestroy (comparison.named, free);
  buffer_release (&comparison.name);
  return err;
}
