/* expression.c - which files a path expression can see
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The grammar is augeas' own: an expression is a row of operands with
   operators between; an operand is a literal, a number, a variable, a
   function call, a group, or a location path, each perhaps with predicates
   and further steps.  Of its meaning only the places count to which location
   paths lead.  */

#include <config.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "expression.h"
#include "../../../protocol/buffer.h"
#include "../../../protocol/memory.h"

#define DEPTH_MAX 200 /* Nested brackets.  */

/* Where a location path stands: at the node named by CHAIN, a plain path from
   the root ("" is the root), or, if OPEN, somewhere at least BELOW levels
   beneath it.  */
struct place_in_tree
{
  struct buffer chain;
  bool open;
  unsigned below;
  bool loaded; /* Somewhere among nodes that are loaded.  */
};

struct scan
{
  const char *at;
  unsigned depth;
  const struct expression_base *base;
  struct needs *needs;
  gpg_error_t err;
};

static void scan_expression (struct scan *scan,
                             const struct place_in_tree *here);

static void
syntax (struct scan *scan)
{
  if (!scan->err)
    scan->err = gpg_error (GPG_ERR_SYNTAX);
}

static void
add_need (struct scan *scan, const char *path, bool asked)
{
  struct needs *needs = scan->needs;
  struct need *need;

  for (size_t i = 0; i < needs->count; i++)
    if (!strcmp (needs->need[i].path, path))
      {
        needs->need[i].asked |= asked;
        return;
      }
  need = reallocarray (needs->need, needs->count + 1, sizeof *need);
  if (need)
    {
      needs->need = need;
      need += needs->count;
      need->asked = asked;
      need->path = strdup (path);
    }
  if (need && need->path)
    needs->count++;
  else if (!scan->err)
    scan->err = gpg_error (GPG_ERR_ENOMEM);
}

/* If PATH lies below DIRECTORY, what follows it, with its slash.  */
static const char *
path_below (const char *path, const char *directory)
{
  size_t length = strlen (directory);

  if (strncmp (path, directory, length) || path[length] != '/')
    return NULL;
  return path + length;
}

/* The expression looks at PLACE.  */
static void
need_place (struct scan *scan, const struct place_in_tree *place)
{
  const char *chain = place->chain.length ? place->chain.bytes : "";
  const char *path;

  if (place->loaded)
    return;
  if ((path = path_below (chain, "/files")))
    add_need (scan, path, true);
  else if ((path = path_below (chain, "/augeas/files")))
    add_need (scan, path, false);
  else if (!*chain || !strcmp (chain, "/files") || !strcmp (chain, "/augeas")
           || !strcmp (chain, "/augeas/files"))
    scan->needs->everything = true;
}

/* Go down to the child NAME; NULL is any child.  A name that no file can have
   is as good as any.  */
static void
place_down (struct place_in_tree *place, const char *name)
{
  if (!place->open && name && *name && !strchr (name, '/') && strcmp (name, ".")
      && strcmp (name, ".."))
    {
      buffer_string (&place->chain, "/");
      buffer_string (&place->chain, name);
      return;
    }
  place->open = true;
  place->below++;
}

/* Go up one level.  */
static void
place_up (struct scan *scan, struct place_in_tree *place)
{
  char *slash;

  if (place->open && place->below)
    {
      place->below--;
      return;
    }
  need_place (scan, place);
  if (place->loaded || !place->chain.length)
    {
      scan->needs->everything = true;
      return;
    }
  slash = strrchr (place->chain.bytes, '/');
  *slash = 0;
  place->chain.length = (size_t)(slash - place->chain.bytes);
}

static void
skip_blanks (struct scan *scan)
{
  while (isspace ((unsigned char)*scan->at))
    scan->at++;
}

/* Skip blanks and, if it is there, the character C.  */
static bool
match (struct scan *scan, char c)
{
  skip_blanks (scan);
  if (*scan->at != c || !c)
    return false;
  scan->at++;
  return true;
}

/* If WORD stands here, perhaps blanks, then FOLLOW: skip all.  */
static bool
match_word (struct scan *scan, const char *word, const char *follow)
{
  size_t length = strlen (word);
  const char *p = scan->at + length;

  if (strncmp (scan->at, word, length))
    return false;
  while (isspace ((unsigned char)*p))
    p++;
  if (strncmp (p, follow, strlen (follow)))
    return false;
  scan->at = p + strlen (follow);
  return true;
}

static bool
at_word_operator (const char *p)
{
  return !strncmp (p, " or ", 4) || !strncmp (p, " and ", 5)
         || !strncmp (p, " else ", 6);
}

/* Read a name into NAME, without its escapes and the blanks behind it.  */
static void
scan_name (struct scan *scan, struct buffer *name)
{
  const char *start = scan->at;
  size_t solid = 0; /* Up to where blanks are not trailing.  */

  while (*scan->at && !strchr ("][|/=()!,", *scan->at)
         && !at_word_operator (scan->at))
    {
      bool escaped = *scan->at == '\\';

      if (escaped && !*++scan->at)
        {
          syntax (scan);
          return;
        }
      buffer_append (name, scan->at, 1);
      if (escaped || !isspace ((unsigned char)*scan->at) || name->length == 1)
        solid = name->length;
      scan->at++;
    }
  if (scan->at == start)
    {
      syntax (scan);
      return;
    }
  if (!buffer_error (name))
    {
      name->bytes[solid] = 0;
      name->length = solid;
    }
  else if (!scan->err)
    scan->err = buffer_error (name);
}

static void
scan_predicates (struct scan *scan, const struct place_in_tree *here)
{
  while (!scan->err && match (scan, '['))
    {
      scan_expression (scan, here);
      if (!scan->err && !match (scan, ']'))
        syntax (scan);
      skip_blanks (scan);
    }
}

enum axis
{
  AXIS_CHILD,
  AXIS_SELF,
  AXIS_SEQ,
  AXIS_DESCENDANT,
  AXIS_DESCENDANT_OR_SELF,
  AXIS_PARENT,
  AXIS_ANCESTOR,
  AXIS_ROOT,
  AXIS_PRECEDING,
  AXIS_FOLLOWING
};

static const struct
{
  const char *name;
  enum axis axis;
} axes[] = {
  { "self", AXIS_SELF },
  { "child", AXIS_CHILD },
  { "seq", AXIS_SEQ },
  { "descendant-or-self", AXIS_DESCENDANT_OR_SELF },
  { "descendant", AXIS_DESCENDANT },
  { "parent", AXIS_PARENT },
  { "ancestor", AXIS_ANCESTOR },
  { "root", AXIS_ROOT },
  { "preceding-sibling", AXIS_PRECEDING },
  { "following-sibling", AXIS_FOLLOWING },
};

static void
take_step (struct scan *scan, struct place_in_tree *place, enum axis axis,
           const char *name)
{
  switch (axis)
    {
    case AXIS_CHILD:
      place_down (place, name);
      break;
    case AXIS_SELF:
      break;
    case AXIS_SEQ:
      place_down (place, NULL);
      break;
    case AXIS_DESCENDANT:
      place_down (place, NULL);
      break;
    case AXIS_DESCENDANT_OR_SELF:
      place->open = true;
      break;
    case AXIS_PARENT:
      place_up (scan, place);
      break;
    case AXIS_PRECEDING:
    case AXIS_FOLLOWING:
      place_up (scan, place);
      place_down (place, NULL);
      break;
    case AXIS_ANCESTOR:
    case AXIS_ROOT:
      scan->needs->everything = true;
      break;
    }
}

/* One step: an axis, a name or "*", predicates; or "." or "..".  */
static void
scan_step (struct scan *scan, struct place_in_tree *place)
{
  auto_buffer struct buffer name = BUFFER_EMPTY;
  enum axis axis = AXIS_CHILD;
  bool explicit_axis = false;

  for (size_t i = 0; i < sizeof axes / sizeof *axes && !explicit_axis; i++)
    if (match_word (scan, axes[i].name, "::"))
      {
        axis = axes[i].axis;
        explicit_axis = true;
      }
  if (match (scan, '*'))
    take_step (scan, place, axis, NULL);
  else
    {
      scan_name (scan, &name);
      if (scan->err)
        return;
      if (!explicit_axis && !strcmp (name.bytes, "."))
        return;
      if (!explicit_axis && !strcmp (name.bytes, ".."))
        {
          place_up (scan, place);
          return;
        }
      take_step (scan, place, axis, name.bytes);
    }
  scan_predicates (scan, place);
}

static void
scan_steps (struct scan *scan, struct place_in_tree *place)
{
  scan_step (scan, place);
  while (!scan->err && match (scan, '/'))
    {
      if (*scan->at == '/')
        {
          scan->at++;
          place->open = true;
        }
      scan_step (scan, place);
    }
  if (!scan->err && buffer_error (&place->chain))
    scan->err = buffer_error (&place->chain);
  if (!scan->err)
    need_place (scan, place);
}

/* Put PLACE where relative paths of the whole expression begin: at the node
   that /augeas/context names.  Only plain paths are understood there; any
   other may lead anywhere.  */
static void
place_at_context (struct scan *scan, struct place_in_tree *place)
{
  const char *context = scan->base->context;

  if (scan->base->loaded)
    {
      place->loaded = true;
      return;
    }
  if (!context)
    return;
  if (*context == '/' && !strpbrk (context, "\\*?[](){}|=!,$'\"<>+ :")
      && !strstr (context, "//") && !strstr (context, "/.")
      && (!context[1] || context[strlen (context) - 1] != '/'))
    {
      if (context[1])
        buffer_string (&place->chain, context);
      return;
    }
  scan->needs->everything = true;
  place->loaded = true;
}

static void
place_copy (struct place_in_tree *place, const struct place_in_tree *from)
{
  buffer_append (&place->chain, from->chain.length ? from->chain.bytes : "",
                 from->chain.length);
  place->open = from->open;
  place->below = from->below;
  place->loaded = from->loaded;
}

static void
scan_location_path (struct scan *scan, const struct place_in_tree *here)
{
  struct place_in_tree place = { BUFFER_EMPTY, false, 0, false };

  if (match (scan, '/'))
    {
      if (*scan->at == '/')
        {
          /* In a predicate augeas begins this at the node it looks at.  */
          scan->at++;
          place.open = true;
          scan_steps (scan, &place);
        }
      else if (*scan->at)
        scan_steps (scan, &place);
      else
        need_place (scan, &place);
    }
  else
    {
      if (here)
        place_copy (&place, here);
      else
        place_at_context (scan, &place);
      scan_steps (scan, &place);
    }
  buffer_release (&place.chain);
}

static void
scan_literal (struct scan *scan)
{
  const char *end = strchr (scan->at + 1, *scan->at);

  if (end)
    scan->at = end + 1;
  else
    syntax (scan);
}

static void
scan_function (struct scan *scan, const struct place_in_tree *here)
{
  while (isalpha ((unsigned char)*scan->at))
    scan->at++;
  if (!match (scan, '('))
    syntax (scan);
  if (scan->err || match (scan, ')'))
    return;
  do
    scan_expression (scan, here);
  while (!scan->err && match (scan, ','));
  if (!scan->err && !match (scan, ')'))
    syntax (scan);
}

static void
scan_primary (struct scan *scan, const struct place_in_tree *here)
{
  if (*scan->at == '\'' || *scan->at == '"')
    scan_literal (scan);
  else if (isdigit ((unsigned char)*scan->at))
    while (isdigit ((unsigned char)*scan->at))
      scan->at++;
  else if (*scan->at == '$')
    {
      scan->at++;
      while (isalnum ((unsigned char)*scan->at) || *scan->at == '_')
        scan->at++;
    }
  else if (match (scan, '('))
    {
      scan_expression (scan, here);
      if (!scan->err && !match (scan, ')'))
        syntax (scan);
    }
  else
    scan_function (scan, here);
}

/* Whether a literal, a number, a variable, a group or a function call
   follows; all else is a location path.  */
static bool
at_primary (const char *p)
{
  if (*p == '$' || *p == '\'' || *p == '"' || isdigit ((unsigned char)*p))
    return true;
  while (isalpha ((unsigned char)*p))
    p++;
  while (isspace ((unsigned char)*p))
    p++;
  return *p == '(';
}

static void
scan_operand (struct scan *scan, const struct place_in_tree *here)
{
  /* What a group or a variable holds was looked at as a whole.  */
  struct place_in_tree place = { BUFFER_EMPTY, true, 0, true };

  skip_blanks (scan);
  if (!at_primary (scan->at))
    {
      scan_location_path (scan, here);
      return;
    }
  scan_primary (scan, here);
  if (!scan->err)
    scan_predicates (scan, &place);
  if (!scan->err && match (scan, '/'))
    {
      match (scan, '/');
      scan_steps (scan, &place);
    }
  buffer_release (&place.chain);
}

/* Skip an operator; whether there was one.  */
static bool
match_operator (struct scan *scan)
{
  static const char *const operators[]
      = { "=~", "!~", "!=",  "=",  "<=",   "<", ">=", ">",
          "|",  "*",  "and", "or", "else", "+", "-" };

  skip_blanks (scan);
  for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
    if (!strncmp (scan->at, operators[i], strlen (operators[i])))
      {
        scan->at += strlen (operators[i]);
        return true;
      }
  return false;
}

static void
scan_expression (struct scan *scan, const struct place_in_tree *here)
{
  if (++scan->depth > DEPTH_MAX)
    syntax (scan);
  else
    do
      scan_operand (scan, here);
    while (!scan->err && match_operator (scan));
  scan->depth--;
}

gpg_error_t
expression_needs (const char *expression, const struct expression_base *base,
                  struct needs *needs)
{
  struct scan scan = { expression, 0, base, needs, 0 };

  scan_expression (&scan, NULL);
  skip_blanks (&scan);
  if (!scan.err && *scan.at)
    syntax (&scan);
  return scan.err;
}

void
needs_release (struct needs *needs)
{
  for (size_t i = 0; i < needs->count; i++)
    free (needs->need[i].path);
  free (needs->need);
  needs->need = NULL;
  needs->count = 0;
  needs->everything = false;
}
