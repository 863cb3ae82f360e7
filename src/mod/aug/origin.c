/* origin.c - which file a node belongs to, and where in its text it stands
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Augeas notes with each node where in the text it was found.  Rendering a
   file overwrites that with places in the new text, so what it noted holds for
   a file that was not rendered since it was parsed.  Of one that was, the text
   is parsed once more, elsewhere, to find out.  */

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queries.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

/* Places in a text: label, value and node, each with its end.  */
#define PLACES 6

/* The path of the one node that PATH matches, as augeas writes it; NULL for
   the root, which has none.  */
static gpg_error_t
match_one (struct worker *worker, const char *path, char **r_node)
{
  char **nodes = NULL;
  int count = aug_label (worker->aug, path, NULL);

  *r_node = NULL;
  if (count < 0)
    return worker_augeas_error (worker, path);
  if (!count)
    return fail (&worker->failure, GPG_ERR_NOT_FOUND, "no node matches %.80s",
                 path);
  if (aug_match (worker->aug, path, &nodes) == 1)
    *r_node = nodes[0];
  free (nodes);
  return 0;
}

/* Append the name that stands at STEP, as augeas writes it, to PLAIN without
   its escapes; what follows it.  NULL if it is numbered and not the first of
   its name.  */
static const char *
plain_step (const char *step, struct buffer *plain)
{
  buffer_string (plain, "/");
  while (*step && *step != '/' && *step != '[')
    {
      if (*step == '\\' && step[1])
        step++;
      buffer_append (plain, step++, 1);
    }
  if (*step != '[')
    return step;
  if (strncmp (step, "[1]", 3))
    return NULL;
  return step + 3;
}

/* The record of the file that NODE, a path as augeas writes it, belongs to,
   and where in NODE the file's node ends; NULL if there is none.  */
static struct record *
record_of_node (const struct worker *worker, const char *node,
                const char **r_end)
{
  static const char *const tops[] = { "/files/", "/augeas/files/" };
  auto_buffer struct buffer plain = BUFFER_EMPTY;
  const char *step = NULL;

  for (size_t i = 0; node && i < sizeof tops / sizeof *tops; i++)
    if (!strncmp (node, tops[i], strlen (tops[i])))
      step = node + strlen (tops[i]) - 1;
  while (step && *step == '/')
    {
      struct record *record;

      step = plain_step (step + 1, &plain);
      if (!step || buffer_error (&plain))
        return NULL;
      record = record_find (worker, plain.bytes);
      if (record
          && (record->state == RECORD_LOADED || record->state == RECORD_FAILED))
        {
          *r_end = step;
          return record;
        }
    }
  return NULL;
}

gpg_error_t
query_source (struct worker *worker, const struct words_of *words)
{
  const char *path = words->word[0];
  auto_free char *node = NULL;
  auto_free char *source = NULL;
  const char *end;
  gpg_error_t err = match_one (worker, path, &node);

  if (err)
    return err;
  if (record_of_node (worker, node, &end))
    source = strndup (node, (size_t)(end - node));
  else if (aug_source (worker->aug, path, &source) < 0)
    return worker_augeas_error (worker, path);
  else if (!source)
    return fail (&worker->failure, GPG_ERR_NO_DATA,
                 "the node belongs to no file: %.80s", path);
  if (!source)
    return gpg_error (GPG_ERR_ENOMEM);
  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  channel_string (&worker->channel, source);
  channel_end (&worker->channel);
  return 0;
}

/* Store what augeas noted of the node PATH.  R_FILE may be NULL.  */
static gpg_error_t
noted_span (struct worker *worker, const char *path, char **r_file,
            unsigned r_place[PLACES])
{
  if (aug_span (worker->aug, path, r_file, &r_place[0], &r_place[1],
                &r_place[2], &r_place[3], &r_place[4], &r_place[5]))
    return worker_augeas_error (worker, path);
  return 0;
}

/* Find the place of the node that stands BELOW the node of RECORD's file, which
   was rendered but has no edits, by parsing the text again.  */
static gpg_error_t
parsed_span (struct worker *worker, const struct record *record,
             const char *below, unsigned r_place[PLACES])
{
  auto_free char *node = NULL;
  gpg_error_t err = 0;

  node = text_format (SCRATCH_TREE "%s", below);
  if (!node)
    return gpg_error (GPG_ERR_ENOMEM);
  if (aug_set (worker->aug, SCRATCH, record->text)
      || aug_text_store (worker->aug, record->lens->name, SCRATCH,
                         SCRATCH_TREE))
    err = worker_augeas_error (worker, record->path);
  else
    err = noted_span (worker, node, NULL, r_place);
  aug_rm (worker->aug, SCRATCH);
  aug_rm (worker->aug, "/augeas/text");
  return err;
}

/* The place of NODE, at END of which the node of its file RECORD ends.  */
static gpg_error_t
span_in_file (struct worker *worker, const struct record *record,
              const char *node, const char *end, unsigned r_place[PLACES])
{
  auto_free char *top = strndup (node, (size_t)(end - node));

  if (!top)
    return gpg_error (GPG_ERR_ENOMEM);
  if (!*end)
    {
      memset (r_place, 0, PLACES * sizeof *r_place);
      r_place[PLACES - 1] = (unsigned)(record->length - record->newline_added);
      return 0;
    }
  if (!record->rendered)
    return noted_span (worker, node, NULL, r_place);
  if (node_is_modified (worker, top))
    return fail (&worker->failure, GPG_ERR_NO_DATA,
                 "no place is known while %.40s has edits: SAVE or REVERT",
                 record->path);
  return parsed_span (worker, record, end, r_place);
}

gpg_error_t
query_span (struct worker *worker, const struct words_of *words)
{
  const char *path = words->word[0];
  auto_free char *node = NULL;
  auto_free char *file = NULL;
  const struct record *record;
  unsigned place[PLACES];
  const char *end;
  gpg_error_t err = match_one (worker, path, &node);

  if (err)
    return err;
  record = record_of_node (worker, node, &end);
  if (record && !strncmp (node, "/files/", 7))
    err = span_in_file (worker, record, node, end, place);
  else
    {
      record = NULL;
      err = noted_span (worker, node, &file, place);
    }
  if (err)
    return err;
  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  channel_string (&worker->channel, record ? record->path : file);
  /* What stands nowhere in the text has -1, as augtool shows it.  */
  for (size_t i = 0; i < PLACES; i++)
    channel_number (&worker->channel, (int)place[i]);
  channel_end (&worker->channel);
  return 0;
}
