/* compare.h - trees of nodes, and how those of two texts are aligned
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_AUG_COMPARE_H
#define REEVE_AUG_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <augeas.h>
#include <gpg-error.h>

/* A node of augeas' tree.  LABEL and VALUE are augeas' own and good until the
   tree changes.  */
struct node
{
  const char *label;
  const char *value;
  size_t kind; /* Nodes of one grove have the same kind if they and all below
                  them are equal.  */
  size_t count;
  struct node *children;
};

/* The nodes that were read, and what kinds there are.  */
struct grove
{
  augeas *aug;
  void *kinds; /* Search tree of nodes, one of each kind.  */
  size_t kind_count;
};

#define auto_grove __attribute__ ((cleanup (grove_release)))

/* Read all below the node PATH, a plain path, into R_TOP, which has neither
   label nor value.  */
gpg_error_t grove_read (struct grove *grove, const char *path,
                        struct node *r_top);
void grove_release (struct grove *grove);

/* Free what NODE has below it.  */
void node_release (struct node *node);

bool node_kinds_equal (const struct node *a, const struct node *b);
bool node_labels_equal (const struct node *a, const struct node *b);
bool node_values_equal (const struct node *a, const struct node *b);

/* Nodes that follow each other below one node.  */
struct slice
{
  const struct node *nodes;
  size_t count;
};

/* How slices are aligned, and what becomes of them.  */
struct alignment
{
  bool (*same) (const struct node *a, const struct node *b);
  gpg_error_t (*pair) (void *context, const struct node *old,
                       const struct node *new);
  gpg_error_t (*gap) (void *context, struct slice old, struct slice new);
};

#define ALIGN_CELLS (4UL << 20) /* Comparisons for one alignment.  */

/* Find a longest common sequence of OLD and NEW; call PAIR for each two nodes
   that are partners, and GAP for what stands between them and is not empty on
   both sides.  Where it would take more than ALIGN_CELLS comparisons, only
   beginning and end have partners.  The first error ends it.  */
gpg_error_t align_slices (const struct alignment *alignment, void *context,
                          struct slice old, struct slice new);

#endif /* REEVE_AUG_COMPARE_H */
