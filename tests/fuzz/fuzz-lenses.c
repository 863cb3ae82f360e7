/* fuzz-lenses.c - the table of lenses, and who claims a file
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An input is a path, a line's end, and the table's text.  */

#include "fuzz.h"
#include "../../protocol/buffer.h"
#include "../../src/mod/aug/lenses.h"

/* The C library's matching takes exponential time.  */
#define STARS 6

static size_t
stars (const struct lens_table *table)
{
  size_t most = 0;

  for (size_t i = 0; i < table->count; i++)
    for (size_t j = 0; j < table->lenses[i].count; j++)
      {
        size_t count = 0;

        for (const char *p = table->lenses[i].globs[j].glob; *p; p++)
          count += *p == '*' || *p == '[';
        if (count > most)
          most = count;
      }
  return most;
}

static void
write_table (const struct lens_table *table, struct buffer *text)
{
  buffer_string (text, "");
  for (size_t i = 0; i < table->count; i++)
    {
      const struct lens *lens = &table->lenses[i];

      buffer_printf (text, "lens %s\n", lens->name);
      if (*lens->info)
        buffer_printf (text, "info %s\n", lens->info);
      for (size_t j = 0; j < lens->count; j++)
        buffer_printf (text, "%s %s\n",
                       lens->globs[j].include ? "incl" : "excl",
                       lens->globs[j].glob);
    }
  require (!buffer_error (text));
}

/* A table written and read again is the same.  */
static void
check_table (const struct lens_table *table)
{
  struct buffer text = BUFFER_EMPTY;
  struct buffer again = BUFFER_EMPTY;
  struct lens_table other;

  write_table (table, &text);
  require (
      !lens_table_parse (text.bytes ? text.bytes : "", text.length, &other));
  write_table (&other, &again);
  require (text.length == again.length);
  require (!text.length || !memcmp (text.bytes, again.bytes, text.length));
  lens_table_release (&other);
  buffer_release (&text);
  buffer_release (&again);
}

/* LENS claims PATH for reading or writing, and RIVAL does, too: it has a glob
   whose plain beginning is PATH's.  */
static void
check_claim (const struct lens_table *table, const struct lens *lens,
             const struct lens *rival, const char *path)
{
  bool found = false;

  require (lens || !rival);
  if (!lens)
    return;
  require (!rival || !lens_same (lens, rival));
  require (lens >= table->lenses && lens < table->lenses + table->count);
  for (size_t i = 0; i < lens->count && !found; i++)
    found = lens->globs[i].include
            && !strncmp (lens->globs[i].glob, path, lens->globs[i].literal);
  require (found);
  require (lens_by_name (table, lens->name));
}

static void
check_claims (const struct lens_table *table, const char *path)
{
  const struct lens *lens, *rival;

  if (stars (table) > STARS)
    return;
  lens = lens_for_reading (table, path, &rival);
  check_claim (table, lens, rival, path);
  lens = lens_for_writing (table, path, &rival);
  check_claim (table, lens, rival, path);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  const uint8_t *text = memchr (bytes, '\n', size);
  struct lens_table table;
  char *path;

  if (!text)
    return 0;
  path = fuzz_string (bytes, (size_t)(text - bytes));
  text++;
  if (lens_table_parse ((const char *)text, (size_t)(bytes + size - text),
                        &table))
    require (!table.count && !table.memory);
  else
    {
      check_table (&table);
      check_claims (&table, path);
    }
  lens_table_release (&table);
  free (path);
  return 0;
}
