/* arguments.c - the typed arguments of a call
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <gcrypt.h>

#include "protocol/limits.h"
#include "protocol/memory.h"
#include "arguments.h"
#include "call.h"

struct arguments
{
  const struct grammar *row;
  const struct grammar *common;
  bool lent; /* The values are another's.  */
  size_t count;
  struct argument_value value[]; /* Room for one a word and one an item.  */
};

static bool
is_secret (const struct grammar_item *item)
{
  return item->type->flags & TYPE_SECRET;
}

/* Where a value of ITEM with LENGTH bytes is kept.  */
static char *
value_memory (const struct grammar_item *item, size_t length)
{
  return is_secret (item) ? gcry_malloc_secure (length + 1)
                          : malloc (length + TYPE_GROWTH + 1);
}

static void
value_free (struct argument_value *value)
{
  if (value->text && is_secret (value->item))
    gcry_free (value->text);
  else
    free (value->text);
  value->text = NULL;
}

/* Give VALUE these bytes, checked and canonical.  */
static gpg_error_t
value_set (struct argument_value *value, const char *bytes, size_t length,
           struct failure *failure)
{
  const struct grammar_item *item = value->item;
  const char *wanted = "";
  gpg_error_t err;

  if (memchr (bytes, 0, length))
    return fail (failure, GPG_ERR_INV_ARG,
                 "%s: a NUL byte cannot be part of a value", item->name);
  value->text = value_memory (item, length);
  if (!value->text)
    return gpg_error_from_syserror ();
  memcpy (value->text, bytes, length);
  value->text[length] = 0;
  value->length = length;
  err = item->type->check (value->text, &value->length, item->choices,
                           &value->number, &wanted);
  if (!err)
    return 0;
  value_free (value);
  return fail (failure, gpg_err_code (err), "%s%s: expected %s",
               item->option ? "--" : "", item->name, wanted);
}

/* Append a value of ITEM; without BYTES it is still to be asked for.  */
static gpg_error_t
add_value (struct arguments *arguments, const struct grammar_item *item,
           const char *bytes, size_t length, struct failure *failure)
{
  struct argument_value *value = arguments->value + arguments->count;

  value->item = item;
  value->given = true;
  arguments->count++;
  return bytes ? value_set (value, bytes, length, failure) : 0;
}

static bool
has_value (const struct arguments *arguments, const struct grammar_item *item)
{
  for (size_t i = 0; i < arguments->count; i++)
    if (arguments->value[i].item == item)
      return true;
  return false;
}

/* WORD is "--name" or "--name=value".  */
static gpg_error_t
bind_option (struct arguments *arguments, const struct word *word,
             struct failure *failure)
{
  const char *name = word->text + 2;
  size_t length = strcspn (name, "=");
  const struct grammar_item *item;
  const char *value = name[length] ? name + length + 1 : NULL;

  item = grammar_find (arguments->row, name, length, true);
  if (!item)
    item = grammar_find (arguments->common, name, length, true);
  if (!item)
    return fail (failure, GPG_ERR_UNKNOWN_OPTION,
                 "there is no option --%.*s: see HELP NOUN VERB",
                 length < 30 ? (int)length : 30, name);
  if (has_value (arguments, item))
    return fail (failure, GPG_ERR_DUP_VALUE, "--%s is given twice", item->name);
  if (is_secret (item))
    return fail (failure, GPG_ERR_INV_ARG,
                 "--%s must not stand in a line: it is asked for", item->name);
  if (!value && !(item->type->flags & TYPE_FLAG))
    return fail (failure, GPG_ERR_MISSING_VALUE, "--%s needs =%s", item->name,
                 item->type->name);
  if (!value)
    value = "1";
  return add_value (arguments, item, value, strlen (value), failure);
}

/* The grammar's positional item for the word after ITEM (NULL: the first). */
static const struct grammar_item *
next_positional (const struct grammar *grammar, const struct grammar_item *item)
{
  const struct grammar_item *end = grammar->item + grammar->count;

  if (item && item->repeats)
    return item;
  for (item = item ? item + 1 : grammar->item; item < end; item++)
    if (!item->option)
      return item;
  return NULL;
}

static gpg_error_t
bind_positionals (struct arguments *arguments, const struct word *word,
                  size_t count, struct failure *failure)
{
  const struct grammar_item *item = NULL;
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < count; i++)
    {
      bool ask = word[i].kind == WORD_ASK;

      item = next_positional (arguments->row, item);
      if (!item)
        return fail (failure, GPG_ERR_TOO_MANY,
                     "too many arguments (options stand first): \"%s\"",
                     arguments->row->text);
      if (!ask && is_secret (item))
        return fail (failure, GPG_ERR_INV_ARG,
                     "%s must not stand in a line: write @ and answer",
                     item->name);
      err = add_value (arguments, item, ask ? NULL : word[i].text,
                       word[i].length, failure);
      if (gpg_err_code (err) == GPG_ERR_INV_ARG && word[i].kind == WORD_OPTION)
        err = fail (failure, GPG_ERR_INV_ARG, "%s (options stand first)",
                    failure_words (failure, err));
    }
  return err;
}

/* Give ITEM the value TEXT unless it has one.  */
static gpg_error_t
add_default (struct arguments *arguments, const struct grammar_item *item,
             const char *text, struct failure *failure)
{
  gpg_error_t err;

  if (!text || has_value (arguments, item))
    return 0;
  err = add_value (arguments, item, text, strlen (text), failure);
  arguments->value[arguments->count - 1].given = false;
  return err;
}

static gpg_error_t
add_defaults (struct arguments *arguments, const struct grammar *grammar,
              struct failure *failure)
{
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < grammar->count; i++)
    err = add_default (arguments, grammar->item + i, grammar->item[i].fallback,
                       failure);
  return err;
}

/* Everything that is needed must be there.  */
static gpg_error_t
check_complete (const struct arguments *arguments, struct failure *failure)
{
  for (size_t i = 0; i < arguments->row->count; i++)
    {
      const struct grammar_item *item = arguments->row->item + i;

      if (!item->optional && !has_value (arguments, item))
        return fail (failure, GPG_ERR_MISSING_VALUE, "<%s> is missing: \"%s\"",
                     item->name, arguments->row->text);
    }
  return 0;
}

gpg_error_t
arguments_bind (const struct grammar *row, const struct grammar *common,
                const struct word *word, size_t count,
                struct arguments **r_arguments, struct failure *failure)
{
  struct arguments *arguments;
  gpg_error_t err = 0;
  size_t i = 0;

  *r_arguments = NULL;
  arguments = calloc (1, sizeof *arguments
                             + (count + row->count + common->count)
                                   * sizeof *arguments->value);
  if (!arguments)
    return gpg_error_from_syserror ();
  arguments->row = row;
  arguments->common = common;
  for (; !err && i < count && word[i].kind == WORD_OPTION; i++)
    if (word[i].length == 2)
      {
        i++;
        break;
      }
    else
      err = bind_option (arguments, word + i, failure);
  if (!err)
    err = bind_positionals (arguments, word + i, count - i, failure);
  if (!err)
    err = check_complete (arguments, failure);
  if (!err)
    err = add_defaults (arguments, row, failure);
  if (!err)
    err = add_defaults (arguments, common, failure);
  if (err)
    arguments_release (arguments);
  else
    *r_arguments = arguments;
  return err;
}

void
arguments_release (struct arguments *arguments)
{
  if (!arguments)
    return;
  for (size_t i = 0; !arguments->lent && i < arguments->count; i++)
    value_free (arguments->value + i);
  free (arguments);
}

/* Whether ROW has an argument that is the same as ITEM.  */
static bool
has_same (const struct grammar *row, const struct grammar_item *item)
{
  for (size_t i = 0; i < row->count; i++)
    if (!strcmp (row->item[i].name, item->name)
        && row->item[i].type == item->type
        && (!item->choices || !strcmp (row->item[i].choices, item->choices)))
      return true;
  return false;
}

gpg_error_t
arguments_lend (const struct arguments *arguments, const struct grammar *row,
                struct arguments **r_arguments)
{
  struct arguments *lent = calloc (
      1, sizeof *lent + arguments->count * sizeof *lent->value);

  *r_arguments = lent;
  if (!lent)
    return gpg_error_from_syserror ();
  lent->row = row;
  lent->common = arguments->common;
  lent->lent = true;
  for (size_t i = 0; i < arguments->count; i++)
    if (has_same (row, arguments->value[i].item)
        || has_same (arguments->common, arguments->value[i].item))
      lent->value[lent->count++] = arguments->value[i];
  return 0;
}

bool
arguments_are_lent (const struct arguments *arguments)
{
  return arguments->lent;
}

size_t
arguments_count (const struct arguments *arguments)
{
  return arguments->count;
}

const struct argument_value *
arguments_value (const struct arguments *arguments, size_t index)
{
  assert (index < arguments->count);
  return arguments->value + index;
}

gpg_error_t
arguments_answer (struct arguments *arguments, size_t index, const char *bytes,
                  size_t length, struct failure *failure)
{
  assert (index < arguments->count && !arguments->value[index].text);
  return value_set (arguments->value + index, bytes, length, failure);
}

gpg_error_t
arguments_default (struct arguments *arguments, const char *name,
                   const char *text, struct failure *failure)
{
  const struct grammar_item *item = grammar_find (arguments->common, name,
                                                  strlen (name), true);

  if (!item)
    item = grammar_find (arguments->row, name, strlen (name), true);
  assert (item);
  return add_default (arguments, item, text, failure);
}

/* Value number INDEX of NAME, or NULL.  */
static const struct argument_value *
find_value (const struct call *call, const char *name, size_t index)
{
  const struct arguments *arguments = call->arguments;
  size_t length = strlen (name);

  for (size_t i = 0; i < arguments->count; i++)
    if (!strcmp (arguments->value[i].item->name, name) && !index--)
      return arguments->value + i;
  assert (grammar_find (arguments->row, name, length, false)
          || grammar_find (arguments->row, name, length, true)
          || grammar_find (arguments->common, name, length, true));
  return NULL;
}

size_t
arg_count (const struct call *call, const char *name)
{
  size_t count = 0;

  while (find_value (call, name, count))
    count++;
  return count;
}

const char *
arg_text_at (const struct call *call, const char *name, size_t index,
             size_t *r_length)
{
  const struct argument_value *value = find_value (call, name, index);

  if (r_length)
    *r_length = value ? value->length : 0;
  return value ? value->text : NULL;
}

const char *
arg_text (const struct call *call, const char *name)
{
  return arg_text_at (call, name, 0, NULL);
}

int64_t
arg_number (const struct call *call, const char *name, int64_t fallback)
{
  const struct argument_value *value = find_value (call, name, 0);

  return value ? value->number : fallback;
}
