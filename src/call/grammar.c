/* grammar.c - what a row's ARGS say
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <string.h>

#include "protocol/memory.h"
#include "grammar.h"

/* How far the text is read.  */
struct reader
{
  const char *at;
  struct failure *failure;
};

static gpg_error_t
bad (struct reader *reader, const char *what)
{
  return fail (reader->failure, GPG_ERR_SYNTAX, "%s at \"%.40s\"", what,
               reader->at);
}

static bool
accept (struct reader *reader, const char *text)
{
  size_t length = strlen (text);

  if (strncmp (reader->at, text, length))
    return false;
  reader->at += length;
  return true;
}

static gpg_error_t
read_name (struct reader *reader, char **r_name)
{
  size_t length = strspn (reader->at, "abcdefghijklmnopqrstuvwxyz0123456789-");

  if (!length || *reader->at < 'a')
    return bad (reader, "a name of a-z, then 0-9 and hyphens, is missing");
  *r_name = strndup (reader->at, length);
  if (!*r_name)
    return gpg_error_from_syserror ();
  reader->at += length;
  return 0;
}

/* The default, up to the ">"; its type must accept it.  */
static gpg_error_t
read_fallback (struct reader *reader, struct grammar_item *item)
{
  size_t length = strcspn (reader->at, ">");
  auto_free char *text = strndup (reader->at, length);
  auto_free char *checked = strndup (reader->at, length);
  const char *wanted;
  int64_t number;

  if (!text || !checked)
    return gpg_error_from_syserror ();
  if (!item->optional || item->type->flags & TYPE_SECRET)
    return bad (reader, "no default can be meant");
  if (item->type->check (checked, &length, item->choices, &number, &wanted))
    return bad (reader, "the type does not accept the default");
  reader->at += strlen (text);
  item->fallback = take (&text);
  return 0;
}

/* "enum(a|b)>" or "text=x>"; the ">" is read too.  */
static gpg_error_t
read_type (struct reader *reader, struct grammar_item *item)
{
  size_t length = strcspn (reader->at, "(=> ");
  gpg_error_t err = 0;

  item->type = type_find (reader->at, length);
  if (!item->type)
    return bad (reader, "no such type");
  reader->at += length;
  if (item->type->flags & TYPE_CHOICE)
    {
      if (!accept (reader, "("))
        return bad (reader, "enum needs (choices)");
      length = strcspn (reader->at, ") ");
      item->choices = strndup (reader->at, length);
      if (!item->choices)
        return gpg_error_from_syserror ();
      reader->at += length;
      if (!length || !accept (reader, ")"))
        return bad (reader, "the choices do not end");
    }
  if (accept (reader, "="))
    err = read_fallback (reader, item);
  if (!err && !accept (reader, ">"))
    err = bad (reader, "> is missing");
  return err;
}

/* "<name:type>" with its "..."; for an option the name is dropped.  */
static gpg_error_t
read_argument (struct reader *reader, struct grammar_item *item)
{
  auto_free char *name = NULL;
  gpg_error_t err;

  if (!accept (reader, "<"))
    return bad (reader, "< is missing");
  err = read_name (reader, &name);
  if (!err && !accept (reader, ":"))
    err = bad (reader, ": and a type are missing");
  if (!err)
    err = read_type (reader, item);
  if (err)
    return err;
  if (!item->option)
    item->name = take (&name);
  item->repeats = !item->option && accept (reader, "...");
  return item->repeats && item->fallback
             ? bad (reader, "what repeats has no default")
             : 0;
}

static gpg_error_t
read_item (struct reader *reader, struct grammar_item *item)
{
  gpg_error_t err;

  item->optional = accept (reader, "[");
  item->option = item->optional && accept (reader, "--");
  if (item->option)
    {
      err = read_name (reader, &item->name);
      if (!err && accept (reader, "="))
        err = read_argument (reader, item);
      else if (!err)
        item->type = type_find ("bool", 4);
    }
  else
    err = read_argument (reader, item);
  if (err)
    return err;
  if (item->optional && !accept (reader, "]"))
    return bad (reader, "] is missing");
  if (*reader->at && *reader->at != ' ')
    return bad (reader, "a blank is missing");
  return 0;
}

static bool
tells_of_a_secret (const char *name)
{
  return strstr (name, "passw") || strstr (name, "passphrase")
         || strstr (name, "secret") || strstr (name, "token");
}

/* Judge item INDEX beside those before it.  */
static gpg_error_t
check_item (const struct grammar *grammar, size_t index,
            struct failure *failure)
{
  const struct grammar_item *item = grammar->item + index;
  bool seen_optional = false;

  for (size_t i = 0; i < index; i++)
    {
      const struct grammar_item *other = grammar->item + i;

      if (!strcmp (other->name, item->name))
        return fail (failure, GPG_ERR_DUP_VALUE, "%s is named twice",
                     item->name);
      if (!item->option && !other->option)
        {
          if (other->repeats)
            return fail (failure, GPG_ERR_SYNTAX,
                         "%s stands behind a repeated argument", item->name);
          seen_optional |= other->optional;
        }
    }
  if (!item->option && !item->optional && seen_optional)
    return fail (failure, GPG_ERR_SYNTAX,
                 "%s is needed but stands behind an optional one", item->name);
  if (tells_of_a_secret (item->name) && !(item->type->flags & TYPE_SECRET))
    return fail (failure, GPG_ERR_INV_ARG, "%s must be of type secret",
                 item->name);
  return 0;
}

gpg_error_t
grammar_parse (const char *text, struct grammar *r_grammar,
               struct failure *failure)
{
  struct grammar grammar = { .text = text };
  struct reader reader = { text, failure };
  gpg_error_t err = 0;

  memset (r_grammar, 0, sizeof *r_grammar);
  while (!err)
    {
      reader.at += strspn (reader.at, " ");
      if (!*reader.at)
        break;
      if (grammar.count == GRAMMAR_ITEMS)
        err = bad (&reader, "too many arguments");
      else
        err = read_item (&reader, grammar.item + grammar.count++);
      if (!err)
        err = check_item (&grammar, grammar.count - 1, failure);
    }
  if (err)
    grammar_release (&grammar);
  else
    *r_grammar = grammar;
  return err;
}

void
grammar_release (struct grammar *grammar)
{
  for (size_t i = 0; i < grammar->count; i++)
    {
      free (grammar->item[i].name);
      free (grammar->item[i].choices);
      free (grammar->item[i].fallback);
    }
  memset (grammar, 0, sizeof *grammar);
}

const struct grammar_item *
grammar_find (const struct grammar *grammar, const char *name, size_t length,
              bool option)
{
  for (size_t i = 0; i < grammar->count; i++)
    if (grammar->item[i].option == option
        && strlen (grammar->item[i].name) == length
        && !memcmp (grammar->item[i].name, name, length))
      return grammar->item + i;
  return NULL;
}
