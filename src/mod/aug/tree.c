/* tree.c - files as parts of augeas' tree
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A file's text goes into a node that nobody sees, aug_text_store parses it
   into its place below /files, and what augeas would note of the file below
   /augeas/files is noted here.  */

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

/* Append "/" and the name NAME (LENGTH bytes) as an expression takes it for
   nothing but a name.  */
static gpg_error_t
append_name (const struct worker *worker, struct buffer *node, const char *name,
             size_t length)
{
  auto_free char *plain = strndup (name, length);
  auto_free char *escaped = NULL;

  if (!plain || aug_escape_name (worker->aug, plain, &escaped) < 0)
    return gpg_error (GPG_ERR_ENOMEM);
  buffer_string (node, "/");
  if (*plain == '*' || strstr (plain, "::"))
    buffer_string (node, "\\");
  buffer_string (node, escaped ? escaped : plain);
  return buffer_error (node);
}

char *
tree_node (const struct worker *worker, const char *prefix, const char *path)
{
  auto_buffer struct buffer node = BUFFER_EMPTY;
  const char *end;
  char *result;

  buffer_string (&node, prefix);
  while (*path == '/')
    {
      end = strchrnul (path + 1, '/');
      if (append_name (worker, &node, path + 1, (size_t)(end - path - 1)))
        return NULL;
      path = end;
    }
  return buffer_take (&node, &result, NULL) ? NULL : result;
}

int
tree_count (const struct worker *worker, const char *expression)
{
  int count = aug_match (worker->aug, expression, NULL);

  return count < 0 ? 0 : count;
}

/* Set the node BELOW the file's node META.  */
static gpg_error_t
set_below (struct worker *worker, const char *meta, const char *below,
           const char *value)
{
  auto_free char *node = text_format ("%s/%s", meta, below);

  if (!node)
    return gpg_error (GPG_ERR_ENOMEM);
  if (aug_set (worker->aug, node, value))
    return worker_augeas_error (worker, node);
  return 0;
}

/* Note what augeas notes of a file it reads.  */
static gpg_error_t
set_info (struct worker *worker, const char *path, const struct lens *lens,
          const char *mtime)
{
  auto_free char *meta = tree_node (worker, "/augeas/files", path);
  auto_free char *full = NULL;
  gpg_error_t err;

  if (!meta || !(full = text_format ("/files%s", path)))
    return gpg_error (GPG_ERR_ENOMEM);
  err = set_below (worker, meta, "path", full);
  if (!err)
    err = set_below (worker, meta, "mtime", mtime);
  if (!err)
    err = set_below (worker, meta, "lens", lens->name);
  if (!err)
    err = set_below (worker, meta, "lens/info", lens->info);
  return err;
}

gpg_error_t
tree_touch (struct worker *worker, const char *path, const char *mtime)
{
  struct record *record = record_find (worker, path);

  if (!record || !record->lens)
    return 0;
  return set_info (worker, path, record->lens, mtime);
}

/* Let the parsed tree take the place of what NODE has.  Its old children are
   removed first: aug_mv would leave variables that hold them pointing at
   nothing.  */
static gpg_error_t
move_parsed (struct worker *worker, const char *node)
{
  auto_free char *children = text_format ("%s/*", node);

  if (!children)
    return gpg_error (GPG_ERR_ENOMEM);
  aug_rm (worker->aug, children);
  return aug_mv (worker->aug, SCRATCH_TREE, node)
             ? worker_augeas_error (worker, node)
             : 0;
}

/* A path that augeas would take for more than a path is parsed elsewhere and
   moved there.  */
gpg_error_t
tree_parse (struct worker *worker, const char *path, const char *lens,
            const char *text, bool *r_parsed)
{
  auto_free char *node = tree_node (worker, "/files", path);
  auto_free char *full = NULL;
  gpg_error_t err = 0;
  bool plain;
  int rc;

  *r_parsed = false;
  if (!node || !(full = text_format ("/files%s", path)))
    return gpg_error (GPG_ERR_ENOMEM);
  plain = !strcmp (full, node);
  if (aug_set (worker->aug, SCRATCH, text))
    return worker_augeas_error (worker, SCRATCH);
  rc = aug_text_store (worker->aug, lens, SCRATCH, plain ? node : SCRATCH_TREE);
  if (aug_error (worker->aug) != AUG_NOERROR)
    err = worker_augeas_error (worker, node);
  else if (!rc && !plain)
    err = move_parsed (worker, node);
  *r_parsed = !rc && !err;
  if (rc && !plain)
    {
      auto_free char *noted = tree_node (worker, "/augeas/text/files", path);

      if (noted)
        aug_mv (worker->aug, "/augeas/text" SCRATCH_TREE, noted);
    }
  aug_rm (worker->aug, SCRATCH);
  return err;
}

/* Parse the text of RECORD; it is LOADED or FAILED then.  */
static gpg_error_t
parse_record (struct worker *worker, struct record *record)
{
  auto_free char *node = tree_node (worker, "/files", record->path);
  bool had_node, parsed;
  gpg_error_t err;

  if (!node)
    return gpg_error (GPG_ERR_ENOMEM);
  had_node = tree_count (worker, node) > 0;
  if (worker->ordered)
    {
      err = order_place (worker, "/files", record->path, true);
      if (err)
        return err;
    }
  err = tree_parse (worker, record->path, record->lens->name, record->text,
                    &parsed);
  if (err)
    return err;
  tree_adopt_error (worker, record->path);
  record->state = parsed ? RECORD_LOADED : RECORD_FAILED;
  record->rendered = false;
  if (!parsed && !had_node && worker->ordered)
    order_undo (worker, record->path);
  return 0;
}

char *
tree_text (const struct item *text, size_t *r_length, bool *r_added)
{
  bool add = !text->length || text->bytes[text->length - 1] != '\n';
  char *copy = malloc (text->length + 2);

  if (!copy)
    return NULL;
  memcpy (copy, text->bytes, text->length);
  copy[text->length] = '\n';
  *r_length = text->length + (add ? 1 : 0);
  *r_added = add;
  copy[*r_length] = 0;
  return copy;
}

/* A text that augeas would cut at its NUL.  */
static gpg_error_t
refuse_binary (struct worker *worker, struct record *record)
{
  record->state = RECORD_REFUSED;
  worker->files--;
  record->code = GPG_ERR_BAD_DATA;
  record->advice = text_format ("%s has a NUL byte: it is no text file",
                                record->path);
  if (!record->advice)
    return gpg_error (GPG_ERR_ENOMEM);
  return 0;
}

gpg_error_t
tree_load (struct worker *worker, const char *path, const struct lens *lens,
           const char *mtime, const struct item *text)
{
  struct record *record;
  gpg_error_t err;

  if (worker->files >= LIMIT_AUG_FILES)
    return fail (&worker->failure, GPG_ERR_LIMIT_REACHED,
                 "more than %d files: name the files you want",
                 LIMIT_AUG_FILES);
  err = record_put (worker, path, RECORD_FAILED, &record);
  if (err)
    return err;
  record->lens = lens;
  if (memchr (text->bytes, 0, text->length))
    return refuse_binary (worker, record);
  record->text = tree_text (text, &record->length, &record->newline_added);
  if (!record->text)
    return gpg_error (GPG_ERR_ENOMEM);
  if (worker->ordered)
    err = order_place (worker, "/augeas/files", path, true);
  if (!err)
    err = set_info (worker, path, lens, mtime);
  if (!err)
    err = parse_record (worker, record);
  return err;
}

gpg_error_t
tree_reload (struct worker *worker, struct record *record)
{
  return parse_record (worker, record);
}

gpg_error_t
tree_refuse (struct worker *worker, const struct message *message)
{
  auto_free char *path = item_string (&message->items[0]);
  auto_free char *name = item_string (&message->items[1]);
  auto_free char *mtime = item_string (&message->items[2]);
  auto_free char *kind = item_string (&message->items[5]);
  auto_free char *meta = NULL;
  const struct lens *lens;
  struct record *record;
  gpg_error_t err;

  if (!path || !name || !mtime || !kind)
    return gpg_error (GPG_ERR_ENOMEM);
  err = record_put (worker, path, RECORD_REFUSED, &record);
  if (err)
    return err;
  record->code = (gpg_err_code_t)item_number (&message->items[3],
                                              GPG_ERR_FORBIDDEN);
  record->advice = item_string (&message->items[4]);
  if (!record->advice)
    return gpg_error (GPG_ERR_ENOMEM);
  record->lens = lens = lens_by_name (&worker->table, name);
  meta = tree_node (worker, "/augeas/files", path);
  if (!lens || !*kind)
    return 0;
  if (!meta)
    return gpg_error (GPG_ERR_ENOMEM);
  if (worker->ordered)
    err = order_place (worker, "/augeas/files", path, true);
  if (!err)
    err = set_info (worker, path, lens, mtime);
  if (!err)
    err = set_below (worker, meta, "error", kind);
  if (!err)
    err = set_below (worker, meta, "error/message", record->advice);
  return err;
}

/* aug_load_file ends with taking the file's nodes for unmodified, whatever
   came before; with a transform that has no lens nothing comes before.  No
   other public function does it without touching files.  */
gpg_error_t
tree_clean (struct worker *worker, const char *path)
{
  static const char first[] = "/augeas/load/*[1]";
  auto_buffer struct buffer glob = BUFFER_EMPTY;
  augeas *aug = worker->aug;

  buffer_string (&glob, "");
  for (const char *p = path; *p; p++)
    {
      if (strchr ("*?[\\", *p))
        buffer_string (&glob, "\\");
      buffer_append (&glob, p, 1);
    }
  if (buffer_error (&glob))
    return gpg_error (GPG_ERR_ENOMEM);
  if (aug_insert (aug, first, "reeve", 1)
      && aug_set (aug, "/augeas/load/reeve", NULL))
    return worker_augeas_error (worker, first);
  if (aug_set (aug, "/augeas/load/*[1]/incl", glob.length ? glob.bytes : ""))
    return worker_augeas_error (worker, first);
  aug_load_file (aug, path);
  aug_rm (aug, first);
  return 0;
}

gpg_error_t
tree_clean_all (struct worker *worker)
{
  char **nodes = NULL;
  const char *label;
  gpg_error_t err = 0;
  int count = aug_match (worker->aug, "/files/*", &nodes);

  for (int i = 0; i < count; i++)
    {
      if (!err && aug_label (worker->aug, nodes[i], &label) == 1 && label)
        {
          auto_free char *path = text_format ("/%s", label);

          err = path ? tree_clean (worker, path) : gpg_error (GPG_ERR_ENOMEM);
        }
      free (nodes[i]);
    }
  free (nodes);
  return err;
}
