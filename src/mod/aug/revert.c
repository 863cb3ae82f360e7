/* revert.c - dropping edits: back to the files, or to nothing
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

static gpg_error_t
remove_node (struct worker *worker, const char *node)
{
  return aug_rm (worker->aug, node) < 0 ? worker_augeas_error (worker, node)
                                        : 0;
}

/* Remove from below NODE, the directory PATH, all that no file accounts
   for.  */
static gpg_error_t
sweep_below (struct worker *worker, const char *node, const char *path)
{
  auto_free char *children = NULL;
  const char *label;
  char **nodes = NULL;
  gpg_error_t err = 0;
  int count;

  children = text_format ("%s/*", node);
  if (!children)
    return gpg_error (GPG_ERR_ENOMEM);
  count = aug_match (worker->aug, children, &nodes);
  for (int i = count - 1; i >= 0; i--)
    {
      auto_free char *child = NULL;
      bool first = !node_is_numbered (nodes[i])
                   || !strcmp (strrchr (nodes[i], '['), "[1]");
      struct record *record;

      if (aug_label (worker->aug, nodes[i], &label) != 1 || !label
          || !(child = text_format ("%s/%s", path, label)))
        err = gpg_error (GPG_ERR_ENOMEM);
      record = child ? record_find (worker, child) : NULL;
      if (!err && (!record || record->state != RECORD_LOADED || !first))
        {
          if (first && record_below (worker, child))
            err = sweep_below (worker, nodes[i], child);
          else
            err = remove_node (worker, nodes[i]);
        }
      free (nodes[i]);
    }
  free (nodes);
  /* As aug_set does, but without making the node modified for nothing.  */
  if (!err && node_has_value (worker, node)
      && aug_set (worker->aug, node, NULL))
    err = worker_augeas_error (worker, node);
  return err;
}

/* Bring RECORD's tree back to its text.  CONTEXT is set if it was gone.  */
static gpg_error_t
restore_record (struct worker *worker, struct record *record, void *context)
{
  auto_free char *node = NULL;
  bool *gone = context;
  bool typed = record->draft != NULL;
  gpg_error_t err;

  free (take (&record->draft));
  if (record->state != RECORD_LOADED)
    return 0;
  node = tree_node (worker, "/files", record->path);
  if (!node)
    return gpg_error (GPG_ERR_ENOMEM);
  if (!tree_count (worker, node))
    *gone = true;
  else if (!typed && !node_is_modified (worker, node))
    return 0;
  err = tree_reload (worker, record);
  /* What was typed made it parse.  */
  if (!err && record->state == RECORD_FAILED)
    return remove_node (worker, node);
  if (!err && node_has_value (worker, node)
      && aug_set (worker->aug, node, NULL))
    err = worker_augeas_error (worker, node);
  return err;
}

gpg_error_t
revert_edits (struct worker *worker)
{
  bool gone = false;
  gpg_error_t err;

  render_forget (worker);
  if (!worker->edited)
    return 0;
  err = render_each_stray (worker, remove_node);
  if (!err)
    err = sweep_below (worker, "/files", "");
  if (!err)
    err = records_each (worker, restore_record, &gone);
  /* What was gone stands at the end now: let it be put in order.  */
  if (!err && gone)
    records_unsettle (worker);
  if (!err)
    err = tree_clean_all (worker);
  worker->edited = err != 0;
  return err;
}

/* Evaluate the variable whose definition stands at NODE.  */
static gpg_error_t
define_again (struct worker *worker, const char *node)
{
  const char *label = NULL;
  const char *value = NULL;
  auto_free char *name = NULL;
  auto_free char *definition = NULL;
  gpg_error_t err;

  if (aug_label (worker->aug, node, &label) != 1 || !label
      || aug_get (worker->aug, node, &value) != 1 || !value)
    return 0;
  name = strdup (label);
  definition = strdup (value);
  if (!name || !definition)
    return gpg_error (GPG_ERR_ENOMEM);
  err = worker_load_for (worker, definition, NULL, false);
  if (!err && aug_defvar (worker->aug, name, definition) < 0)
    err = worker_augeas_error (worker, definition);
  return err;
}

gpg_error_t
revert_all (struct worker *worker)
{
  char **nodes = NULL;
  gpg_error_t err;
  int count;

  render_forget (worker);
  aug_rm (worker->aug, "/files/*");
  aug_rm (worker->aug, "/augeas/files/*");
  records_drop_all (worker);
  worker->edited = false;
  err = tree_clean_all (worker);
  count = aug_match (worker->aug, "/augeas/variables/*", &nodes);
  for (int i = 0; i < count; i++)
    {
      if (!err)
        err = define_again (worker, nodes[i]);
      free (nodes[i]);
    }
  free (nodes);
  return err;
}
