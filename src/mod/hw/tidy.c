/* tidy.c - valid JSON of what a program wrote for it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "tidy.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../../protocol/record.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD.  */
#define NUMBER_MOST 64             /* Bytes of a number.  */
#define DIGITS_MOST 18             /* What always fits into 64 bits.  */

struct tidy
{
  const char *at;
  const char *end;
  struct buffer *out;
  bool pairs;
  unsigned depth;
};

static gpg_error_t tidy_value (struct tidy *tidy, bool *r_found);

static size_t
left (const struct tidy *tidy)
{
  return (size_t)(tidy->end - tidy->at);
}

static bool
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
skip_blanks (struct tidy *tidy)
{
  while (left (tidy) && is_blank (*tidy->at))
    tidy->at++;
}

/* Leave out the rest of the line.  */
static void
skip_line (struct tidy *tidy)
{
  const char *line_end = memchr (tidy->at, '\n', left (tidy));

  tidy->at = line_end ? line_end + 1 : tidy->end;
}

/* Forget what was put out since it had LENGTH bytes.  */
static void
take_back (struct tidy *tidy, size_t length)
{
  if (tidy->out->length <= length)
    return;
  tidy->out->length = length;
  tidy->out->bytes[length] = 0;
}

/* --- Strings --- */

/* Whether the quote here ends its string: labels may have some inside.  */
static bool
is_last_quote (const struct tidy *tidy)
{
  const char *next = tidy->at + 1;

  while (next < tidy->end && (*next == ' ' || *next == '\t'))
    next++;
  return next == tidy->end || strchr (":,}]\r\n", *next);
}

/* The value of the four hexadecimal digits behind "\u" at TEXT, or -1.  */
static long
read_unicode (const char *text, const char *end)
{
  char digits[5] = "";

  if (end - text < 6 || text[0] != '\\' || text[1] != 'u')
    return -1;
  for (int i = 0; i < 4; i++)
    if (!isxdigit ((unsigned char)(digits[i] = text[i + 2])))
      return -1;
  return strtol (digits, NULL, 16);
}

static void
tidy_escape (struct tidy *tidy)
{
  long code = read_unicode (tidy->at, tidy->end);
  size_t length = 2;

  if (code >= 0)
    {
      long second = read_unicode (tidy->at + 6, tidy->end);

      length = 6;
      if (code >= 0xd800 && code < 0xdc00 && second >= 0xdc00
          && second < 0xe000)
        length = 12;
      else if (!code || (code >= 0xd800 && code < 0xe000))
        {
          buffer_string (tidy->out, REPLACEMENT);
          tidy->at += length;
          return;
        }
    }
  else if (left (tidy) < 2 || !tidy->at[1]
           || !strchr ("\"\\/bfnrt", tidy->at[1]))
    {
      /* A backslash that is meant.  */
      buffer_string (tidy->out, "\\\\");
      tidy->at++;
      return;
    }
  buffer_append (tidy->out, tidy->at, length);
  tidy->at += length;
}

/* A character beyond ASCII.  */
static void
tidy_character (struct tidy *tidy)
{
  unsigned first = (unsigned char)*tidy->at;
  size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

  if (first >= 0xc0 && length <= left (tidy)
      && record_is_utf8 (tidy->at, length))
    {
      buffer_append (tidy->out, tidy->at, length);
      tidy->at += length;
      return;
    }
  buffer_string (tidy->out, REPLACEMENT);
  tidy->at++;
}

static void
tidy_string (struct tidy *tidy)
{
  bool last = false;

  buffer_string (tidy->out, "\"");
  tidy->at++;
  while (!last && left (tidy))
    {
      unsigned char c = (unsigned char)*tidy->at;

      if (c == '\\')
        {
          tidy_escape (tidy);
          continue;
        }
      if (c >= 0x80)
        {
          tidy_character (tidy);
          continue;
        }
      last = c == '"' && is_last_quote (tidy);
      if (c == '"' && !last)
        buffer_string (tidy->out, "\\\"");
      else if (!c)
        buffer_string (tidy->out, REPLACEMENT);
      else if (c < 0x20)
        buffer_printf (tidy->out, "\\u%04x", c);
      else
        buffer_append (tidy->out, tidy->at, 1);
      tidy->at++;
    }
  if (!last)
    buffer_string (tidy->out, "\"");
}

/* --- Numbers and words --- */

static const char *
skip_digits (const char *text)
{
  while (isdigit ((unsigned char)*text))
    text++;
  return text;
}

/* Whether TEXT is a number as JSON writes it; *R_WHOLE: without fraction and
   exponent.  */
static bool
is_number (const char *text, bool *r_whole)
{
  const char *digits = text + (*text == '-');
  const char *rest = skip_digits (digits);
  const char *more;

  *r_whole = !*rest;
  if (rest == digits || (*digits == '0' && rest > digits + 1))
    return false;
  if (*rest == '.')
    {
      more = skip_digits (++rest);
      if (more == rest)
        return false;
      rest = more;
    }
  if (*rest == 'e' || *rest == 'E')
    {
      rest++;
      if (*rest == '+' || *rest == '-')
        rest++;
      more = skip_digits (rest);
      if (more == rest)
        return false;
      rest = more;
    }
  return !*rest;
}

static void
tidy_number (struct tidy *tidy)
{
  char text[NUMBER_MOST + 1] = "";
  size_t length = 0;
  char *behind;
  bool whole;
  double number;

  while (left (tidy) && *tidy->at && strchr ("0123456789+-.eE", *tidy->at))
    {
      if (length < NUMBER_MOST)
        text[length] = *tidy->at;
      length++;
      tidy->at++;
    }
  number = strtod (text, &behind);
  if (length > NUMBER_MOST || *behind || behind == text || !isfinite (number))
    buffer_string (tidy->out, "null");
  else if (!is_number (text, &whole))
    buffer_printf (tidy->out, "%.15g", number);
  else if (whole && length > DIGITS_MOST)
    buffer_printf (tidy->out, "\"%s\"", text);
  else
    buffer_string (tidy->out, text);
}

/* Put out what WORD stands for; whether it is one.  */
static bool
put_word (struct tidy *tidy, const char *word)
{
  static const char *const known[] = { "true", "false", "null" };
  static const char *const none[] = { "nan", "inf", "infinity" };

  for (size_t i = 0; i < 3; i++)
    if (!strcmp (word, known[i]))
      {
        buffer_string (tidy->out, word);
        return true;
      }
  for (size_t i = 0; i < 3; i++)
    if (!strcasecmp (word, none[i]))
      {
        buffer_string (tidy->out, "null");
        return true;
      }
  return false;
}

/* A word, perhaps with a sign before it.  */
static bool
tidy_word (struct tidy *tidy)
{
  const char *start = tidy->at + (*tidy->at == '-' || *tidy->at == '+');
  char word[12] = "";
  size_t length = 0;

  while (start + length < tidy->end && isalnum ((unsigned char)start[length])
         && length < sizeof word - 1)
    {
      word[length] = start[length];
      length++;
    }
  if (!put_word (tidy, word))
    return false;
  tidy->at = start + length;
  return true;
}

/* --- Objects and arrays --- */

/* A name and its value; nothing if one of them is missing.  */
static gpg_error_t
tidy_member (struct tidy *tidy, bool first, bool *r_found)
{
  size_t before = tidy->out->length;
  gpg_error_t err = 0;

  *r_found = false;
  if (!first)
    buffer_string (tidy->out, ",");
  if (tidy->pairs)
    buffer_string (tidy->out, "[");
  tidy_string (tidy);
  skip_blanks (tidy);
  if (left (tidy) && *tidy->at == ':')
    {
      tidy->at++;
      buffer_string (tidy->out, tidy->pairs ? "," : ":");
      err = tidy_value (tidy, r_found);
    }
  if (!*r_found)
    take_back (tidy, before);
  else if (tidy->pairs)
    buffer_string (tidy->out, "]");
  return err;
}

static gpg_error_t
tidy_object (struct tidy *tidy)
{
  bool first = true;
  bool found;
  gpg_error_t err = 0;

  buffer_string (tidy->out, tidy->pairs ? "[" : "{");
  tidy->at++;
  for (;;)
    {
      skip_blanks (tidy);
      if (!left (tidy))
        return gpg_error (GPG_ERR_BAD_DATA);
      switch (*tidy->at)
        {
        case '}':
          tidy->at++;
          buffer_string (tidy->out, tidy->pairs ? "]" : "}");
          return 0;
        case ',':
          tidy->at++;
          break;
        case '"':
          err = tidy_member (tidy, first, &found);
          if (err)
            return err;
          first = first && !found;
          break;
        default:
          skip_line (tidy);
        }
    }
}

static gpg_error_t
tidy_array (struct tidy *tidy)
{
  bool first = true;

  buffer_string (tidy->out, "[");
  tidy->at++;
  for (;;)
    {
      size_t before = tidy->out->length;
      bool found;
      gpg_error_t err;

      if (!first)
        buffer_string (tidy->out, ",");
      err = tidy_value (tidy, &found);
      if (err)
        return err;
      first = first && !found;
      if (!found)
        take_back (tidy, before);
      if (!left (tidy))
        return gpg_error (GPG_ERR_BAD_DATA);
      if (found)
        continue;
      if (*tidy->at++ == ']')
        break;
    }
  buffer_string (tidy->out, "]");
  return 0;
}

/* Put a value out if one follows; else what follows is the end, or one of ",",
   "]" and "}", which is left there.  */
static gpg_error_t
tidy_value (struct tidy *tidy, bool *r_found)
{
  gpg_error_t err = 0;

  *r_found = false;
  for (;;)
    {
      skip_blanks (tidy);
      if (!left (tidy) || strchr (",]}", *tidy->at))
        return 0;
      *r_found = true;
      if (*tidy->at == '{' || *tidy->at == '[')
        {
          if (tidy->depth == TIDY_DEPTH)
            return gpg_error (GPG_ERR_BAD_DATA);
          tidy->depth++;
          err = *tidy->at == '{' ? tidy_object (tidy) : tidy_array (tidy);
          tidy->depth--;
          return err;
        }
      if (*tidy->at == '"')
        {
          tidy_string (tidy);
          return 0;
        }
      if (tidy_word (tidy))
        return 0;
      if (*tidy->at && strchr ("0123456789+-.", *tidy->at))
        {
          tidy_number (tidy);
          return 0;
        }
      *r_found = false;
      skip_line (tidy);
    }
}

gpg_error_t
tidy_json (const char *bytes, size_t length, bool pairs, struct buffer *json)
{
  struct tidy tidy = { bytes, bytes + length, json, pairs, 1 };
  gpg_error_t err;

  for (;;)
    {
      skip_blanks (&tidy);
      if (!left (&tidy))
        return gpg_error (GPG_ERR_NO_DATA);
      if (*tidy.at == '{')
        break;
      skip_line (&tidy);
    }
  err = tidy_object (&tidy);
  return err ? err : buffer_error (json);
}

gpg_error_t
tidy_read (const char *bytes, size_t length, bool pairs, struct buffer *text,
           json_t **r_json)
{
  auto_buffer struct buffer own = BUFFER_EMPTY;
  struct buffer *json = text ? text : &own;
  gpg_error_t err = tidy_json (bytes, length, pairs, json);

  *r_json = NULL;
  if (err)
    return err;
  *r_json = json_loadb (json->bytes, json->length, 0, NULL);
  return *r_json ? 0 : gpg_error (GPG_ERR_BAD_DATA);
}
