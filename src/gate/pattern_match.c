/* pattern_match.c - a pattern beside a value
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/memory.h"
#include "pattern_inside.h"

/* --- Steps --- */

/* Where the step at TEXT ends.  */
static const char *
step_end (const char *text, bool tree)
{
  for (; *text && *text != '/'; text++)
    if (tree && *text == '\\' && text[1])
      text++;
  return text;
}

gpg_error_t
pattern_split (const char *text, bool tree, bool plain, char ***r_step,
               size_t *r_count)
{
  size_t length = strlen (text);
  size_t most = 1;
  char **step;
  char *to;

  for (size_t i = 0; i < length; i++)
    most += text[i] == '/';
  step = malloc (most * sizeof *step + length + 1);
  if (!step)
    return gpg_error_from_syserror ();
  to = (char *)(step + most);
  *r_step = step;
  *r_count = 0;
  while (*text == '/' && length > 1)
    {
      const char *end = step_end (++text, tree);

      step[(*r_count)++] = to;
      for (; text < end; text++)
        {
          if (plain && *text == '\\' && text + 1 < end)
            text++;
          *to++ = *text;
        }
      *to++ = 0;
    }
  return 0;
}

/* --- Values --- */

/* The match of an expression is the leftmost, of these the longest: the whole
   value if that matches.  Looking at its ends, not putting anchors round it,
   leaves nothing that a parenthesis could get out of.  */
static bool
matches_regex (const struct pattern *pattern, const char *text, bool doubt)
{
  size_t length = strnlen (text, PATTERN_VALUE + 1);
  regmatch_t match;
  int rc;

  if (length > PATTERN_VALUE)
    return doubt;
  rc = regexec (pattern->regex, text, 1, &match, 0);
  if (rc)
    return rc == REG_ESPACE ? doubt : false;
  return !match.rm_so && (size_t)match.rm_eo == length;
}

static bool
matches_text (const struct pattern *pattern, const char *text, bool doubt)
{
  return pattern->regex ? matches_regex (pattern, text, doubt)
                        : !fnmatch (pattern->glob, text, FNM_NOESCAPE);
}

/* A flag has its canonical value and the word for that.  */
static bool
matches_choice (const struct pattern *pattern, const char *text, bool doubt)
{
  if (matches_text (pattern, text, doubt))
    return true;
  return pattern->type->flags & TYPE_FLAG
         && matches_text (pattern, *text == '1' ? "yes" : "no", doubt);
}

static bool
matches_path (const struct pattern *pattern, const char *text, bool doubt)
{
  char **step;
  size_t count;
  bool match;

  if (pattern_split (text, false, false, &step, &count))
    return doubt;
  match = pattern->below ? count > pattern->count : count == pattern->count;
  for (size_t i = 0; match && i < pattern->count; i++)
    match = !fnmatch (pattern->step[i], step[i], FNM_NOESCAPE);
  free (step);
  return match;
}

bool
pattern_matches (const struct pattern *pattern, const char *text,
                 int64_t number, bool doubt)
{
  if (pattern->regex)
    return pattern->type->pattern == PATTERN_CHOICE
               ? matches_choice (pattern, text, doubt)
               : matches_text (pattern, text, doubt);
  switch (pattern->type->pattern)
    {
    case PATTERN_TEXT:
      return matches_text (pattern, text, doubt);
    case PATTERN_PATH:
      return matches_path (pattern, text, doubt);
    case PATTERN_CHOICE:
      return matches_choice (pattern, text, doubt);
    case PATTERN_NUMBER:
      return number >= pattern->low && number <= pattern->high;
    case PATTERN_TREE:
    case PATTERN_NONE:
      break;
    }
  return doubt;
}

/* --- Links --- */

/* Keep the first name that is told.  */
static void
keep_first (void *context, const char *name)
{
  char **first = context;

  if (!*first)
    *first = strdup (name);
}

gpg_error_t
pattern_check_links (const struct pattern *pattern,
                     const struct machine *machine, struct failure *failure)
{
  auto_buffer struct buffer literal = BUFFER_EMPTY;
  auto_free char *first = NULL;

  if (pattern->regex || pattern->type->pattern != PATTERN_PATH)
    return 0;
  for (size_t i = 0; i < pattern->count && !strpbrk (pattern->step[i], "*?[");
       i++)
    buffer_printf (&literal, "/%s", pattern->step[i]);
  if (!literal.length && !buffer_error (&literal))
    return 0;
  if (buffer_error (&literal))
    return buffer_error (&literal);
  /* What cannot be followed now may be there later.  */
  if (pattern->type->names (machine, literal.bytes, keep_first, &first))
    return 0;
  if (!first)
    return gpg_error (GPG_ERR_ENOMEM);
  return strcmp (first, literal.bytes)
             ? fail (failure, GPG_ERR_INV_ARG,
                     "%s leads to %s: name what is there", literal.bytes, first)
             : 0;
}

/* --- Nodes of a tree --- */

gpg_error_t
node_name_make (const struct object_name *name, struct node_name *r_name)
{
  gpg_error_t err = pattern_split (name->text, true, true, &r_name->label,
                                   &r_name->count);
  const char *at = name->text;

  if (err)
    return err;
  r_name->entire = name->entire;
  r_name->whole = 0;
  while (*at == '/' && at < name->text + name->whole)
    {
      r_name->whole++;
      at = step_end (at + 1, true);
    }
  return 0;
}

void
node_name_release (struct node_name *name)
{
  free (name->label);
  name->label = NULL;
}

/* Whether the first COUNT steps of PATTERN match the labels of NAME; those
   below the whole with FLAGS.  */
static bool
match_labels (const struct pattern *pattern, const struct node_name *name,
              size_t count, int flags)
{
  for (size_t i = 0; i < count; i++)
    if (fnmatch (pattern->step[i], name->label[i], i < name->whole ? 0 : flags))
      return false;
  return true;
}

bool
pattern_covers (const struct pattern *pattern, const struct node_name *name)
{
  if (pattern->below
          ? name->count <= pattern->count
          : name->count < pattern->count || pattern->count < name->whole)
    return false;
  return match_labels (pattern, name, pattern->count, 0);
}

bool
pattern_touches (const struct pattern *pattern, const struct node_name *name,
                 bool below)
{
  size_t needed = pattern->count + pattern->below;

  if (needed > name->count && !below)
    return false;
  return match_labels (pattern, name,
                       pattern->count < name->count ? pattern->count
                                                    : name->count,
                       FNM_CASEFOLD);
}

void
pattern_quote (struct buffer *out, enum pattern_form form, const char *text)
{
  bool tree = form == PATTERN_TREE;

  for (; *text; text++)
    if (tree && *text == '\\' && text[1])
      buffer_append (out, text++, 2);
    else if (strchr ("*?[", *text))
      buffer_printf (out, tree ? "\\%c" : "[%c]", *text);
    else
      buffer_append (out, text, 1);
}
