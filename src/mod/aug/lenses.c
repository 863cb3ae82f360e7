/* lenses.c - the table: which lens claims which file
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include "lenses.h"
#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"

/* If LINE begins with WORD and a blank, what stands behind them.  */
static char *
line_value (char *line, const char *word)
{
  size_t length = strlen (word);

  if (strncmp (line, word, length) || line[length] != ' ')
    return NULL;
  return line + length + 1;
}

/* Make runs of slashes single ones: glob does not mind them, fnmatch does. */
static void
squeeze_slashes (char *glob)
{
  char *to = glob;

  for (char *from = glob; *from; from++)
    if (*from != '/' || from[1] != '/')
      *to++ = *from;
  *to = 0;
}

static void
glob_init (struct lens_glob *glob, char *pattern, bool include)
{
  squeeze_slashes (pattern);
  glob->include = include;
  glob->whole = strchr (pattern, '/') != NULL;
  glob->glob = pattern;
  glob->literal = strcspn (pattern, "*?[\\");
}

static size_t
count_lines (const char *text, const char *word)
{
  size_t count = 0;
  size_t length = strlen (word);

  for (const char *line = text; line && *line;
       line = strchr (line, '\n') ? strchr (line, '\n') + 1 : NULL)
    if (!strncmp (line, word, length))
      count++;
  return count;
}

/* Add what LINE says to TABLE.  *R_LENS is the lens that lines belong to, of
   which *R_GLOBS is the next free glob.  */
static gpg_error_t
parse_line (struct lens_table *table, char *line, struct lens **r_lens,
            struct lens_glob **r_globs)
{
  struct lens *lens = *r_lens;
  char *value, *known;

  known = line_value (line, "known");
  value = known ? known : line_value (line, "lens");
  if (value)
    {
      lens = known ? &table->known[table->known_count++]
                   : &table->lenses[table->count++];
      lens->name = value;
      lens->info = "";
      lens->count = 0;
      lens->globs = known ? NULL : *r_globs;
      *r_lens = lens;
      return 0;
    }
  if (!lens)
    return gpg_error (GPG_ERR_BAD_DATA);
  if ((value = line_value (line, "info")))
    {
      lens->info = value;
      return 0;
    }
  value = line_value (line, "incl");
  if (!value)
    value = line_value (line, "excl");
  if (!value || !lens->globs)
    return gpg_error (GPG_ERR_BAD_DATA);
  glob_init (*r_globs, value, *line == 'i');
  ++*r_globs;
  lens->count++;
  return 0;
}

gpg_error_t
lens_table_parse (const char *text, size_t length, struct lens_table *r_table)
{
  struct lens_table table = LENS_TABLE_EMPTY;
  struct lens_glob *globs;
  struct lens *lens = NULL;
  gpg_error_t err = 0;
  char *next;

  *r_table = table;
  if (length > LENSES_TEXT || memchr (text, 0, length))
    return gpg_error (GPG_ERR_BAD_DATA);
  table.memory = strndup (text, length);
  if (!table.memory)
    return gpg_error (GPG_ERR_ENOMEM);
  table.lenses = calloc (count_lines (table.memory, "lens ") + 1,
                         sizeof *table.lenses);
  table.known = calloc (count_lines (table.memory, "known ") + 1,
                        sizeof *table.known);
  table.globs = calloc (count_lines (table.memory, "incl ")
                            + count_lines (table.memory, "excl ") + 1,
                        sizeof *table.globs);
  if (!table.lenses || !table.known || !table.globs)
    err = gpg_error (GPG_ERR_ENOMEM);
  globs = table.globs;
  for (char *line = table.memory; !err && *line; line = next)
    {
      next = strchr (line, '\n');
      if (!next)
        err = gpg_error (GPG_ERR_BAD_DATA);
      else
        {
          *next++ = 0;
          err = parse_line (&table, line, &lens, &globs);
        }
    }
  if (err)
    lens_table_release (&table);
  else
    *r_table = table;
  return err;
}

void
lens_table_release (struct lens_table *table)
{
  free (table->lenses);
  free (table->known);
  free (table->globs);
  free (table->memory);
  *table = (struct lens_table)LENS_TABLE_EMPTY;
}

const struct lens *
lens_by_name (const struct lens_table *table, const char *name)
{
  for (size_t i = 0; i < table->count; i++)
    if (!strcmp (table->lenses[i].name, name))
      return &table->lenses[i];
  return NULL;
}

const char *
lens_info (const struct lens_table *table, const char *name)
{
  const struct lens *lens = lens_by_name (table, name);

  for (size_t i = 0; i < table->known_count && !lens; i++)
    if (!strcmp (table->known[i].name, name))
      lens = &table->known[i];
  return lens ? lens->info : "";
}

/* Whether the step of LENGTH bytes at STEP is NAME.  */
static bool
step_is (const char *step, size_t length, const char *name)
{
  return length == strlen (name) && !memcmp (step, name, length);
}

static bool
is_fit (const char *glob)
{
  static const char *const kernels[] = { "proc", "sys", "dev" };
  const char *first = glob + strspn (glob, "/");
  size_t length = strcspn (first, "/");

  if (*glob != '/' || strlen (glob) > LIMIT_PATH
      || strcspn (first, "*?[\\") < length)
    return false;
  for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
    if (step_is (first, length, kernels[i]))
      return false;
  for (const char *step = first; *step; step += strspn (step, "/"))
    {
      length = strcspn (step, "/");
      if (step_is (step, length, "..") || step_is (step, length, "."))
        return false;
      step += length;
    }
  return *first;
}

bool
lens_glob_fits (const struct lens_table *table, const char *glob)
{
  if (is_fit (glob))
    return true;
  for (size_t i = 0; i < table->count; i++)
    for (size_t j = 0; j < table->lenses[i].count; j++)
      if (table->lenses[i].globs[j].include
          && !strcmp (table->lenses[i].globs[j].glob, glob))
        return true;
  return false;
}

/* Whether GLOB, an absolute one, matches PATH.  The literal beginning is
   compared first, since most globs fail there.  */
static bool
glob_matches (const struct lens_glob *glob, const char *path, int flags)
{
  return !strncmp (glob->glob, path, glob->literal)
         && !fnmatch (glob->glob, path, FNM_PATHNAME | flags);
}

/* An exclusion without a slash is compared with the file's own name; augeas
   goes on with that name for all exclusions that follow.  */
bool
lens_keeps (const struct lens *lens, const char *path)
{
  const struct lens_glob *glob;

  for (size_t i = 0; i < lens->count; i++)
    {
      glob = &lens->globs[i];
      if (glob->include)
        continue;
      if (!glob->whole && strrchr (path, '/'))
        path = strrchr (path, '/') + 1;
      if (!fnmatch (glob->glob, path, FNM_PATHNAME))
        return false;
    }
  return true;
}

static bool
claims_for_reading (const struct lens *lens, const char *path)
{
  for (size_t i = 0; i < lens->count; i++)
    if (lens->globs[i].include
        && glob_matches (&lens->globs[i], path, FNM_PERIOD))
      return lens_keeps (lens, path);
  return false;
}

static bool
claims_for_writing (const struct lens *lens, const char *path)
{
  bool found = false;

  for (size_t i = 0; i < lens->count && !found; i++)
    found = lens->globs[i].include && glob_matches (&lens->globs[i], path, 0);
  for (size_t i = 0; i < lens->count && found; i++)
    if (!lens->globs[i].include && glob_matches (&lens->globs[i], path, 0))
      found = false;
  return found;
}

bool
lens_same (const struct lens *a, const struct lens *b)
{
  return a == b || (*a->info && !strcmp (a->info, b->info));
}

static const struct lens *
find_claim (const struct lens_table *table, const char *path,
            bool (*claims) (const struct lens *lens, const char *path),
            const struct lens **r_rival)
{
  const struct lens *first = NULL;

  if (r_rival)
    *r_rival = NULL;
  for (size_t i = 0; i < table->count; i++)
    {
      if (!claims (&table->lenses[i], path))
        continue;
      if (!first)
        first = &table->lenses[i];
      else if (r_rival && !lens_same (first, &table->lenses[i]))
        *r_rival = &table->lenses[i];
      if (!r_rival)
        break;
    }
  return first;
}

const struct lens *
lens_for_reading (const struct lens_table *table, const char *path,
                  const struct lens **r_rival)
{
  return find_claim (table, path, claims_for_reading, r_rival);
}

const struct lens *
lens_for_writing (const struct lens_table *table, const char *path,
                  const struct lens **r_rival)
{
  return find_claim (table, path, claims_for_writing, r_rival);
}
