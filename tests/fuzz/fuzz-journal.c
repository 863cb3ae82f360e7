/* fuzz-journal.c - what recovery reads
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An input is a place and a byte to spoil there, and lines, which get their
   checks here: no fuzzer would guess those.  */

#include "fuzz.h"
#include "../../protocol/buffer.h"
#include "../../protocol/record.h"
#include "../../src/base/file.h"
#include "../../src/plan/journal.h"

#define ID "0123456789abcdef"
#define LINES 32

struct line
{
  char *name;
  size_t count;
  char *values[JOURNAL_VALUES];
};

struct lines
{
  size_t count;
  struct line line[LINES];
  size_t seen; /* How many of them were told.  */
};

static void
append_line (struct buffer *journal, const struct line *line)
{
  struct buffer text = BUFFER_EMPTY;
  unsigned char hash[FILE_HASH];

  buffer_string (&text, ID);
  buffer_string (&text, line->name);
  for (size_t i = 0; i < line->count; i++)
    {
      buffer_string (&text, "\t");
      record_escape (&text, line->values[i], strlen (line->values[i]));
    }
  file_hash (text.bytes, text.length, hash);
  buffer_printf (journal, ID " %02x%02x%02x%02x %s\n", hash[0], hash[1],
                 hash[2], hash[3], text.bytes + strlen (ID));
  buffer_release (&text);
}

/* The next piece as a line's name: such as journal_note is given.  */
static char *
take_name (struct feed *feed)
{
  char *name = feed_string (feed);

  for (char *p = name; *p; p++)
    if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '\\')
      *p = '-';
  if (*name && strcmp (name, "ready"))
    return name;
  free (name);
  return fuzz_string ("x", 1);
}

static void
take_lines (struct feed *feed, struct lines *lines)
{
  while (feed_left (feed) && lines->count < LINES)
    {
      struct line *line = &lines->line[lines->count++];

      line->count = feed_byte (feed) % (JOURNAL_VALUES + 1);
      line->name = take_name (feed);
      for (size_t i = 0; i < line->count; i++)
        line->values[i] = feed_string (feed);
    }
}

static gpg_error_t
see_line (void *context, const char *name, const char *const *values,
          size_t count)
{
  struct lines *lines = context;
  const struct line *line = &lines->line[lines->seen++];

  require (lines->seen <= lines->count);
  require (!strcmp (line->name, name) && line->count == count);
  for (size_t i = 0; i < count; i++)
    require (!strcmp (line->values[i], values[i]));
  return 0;
}

static gpg_error_t
ignore_line (void *context, const char *name, const char *const *values,
             size_t count)
{
  (void)context;
  require (name);
  for (size_t i = 0; i < count; i++)
    require (values[i]);
  return 0;
}

/* A byte at PLACE that is not what it was: what is told is still what was
   noted, in order, from the beginning; "ready" is not believed unless all
   was told.  */
static void
check_spoiled (struct buffer *journal, struct lines *lines, size_t place,
               unsigned byte)
{
  bool ready;

  if (!journal->length)
    return;
  place %= journal->length;
  if ((unsigned char)journal->bytes[place] == byte)
    return;
  journal->bytes[place] = (char)byte;
  lines->seen = 0;
  if (!journal_parse (journal->bytes, journal->length, see_line, lines, &ready))
    require (!ready || lines->seen == lines->count);
}

static void
check_lines (struct lines *lines, size_t place, unsigned byte)
{
  struct buffer journal = BUFFER_EMPTY;
  char name[] = "ready";
  char count[16];
  struct line ready = { name, 1, { count } };
  bool is_ready;

  snprintf (count, sizeof count, "%zu", lines->count);
  for (size_t i = 0; i < lines->count; i++)
    append_line (&journal, &lines->line[i]);
  require (!journal_parse (journal.bytes, journal.length, see_line, lines,
                           &is_ready));
  require (!is_ready && lines->seen == lines->count);
  append_line (&journal, &ready);
  buffer_string (&journal, "\nwhat was there before");
  require (!buffer_error (&journal));
  lines->seen = 0;
  require (!journal_parse (journal.bytes, journal.length, see_line, lines,
                           &is_ready));
  require (is_ready && lines->seen == lines->count);
  check_spoiled (&journal, lines, place, byte);
  buffer_release (&journal);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  struct feed feed = { bytes, bytes + size };
  struct lines lines = { 0 };
  unsigned byte = feed_byte (&feed);
  size_t place = feed_byte (&feed);
  bool ready;

  place |= (size_t)feed_byte (&feed) << 8;
  journal_parse ((const char *)bytes, size, ignore_line, NULL, &ready);
  take_lines (&feed, &lines);
  check_lines (&lines, place, byte);
  for (size_t i = 0; i < lines.count; i++)
    {
      free (lines.line[i].name);
      for (size_t j = 0; j < lines.line[i].count; j++)
        free (lines.line[i].values[j]);
    }
  return 0;
}
