/* lensed.c - texts in nodes, parsed and rendered by a lens that is named
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queries.h"
#include "reach.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

bool
lens_exists (struct worker *worker, const char *name, char **r_why)
{
  const char *details;
  bool found;

  if (r_why)
    *r_why = NULL;
  if (aug_set (worker->aug, SCRATCH, ""))
    return false;
  aug_text_store (worker->aug, name, SCRATCH, SCRATCH_TREE);
  found = aug_error (worker->aug) == AUG_NOERROR;
  details = aug_error_details (worker->aug);
  if (!found && r_why)
    *r_why = strdup (details ? details : "the lens is not known");
  aug_rm (worker->aug, SCRATCH);
  aug_rm (worker->aug, "/augeas/text");
  return found;
}

gpg_error_t
lens_named (struct worker *worker, const char *name, char **r_name)
{
  bool module = *name != '@' && !strchr (name, '.');
  auto_free char *full = NULL;

  *r_name = NULL;
  full = text_format ("%s%s", name, module ? ".lns" : "");
  if (!full)
    return gpg_error (GPG_ERR_ENOMEM);
  if (!lens_exists (worker, full, NULL))
    return fail (&worker->failure, GPG_ERR_NOT_FOUND,
                 "there is no lens %.40s: AUG LENSES lists them", full);
  *r_name = take (&full);
  return 0;
}

/* Parse the text in NODE into the tree PATH.  The library takes no expression
   for that, so where it is more than a path the tree is moved there.  */
static gpg_error_t
store_text (struct worker *worker, const char *lens, const char *node,
            const char *path)
{
  bool plain = path_is_plain (path) && path[1];
  const char *text = NULL;
  gpg_error_t err = 0;

  if (aug_text_store (worker->aug, lens, node, plain ? path : SCRATCH_TREE))
    {
      if (aug_error (worker->aug) != AUG_NOERROR)
        return worker_augeas_error (worker, node);
      aug_get (worker->aug, node, &text);
      return text_failure (worker, lens, text, "the text does not parse");
    }
  if (!plain && aug_mv (worker->aug, SCRATCH_TREE, path))
    err = worker_augeas_error (worker, path);
  return err;
}

/* Places that were noted are not those in the file at PATH any more.  */
static void
forget_places (struct worker *worker, const char *path)
{
  static const char top[] = "/files";
  struct record *record;

  if (strncmp (path, top, strlen (top)))
    return;
  record = record_on_way (worker, path + strlen (top));
  if (record)
    record->rendered = true;
}

/* Length of the first step of PATH, as augeas writes it, without an index.  */
static size_t
top_length (const char *path)
{
  size_t length = 1;

  while (path[length] && path[length] != '/' && path[length] != '[')
    length += path[length] == '\\' && path[length + 1] ? 2 : 1;
  return length;
}

bool
text_is_noted (const struct worker *worker, const char *node)
{
  size_t length = top_length (node);

  for (const char *line = worker->texts; line && *line;
       line = strchr (line, '\n') + 1)
    if (!strncmp (line, node, length) && line[length] == '\n')
      return true;
  return false;
}

/* Note the tree in which EXPRESSION's node lies.  */
static gpg_error_t
note_text (struct worker *worker, const char *expression)
{
  auto_free char *node = NULL;
  char *texts = NULL;
  char **nodes = NULL;
  int count = aug_match (worker->aug, expression, &nodes);

  for (int i = 0; i < count; i++)
    if (i)
      free (nodes[i]);
    else
      node = nodes[i];
  free (nodes);
  if (!node || strchr (node, '\n') || text_is_noted (worker, node))
    return 0;
  texts = text_format ("%s%.*s\n", worker->texts ? worker->texts : "",
                       (int)top_length (node), node);
  if (!texts)
    return gpg_error (GPG_ERR_ENOMEM);
  free (worker->texts);
  worker->texts = texts;
  return 0;
}

static gpg_error_t
note_texts (struct worker *worker, char *const *expressions, size_t count)
{
  gpg_error_t err = 0;

  for (size_t i = 0; i < count && !err; i++)
    err = note_text (worker, expressions[i]);
  return err;
}

gpg_error_t
run_store (struct worker *worker, const struct words_of *words)
{
  auto_free char *lens = NULL;
  gpg_error_t err = lens_named (worker, words->word[0], &lens);

  if (err)
    return err;
  err = store_text (worker, lens, words->word[1], words->word[2]);
  forget_places (worker, words->word[2]);
  aug_rm (worker->aug, SCRATCH);
  aug_rm (worker->aug, "/augeas/text");
  return err ? err : note_texts (worker, words->word + 1, 2);
}

gpg_error_t
run_retrieve (struct worker *worker, const struct words_of *words)
{
  const char *path = words->word[2];
  auto_free char *lens = NULL;
  gpg_error_t err = lens_named (worker, words->word[0], &lens);

  if (err)
    return err;
  if (tree_count (worker, path) > 1)
    return fail (&worker->failure, GPG_ERR_AMBIGUOUS,
                 "more than one node matches %.60s", path);
  if (aug_text_retrieve (worker->aug, lens, words->word[1], path,
                         words->word[3]))
    {
      if (aug_error (worker->aug) != AUG_NOERROR)
        return worker_augeas_error (worker, path);
      return text_failure (worker, lens, NULL, "the tree makes no text");
    }
  aug_rm (worker->aug, "/augeas/text");
  return note_texts (worker, words->word + 1, 3);
}
