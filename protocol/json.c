/* json.c - taking apart the top level of a JSON object or array
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include "json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record.h"

#define SYNTAX gpg_error (GPG_ERR_SYNTAX)

static gpg_error_t scan_value (struct json_scan *scan, unsigned depth,
                               enum json_kind *r_kind);

static void
skip_space (struct json_scan *scan)
{
  while (scan->at < scan->end && memchr (" \t\n\r", *scan->at, 4))
    scan->at++;
}

/* Go behind C, and the space behind it, if that is next.  */
static bool
accept (struct json_scan *scan, char c)
{
  if (scan->at == scan->end || *scan->at != c)
    return false;
  scan->at++;
  skip_space (scan);
  return true;
}

/* The value of the four hex digits at TEXT, or -1.  */
static long
read_hex (const char *text)
{
  long value = 0;

  for (int i = 0; i < 4; i++)
    {
      char c = text[i];

      if (c >= '0' && c <= '9')
        value = value << 4 | (c - '0');
      else if (c >= 'a' && c <= 'f')
        value = value << 4 | (c - 'a' + 10);
      else if (c >= 'A' && c <= 'F')
        value = value << 4 | (c - 'A' + 10);
      else
        return -1;
    }
  return value;
}

/* The character that \uXXXX, perhaps a pair of them, at TEXT stands for; its
   length goes to R_LENGTH.  -1 if it is none.  */
static long
read_unicode (const char *text, const char *end, size_t *r_length)
{
  long high, low;

  *r_length = 6;
  if (end - text < 6)
    return -1;
  high = read_hex (text + 2);
  if (high < 0xd800 || high > 0xdfff)
    return high;
  *r_length = 12;
  if (high > 0xdbff || end - text < 12 || text[6] != '\\' || text[7] != 'u')
    return -1;
  low = read_hex (text + 8);
  if (low < 0xdc00 || low > 0xdfff)
    return -1;
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* Scan a string; the scan stands at its quotation mark.  */
static gpg_error_t
scan_string (struct json_scan *scan)
{
  const char *text = scan->at + 1;
  const char *start = text;
  size_t length;

  while (text < scan->end && *text != '"')
    {
      if ((unsigned char)*text < 0x20)
        return SYNTAX;
      length = 1;
      if (*text == '\\')
        {
          if (scan->end - text < 2)
            return SYNTAX;
          length = 2;
          if (text[1] == 'u' && read_unicode (text, scan->end, &length) < 0)
            return SYNTAX;
          if (!text[1] || !strchr ("\"\\/bfnrtu", text[1]))
            return SYNTAX;
        }
      text += length;
    }
  if (text >= scan->end || !record_is_utf8 (start, (size_t)(text - start)))
    return SYNTAX;
  scan->at = text + 1;
  return 0;
}

/* Go behind digits; there must be one.  */
static bool
scan_digits (struct json_scan *scan)
{
  const char *start = scan->at;

  while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
    scan->at++;
  return scan->at > start;
}

static gpg_error_t
scan_number (struct json_scan *scan)
{
  if (*scan->at == '-')
    scan->at++;
  if (scan->at < scan->end && *scan->at == '0')
    scan->at++;
  else if (!scan_digits (scan))
    return SYNTAX;
  if (scan->at < scan->end && *scan->at == '.')
    {
      scan->at++;
      if (!scan_digits (scan))
        return SYNTAX;
    }
  if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E'))
    {
      scan->at++;
      if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
        scan->at++;
      if (!scan_digits (scan))
        return SYNTAX;
    }
  return 0;
}

static gpg_error_t
scan_literal (struct json_scan *scan, enum json_kind *r_kind)
{
  static const struct
  {
    const char *word;
    enum json_kind kind;
  } words[] = { { "true", JSON_TRUE },
                { "false", JSON_FALSE },
                { "null", JSON_NULL } };

  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    {
      size_t length = strlen (words[i].word);

      if ((size_t)(scan->end - scan->at) >= length
          && !memcmp (scan->at, words[i].word, length))
        {
          scan->at += length;
          *r_kind = words[i].kind;
          return 0;
        }
    }
  return SYNTAX;
}

/* Scan "name": of an object.  */
static gpg_error_t
scan_name (struct json_scan *scan, size_t *r_length)
{
  const char *start = scan->at;
  gpg_error_t err;

  if (scan->at == scan->end || *scan->at != '"')
    return SYNTAX;
  err = scan_string (scan);
  if (err)
    return err;
  *r_length = (size_t)(scan->at - start) - 2;
  skip_space (scan);
  return accept (scan, ':') ? 0 : SYNTAX;
}

/* Scan an object or an array, which CLOSE ends.  */
static gpg_error_t
scan_nested (struct json_scan *scan, char close, unsigned depth)
{
  enum json_kind kind;
  gpg_error_t err = 0;
  size_t length;

  if (depth == JSON_DEPTH)
    return SYNTAX;
  scan->at++;
  skip_space (scan);
  if (scan->at < scan->end && *scan->at == close)
    {
      scan->at++;
      return 0;
    }
  do
    {
      if (close == '}')
        err = scan_name (scan, &length);
      if (!err)
        err = scan_value (scan, depth + 1, &kind);
      if (err)
        return err;
      skip_space (scan);
    }
  while (accept (scan, ','));
  if (scan->at == scan->end || *scan->at != close)
    return SYNTAX;
  scan->at++;
  return 0;
}

static gpg_error_t
scan_value (struct json_scan *scan, unsigned depth, enum json_kind *r_kind)
{
  if (scan->at == scan->end)
    return SYNTAX;
  switch (*scan->at)
    {
    case '"':
      *r_kind = JSON_STRING;
      return scan_string (scan);
    case '{':
      *r_kind = JSON_OBJECT;
      return scan_nested (scan, '}', depth);
    case '[':
      *r_kind = JSON_ARRAY;
      return scan_nested (scan, ']', depth);
    case '-':
    case '0' ... '9':
      *r_kind = JSON_NUMBER;
      return scan_number (scan);
    default:
      return scan_literal (scan, r_kind);
    }
}

void
json_start (struct json_scan *scan, const char *bytes, size_t length)
{
  *scan = (struct json_scan){ .at = bytes, .end = bytes + length };
}

void
json_start_items (struct json_scan *scan, const struct json_field *field)
{
  json_start (scan, field->text, field->length);
  scan->items = true;
}

/* Behind the object there may be space only.  */
static gpg_error_t
scan_end (struct json_scan *scan)
{
  if (!accept (scan, scan->items ? ']' : '}') || scan->at != scan->end)
    return SYNTAX;
  return 0;
}

gpg_error_t
json_next (struct json_scan *scan, struct json_field *r_field, bool *r_found)
{
  gpg_error_t err = 0;

  *r_found = false;
  if (!scan->begun)
    {
      skip_space (scan);
      if (!accept (scan, scan->items ? '[' : '{'))
        return SYNTAX;
      scan->begun = true;
      if (scan->at < scan->end && *scan->at == (scan->items ? ']' : '}'))
        return scan_end (scan);
    }
  else if (!accept (scan, ','))
    return scan_end (scan);

  r_field->name = scan->at + 1;
  r_field->name_length = 0;
  if (!scan->items)
    err = scan_name (scan, &r_field->name_length);
  if (err)
    return err;
  r_field->text = scan->at;
  err = scan_value (scan, 1, &r_field->kind);
  if (err)
    return err;
  r_field->length = (size_t)(scan->at - r_field->text);
  skip_space (scan);
  *r_found = true;
  return 0;
}

bool
json_is (const struct json_field *field, const char *name)
{
  return strlen (name) == field->name_length
         && !memcmp (name, field->name, field->name_length);
}

/* Append the UTF-8 form of CHARACTER.  */
static void
append_character (struct buffer *buffer, long character)
{
  unsigned char bytes[4];
  size_t count = 1;

  if (character < 0x80)
    bytes[0] = (unsigned char)character;
  else if (character < 0x800)
    {
      bytes[0] = (unsigned char)(0xc0 | character >> 6);
      count = 2;
    }
  else if (character < 0x10000)
    {
      bytes[0] = (unsigned char)(0xe0 | character >> 12);
      count = 3;
    }
  else
    {
      bytes[0] = (unsigned char)(0xf0 | character >> 18);
      count = 4;
    }
  for (size_t i = 1; i < count; i++)
    bytes[i] = (unsigned char)(0x80
                               | (character >> 6 * (count - 1 - i) & 0x3f));
  buffer_append (buffer, bytes, count);
}

void
json_append_string (const struct json_field *field, struct buffer *buffer)
{
  static const char letters[] = "bfnrt";
  static const char meanings[] = "\b\f\n\r\t";
  const char *text = field->text + 1;
  const char *end = field->text + field->length - 1;

  while (text < end)
    {
      const char *escape = memchr (text, '\\', (size_t)(end - text));
      const char *letter;
      size_t length = 2;

      buffer_append (buffer, text, (size_t)((escape ? escape : end) - text));
      if (!escape)
        return;
      letter = strchr (letters, escape[1]);
      if (escape[1] == 'u')
        append_character (buffer, read_unicode (escape, end, &length));
      else
        buffer_append (buffer,
                       letter ? &meanings[letter - letters] : escape + 1, 1);
      text = escape + length;
    }
}

bool
json_whole_number (const struct json_field *field, int64_t *r_number)
{
  char text[24];
  char *end;

  if (field->kind != JSON_NUMBER || field->length >= sizeof text)
    return false;
  memcpy (text, field->text, field->length);
  text[field->length] = 0;
  errno = 0;
  *r_number = strtoll (text, &end, 10);
  return !errno && !*end;
}
