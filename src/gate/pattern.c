/* pattern.c - what a rule says about a value
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <ctype.h>
#include <fnmatch.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/buffer.h"
#include "protocol/memory.h"
#include "pattern_inside.h"

/* --- Globs --- */

/* What ends the set that begins at TEXT; NULL if nothing does.  */
static const char *
set_end (const char *text, bool tree)
{
  text++;
  if (*text == '!' || *text == '^')
    text++;
  if (*text == ']')
    text++;
  for (; *text && *text != ']'; text++)
    if (*text == '[' && text[1] && strchr (":.=", text[1]))
      {
        const char close[] = { text[1], ']', 0 };

        text = strstr (text + 2, close);
        if (!text)
          return NULL;
        text++;
      }
    else if (tree && *text == '\\' && text[1])
      text++;
  return *text ? text : NULL;
}

/* A set in a tree that somebody meant for a position or a predicate.  */
static bool
is_predicate (const char *set, size_t length)
{
  size_t digits = strspn (set, "0123456789");

  if (digits >= length)
    return true;
  for (size_t i = 0; i < length; i++)
    if (strchr ("='\"()", set[i]))
      return true;
  return false;
}

/* Whether the sets of TEXT end.  */
static gpg_error_t
check_glob (const char *text, bool tree, struct failure *failure)
{
  const char *end;

  for (; *text; text++)
    if (tree && *text == '\\')
      {
        if (!*++text)
          return fail (failure, GPG_ERR_SYNTAX,
                       "a byte must stand behind the last backslash");
      }
    else if (*text == '[')
      {
        end = set_end (text, tree);
        if (!end)
          return fail (failure, GPG_ERR_SYNTAX,
                       "a set [ does not end: %s for the character itself",
                       tree ? "\\[" : "[[]");
        if (tree && is_predicate (text + 1, (size_t)(end - text - 1)))
          return fail (failure, GPG_ERR_SYNTAX,
                       "positions and predicates are no part of a name: leave "
                       "\"%.*s\" out (a set of digits is [0-9])",
                       (int)(end - text + 1 < 40 ? end - text + 1 : 40), text);
        text = end;
      }
  return 0;
}

/* TEXT must be a value of TYPE in its one spelling.  */
static gpg_error_t
check_value (const struct argument_type *type, const char *text,
             struct failure *failure)
{
  size_t length = strlen (text);
  auto_free char *copy = malloc (length + TYPE_GROWTH + 1);
  const char *wanted = "";
  int64_t number;

  if (!copy)
    return gpg_error_from_syserror ();
  memcpy (copy, text, length + 1);
  if (type->check (copy, &length, NULL, &number, &wanted))
    return fail (failure, GPG_ERR_INV_ARG, "expected %s", wanted);
  if (strcmp (copy, text))
    return fail (failure, GPG_ERR_INV_ARG, "is always spelled \"%.100s\"",
                 copy);
  return 0;
}

static gpg_error_t
make_text (struct pattern *pattern, const char *text, struct failure *failure)
{
  gpg_error_t err = check_glob (text, false, failure);

  return err || strpbrk (text, "*?[")
             ? err
             : check_value (pattern->type, text, failure);
}

static gpg_error_t
check_step (const char *step, bool tree, struct failure *failure)
{
  if (!*step)
    return fail (failure, GPG_ERR_INV_ARG,
                 "a path has no // in it and no / at its end");
  if (!strcmp (step, ".") || !strcmp (step, ".."))
    return fail (failure, GPG_ERR_INV_ARG, "a path has no . or .. in it");
  if (strstr (step, "**"))
    return fail (failure, GPG_ERR_INV_ARG,
                 "** is the whole last step of a path: all that is below");
  return check_glob (step, tree, failure);
}

static gpg_error_t
make_steps (struct pattern *pattern, const char *text, struct failure *failure)
{
  bool tree = pattern->type->pattern == PATTERN_TREE;
  gpg_error_t err;

  if (*text != '/')
    return fail (failure, GPG_ERR_INV_ARG, "a path begins with /");
  err = pattern_split (text, tree, false, &pattern->step, &pattern->count);
  if (err)
    return err;
  pattern->below = pattern->count
                   && !strcmp (pattern->step[pattern->count - 1], "**");
  if (pattern->below)
    pattern->count--;
  for (size_t i = 0; !err && i < pattern->count; i++)
    err = check_step (pattern->step[i], tree, failure);
  return err ? err : check_value (pattern->type, text, failure);
}

/* --- Expressions --- */

/* What regcomp accepts but would let a match take for ever: a back reference,
   repeats of repeats.  */
static gpg_error_t
check_regex (const char *text, struct failure *failure)
{
  unsigned long product = 1;

  for (; *text; text++)
    if (*text == '\\')
      {
        if (isdigit ((unsigned char)*++text))
          return fail (failure, GPG_ERR_SYNTAX,
                       "an expression has no back references");
        if (!*text)
          break;
      }
    else if (*text == '{')
      {
        const char *comma = text + 1 + strspn (text + 1, "0123456789");
        unsigned long low = strtoul (text + 1, NULL, 10);
        unsigned long high = *comma == ',' ? strtoul (comma + 1, NULL, 10) : 0;
        unsigned long most = low > high ? low : high;

        if (most > PATTERN_REPEATS
            || (product *= most ? most : 1) > PATTERN_REPEATS)
          return fail (failure, GPG_ERR_LIMIT_REACHED,
                       "the {n} of an expression multiply to %d at the most",
                       PATTERN_REPEATS);
      }
  return 0;
}

static gpg_error_t
make_regex (struct pattern *pattern, const char *text, struct failure *failure)
{
  gpg_error_t err = check_regex (text, failure);
  char why[80];
  int rc;

  if (err)
    return err;
  pattern->regex = calloc (1, sizeof *pattern->regex);
  if (!pattern->regex)
    return gpg_error_from_syserror ();
  rc = regcomp (pattern->regex, text, REG_EXTENDED);
  if (!rc)
    return 0;
  regerror (rc, pattern->regex, why, sizeof why);
  free (pattern->regex);
  pattern->regex = NULL;
  return fail (failure, rc == REG_ESPACE ? GPG_ERR_ENOMEM : GPG_ERR_SYNTAX,
               "no regular expression: %s", why);
}

/* --- Numbers --- */

static gpg_error_t
read_bound (const struct argument_type *type, const char *text, size_t length,
            int64_t *r_number, struct failure *failure)
{
  auto_free char *copy = strndup (text, length);
  const char *wanted = "";

  if (!copy)
    return gpg_error_from_syserror ();
  return type->check (copy, &length, NULL, r_number, &wanted) ? fail (
             failure, GPG_ERR_INV_ARG, "expected %s, or LOW..HIGH", wanted)
                                                              : 0;
}

static gpg_error_t
make_range (struct pattern *pattern, const char *text, struct failure *failure)
{
  const char *dots = strstr (text, "..");
  size_t length = dots ? (size_t)(dots - text) : strlen (text);
  gpg_error_t err;

  err = read_bound (pattern->type, text, length, &pattern->low, failure);
  pattern->high = pattern->low;
  if (!err && dots)
    err = read_bound (pattern->type, dots + 2, strlen (dots + 2),
                      &pattern->high, failure);
  if (!err && pattern->low > pattern->high)
    err = fail (failure, GPG_ERR_INV_ARG, "LOW..HIGH: the lower one first");
  return err;
}

/* --- Choices --- */

static gpg_error_t
check_choices (const struct pattern *pattern, const char *choices,
               struct failure *failure)
{
  const char *all = pattern->type->flags & TYPE_FLAG ? "1|0" : choices;
  auto_free char *copy = strdup (all);
  char *rest = copy;
  const char *choice;

  if (!copy)
    return gpg_error_from_syserror ();
  while ((choice = strsep (&rest, "|")))
    if (pattern_matches (pattern, choice, 0, false))
      return 0;
  return fail (failure, GPG_ERR_INV_ARG, "matches none of %s",
               choices ? choices : "yes|no");
}

/* --- All forms --- */

static gpg_error_t
make_glob (struct pattern *pattern, const char *text, struct failure *failure)
{
  switch (pattern->type->pattern)
    {
    case PATTERN_TEXT:
      return make_text (pattern, text, failure);
    case PATTERN_PATH:
    case PATTERN_TREE:
      return make_steps (pattern, text, failure);
    case PATTERN_CHOICE:
      return check_glob (text, false, failure);
    case PATTERN_NUMBER:
      return make_range (pattern, text, failure);
    case PATTERN_NONE:
      break;
    }
  return fail (failure, GPG_ERR_INV_ARG, "no rule can name a %s",
               pattern->type->name);
}

static gpg_error_t
fill (struct pattern *pattern, const char *choices, char sign, const char *text,
      struct failure *failure)
{
  enum pattern_form form = pattern->type->pattern;
  bool regex = sign == '~' && form != PATTERN_NONE;
  gpg_error_t err;

  if (strlen (text) > PATTERN_LENGTH)
    return fail (failure, GPG_ERR_TOO_LARGE, "a pattern has %d bytes at most",
                 PATTERN_LENGTH);
  if (regex && (form == PATTERN_TREE || form == PATTERN_NUMBER))
    return fail (failure, GPG_ERR_INV_ARG,
                 "a %s takes no expression (~): write =", pattern->type->name);
  pattern->glob = strdup (text);
  if (!pattern->glob)
    return gpg_error_from_syserror ();
  err = regex ? make_regex (pattern, text, failure)
              : make_glob (pattern, text, failure);
  if (!err && form == PATTERN_CHOICE)
    err = check_choices (pattern, choices, failure);
  return err;
}

gpg_error_t
pattern_make (const struct argument_type *type, const char *choices, char sign,
              const char *text, struct pattern **r_pattern,
              struct failure *failure)
{
  struct pattern *pattern = calloc (1, sizeof *pattern);
  gpg_error_t err;

  *r_pattern = NULL;
  if (!pattern)
    return gpg_error_from_syserror ();
  pattern->type = type;
  err = fill (pattern, choices, sign, text, failure);
  if (err)
    pattern_release (pattern);
  else
    *r_pattern = pattern;
  return err;
}

void
pattern_release (struct pattern *pattern)
{
  if (!pattern)
    return;
  if (pattern->regex)
    regfree (pattern->regex);
  free (pattern->regex);
  free (pattern->step);
  free (pattern->glob);
  free (pattern);
}
