/* record.c - how answers are written: values, lists, records; text and JSON
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include "record.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";

static bool
is_escaped (unsigned char c)
{
  return c < 0x20 || c == 0x7f || c == '\\';
}

void
record_escape (struct buffer *buffer, const char *bytes, size_t length)
{
  size_t plain = 0;

  for (size_t i = 0; i < length; i++)
    {
      unsigned char c = (unsigned char)bytes[i];

      if (!is_escaped (c))
        continue;
      buffer_append (buffer, bytes + plain, i - plain);
      buffer_append (buffer,
                     (char[]){ '\\', 'x', digits[c >> 4], digits[c & 15] }, 4);
      plain = i + 1;
    }
  buffer_append (buffer, bytes + plain, length - plain);
}

/* The value of the lower-case hex digit C, or -1.  */
static int
digit_value (char c)
{
  const char *digit = c ? strchr (digits, c) : NULL;

  return digit ? (int)(digit - digits) : -1;
}

gpg_error_t
record_unescape (struct buffer *buffer, const char *text, size_t length)
{
  size_t plain = 0;
  size_t i = 0;

  while (i < length)
    {
      int high, low;
      unsigned char c = (unsigned char)text[i];

      if (!is_escaped (c))
        {
          i++;
          continue;
        }
      if (c != '\\' || length - i < 4 || text[i + 1] != 'x'
          || (high = digit_value (text[i + 2])) < 0
          || (low = digit_value (text[i + 3])) < 0)
        return gpg_error (GPG_ERR_SYNTAX);
      c = (unsigned char)(high << 4 | low);
      if (!is_escaped (c))
        return gpg_error (GPG_ERR_SYNTAX);
      buffer_append (buffer, text + plain, i - plain);
      buffer_append (buffer, &c, 1);
      i += 4;
      plain = i;
    }
  buffer_append (buffer, text + plain, length - plain);
  return buffer_error (buffer);
}

/* The number of bytes of the UTF-8 character (RFC 3629, section 4) that
   begins at BYTES, of which LENGTH are there; 0 if it is none.  */
static size_t
character_length (const unsigned char *bytes, size_t length)
{
  unsigned char lowest = 0x80, highest = 0xbf;
  size_t count;

  if (*bytes < 0x80)
    return 1;
  if (*bytes >= 0xc2 && *bytes <= 0xdf)
    count = 2;
  else if (*bytes >= 0xe0 && *bytes <= 0xef)
    count = 3;
  else if (*bytes >= 0xf0 && *bytes <= 0xf4)
    count = 4;
  else
    return 0;
  if (*bytes == 0xe0)
    lowest = 0xa0;
  else if (*bytes == 0xed)
    highest = 0x9f;
  else if (*bytes == 0xf0)
    lowest = 0x90;
  else if (*bytes == 0xf4)
    highest = 0x8f;
  if (length < count || bytes[1] < lowest || bytes[1] > highest)
    return 0;
  for (size_t i = 2; i < count; i++)
    if ((bytes[i] & 0xc0) != 0x80)
      return 0;
  return count;
}

bool
record_is_utf8 (const char *text, size_t length)
{
  const unsigned char *bytes = (const unsigned char *)text;

  while (length)
    {
      size_t count = character_length (bytes, length);

      if (!count)
        return false;
      bytes += count;
      length -= count;
    }
  return true;
}

static void
append_base64 (struct buffer *buffer, const unsigned char *bytes, size_t length)
{
  static const char letters[]
      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  buffer_reserve (buffer, (length + 2) / 3 * 4);
  for (size_t i = 0; i < length; i += 3)
    {
      size_t left = length - i;
      unsigned value = (unsigned)bytes[i] << 16;

      if (left > 1)
        value |= (unsigned)bytes[i + 1] << 8;
      if (left > 2)
        value |= bytes[i + 2];
      buffer_append (buffer,
                     (char[]){ letters[value >> 18], letters[value >> 12 & 63],
                               left > 1 ? letters[value >> 6 & 63] : '=',
                               left > 2 ? letters[value & 63] : '=' },
                     4);
    }
}

/* The letter of the short JSON escape of C, or 0.  */
static char
short_escape (unsigned char c)
{
  switch (c)
    {
    case '"':
    case '\\':
      return (char)c;
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
    }
}

static void
append_json_string (struct buffer *buffer, const char *bytes, size_t length)
{
  size_t plain = 0;

  buffer_append (buffer, "\"", 1);
  for (size_t i = 0; i < length; i++)
    {
      unsigned char c = (unsigned char)bytes[i];
      char letter = short_escape (c);

      if (!letter && c >= 0x20 && c != 0x7f)
        continue;
      buffer_append (buffer, bytes + plain, i - plain);
      if (letter)
        buffer_append (buffer, (char[]){ '\\', letter }, 2);
      else
        buffer_append (
            buffer,
            (char[]){ '\\', 'u', '0', '0', digits[c >> 4], digits[c & 15] }, 6);
      plain = i + 1;
    }
  buffer_append (buffer, bytes + plain, length - plain);
  buffer_append (buffer, "\"", 1);
}

void
record_json (struct buffer *buffer, const char *bytes, size_t length)
{
  if (record_is_utf8 (bytes, length))
    append_json_string (buffer, bytes, length);
  else
    {
      buffer_string (buffer, "{\"base64\":\"");
      append_base64 (buffer, (const unsigned char *)bytes, length);
      buffer_string (buffer, "\"}");
    }
}
