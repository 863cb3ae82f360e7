/* order.c - files in augeas' order, though loaded in another
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Loading everything makes a directory's nodes in the order in which its
   first files come.  Files that were loaded before, because an expression
   named them, are in the way.  So while many files are loaded in order, each
   directory has a cursor: the node that was put last.  The next one is made
   or moved behind it.  A node that is moved is a new one for augeas, so what
   was put right once is left alone.  */

#include <config.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

#define PLACEHOLDER "reeve-placeholder"

struct cursor
{
  char *directory; /* A path expression.  */
  char *last;      /* The child that was put last; NULL: none.  */
  char *before;    /* The one before it.  */
  void *put;       /* All that were put: a search tree of strings.  */
};

static int
compare (const void *a, const void *b)
{
  const struct cursor *one = a;
  const struct cursor *other = b;

  return strcmp (one->directory, other->directory);
}

static int
compare_names (const void *a, const void *b)
{
  return strcmp (a, b);
}

static void
cursor_free (void *cursor)
{
  struct cursor *c = cursor;

  tdestroy (c->put, free);
  free (c->directory);
  free (c->last);
  free (c->before);
  free (c);
}

/* The cursor of DIRECTORY, made if need be; NULL without memory.  */
static struct cursor *
cursor_get (struct worker *worker, const char *directory)
{
  struct cursor key = { .directory = (char *)directory };
  struct cursor **found = tfind (&key, &worker->cursors, compare);
  struct cursor *cursor;

  if (found)
    return *found;
  cursor = calloc (1, sizeof *cursor);
  if (!cursor)
    return NULL;
  cursor->directory = strdup (directory);
  if (!cursor->directory || !tsearch (cursor, &worker->cursors, compare))
    {
      cursor_free (cursor);
      return NULL;
    }
  return cursor;
}

/* NODE is the one that was put last.  */
static gpg_error_t
cursor_advance (struct cursor *cursor, const char *node)
{
  char *name = strdup (node);
  char *last = strdup (node);

  if (!name || !last || !tsearch (name, &cursor->put, compare_names))
    {
      free (name);
      free (last);
      return gpg_error (GPG_ERR_ENOMEM);
    }
  free (cursor->before);
  cursor->before = cursor->last;
  cursor->last = last;
  return 0;
}

/* The expression for the node that stands where the next one belongs.  */
static char *
next_place (const struct cursor *cursor)
{
  if (cursor->last)
    return text_format ("%s/following-sibling::*[1]", cursor->last);
  return text_format ("%s/*[1]", cursor->directory);
}

/* Move NODE to PLACE, to stand before the node that is there.  */
static gpg_error_t
move_node (struct worker *worker, const char *node, const char *place,
           const char *label)
{
  augeas *aug = worker->aug;
  auto_free char *holder = NULL;
  auto_free char *name = NULL;

  holder = text_format ("%.*s/" PLACEHOLDER, (int)(strrchr (node, '/') - node),
                        node);
  if (!holder)
    return gpg_error (GPG_ERR_ENOMEM);
  name = strdup (label);
  if (!name)
    return gpg_error (GPG_ERR_ENOMEM);
  if (aug_insert (aug, place, PLACEHOLDER, 1) || aug_mv (aug, node, holder)
      || aug_rename (aug, holder, name) < 0)
    return worker_augeas_error (worker, node);
  return 0;
}

/* Put NODE, the child LABEL of the cursor's directory, where it belongs.  */
static gpg_error_t
put_node (struct worker *worker, struct cursor *cursor, const char *node,
          const char *label, bool create)
{
  auto_free char *place = next_place (cursor);
  const char *there = NULL;
  int nodes = tree_count (worker, node);

  if (!place)
    return gpg_error (GPG_ERR_ENOMEM);
  /* Two of the same name are the client's doing; leave them.  */
  if (nodes > 1 || (!nodes && !create))
    return 0;
  if (aug_label (worker->aug, place, &there) == 1 && there)
    {
      if (nodes && strcmp (there, label))
        {
          gpg_error_t err = move_node (worker, node, place, label);

          if (err)
            return err;
        }
      else if (!nodes && aug_insert (worker->aug, place, label, 1))
        return worker_augeas_error (worker, node);
    }
  else if (!nodes && aug_set (worker->aug, node, NULL))
    return worker_augeas_error (worker, node);
  return cursor_advance (cursor, node);
}

gpg_error_t
order_place (struct worker *worker, const char *prefix, const char *path,
             bool create)
{
  size_t length = strlen (worker->ordered);
  bool below = !strncmp (path, worker->ordered, length) && path[length] == '/';
  auto_free char *directory = tree_node (worker, prefix, worker->ordered);
  auto_free char *part = below ? strdup (path + length) : NULL;
  struct cursor *cursor;
  gpg_error_t err = 0;
  char *rest = part ? part + 1 : NULL;
  const char *label;

  if (!below)
    return gpg_error (GPG_ERR_INV_PACKET);
  while (!err && directory && part && (label = strsep (&rest, "/")))
    {
      auto_free char *slashed = NULL;
      char *node;

      slashed = text_format ("/%s", label);
      cursor = cursor_get (worker, directory);
      node = slashed ? tree_node (worker, directory, slashed) : NULL;
      if (!cursor || !node)
        {
          free (node);
          return gpg_error (GPG_ERR_ENOMEM);
        }
      if (!tfind (node, &cursor->put, compare_names))
        err = put_node (worker, cursor, node, label, create);
      free (directory);
      directory = node;
    }
  return directory && part ? err : gpg_error (GPG_ERR_ENOMEM);
}

/* Take back that NODE was put.  */
static void
cursor_retreat (struct cursor *cursor, const char *node)
{
  char **found = tfind (node, &cursor->put, compare_names);
  char *name = found ? *found : NULL;

  if (name)
    tdelete (node, &cursor->put, compare_names);
  free (name);
  free (cursor->last);
  cursor->last = take (&cursor->before);
}

void
order_undo (struct worker *worker, const char *path)
{
  auto_free char *node = tree_node (worker, "/files", path);
  auto_free char *directory = node ? strdup (node) : NULL;
  struct cursor key;
  struct cursor **cursor;
  char *slash;

  while (directory && (slash = strrchr (directory, '/')) && slash > directory)
    {
      auto_free char *empty = text_format ("%s[count(*) = 0]", node);

      if (!empty || aug_rm (worker->aug, empty) != 1)
        return;
      *slash = 0;
      key.directory = directory;
      cursor = tfind (&key, &worker->cursors, compare);
      if (cursor)
        cursor_retreat (*cursor, node);
      node[slash - directory] = 0;
    }
}

void
order_end (struct worker *worker)
{
  tdestroy (worker->cursors, cursor_free);
  worker->cursors = NULL;
  free (worker->ordered);
  worker->ordered = NULL;
}
