/* fuzz-expression.c - which files a path expression can see
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An input is a context (up to a newline) and an expression.  That enough is
   loaded is what fuzz-needs looks at.  */

#include "fuzz.h"
#include "../../src/mod/aug/expression.h"

static void
check_needs (const struct needs *needs)
{
  for (size_t i = 0; i < needs->count; i++)
    {
      const char *path = needs->need[i].path;

      require (path && *path == '/');
    }
}

/* Whether all that ONE needs is among what OTHER needs.  */
static bool
is_within (const struct needs *one, const struct needs *other)
{
  if (one->everything && !other->everything)
    return false;
  for (size_t i = 0; i < one->count; i++)
    {
      bool found = false;

      for (size_t j = 0; j < other->count && !found; j++)
        found = !strcmp (one->need[i].path, other->need[j].path);
      if (!found)
        return false;
    }
  return true;
}

/* An expression as a part of another one needs no less.  */
static void
check_part (const char *expression, const struct expression_base *base,
            const struct needs *needs, const char *before, const char *after)
{
  struct needs whole = NEEDS_NONE;
  char *text;

  require (asprintf (&text, "%s%s%s", before, expression, after) >= 0);
  if (!expression_needs (text, base, &whole))
    require (is_within (needs, &whole));
  needs_release (&whole);
  free (text);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  char *text = fuzz_string (bytes, size);
  char *expression = strchr (text, '\n');
  struct expression_base base = { text, false };
  struct needs needs = NEEDS_NONE;

  if (expression)
    {
      *expression++ = 0;
      base.loaded = *text == '!';
      if (*text != '/')
        base.context = NULL;
      if (!expression_needs (expression, &base, &needs))
        {
          check_needs (&needs);
          check_part (expression, &base, &needs, "(", ")");
          check_part (expression, &base, &needs, "count(", ") > 1");
        }
    }
  needs_release (&needs);
  free (text);
  return 0;
}
