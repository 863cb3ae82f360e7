/* render.c - from the tree back to text
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Each file whose nodes were changed is rendered and compared with its text;
   augeas marks what is changed, as for its own save.  A node that would not
   be written with any file is an error: what a client has set must not be
   dropped in silence.  The tree below /augeas is the library's own, and those
   that STORE and RETRIEVE used hold texts for no file.  */

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

#define SCRATCH_IN "/augeas/reeve-in"
#define SCRATCH_OUT "/augeas/reeve-out"

void
render_forget (struct worker *worker)
{
  for (size_t i = 0; i < worker->change_count; i++)
    {
      free (worker->changes[i].path);
      free (worker->changes[i].text);
    }
  free (worker->changes);
  worker->changes = NULL;
  worker->change_count = 0;
}

/* Add a change of PATH; *R_CHANGE is good until the next one.  */
static gpg_error_t
add_change (struct worker *worker, const char *path, const struct lens *lens,
            struct change **r_change)
{
  struct change *changes = reallocarray (
      worker->changes, worker->change_count + 1, sizeof *changes);

  if (!changes)
    return gpg_error (GPG_ERR_ENOMEM);
  worker->changes = changes;
  *r_change = &changes[worker->change_count];
  memset (*r_change, 0, sizeof **r_change);
  (*r_change)->lens = lens;
  (*r_change)->path = strdup (path);
  if (!(*r_change)->path)
    return gpg_error (GPG_ERR_ENOMEM);
  worker->change_count++;
  return 0;
}

static gpg_error_t
unowned (struct worker *worker, const char *node)
{
  if (worker->lenient)
    return 0;
  failure_detail (&worker->failure, "node", "%s", node);
  return fail (&worker->failure, GPG_ERR_NOT_SUPPORTED,
               "no lens would write %s: remove it, or REVERT", node);
}

/* A tree beside /files that was not made to hold a text.  */
static gpg_error_t
stray (struct worker *worker, const char *node)
{
  return text_is_noted (worker, node) ? 0 : unowned (worker, node);
}

const char *
render_base (const struct record *record)
{
  if (record && record->draft)
    return record->draft;
  /* A file that is not there is to augeas one with an empty line.  */
  return record && record->text ? record->text : "\n";
}

gpg_error_t
render_text (struct worker *worker, const char *path, const char *node,
             const struct lens *lens, const char *text_in, char **r_text)
{
  augeas *aug = worker->aug;
  const char *value = NULL;
  gpg_error_t err = 0;
  int rc;

  *r_text = NULL;
  if (aug_set (aug, SCRATCH_IN, text_in))
    return worker_augeas_error (worker, SCRATCH_IN);
  rc = aug_text_retrieve (aug, lens->name, SCRATCH_IN, node, SCRATCH_OUT);
  if (aug_error (aug) != AUG_NOERROR)
    err = worker_augeas_error (worker, node);
  tree_adopt_error (worker, path);
  if (!rc && !err && aug_get (aug, SCRATCH_OUT, &value) == 1)
    {
      *r_text = strdup (value ? value : "");
      if (!*r_text)
        err = gpg_error (GPG_ERR_ENOMEM);
    }
  aug_rm (aug, SCRATCH_IN);
  aug_rm (aug, SCRATCH_OUT);
  if (!err && !*r_text)
    err = tree_failure (worker, path, lens, NULL, "cannot be written");
  return err;
}

/* Render the file PATH.  RECORD may be NULL for a new one.  */
static gpg_error_t
render_file (struct worker *worker, const char *path, const char *node,
             const struct lens *lens, struct record *record)
{
  bool exists = record && record->state == RECORD_LOADED;
  auto_free char *text = NULL;
  struct change *change;
  gpg_error_t err;

  if (record)
    record->rendered = true;
  err = render_text (worker, path, node, lens, render_base (record), &text);
  if (gpg_err_code (err) == GPG_ERR_BAD_DATA && worker->lenient)
    {
      failure_release (&worker->failure);
      return add_change (worker, path, lens, &change);
    }
  if (err || (exists && !strcmp (text, record->text)))
    return err;
  err = add_change (worker, path, lens, &change);
  if (err)
    return err;
  change->length = strlen (text);
  change->text = take (&text);
  if (change->length > LIMIT_AUG_FILE)
    return fail (&worker->failure, GPG_ERR_TOO_LARGE,
                 "%s would have more than %lu bytes", path, LIMIT_AUG_FILE);
  return 0;
}

bool
node_is_modified (const struct worker *worker, const char *node)
{
  auto_free char *expression = text_format (
      "%s/descendant-or-self::*[modified()]", node);

  if (!expression)
    return true;
  return tree_count (worker, expression) > 0;
}

bool
node_is_numbered (const char *node)
{
  size_t length = strlen (node);
  size_t slashes = 0;

  if (node[length - 1] != ']')
    return false;
  for (const char *p = node + length - 1; p > node && p[-1] == '\\'; p--)
    slashes++;
  return slashes % 2 == 0;
}

bool
node_has_value (const struct worker *worker, const char *node)
{
  const char *value = NULL;

  return aug_get (worker->aug, node, &value) == 1 && value;
}

static gpg_error_t render_below (struct worker *worker, const char *node,
                                 const char *path);

/* Render NODE, which no file is known for: a new file, or a directory.  */
static gpg_error_t
render_unknown (struct worker *worker, const char *node, const char *path)
{
  auto_free char *children = NULL;
  const struct lens *lens, *rival;
  bool directory = record_below (worker, path);

  lens = directory ? NULL : lens_for_writing (&worker->table, path, &rival);
  if (lens && rival && !worker->lenient)
    return fail (&worker->failure, GPG_ERR_AMBIGUOUS,
                 "lenses %s and %s could both write %s", lens->name,
                 rival->name, path);
  if (lens)
    return render_file (worker, path, node, lens, record_find (worker, path));
  children = text_format ("%s/*", node);
  if (!children)
    return gpg_error (GPG_ERR_ENOMEM);
  if (node_has_value (worker, node)
      || (!directory && !tree_count (worker, children)))
    return unowned (worker, node);
  return render_below (worker, node, path);
}

static gpg_error_t
render_node (struct worker *worker, const char *node, const char *path)
{
  struct record *record = record_find (worker, path);

  if (node_is_numbered (node))
    return unowned (worker, node);
  if (!record || record->state == RECORD_ABSENT
      || record->state == RECORD_DIRECTORY)
    return render_unknown (worker, node, path);
  if (record->state != RECORD_LOADED && worker->lenient)
    return 0;
  if (record->state != RECORD_LOADED)
    return fail (&worker->failure, GPG_ERR_BAD_DATA,
                 "%s could not be read, so it is not written: REVERT", path);
  if (!record->draft && !node_is_modified (worker, node))
    return 0;
  if (node_has_value (worker, node))
    return unowned (worker, node);
  return render_file (worker, path, node, record->lens, record);
}

/* Render what stands below NODE, the directory PATH.  */
static gpg_error_t
render_below (struct worker *worker, const char *node, const char *path)
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
  if (count < 0)
    return worker_augeas_error (worker, children);
  for (int i = 0; i < count; i++)
    {
      auto_free char *child = NULL;

      if (!err
          && (aug_label (worker->aug, nodes[i], &label) != 1 || !label
              || !(child = text_format ("%s/%s", path, label))))
        err = gpg_error (GPG_ERR_ENOMEM);
      if (!err && (strchr (label, '/') || !*label))
        err = unowned (worker, nodes[i]);
      if (!err)
        err = render_node (worker, nodes[i], child);
      free (nodes[i]);
    }
  free (nodes);
  return err;
}

/* If the tree of RECORD's file is gone, so shall be the file.  */
static gpg_error_t
render_removed (struct worker *worker, struct record *record, void *context)
{
  auto_free char *node = NULL;
  struct change *change;
  gpg_error_t err;

  (void)context;
  if (record->state != RECORD_LOADED)
    return 0;
  node = tree_node (worker, "/files", record->path);
  if (!node)
    return gpg_error (GPG_ERR_ENOMEM);
  if (tree_count (worker, node))
    return 0;
  err = add_change (worker, record->path, record->lens, &change);
  if (!err)
    change->remove = true;
  return err;
}

gpg_error_t
render_each_stray (struct worker *worker,
                   gpg_error_t (*visit) (struct worker *worker,
                                         const char *node))
{
  char **nodes = NULL;
  gpg_error_t err = 0;
  int count = aug_match (worker->aug, "/*", &nodes);

  for (int i = count - 1; i >= 0; i--)
    {
      if (!err && strcmp (nodes[i], "/augeas") && strcmp (nodes[i], "/files"))
        err = visit (worker, nodes[i]);
      free (nodes[i]);
    }
  free (nodes);
  return err;
}

gpg_error_t
render_changes (struct worker *worker)
{
  gpg_error_t err;

  render_forget (worker);
  if (!worker->edited)
    return 0;
  err = render_each_stray (worker, stray);
  if (!err && node_has_value (worker, "/files"))
    err = unowned (worker, "/files");
  if (!err)
    err = render_below (worker, "/files", "");
  if (!err)
    err = records_each (worker, render_removed, NULL);
  if (err)
    render_forget (worker);
  return err;
}

gpg_error_t
render_list (struct worker *worker)
{
  gpg_error_t err;

  worker->lenient = true;
  err = render_changes (worker);
  worker->lenient = false;
  return err;
}

/* Take over that CHANGE was written at MTIME.  */
static gpg_error_t
commit_change (struct worker *worker, struct change *change, const char *mtime)
{
  auto_free char *meta = tree_node (worker, "/augeas/files", change->path);
  auto_free char *full = NULL;
  struct record *record;
  gpg_error_t err;

  if (!meta || !(full = text_format ("/files%s", change->path)))
    return gpg_error (GPG_ERR_ENOMEM);
  aug_set (worker->aug, "/augeas/events/saved[last()+1]", full);
  if (change->remove)
    {
      aug_rm (worker->aug, meta);
      return record_put (worker, change->path, RECORD_ABSENT, NULL);
    }
  err = record_put (worker, change->path, RECORD_LOADED, &record);
  if (err)
    return err;
  record->lens = change->lens;
  record->rendered = true;
  record->length = change->length;
  if (change->length && change->text[change->length - 1] == '\n')
    record->text = take (&change->text);
  else if ((record->text = text_format ("%s\n", change->text)))
    record->length++;
  else
    return gpg_error (GPG_ERR_ENOMEM);
  return tree_touch (worker, change->path, mtime);
}

gpg_error_t
render_commit (struct worker *worker, const struct item *pairs, size_t count)
{
  gpg_error_t err = 0;

  aug_rm (worker->aug, "/augeas/events/saved");
  for (size_t i = 0; i < worker->change_count && !err; i++)
    for (size_t j = 0; j + 1 < count; j += 2)
      if (item_is (&pairs[j], worker->changes[i].path))
        {
          auto_free char *mtime = item_string (&pairs[j + 1]);

          err = mtime ? commit_change (worker, &worker->changes[i], mtime)
                      : gpg_error (GPG_ERR_ENOMEM);
          break;
        }
  render_forget (worker);
  if (!err)
    err = tree_clean_all (worker);
  worker->edited = err != 0;
  return err;
}
