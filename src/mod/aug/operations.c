/* operations.c - what a worker does for the verbs of AUG
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "worker.h"
#include "../../../protocol/memory.h"

#define ARGUMENTS 130 /* Words of a line, and then some.  */

/* The arguments of a request as strings.  */
struct words_of
{
  size_t count;
  char *word[ARGUMENTS];
};

/* One operation.  KINDS has a letter for each argument: a path expression
   whose files must be there ("p"), the same but a broken file is no error
   ("e"), one that begins at the nodes of the argument before it ("b"), any
   string ("s").  After "?" they may be missing; "*" repeats the last.  */
struct operation
{
  const char *kinds;
  bool edits;
  gpg_error_t (*run) (struct worker *worker, const struct words_of *words);
};

/* Send what is gathered once it is a piece.  */
static gpg_error_t
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

static void
answer_number (struct worker *worker, int number)
{
  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  channel_number (&worker->channel, number);
  channel_end (&worker->channel);
}

static gpg_error_t
not_found (struct worker *worker, const char *path)
{
  return fail (&worker->failure, GPG_ERR_NOT_FOUND, "no node matches %.80s", path);
}

static gpg_error_t
run_get (struct worker *worker, const struct words_of *words)
{
  const char *path, *value;
  int count;

  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  for (size_t i = 0; i < words->count; i++)
    {
      path = words->word[i];
      count = aug_get (worker->aug, path, &value);
      if (count < 0)
        return worker_augeas_error (worker, path);
      if (!count)
        return not_found (worker, path);
      if (!value)
        return fail (&worker->failure, GPG_ERR_NO_DATA,
                     "the node has no value: %.80s", path);
      channel_string (&worker->channel, value);
    }
  channel_end (&worker->channel);
  return 0;
}

static gpg_error_t
run_label (struct worker *worker, const struct words_of *words)
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

static gpg_error_t
run_match (struct worker *worker, const struct words_of *words)
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
  if (asprintf (&children, "%s/*", path) < 0
      || asprintf (&text, "=%s", value ? value : "") < 0)
    return gpg_error (GPG_ERR_ENOMEM);
  channel_string (&worker->channel, label ? label : "");
  channel_string (&worker->channel, path);
  channel_string (&worker->channel, tree_count (worker, children) ? "1" : "0");
  channel_string (&worker->channel, value ? text : "");
  return answer_more (worker);
}

static gpg_error_t
run_ls (struct worker *worker, const struct words_of *words)
{
  const char *path = words->word[0];
  auto_free char *children = NULL;
  char **paths;
  int count;
  gpg_error_t err;

  if (asprintf (&children, "%s%s*", path,
                *path && path[strlen (path) - 1] == '/' ? "" : "/")
      < 0)
    {
      children = NULL;
      return gpg_error (GPG_ERR_ENOMEM);
    }
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

static gpg_error_t
run_print (struct worker *worker, const struct words_of *words)
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

static gpg_error_t
run_set (struct worker *worker, const struct words_of *words)
{
  if (aug_set (worker->aug, words->word[0],
               words->count > 1 ? words->word[1] : NULL))
    return worker_augeas_error (worker, words->word[0]);
  return 0;
}

static gpg_error_t
run_setm (struct worker *worker, const struct words_of *words)
{
  int count = aug_setm (worker->aug, words->word[0], words->word[1],
                        words->count > 2 ? words->word[2] : NULL);

  if (count < 0)
    return worker_augeas_error (worker, words->word[0]);
  answer_number (worker, count);
  return 0;
}

static gpg_error_t
run_insert (struct worker *worker, const struct words_of *words)
{
  if (strchr (words->word[0], '/'))
    return fail (&worker->failure, GPG_ERR_INV_ARG,
                 "a label has no slash: give the place as the path");
  if (aug_insert (worker->aug, words->word[2], words->word[0],
                  !strcmp (words->word[1], "before")))
    return worker_augeas_error (worker, words->word[2]);
  return 0;
}

static gpg_error_t
run_remove (struct worker *worker, const struct words_of *words)
{
  int count = aug_rm (worker->aug, words->word[0]);

  if (count < 0)
    return worker_augeas_error (worker, words->word[0]);
  answer_number (worker, count);
  return 0;
}

static gpg_error_t
run_move (struct worker *worker, const struct words_of *words)
{
  if (aug_mv (worker->aug, words->word[0], words->word[1]))
    return worker_augeas_error (worker, words->word[0]);
  return 0;
}

static bool
is_variable_name (const char *name)
{
  if (!isalpha ((unsigned char)*name) && *name != '_')
    return false;
  while (isalnum ((unsigned char)*name) || *name == '_')
    name++;
  return !*name;
}

static gpg_error_t
run_defvar (struct worker *worker, const struct words_of *words)
{
  int count;

  if (!is_variable_name (words->word[0]))
    return fail (&worker->failure, GPG_ERR_INV_NAME,
                 "a variable's name has letters, digits and \"_\" only");
  count = aug_defvar (worker->aug, words->word[0], words->word[1]);
  if (count < 0)
    return worker_augeas_error (worker, words->word[1]);
  answer_number (worker, count);
  return 0;
}

static gpg_error_t
run_load (struct worker *worker, const struct words_of *words)
{
  (void)words;
  return render_load (worker);
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

      if (asprintf (&node, "%s%s", path, parts[i]) < 0)
        {
          node = NULL;
          return gpg_error (GPG_ERR_ENOMEM);
        }
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
      if (asprintf (&noted, "/augeas%s", path) < 0)
        {
          noted = NULL;
          return gpg_error (GPG_ERR_ENOMEM);
        }
      path = noted;
    }
  return match_paths (worker, path, r_paths, r_count);
}

static gpg_error_t
run_errors (struct worker *worker, const struct words_of *words)
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

/* Answer with the changes that were rendered.  */
static gpg_error_t
run_render (struct worker *worker, const struct words_of *words)
{
  gpg_error_t err = render_changes (worker);
  const struct change *change;

  (void)words;
  for (size_t i = 0; i < worker->change_count && !err; i++)
    {
      change = &worker->changes[i];
      channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
      channel_string (&worker->channel, change->remove ? "remove" : "write");
      channel_string (&worker->channel, change->path);
      channel_item (&worker->channel, change->text ? change->text : "",
                    change->length);
      channel_end (&worker->channel);
      err = channel_flush (&worker->channel);
    }
  return err;
}

static gpg_error_t
run_revert (struct worker *worker, const struct words_of *words)
{
  (void)words;
  return render_revert (worker);
}

/* COMMIT is not here: its arguments are many.  */
static const struct operation operations[CHANNEL_OPERATIONS] = {
  [CHANNEL_GET] = { "p*", false, run_get },
  [CHANNEL_LABEL] = { "p", false, run_label },
  [CHANNEL_MATCH] = { "p", false, run_match },
  [CHANNEL_LS] = { "p", false, run_ls },
  [CHANNEL_PRINT] = { "?p", false, run_print },
  [CHANNEL_SET] = { "p?s", true, run_set },
  [CHANNEL_SETM] = { "pb?s", true, run_setm },
  [CHANNEL_CLEAR] = { "p", true, run_set },
  [CHANNEL_INSERT] = { "ssp", true, run_insert },
  [CHANNEL_REMOVE] = { "p", true, run_remove },
  [CHANNEL_MOVE] = { "pp", true, run_move },
  [CHANNEL_DEFVAR] = { "sp", false, run_defvar },
  [CHANNEL_LOAD] = { "", false, run_load },
  [CHANNEL_ERRORS] = { "?e", false, run_errors },
  [CHANNEL_RENDER] = { "", false, run_render },
  [CHANNEL_REVERT] = { "", false, run_revert },
};

/* As augtool does with the paths it is given.  */
static void
trim_path (char *path)
{
  size_t length = strlen (path);

  while (
      length > 1
      && (path[length - 1] == '/' || isspace ((unsigned char)path[length - 1])))
    path[--length] = 0;
}

/* Load what argument WORD of the kind KIND can see.  */
static gpg_error_t
load_argument (struct worker *worker, char kind, const char *word)
{
  struct expression_base loaded = { NULL, true };

  switch (kind)
    {
    case 'p':
      return worker_load_for (worker, word, NULL, true);
    case 'e':
      return worker_load_for (worker, word, NULL, false);
    case 'b':
      return worker_load_for (worker, word, &loaded, true);
    default:
      return 0;
    }
}

/* Load what the arguments can see; check their number against KINDS.  */
static gpg_error_t
load_arguments (struct worker *worker, const char *kinds,
                const struct words_of *words)
{
  bool optional = *kinds == '?';
  gpg_error_t err;
  char kind = 0;

  kinds += optional;
  for (size_t i = 0; i < words->count; i++)
    {
      if (*kinds == '?')
        {
          optional = true;
          kinds++;
        }
      if (*kinds && *kinds != '*')
        kind = *kinds++;
      else if (*kinds != '*')
        return gpg_error (GPG_ERR_INV_PACKET);
      if (kind != 's')
        trim_path (words->word[i]);
      err = load_argument (worker, kind, words->word[i]);
      if (err)
        return err;
    }
  if (!optional && *kinds && *kinds != '*' && *kinds != '?')
    return gpg_error (GPG_ERR_INV_PACKET);
  return 0;
}

static void
words_free (struct words_of *words)
{
  for (size_t i = 0; i < words->count; i++)
    free (words->word[i]);
}

/* A request without files to look at: all that is there is loaded for.  */
static gpg_error_t
load_everything (struct worker *worker)
{
  struct needs needs = { true, 0, NULL };

  return worker_meet (worker, &needs);
}

gpg_error_t
operation_run (struct worker *worker, const struct message *request)
{
  struct words_of words = { 0 };
  const struct operation *operation;
  gpg_error_t err = 0;

  if (request->code == CHANNEL_COMMIT)
    return render_commit (worker, request->items + 1, request->count - 1);
  if (request->code >= CHANNEL_OPERATIONS || request->count - 1 > ARGUMENTS)
    return gpg_error (GPG_ERR_INV_PACKET);
  operation = &operations[request->code];
  for (size_t i = 1; i < request->count && !err; i++)
    {
      words.word[words.count] = item_string (&request->items[i]);
      if (words.word[words.count])
        words.count++;
      else
        err = gpg_error (GPG_ERR_ENOMEM);
    }
  if (!err)
    err = load_arguments (worker, operation->kinds, &words);
  if (!err && !words.count
      && (request->code == CHANNEL_PRINT || request->code == CHANNEL_ERRORS))
    err = load_everything (worker);
  if (!err)
    {
      worker->edited |= operation->edits;
      err = operation->run (worker, &words);
    }
  words_free (&words);
  return err;
}
