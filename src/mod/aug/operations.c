/* operations.c - what a worker does for the verbs of AUG
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queries.h"
#include "worker.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

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

static void
answer_number (struct worker *worker, int number)
{
  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  channel_number (&worker->channel, number);
  channel_end (&worker->channel);
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

/* The one node that PATH matches, as augeas writes its path; NULL if it is
   not just one.  */
static char *
one_match (struct worker *worker, const char *path)
{
  char **nodes = NULL;
  int count = aug_match (worker->aug, path, &nodes);
  char *node = count == 1 ? nodes[0] : NULL;

  for (int i = count == 1 ? 1 : 0; i < count; i++)
    free (nodes[i]);
  free (nodes);
  return node;
}

/* Whether PATH, as augeas writes it, lies below NODE.  */
static bool
is_below (const char *path, const char *node)
{
  size_t length = strlen (node);

  return !strncmp (path, node, length) && path[length] == '/';
}

/* Take away what the one node that DESTINATION matches has below it, as what is
   to come there will.  The library would leave variables that hold some of it
   pointing at nothing, and fall over a source that is among it.  */
static gpg_error_t
clear_destination (struct worker *worker, const char *source,
                   const char *destination)
{
  auto_free char *from = one_match (worker, source);
  auto_free char *to = one_match (worker, destination);
  auto_free char *children = NULL;

  if (!from || !to || !strcmp (from, to) || is_below (to, from))
    return 0;
  if (is_below (from, to))
    return fail (&worker->failure, GPG_ERR_INV_ARG,
                 "a node cannot take the place of one above it: %.50s", to);
  children = text_format ("%s/*", to);
  if (!children)
    return gpg_error (GPG_ERR_ENOMEM);
  if (aug_rm (worker->aug, children) < 0)
    return worker_augeas_error (worker, destination);
  return 0;
}

static gpg_error_t
run_move (struct worker *worker, const struct words_of *words)
{
  gpg_error_t err = clear_destination (worker, words->word[0], words->word[1]);

  if (err)
    return err;
  if (aug_mv (worker->aug, words->word[0], words->word[1]))
    return worker_augeas_error (worker, words->word[0]);
  return 0;
}

static gpg_error_t
run_copy (struct worker *worker, const struct words_of *words)
{
  gpg_error_t err = clear_destination (worker, words->word[0], words->word[1]);

  if (err)
    return err;
  if (aug_cp (worker->aug, words->word[0], words->word[1]))
    return worker_augeas_error (worker, words->word[0]);
  return 0;
}

static gpg_error_t
run_touch (struct worker *worker, const struct words_of *words)
{
  int count = aug_match (worker->aug, words->word[0], NULL);

  if (count < 0 || (!count && aug_set (worker->aug, words->word[0], NULL)))
    return worker_augeas_error (worker, words->word[0]);
  return 0;
}

static gpg_error_t
run_rename (struct worker *worker, const struct words_of *words)
{
  int count = aug_rename (worker->aug, words->word[0], words->word[1]);

  if (count < 0)
    return worker_augeas_error (worker, words->word[0]);
  answer_number (worker, count);
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
check_variable_name (struct worker *worker, const char *name)
{
  if (is_variable_name (name))
    return 0;
  return fail (&worker->failure, GPG_ERR_INV_NAME,
               "a variable's name has letters, digits and \"_\" only");
}

/* As for augtool an empty value is none.  The library dies of an expression
   that is no set of nodes, unless it is asked to match it.  */
static gpg_error_t
run_defnode (struct worker *worker, const struct words_of *words)
{
  const char *value = words->count > 2 && *words->word[2] ? words->word[2]
                                                          : NULL;
  gpg_error_t err = check_variable_name (worker, words->word[0]);
  int count;

  if (err)
    return err;
  if (aug_match (worker->aug, words->word[1], NULL) < 0)
    return worker_augeas_error (worker, words->word[1]);
  count = aug_defnode (worker->aug, words->word[0], words->word[1], value,
                       NULL);
  if (count < 0)
    return worker_augeas_error (worker, words->word[1]);
  answer_number (worker, count);
  return 0;
}

static gpg_error_t
run_defvar (struct worker *worker, const struct words_of *words)
{
  gpg_error_t err = check_variable_name (worker, words->word[0]);
  int count;

  if (err)
    return err;
  count = aug_defvar (worker->aug, words->word[0], words->word[1]);
  if (count < 0)
    return worker_augeas_error (worker, words->word[1]);
  answer_number (worker, count);
  return 0;
}

static gpg_error_t
run_load (struct worker *worker, const struct words_of *words)
{
  gpg_error_t err = transforms_adopt (worker);

  (void)words;
  return err ? err : revert_all (worker);
}

/* Augeas saves in another way, or not at all, if this node says so.  */
static gpg_error_t
check_mode (struct worker *worker)
{
  const char *mode = NULL;

  if (aug_get (worker->aug, "/augeas/save", &mode) != 1 || !mode
      || !strcmp (mode, "overwrite"))
    return 0;
  return fail (&worker->failure, GPG_ERR_NOT_SUPPORTED,
               "/augeas/save must be overwrite; DIFF shows the changes");
}

/* Answer with the changes that were rendered.  A word: they are to be
   written.  */
static gpg_error_t
run_render (struct worker *worker, const struct words_of *words)
{
  gpg_error_t err = words->count ? check_mode (worker) : 0;
  const struct change *change;

  if (!err)
    err = render_changes (worker);
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
  return revert_edits (worker);
}

static gpg_error_t
run_text (struct worker *worker, const struct words_of *words)
{
  return retype_text (worker, words->word[0]);
}

static gpg_error_t
run_replace (struct worker *worker, const struct words_of *words)
{
  return retype_replace (worker, words->word[0], words->word[1]);
}

static gpg_error_t
run_renew (struct worker *worker, const struct words_of *words)
{
  (void)words;
  records_renew (worker);
  return 0;
}

/* COMMIT and COMPARE are not here: they take their arguments as they come.  */
static const struct operation operations[CHANNEL_OPERATIONS] = {
  [CHANNEL_GET] = { "p*", false, query_get },
  [CHANNEL_LABEL] = { "p", false, query_label },
  [CHANNEL_MATCH] = { "p", false, query_match },
  [CHANNEL_LS] = { "p", false, query_ls },
  [CHANNEL_PRINT] = { "?p", false, query_print },
  [CHANNEL_SET] = { "p?s", true, run_set },
  [CHANNEL_SETM] = { "pb?s", true, run_setm },
  [CHANNEL_CLEAR] = { "p", true, run_set },
  [CHANNEL_INSERT] = { "ssp", true, run_insert },
  [CHANNEL_REMOVE] = { "p", true, run_remove },
  [CHANNEL_MOVE] = { "pp", true, run_move },
  [CHANNEL_DEFVAR] = { "sp", false, run_defvar },
  [CHANNEL_LOAD] = { "", false, run_load },
  [CHANNEL_ERRORS] = { "?e", false, query_errors },
  [CHANNEL_RENDER] = { "?s", false, run_render },
  [CHANNEL_REVERT] = { "", false, run_revert },
  [CHANNEL_TOUCH] = { "p", true, run_touch },
  [CHANNEL_COPY] = { "pp", true, run_copy },
  [CHANNEL_RENAME] = { "ps", true, run_rename },
  [CHANNEL_DEFNODE] = { "sp?s", true, run_defnode },
  [CHANNEL_SPAN] = { "p", false, query_span },
  [CHANNEL_SOURCE] = { "p", false, query_source },
  [CHANNEL_STORE] = { "spp", true, run_store },
  [CHANNEL_RETRIEVE] = { "sppp", true, run_retrieve },
  [CHANNEL_FILES] = { "", false, query_files },
  [CHANNEL_TRANSFORM] = { "sss", false, run_transform },
  [CHANNEL_TEXT] = { "s", false, run_text },
  [CHANNEL_REPLACE] = { "ss", true, run_replace },
  [CHANNEL_RENEW] = { "", false, run_renew },
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

/* Whether an operation leaves what expressions mean as it is.  */
static bool
only_reads (unsigned code)
{
  return code == CHANNEL_GET || code == CHANNEL_LABEL || code == CHANNEL_MATCH
         || code == CHANNEL_LS || code == CHANNEL_PRINT || code == CHANNEL_SPAN
         || code == CHANNEL_SOURCE;
}

gpg_error_t
operation_run (struct worker *worker, const struct message *request)
{
  struct words_of words = { 0 };
  const struct operation *operation;
  gpg_error_t err = 0;

  if (!only_reads (request->code))
    worker_unsettle (worker);
  if (request->code == CHANNEL_COMMIT)
    return render_commit (worker, request->items + 1, request->count - 1);
  if (request->code == CHANNEL_COMPARE)
    return compare_texts (worker, request->items + 1, request->count - 1);
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
      worker->wrote |= operation->edits;
      err = operation->run (worker, &words);
    }
  words_free (&words);
  if (!only_reads (request->code))
    worker_unsettle (worker);
  return err;
}
