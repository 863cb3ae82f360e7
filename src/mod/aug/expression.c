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
#include "reach.h"
#include "../../../protocol/memory.h"

#define DEPTH_MAX 200 /* Nested brackets.  */

struct scan
{
  const char *at;
  unsigned depth;
  const struct expression_base *base;
  struct needs *needs;
  gpg_error_t err;
};

static void scan_expression (struct scan *scan, const struct reach *here);

/* Keep the first error.  */
static void
note (struct scan *scan, gpg_error_t err)
{
  if (!scan->err)
    scan->err = err;
}

static void
syntax (struct scan *scan)
{
  note (scan, gpg_error (GPG_ERR_SYNTAX));
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
  else
    note (scan, buffer_error (name));
}

static void
scan_predicates (struct scan *scan, const struct reach *here)
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
take_step (struct scan *scan, struct reach *place, enum axis axis,
           const char *name)
{
  switch (axis)
    {
    case AXIS_CHILD:
      reach_down (place, name);
      break;
    case AXIS_SELF:
      break;
    case AXIS_SEQ:
      reach_down (place, NULL);
      break;
    case AXIS_DESCENDANT:
      reach_down (place, NULL);
      break;
    case AXIS_DESCENDANT_OR_SELF:
      place->open = true;
      break;
    case AXIS_PARENT:
      note (scan, reach_up (place, scan->needs));
      break;
    case AXIS_PRECEDING:
    case AXIS_FOLLOWING:
      note (scan, reach_up (place, scan->needs));
      reach_down (place, NULL);
      break;
    case AXIS_ANCESTOR:
    case AXIS_ROOT:
      scan->needs->everything = true;
      break;
    }
}

/* One step: an axis, a name or "*", predicates; or "." or "..".  */
static void
scan_step (struct scan *scan, struct reach *place)
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
          note (scan, reach_up (place, scan->needs));
          return;
        }
      take_step (scan, place, axis, name.bytes);
    }
  scan_predicates (scan, place);
}

static void
scan_steps (struct scan *scan, struct reach *place)
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
  if (!scan->err)
    note (scan, reach_need (place, scan->needs));
}

static void
scan_location_path (struct scan *scan, const struct reach *here)
{
  struct reach place = REACH_ROOT;

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
        note (scan, reach_need (&place, scan->needs));
    }
  else
    {
      if (here)
        reach_copy (&place, here);
      else
        reach_base (&place, scan->base, scan->needs);
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
scan_function (struct scan *scan, const struct reach *here)
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
scan_primary (struct scan *scan, const struct reach *here)
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
scan_operand (struct scan *scan, const struct reach *here)
{
  /* What a group or a variable holds was looked at as a whole.  */
  struct reach place = { BUFFER_EMPTY, true, 0, true };

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
scan_expression (struct scan *scan, const struct reach *here)
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
