/* paint.c - what a terminal gets to see
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "paint.h"

#define BOLD "\033[1m"
#define CYAN "\033[36m"

/* --- Safety --- */

/* Read one character of the UTF-8 TEXT (RFC 3629); return its length, or 0 if
   it is none.  */
static size_t
decode (const unsigned char *text, size_t length, uint32_t *r_character)
{
  static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
  size_t size = *text < 0x80   ? 1
                : *text < 0xc0 ? 0
                : *text < 0xe0 ? 2
                : *text < 0xf0 ? 3
                : *text < 0xf8 ? 4
                               : 0;
  uint32_t character;

  if (size < 2)
    {
      *r_character = *text;
      return size;
    }
  if (size > length)
    return 0;
  character = *text & (0x7fU >> size);
  for (size_t i = 1; i < size; i++)
    {
      if ((text[i] & 0xc0) != 0x80)
        return 0;
      character = character << 6 | (text[i] & 0x3fU);
    }
  if (character < least[size] || character > 0x10ffff
      || (character >= 0xd800 && character < 0xe000))
    return 0;
  *r_character = character;
  return size;
}

/* Whether a terminal only shows CHARACTER.  */
static bool
is_harmless (uint32_t character)
{
  if (character < 0x20)
    return character == '\n' || character == '\t';
  if (character >= 0x7f && character < 0xa0)
    return false;
  return !(character >= 0x202a && character <= 0x202e)
         && !(character >= 0x2066 && character <= 0x2069);
}

void
paint_safe (struct buffer *safe, const char *text, size_t length, bool utf8)
{
  const unsigned char *bytes = (const unsigned char *)text;
  size_t done = 0;

  while (done < length)
    {
      uint32_t character = 0;
      size_t size = decode (bytes + done, length - done, &character);

      if (size && is_harmless (character) && (utf8 || size == 1))
        buffer_append (safe, text + done, size);
      else
        {
          size += !size;
          for (size_t i = 0; i < size; i++)
            buffer_printf (safe, "\\x%02x", bytes[done + i]);
        }
      done += size;
    }
}

/* --- Colours --- */

/* The length of the line at TEXT with its LF.  */
static size_t
line_length (const char *text, const char *end)
{
  const char *newline = memchr (text, '\n', (size_t)(end - text));

  return (size_t)((newline ? newline + 1 : end) - text);
}

/* The length of "field" if the line is "field: value", else 0.  */
static size_t
field_length (const char *line, size_t length)
{
  size_t name = 0;

  while (name < length
         && ((line[name] >= 'a' && line[name] <= 'z')
             || (name
                 && ((line[name] >= '0' && line[name] <= '9')
                     || line[name] == '-' || line[name] == '_'))))
    name++;
  return name && name + 1 < length && line[name] == ':'
                 && (line[name + 1] == ' ' || line[name + 1] == '\n')
             ? name
             : 0;
}

/* Whether all of the lines are fields, or empty between two records.  */
static bool
is_records (const char *text, const char *end)
{
  while (text < end)
    {
      size_t length = line_length (text, end);

      if (*text != '\n' && !field_length (text, length))
        return false;
      text += length;
    }
  return true;
}

static bool
begins (const char *line, size_t length, const char *with)
{
  return length >= strlen (with) && !memcmp (line, with, strlen (with));
}

static bool
is_diff (const char *text, const char *end)
{
  size_t first = line_length (text, end);

  return begins (text, first, "--- ")
         && begins (text + first, (size_t)(end - text) - first, "+++ ");
}

/* Append LINE, its LF outside of the colour.  */
static void
append_line (struct buffer *painted, const char *color, const char *line,
             size_t length)
{
  size_t inner = length && line[length - 1] == '\n' ? length - 1 : length;

  if (*color && inner)
    buffer_string (painted, color);
  buffer_append (painted, line, inner);
  if (*color && inner)
    buffer_string (painted, PAINT_PLAIN);
  buffer_append (painted, line + inner, length - inner);
}

/* How many lines of the two files a hunk still has.  */
struct hunk
{
  unsigned long before, after;
};

/* Read the counts of "@@ -1,2 +3,4 @@"; where one is missing it is 1.  */
static struct hunk
read_hunk (const char *line, size_t length)
{
  struct hunk hunk = { 1, 1 };
  char text[128];

  snprintf (text, sizeof text, "%.*s", (int)length, line);
  if (sscanf (text, "@@ -%*u,%lu +%*u,%lu", &hunk.before, &hunk.after) < 1)
    sscanf (text, "@@ -%*u +%*u,%lu", &hunk.after);
  return hunk;
}

/* The colour of a line of a diff.  */
static const char *
diff_color (struct hunk *hunk, const char *line, size_t length)
{
  if (!hunk->before && !hunk->after)
    {
      if (!begins (line, length, "@@ "))
        return begins (line, length, "--- ") || begins (line, length, "+++ ")
                   ? BOLD
                   : "";
      *hunk = read_hunk (line, length);
      return CYAN;
    }
  hunk->before -= hunk->before && *line != '+' && *line != '\\';
  hunk->after -= hunk->after && *line != '-' && *line != '\\';
  return *line == '-' ? PAINT_RED : *line == '+' ? PAINT_GREEN : "";
}

void
paint_colors (struct buffer *painted, const char *text, size_t length)
{
  const char *end = text + length;
  bool diff = length && is_diff (text, end);
  bool records = !diff && is_records (text, end);
  struct hunk hunk = { 0, 0 };

  while (text < end)
    {
      size_t line = line_length (text, end);
      size_t name = records ? field_length (text, line) : 0;

      if (name)
        append_line (painted, BOLD, text, name);
      append_line (painted, diff ? diff_color (&hunk, text, line) : "",
                   text + name, line - name);
      text += line;
    }
}

size_t
paint_rows (const char *text, size_t length, size_t columns)
{
  size_t rows = 0;
  size_t column = 0;

  for (size_t i = 0; i < length; i++)
    {
      if (text[i] == '\n')
        {
          rows++;
          column = 0;
          continue;
        }
      if (text[i] == '\t')
        column += 8 - column % 8;
      else if (((unsigned char)text[i] & 0xc0) != 0x80)
        column++;
      if (column > columns)
        {
          rows++;
          column = 1;
        }
    }
  return rows + (column > 0);
}
