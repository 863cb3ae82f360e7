/* queries.c - what a worker does for the verbs of AUG that only look
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queries.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

gpg_error_t
answer_more (struct worker *worker)
{
  struct channel *channel = &worker->channel;

  if (channel->out.length - channel->start < CHANNEL_PIECE
      && channel->out_count < CHANNEL_ITEMS - 8)
    return 0;
  channel_end (channel);
  if (channel->out.length >= CHANNEL_PIECE)
    {
      gpg_error_t err = channel_flush (channel);

      if (err)
        return err;
    }
  channel_begin (channel, CHANNEL_ANSWER, 0);
  return 0;
}

static gpg_error_t
not_found (struct worker *worker, const char *path)
{
  return fail (&worker->failure, GPG_ERR_NOT_FOUND, "no node matches %.80s",
               path);
}

gpg_error_t
query_get (struct worker *worker, const struct words_of *words)
{
  const char *values[ARGUMENTS];
  gpg_error_t err = 0;
  int count;

  /* All are found before the first one leaves.  */
  for (size_t i = 0; i < words->count; i++)
    {
      const char *path = words->word[i];

      count = aug_get (worker->aug, path, &values[i]);
      if (count < 0)
        return worker_augeas_error (worker, path);
      if (!count)
        return not_found (worker, path);
      if (!values[i])
        return fail (&worker->failure, GPG_ERR_NO_DATA,
                     "the node has no value: %.80s", path);
    }
  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  for (size_t i = 0; i < words->count && !err; i++)
    {
      channel_string (&worker->channel, values[i]);
      if (i + 1 < words->count)
        err = answer_more (worker);
    }
  channel_end (&worker->channel);
  return err;
}

gpg_error_t
query_label (struct worker *worker, const struct words_of *words)
{
  const char *label;
  int count = aug_label (worker->aug, words->word[0], &label);

  if (count < 0)
    return worker_augeas_error (worker, words->word[0]);
  if (!count)
    return not_found (worker, words->word[0]);
  if (!label)
    return fail (&worker->failure, GPG_ERR_NO_DATA, "the root has no label");
  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  channel_string (&worker->channel, label);
  channel_end (&worker->channel);
  return 0;
}

/* The paths that EXPRESSION matches.  */
static gpg_error_t
match_paths (struct worker *worker, const char *expression, char ***r_paths,
             int *r_count)
{
  *r_count = aug_match (worker->aug, expression, r_paths);
  if (*r_count >= 0)
    return 0;
  *r_count = 0;
  *r_paths = NULL;
  return worker_augeas_error (worker, expression);
}

static void
free_paths (char **paths, int count)
{
  for (int i = 0; i < count; i++)
    free (paths[i]);
  free (paths);
}

gpg_error_t
query_match (struct worker *worker, const struct words_of *words)
{
  char **paths;
  int count;
  gpg_error_t err = match_paths (worker, words->word[0], &paths, &count);

  if (err)
    return err;
  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  for (int i = 0; i < count && !err; i++)
    {
      channel_string (&worker->channel, paths[i]);
      err = answer_more (worker);
    }
  channel_end (&worker->channel);
  free_paths (paths, count);
  return err;
}

/* Answer with what LS says of the node at PATH.  */
static gpg_error_t
list_node (struct worker *worker, const char *path)
{
  auto_free char *children = NULL;
  auto_free char *text = NULL;
  const char *label = NULL;
  const char *value = NULL;

  if (aug_label (worker->aug, path, &label) < 0
      || aug_get (worker->aug, path, &value) < 0)
    return worker_augeas_error (worker, path);
  if (!(children = text_format ("%s/*", path))
      || !(text = text_format ("=%s", value ? value : "")))
    return gpg_error (GPG_ERR_ENOMEM);
  channel_string (&worker->channel, label ? label : "");
  channel_string (&worker->channel, path);
  channel_string (&worker->channel, tree_count (worker, children) ? "1" : "0");
  channel_string (&worker->channel, value ? text : "");
  return answer_more (worker);
}

gpg_error_t
query_ls (struct worker *worker, const struct words_of *words)
{
  const char *path = words->word[0];
  auto_free char *children = NULL;
  char **paths;
  int count;
  gpg_error_t err;

  children = text_format ("%s%s*", path,
                          *path && path[strlen (path) - 1] == '/' ? "" : "/");
  if (!children)
    return gpg_error (GPG_ERR_ENOMEM);
  err = match_paths (worker, children, &paths, &count);
  if (err)
    return err;
  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  for (int i = 0; i < count && !err; i++)
    err = list_node (worker, paths[i]);
  channel_end (&worker->channel);
  free_paths (paths, count);
  return err;
}

gpg_error_t
query_print (struct worker *worker, const struct words_of *words)
{
  const char *path = words->count ? words->word[0] : NULL;
  auto_free char *text = NULL;
  size_t length = 0;
  size_t part;
  gpg_error_t err = 0;
  FILE *out = open_memstream (&text, &length);

  if (!out)
    return gpg_error (GPG_ERR_ENOMEM);
  if (aug_print (worker->aug, out, path))
    err = worker_augeas_error (worker, path ? path : "/*");
  if (fclose (out) && !err)
    err = gpg_error (GPG_ERR_ENOMEM);
  for (size_t at = 0; at < length && !err; at += part)
    {
      part = length - at < CHANNEL_PIECE ? length - at : CHANNEL_PIECE;
      channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
      channel_item (&worker->channel, text + at, part);
      channel_end (&worker->channel);
      err = channel_flush (&worker->channel);
    }
  return err;
}

/* Answer with what is noted at the error node PATH.  */
static gpg_error_t
list_error (struct worker *worker, const char *path)
{
  static const char *const parts[] = { "",
                                       "/line",
                                       "/char",
                                       "/lens",
                                       "/lens/last_matched",
                                       "/lens/next_not_matched",
                                       "/message" };
  static const char top[] = "/augeas/files";
  size_t length = strlen (path) - strlen ("/error");
  size_t skip = strncmp (path, top, sizeof top - 1) ? 0 : sizeof top - 1;

  channel_item (&worker->channel, path + skip, length - skip);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    {
      auto_free char *node = NULL;
      const char *value = NULL;

      node = text_format ("%s%s", path, parts[i]);
      if (!node)
        return gpg_error (GPG_ERR_ENOMEM);
      aug_get (worker->aug, node, &value);
      channel_string (&worker->channel, value ? value : "");
    }
  return answer_more (worker);
}

/* Whether an error is noted at or below one of the COUNT nodes at PATHS.  */
static bool
is_among (const char *path, char **paths, int count)
{
  for (int i = 0; i < count; i++)
    {
      size_t length = strlen (paths[i]);

      if (!strncmp (path, paths[i], length)
          && (!path[length] || path[length] == '/'))
        return true;
    }
  return false;
}

/* The nodes below /augeas that belong to PATH: itself if it lies there, else
   what is noted for its files.  */
static gpg_error_t
error_nodes (struct worker *worker, const char *path, char ***r_paths,
             int *r_count)
{
  auto_free char *noted = NULL;

  if (!strncmp (path, "/files", 6) && (!path[6] || path[6] == '/'))
    {
      noted = text_format ("/augeas%s", path);
      if (!noted)
        return gpg_error (GPG_ERR_ENOMEM);
      path = noted;
    }
  return match_paths (worker, path, r_paths, r_count);
}

gpg_error_t
query_errors (struct worker *worker, const struct words_of *words)
{
  char **nodes = NULL;
  char **paths = NULL;
  int node_count = 0;
  int count = 0;
  gpg_error_t err = 0;

  if (words->count)
    err = error_nodes (worker, words->word[0], &nodes, &node_count);
  if (!err)
    err = match_paths (worker, "/augeas//error", &paths, &count);
  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  for (int i = 0; i < count && !err; i++)
    if (strcmp (paths[i], "/augeas/error")
        && (!words->count || is_among (paths[i], nodes, node_count)))
      err = list_error (worker, paths[i]);
  channel_end (&worker->channel);
  free_paths (nodes, node_count);
  free_paths (paths, count);
  return err;
}

/* Whether a file is among those that would change.  */
static bool
is_changed (const struct worker *worker, const char *path)
{
  for (size_t i = 0; i < worker->change_count; i++)
    if (!strcmp (worker->changes[i].path, path))
      return true;
  return false;
}

static gpg_error_t
list_file (struct worker *worker, const char *path, const char *state,
           const struct lens *lens)
{
  channel_string (&worker->channel, path);
  channel_string (&worker->channel, state);
  channel_string (&worker->channel, lens ? lens->name : "");
  return answer_more (worker);
}

static gpg_error_t
list_record (struct worker *worker, struct record *record, void *context)
{
  (void)context;
  switch (record->state)
    {
    case RECORD_LOADED:
      return list_file (worker, record->path,
                        is_changed (worker, record->path) ? "changed"
                                                          : "loaded",
                        record->lens);
    case RECORD_FAILED:
    case RECORD_REFUSED:
      return list_file (worker, record->path, "failed", record->lens);
    default:
      return 0;
    }
}

gpg_error_t
query_files (struct worker *worker, const struct words_of *words)
{
  gpg_error_t err = render_list (worker);

  (void)words;
  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  if (!err)
    err = records_each (worker, list_record, NULL);
  /* New files have no record.  */
  for (size_t i = 0; i < worker->change_count && !err; i++)
    {
      const struct change *change = &worker->changes[i];
      const struct record *record = record_find (worker, change->path);

      if (!record || record->state == RECORD_ABSENT)
        err = list_file (worker, change->path, "changed", change->lens);
    }
  channel_end (&worker->channel);
  render_forget (worker);
  return err;
}
