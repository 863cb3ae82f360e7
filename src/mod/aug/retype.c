/* retype.c - a file's text as a whole, taken out and put back
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Somebody who types a text wants that text, with his blanks and his order,
   which the tree does not have.  So it is kept, for the lens to render with in
   place of the file's own: rendering what was parsed with what it was parsed
   from gives that again.  */

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker.h"
#include "../../../protocol/memory.h"

/* Get the file PATH, and whether it can be had.  *R_RECORD is NULL if there is
   none.  */
static gpg_error_t
meet_file (struct worker *worker, const char *path, struct record **r_record)
{
  struct need need = { (char *)path, true };
  struct needs needs = { false, 1, &need };
  struct record *record;
  gpg_error_t err = worker_meet (worker, &needs);

  *r_record = NULL;
  if (err)
    return err;
  record = record_on_way (worker, path);
  if (record && record->state == RECORD_REFUSED)
    {
      failure_detail (&worker->failure, "file", "%s", record->path);
      return fail (&worker->failure, record->code, "%s", record->advice);
    }
  if (record && record->state == RECORD_DIRECTORY)
    return fail (&worker->failure, GPG_ERR_INV_ARG, "%s is a directory", path);
  if (record && strcmp (record->path, path) && record->state != RECORD_ABSENT)
    return fail (&worker->failure, GPG_ERR_INV_ARG, "%s is no directory",
                 record->path);
  *r_record = record_find (worker, path);
  return 0;
}

/* The lens of the file PATH, whose RECORD may be NULL.  */
static gpg_error_t
file_lens (struct worker *worker, const char *path, const struct record *record,
           const struct lens **r_lens)
{
  const struct lens *rival = NULL;

  *r_lens = record && record->lens
                ? record->lens
                : lens_for_writing (&worker->table, path, &rival);
  if (!*r_lens)
    return fail (&worker->failure, GPG_ERR_NOT_SUPPORTED,
                 "no lens would write %s", path);
  if (rival)
    return fail (&worker->failure, GPG_ERR_AMBIGUOUS,
                 "lenses %s and %s could both write %s", (*r_lens)->name,
                 rival->name, path);
  return 0;
}

/* Answer with up to three items.  */
static void
answer (struct worker *worker, const char *one, const char *two,
        const char *three)
{
  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  channel_string (&worker->channel, one);
  if (two)
    channel_string (&worker->channel, two);
  if (three)
    channel_string (&worker->channel, three);
  channel_end (&worker->channel);
}

/* Answer with the place where PATH does not parse, and why.  */
static void
answer_failed (struct worker *worker, const char *path)
{
  const char *line = tree_error (worker, path, "/line");
  const char *message = tree_error (worker, path, "/message");

  answer (worker, "failed", line ? line : "", message ? message : "");
}

gpg_error_t
retype_text (struct worker *worker, const char *path)
{
  auto_free char *node = tree_node (worker, "/files", path);
  auto_free char *text = NULL;
  const struct lens *lens;
  struct record *record;
  gpg_error_t err;
  bool loaded;

  if (!node)
    return gpg_error (GPG_ERR_ENOMEM);
  err = meet_file (worker, path, &record);
  if (!err)
    err = file_lens (worker, path, record, &lens);
  if (err)
    return err;
  if (record && record->state == RECORD_FAILED)
    {
      answer_failed (worker, path);
      return 0;
    }
  loaded = record && record->state == RECORD_LOADED;
  if (!tree_count (worker, node))
    answer (worker, loaded ? "removed" : "read", NULL, NULL);
  else if (loaded && !record->draft && !node_is_modified (worker, node))
    answer (worker, "read", NULL, NULL);
  else
    {
      if (record)
        record->rendered = true;
      err = render_text (worker, path, node, lens, render_base (record), &text);
      if (!err)
        answer (worker, "text", text, NULL);
    }
  return err;
}

/* Find out whether LENS parses TEXT, and whether it makes the same of that
   again.  */
static gpg_error_t
try_text (struct worker *worker, const struct lens *lens, const char *text,
          bool *r_same)
{
  const char *rendered = NULL;
  gpg_error_t err = 0;

  *r_same = false;
  if (aug_set (worker->aug, SCRATCH, text))
    return worker_augeas_error (worker, SCRATCH);
  if (aug_text_store (worker->aug, lens->name, SCRATCH, SCRATCH_TREE))
    err = text_failure (worker, lens->name, text, "the text does not parse");
  else if (aug_text_retrieve (worker->aug, lens->name, SCRATCH, SCRATCH_TREE,
                              SCRATCH "/text"))
    err = text_failure (worker, lens->name, NULL, "it cannot be written");
  else if (aug_get (worker->aug, SCRATCH "/text", &rendered) == 1 && rendered)
    *r_same = !strcmp (rendered, text);
  aug_rm (worker->aug, SCRATCH);
  aug_rm (worker->aug, "/augeas/text");
  return err;
}

/* Note that the nodes of PATH are what TEXT has.  RECORD may be NULL.  */
static gpg_error_t
note_draft (struct worker *worker, const char *path, const struct lens *lens,
            struct record *record, char **text)
{
  gpg_error_t err = 0;

  if (!record)
    err = record_put (worker, path, RECORD_ABSENT, &record);
  if (err)
    return err;
  if (record->state == RECORD_FAILED)
    record->state = RECORD_LOADED;
  record->lens = lens;
  record->rendered = true;
  free (record->draft);
  record->draft = take (text);
  return 0;
}

/* Put TEXT, which LENS parses, in the place of what PATH has.  */
static gpg_error_t
put_text (struct worker *worker, const char *path, const struct lens *lens,
          const char *text)
{
  auto_free char *node = tree_node (worker, "/files", path);
  bool parsed = false;
  gpg_error_t err;

  if (!node)
    return gpg_error (GPG_ERR_ENOMEM);
  if (tree_count (worker, node) > 1)
    return fail (&worker->failure, GPG_ERR_AMBIGUOUS,
                 "%s has more than one tree: REVERT", path);
  err = tree_parse (worker, path, lens->name, text, &parsed);
  if (!err && !parsed)
    err = text_failure (worker, lens->name, text, "the text does not parse");
  if (err)
    return err;
  tree_adopt_error (worker, path);
  if (node_has_value (worker, node) && aug_set (worker->aug, node, NULL))
    err = worker_augeas_error (worker, node);
  return err;
}

gpg_error_t
retype_replace (struct worker *worker, const char *path, const char *text)
{
  struct item item = { text, strlen (text) };
  auto_free char *typed = NULL;
  const struct lens *lens;
  struct record *record;
  gpg_error_t err;
  bool added, same, old;
  size_t length;

  err = meet_file (worker, path, &record);
  if (!err)
    err = file_lens (worker, path, record, &lens);
  if (err)
    return err;
  typed = tree_text (&item, &length, &added);
  if (!typed)
    return gpg_error (GPG_ERR_ENOMEM);
  err = try_text (worker, lens, typed, &same);
  if (!err)
    err = put_text (worker, path, lens, typed);
  if (err)
    return err;
  old = record && record->text && !strcmp (record->text, typed);
  err = note_draft (worker, path, lens, record, &typed);
  if (!err && added && !old)
    answer (worker, "newline", NULL, NULL);
  if (!err && !same)
    answer (worker, "differs", NULL, NULL);
  if (!err && old && record->newline_added && !added)
    answer (worker, "unwritten", NULL, NULL);
  return err;
}
