/* transforms.c - the transforms below /augeas/load, and the table they make
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   As for augtool, what a client writes there counts from the next LOAD on.  The
   worker then makes a new table of it and tells it to the session, which takes
   it only where the client has used a verb that writes: whoever may SET what is
   below /augeas/load may TRANSFORM, and a worker that was taken over gains
   nothing with a client who may only read.  */

#include <config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queries.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/text.h"

#define TRANSFORMS "/augeas/load/*"

/* The value of the node BELOW NODE, or NULL.  */
static const char *
value_below (augeas *aug, const char *node, const char *below)
{
  auto_free char *path = NULL;
  const char *value = NULL;

  path = text_format ("%s/%s", node, below);
  if (!path)
    return NULL;
  aug_get (aug, path, &value);
  return value;
}

/* Call VISIT for each node that EXPRESSION matches, until it returns an
   error.  */
static gpg_error_t
each_node (augeas *aug, const char *expression,
           gpg_error_t (*visit) (augeas *aug, const char *node, void *context),
           void *context)
{
  char **nodes = NULL;
  gpg_error_t err = 0;
  int count = aug_match (aug, expression, &nodes);

  for (int i = 0; i < count; i++)
    {
      if (!err)
        err = visit (aug, nodes[i], context);
      free (nodes[i]);
    }
  free (nodes);
  return err;
}

/* The same for the children of NODE.  */
static gpg_error_t
each_child (augeas *aug, const char *node,
            gpg_error_t (*visit) (augeas *aug, const char *node, void *context),
            void *context)
{
  auto_free char *children = text_format ("%s/*", node);

  if (!children)
    return gpg_error (GPG_ERR_ENOMEM);
  return each_node (aug, children, visit, context);
}

/* If NODE is a filter of a transform, its value; *R_LABEL is which one.  */
static const char *
filter_value (augeas *aug, const char *node, const char **r_label)
{
  const char *value = NULL;

  if (aug_label (aug, node, r_label) != 1 || !*r_label
      || (strcmp (*r_label, "incl") && strcmp (*r_label, "excl"))
      || aug_get (aug, node, &value) != 1)
    return NULL;
  return value;
}

/* --- The table's text --- */

struct making
{
  const struct lens_table *known;
  struct buffer *text;
};

/* Append the line "WORD VALUE".  No glob or name has a line's end in it.  */
static void
append_line (struct buffer *text, const char *word, const char *value)
{
  if (!strchr (value, '\n'))
    buffer_printf (text, "%s %s\n", word, value);
}

static gpg_error_t
append_filter (augeas *aug, const char *node, void *context)
{
  const char *label;
  const char *value = filter_value (aug, node, &label);

  if (value)
    append_line (context, label, value);
  return 0;
}

static gpg_error_t
append_transform (augeas *aug, const char *node, void *context)
{
  struct making *making = context;
  const char *name = value_below (aug, node, "lens");

  if (!name || strchr (name, '\n') || value_below (aug, node, "error"))
    return 0;
  append_line (making->text, "lens", name);
  append_line (making->text, "info", lens_info (making->known, name));
  return each_child (aug, node, append_filter, making->text);
}

gpg_error_t
transforms_text (augeas *aug, const struct lens_table *known,
                 struct buffer *text)
{
  struct making making = { known, text };
  gpg_error_t err;

  for (size_t i = 0; i < known->known_count; i++)
    {
      append_line (text, "known", known->known[i].name);
      append_line (text, "info", known->known[i].info);
    }
  err = each_node (aug, TRANSFORMS, append_transform, &making);
  return err ? err : buffer_error (text);
}

char *
transforms_shown (augeas *aug)
{
  char *text = NULL;
  size_t length = 0;
  FILE *out = open_memstream (&text, &length);
  int rc = out ? aug_print (aug, out, "/augeas/load") : -1;

  if (!out || fclose (out) || rc)
    {
      free (text);
      return NULL;
    }
  return text;
}

/* --- LOAD --- */

static gpg_error_t
set_below (struct worker *worker, const char *node, const char *below,
           const char *value)
{
  auto_free char *path = text_format ("%s/%s", node, below);

  if (!path)
    return gpg_error (GPG_ERR_ENOMEM);
  return aug_set (worker->aug, path, value) ? worker_augeas_error (worker, path)
                                            : 0;
}

/* Make a filter an absolute glob, as augeas does.  */
static gpg_error_t
settle_filter (augeas *aug, const char *node, void *context)
{
  const char *label;
  const char *value = filter_value (aug, node, &label);
  auto_free char *absolute = NULL;

  (void)context;
  if (!value || *value == '/' || (*label == 'e' && !strchr (value, '/')))
    return 0;
  absolute = text_format ("/%s", value);
  if (!absolute)
    return gpg_error (GPG_ERR_ENOMEM);
  return aug_set (aug, node, absolute) ? gpg_error (GPG_ERR_ENOMEM) : 0;
}

struct fitting
{
  const struct lens_table *table; /* In force so far.  */
  bool misfit;
};

static gpg_error_t
check_filter (augeas *aug, const char *node, void *context)
{
  struct fitting *fitting = context;
  const char *label;
  const char *value = filter_value (aug, node, &label);

  if (value && *label == 'i' && !lens_glob_fits (fitting->table, value))
    fitting->misfit = true;
  return 0;
}

static bool
has_lens (const struct worker *worker, const char *node)
{
  auto_free char *path = text_format ("%s/lens", node);

  if (!path)
    return false;
  return tree_count (worker, path) > 0;
}

/* Check the transform at NODE.  What is wrong is noted there, in augeas'
   words.  */
static gpg_error_t
check_transform (augeas *aug, const char *node, void *context)
{
  struct worker *worker = context;
  struct fitting fitting = { &worker->table, false };
  auto_free char *errors = NULL;
  auto_free char *why = NULL;
  const char *name;
  gpg_error_t err;

  errors = text_format ("%s/error", node);
  if (!errors)
    return gpg_error (GPG_ERR_ENOMEM);
  aug_rm (aug, errors);
  err = each_child (aug, node, settle_filter, NULL);
  if (!err)
    err = each_child (aug, node, check_filter, &fitting);
  if (err)
    return err;
  name = value_below (aug, node, "lens");
  if (!name)
    return set_below (worker, node, "error",
                      has_lens (worker, node)
                          ? "the 'lens' node does not contain a lens name"
                          : "missing a child with label 'lens'");
  if (fitting.misfit)
    return set_below (worker, node, "error", "a glob is not taken");
  if (*lens_info (&worker->table, name) || lens_exists (worker, name, &why))
    return 0;
  return why ? set_below (worker, node, "error", why)
             : gpg_error (GPG_ERR_ENOMEM);
}

/* Add to the answer what is wrong with the transform at NODE.  */
static gpg_error_t
tell_error (augeas *aug, const char *node, void *context)
{
  struct worker *worker = context;
  const char *error = value_below (aug, node, "error");
  auto_free char *text = NULL;

  if (!error || worker->channel.out_count > TRANSFORM_REMARKS)
    return 0;
  text = text_format ("%.80s is left out: %.80s", node, error);
  if (!text)
    return gpg_error (GPG_ERR_ENOMEM);
  channel_string (&worker->channel, text);
  return 0;
}

/* Tell the session TEXT, the new table, and which transforms are not in it.  It
   must have it before anything is loaded.  */
static gpg_error_t
tell_table (struct worker *worker, const struct buffer *text)
{
  gpg_error_t err;

  channel_begin (&worker->channel, CHANNEL_ANSWER, 0);
  channel_item (&worker->channel, text->bytes, text->length);
  err = each_node (worker->aug, TRANSFORMS, tell_error, worker);
  channel_end (&worker->channel);
  return err ? err : channel_flush (&worker->channel);
}

/* Put TEXT in force; SHOWN, which is taken over, is what it was made of.  */
static gpg_error_t
adopt (struct worker *worker, const struct buffer *text, char **shown)
{
  struct lens_table table;
  gpg_error_t err;

  if (text->length > LENSES_TEXT)
    return fail (&worker->failure, GPG_ERR_TOO_LARGE,
                 "/augeas/load has more than %lu bytes", LENSES_TEXT);
  err = lens_table_parse (text->bytes ? text->bytes : "", text->length, &table);
  if (err)
    return err;
  /* What is known of files points into the old one.  */
  render_forget (worker);
  records_drop_all (worker);
  lens_table_release (&worker->table);
  worker->table = table;
  free (worker->load_shown);
  worker->load_shown = take (shown);
  err = tell_table (worker, text);
  if (err)
    worker->fatal = true;
  return err;
}

gpg_error_t
transforms_adopt (struct worker *worker)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  auto_free char *shown = NULL;
  gpg_error_t err;

  if (!worker->wrote)
    return 0;
  if (!tree_count (worker, "/augeas/load")
      && aug_set (worker->aug, "/augeas/load", NULL))
    return worker_augeas_error (worker, "/augeas/load");
  shown = transforms_shown (worker->aug);
  if (!shown)
    return gpg_error (GPG_ERR_ENOMEM);
  if (worker->load_shown && !strcmp (shown, worker->load_shown))
    {
      worker->wrote = false;
      return 0;
    }
  err = each_node (worker->aug, TRANSFORMS, check_transform, worker);
  if (!err)
    err = transforms_text (worker->aug, &worker->table, &text);
  if (!err)
    {
      free (shown);
      shown = transforms_shown (worker->aug);
      err = shown ? adopt (worker, &text, &shown) : gpg_error (GPG_ERR_ENOMEM);
    }
  worker->wrote = err != 0;
  return err;
}

/* --- TRANSFORM --- */

/* As aug_transform, which does not take a lens by its module's "@" name.  */
static gpg_error_t
add_to_module (struct worker *worker, const char *lens, const char *filter,
               const char *glob)
{
  auto_free char *node = NULL;
  auto_free char *below = NULL;
  gpg_error_t err;

  if (!(node = text_format ("/augeas/load/%s", lens + 1))
      || !(below = text_format ("%s[last()+1]", filter)))
    return gpg_error (GPG_ERR_ENOMEM);
  err = set_below (worker, node, "lens", lens);
  return err ? err : set_below (worker, node, below, glob);
}

gpg_error_t
run_transform (struct worker *worker, const struct words_of *words)
{
  const char *filter = words->word[1];
  const char *glob = words->word[2];
  auto_free char *lens = NULL;
  gpg_error_t err = lens_named (worker, words->word[0], &lens);

  if (err)
    return err;
  worker->wrote = true;
  if (*lens == '@')
    return add_to_module (worker, lens, filter, glob);
  if (aug_transform (worker->aug, lens, glob, !strcmp (filter, "excl")))
    return worker_augeas_error (worker, glob);
  return 0;
}
