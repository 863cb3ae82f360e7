/* align.c - trees of nodes, and how those of two texts are aligned
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compare.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

/* The library's variable for the children of a node.  */
#define VARIABLE "reeve"

/* --- Trees --- */

bool
node_kinds_equal (const struct node *a, const struct node *b)
{
  return a->kind == b->kind;
}

bool
node_labels_equal (const struct node *a, const struct node *b)
{
  return !strcmp (a->label, b->label);
}

static int
compare_values (const char *a, const char *b)
{
  if (!a || !b)
    return (a != NULL) - (b != NULL);
  return strcmp (a, b);
}

bool
node_values_equal (const struct node *a, const struct node *b)
{
  return !compare_values (a->value, b->value);
}

static int
compare_nodes (const void *a, const void *b)
{
  const struct node *one = a;
  const struct node *other = b;
  int order = strcmp (one->label, other->label);

  if (!order)
    order = compare_values (one->value, other->value);
  if (!order)
    order = (one->count > other->count) - (one->count < other->count);
  for (size_t i = 0; i < one->count && !order; i++)
    {
      size_t kind = one->children[i].kind;

      order = (kind > other->children[i].kind)
              - (kind < other->children[i].kind);
    }
  return order;
}

/* Find out what kind NODE is; what is below it is known.  */
static gpg_error_t
set_kind (struct grove *grove, struct node *node)
{
  struct node **found = tsearch (node, &grove->kinds, compare_nodes);

  if (!found)
    return gpg_error (GPG_ERR_ENOMEM);
  node->kind = *found == node ? ++grove->kind_count : (*found)->kind;
  return 0;
}

gpg_error_t
grove_read (struct grove *grove, const char *path, struct node *r_top)
{
  auto_free char *children = NULL;
  gpg_error_t err = 0;
  int count;

  *r_top = (struct node){ .label = "" };
  children = text_format ("%s/*", path);
  if (!children)
    return gpg_error (GPG_ERR_ENOMEM);
  count = aug_defvar (grove->aug, VARIABLE, children);
  if (count <= 0)
    return count ? gpg_error (GPG_ERR_ENOMEM) : 0;
  r_top->children = calloc ((size_t)count, sizeof *r_top->children);
  if (!r_top->children)
    return gpg_error (GPG_ERR_ENOMEM);
  r_top->count = (size_t)count;
  for (int i = 0; i < count && !err; i++)
    {
      auto_free char *below = NULL;
      struct node node = { 0 };

      below = text_format ("%s[%d]", children, i + 1);
      if (!below)
        return gpg_error (GPG_ERR_ENOMEM);
      err = grove_read (grove, below, &node);
      r_top->children[i] = node;
    }
  /* What is read above had the variable, too.  */
  if (!err && aug_defvar (grove->aug, VARIABLE, children) != count)
    err = gpg_error (GPG_ERR_ENOMEM);
  for (int i = 0; i < count && !err; i++)
    {
      struct node *child = &r_top->children[i];

      if (aug_ns_attr (grove->aug, VARIABLE, i, &child->value, &child->label,
                       NULL)
          != 1)
        err = gpg_error (GPG_ERR_INTERNAL);
      if (!err && !child->label)
        child->label = "";
      if (!err)
        err = set_kind (grove, child);
    }
  return err;
}

void
node_release (struct node *node)
{
  for (size_t i = 0; i < node->count; i++)
    node_release (&node->children[i]);
  free (node->children);
  node->children = NULL;
  node->count = 0;
}

static void
leave_node (void *node)
{
  (void)node;
}

void
grove_release (struct grove *grove)
{
  tdestroy (grove->kinds, leave_node);
  grove->kinds = NULL;
}

/* --- Aligning --- */

/* Whether OLD and NEW are compared one by one.  */
static bool
is_small (struct slice old, struct slice new)
{
  return old.count
         && new.count &&old.count + 1 <= ALIGN_CELLS / (new.count + 1);
}

/* Store at R_PARTNERS, for each node of OLD, the number of its partner in NEW,
   or NEW's count.  */
static gpg_error_t
find_partners (const struct alignment *alignment, struct slice old,
               struct slice new, size_t *r_partners)
{
  size_t width = new.count + 1;
  auto_free uint32_t *lengths = calloc ((old.count + 1) * width,
                                        sizeof *lengths);
  size_t i, j;

  if (!lengths)
    return gpg_error (GPG_ERR_ENOMEM);
  /* LENGTHS tells, for each rest of OLD and of NEW, what they have in
     common.  */
  for (i = old.count; i-- > 0;)
    for (j = new.count; j-- > 0;)
      {
        uint32_t *here = &lengths[i * width + j];

        if (alignment->same (&old.nodes[i], &new.nodes[j]))
          *here = here[width + 1] + 1;
        else
          *here = here[width] > here[1] ? here[width] : here[1];
      }
  for (i = j = 0; i < old.count;)
    {
      const uint32_t *here = &lengths[i * width + j];

      r_partners[i] = new.count;
      if (j < new.count && alignment->same (&old.nodes[i], &new.nodes[j]))
        r_partners[i++] = j++;
      else if (j == new.count || here[width] >= here[1])
        i++;
      else
        j++;
    }
  return 0;
}

static gpg_error_t
tell_gap (const struct alignment *alignment, void *context, struct slice old,
          struct slice new)
{
  return old.count || new.count ? alignment->gap (context, old, new) : 0;
}

/* Align what has neither beginning nor end in common.  */
static gpg_error_t
align_middle (const struct alignment *alignment, void *context,
              struct slice old, struct slice new)
{
  auto_free size_t *partners = NULL;
  size_t from = 0;
  size_t at = 0;
  gpg_error_t err;

  if (!is_small (old, new))
    return tell_gap (alignment, context, old, new);
  partners = calloc (old.count, sizeof *partners);
  if (!partners)
    return gpg_error (GPG_ERR_ENOMEM);
  err = find_partners (alignment, old, new, partners);
  for (size_t i = 0; i < old.count && !err; i++)
    {
      size_t j = partners[i];

      if (j == new.count)
        continue;
      err = tell_gap (alignment, context,
                      (struct slice){ old.nodes + from, i - from },
                      (struct slice){ new.nodes + at, j - at });
      if (!err)
        err = alignment->pair (context, &old.nodes[i], &new.nodes[j]);
      from = i + 1;
      at = j + 1;
    }
  if (err)
    return err;
  return tell_gap (alignment, context,
                   (struct slice){ old.nodes + from, old.count - from },
                   (struct slice){ new.nodes + at, new.count - at });
}

gpg_error_t
align_slices (const struct alignment *alignment, void *context,
              struct slice old, struct slice new)
{
  gpg_error_t err = 0;

  while (old.count && new.count && !err
         && alignment->same (old.nodes, new.nodes))
    {
      err = alignment->pair (context, old.nodes++, new.nodes++);
      old.count--;
      new.count--;
    }
  while (
      old.count && new.count && !err
      && alignment->same (&old.nodes[old.count - 1], &new.nodes[new.count - 1]))
    err = alignment->pair (context, &old.nodes[--old.count],
                           &new.nodes[--new.count]);
  return err ? err : align_middle (alignment, context, old, new);
}
