/* words.c - a request line and its words
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include "words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "limits.h"

/* The value of the hex digit C, or -1.  */
static int
hex_value (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return -1;
}

gpg_error_t
words_unescape (char *text, size_t length, size_t *r_length)
{
  char *to = memchr (text, '%', length);
  const char *from = to;
  const char *end = text + length;

  text[length] = 0;
  *r_length = length;
  if (!to)
    return 0;
  while (from < end)
    {
      int high, low;

      if (*from != '%')
        {
          *to++ = *from++;
          continue;
        }
      if (end - from < 3 || (high = hex_value (from[1])) < 0
          || (low = hex_value (from[2])) < 0 || !(high | low))
        return gpg_error (GPG_ERR_SYNTAX);
      *to++ = (char)(high << 4 | low);
      from += 3;
    }
  *to = 0;
  *r_length = (size_t)(to - text);
  return 0;
}

static bool
is_blank (char c)
{
  return c == ' ' || c == '\t';
}

/* Take the word that begins at TEXT apart and store it at R_WORD.  Returns
   where it ended, or NULL with *R_REASON set.  */
static char *
split_word (char *text, struct word *r_word, const char **r_reason)
{
  char *end;

  r_word->kind = WORD_PLAIN;
  if (*text == '"')
    {
      text++;
      end = strchr (text, '"');
      if (!end)
        {
          *r_reason = "close the quotation (write %22 for the mark itself)";
          return NULL;
        }
      if (end[1] && !is_blank (end[1]))
        {
          *r_reason = "put a blank after the closing quotation mark";
          return NULL;
        }
    }
  else
    {
      end = text + strcspn (text, " \t");
      if (end - text >= 2 && text[0] == '-' && text[1] == '-')
        r_word->kind = WORD_OPTION;
      else if (end - text == 1 && *text == '@')
        r_word->kind = WORD_ASK;
    }
  if (*end)
    *end++ = 0;
  r_word->text = text;
  if (words_unescape (text, strlen (text), &r_word->length))
    {
      *r_reason = "behind a percent sign stand two hex digits other than 00"
                  " (%25 is the sign itself)";
      return NULL;
    }
  return end;
}

gpg_error_t
words_split (const char *line, struct words *r_words, const char **r_reason)
{
  size_t length = strlen (line);
  size_t most = length / 2 + 1;
  size_t count = 0;
  struct word *word;
  char *block, *text;
  const char *reason = NULL;

  *r_words = (struct words){ 0, NULL, NULL };
  if (most > LIMIT_WORDS)
    most = LIMIT_WORDS;
  block = malloc (most * sizeof *word + length + 1);
  if (!block)
    return gpg_error_from_syserror ();
  word = (struct word *)(void *)block;
  text = block + most * sizeof *word;
  memcpy (text, line, length + 1);

  for (text += strspn (text, " \t"); *text; text += strspn (text, " \t"))
    {
      if (count == LIMIT_WORDS)
        {
          free (block);
          if (r_reason)
            *r_reason = "too many words in one line";
          return gpg_error (GPG_ERR_TOO_MANY);
        }
      text = split_word (text, &word[count], &reason);
      if (!text)
        {
          free (block);
          if (r_reason)
            *r_reason = reason;
          return gpg_error (GPG_ERR_SYNTAX);
        }
      count++;
    }
  *r_words = (struct words){ count, word, block };
  return 0;
}

void
words_release (struct words *words)
{
  free (words->memory);
  *words = (struct words){ 0, NULL, NULL };
}

/* Append TEXT with the percent sign, control characters and those in SPECIAL
   escaped.  */
static void
escape (struct buffer *buffer, const char *text, size_t length,
        const char *special)
{
  static const char digits[] = "0123456789ABCDEF";
  size_t plain = 0;

  for (size_t i = 0; i < length; i++)
    {
      unsigned char c = (unsigned char)text[i];

      if (c >= 0x20 && c != '%' && c != 0x7f && !strchr (special, c))
        continue;
      buffer_append (buffer, text + plain, i - plain);
      buffer_append (buffer, (char[]){ '%', digits[c >> 4], digits[c & 15] },
                     3);
      plain = i + 1;
    }
  buffer_append (buffer, text + plain, length - plain);
}

void
words_escape (struct buffer *buffer, const char *text, size_t length)
{
  escape (buffer, text, length, " ");
}

const char *
words_last (const char *line)
{
  for (;;)
    {
      const char *end;

      line += strspn (line, " \t");
      end = *line == '"' ? strchr (line + 1, '"') : line;
      end = end ? strpbrk (end, " \t") : NULL;
      if (!end)
        return line;
      line = end;
    }
}

void
words_quote (struct buffer *buffer, const char *text, size_t length)
{
  if (!length || memchr (text, ' ', length))
    {
      buffer_append (buffer, "\"", 1);
      escape (buffer, text, length, "\"");
      buffer_append (buffer, "\"", 1);
    }
  else if (*text == '"')
    {
      buffer_append (buffer, "%22", 3);
      words_escape (buffer, text + 1, length - 1);
    }
  else if (length >= 2 && text[0] == '-' && text[1] == '-')
    {
      buffer_append (buffer, "%2D", 3);
      words_escape (buffer, text + 1, length - 1);
    }
  else if (length == 1 && *text == '@')
    buffer_append (buffer, "%40", 3);
  else
    words_escape (buffer, text, length);
}
