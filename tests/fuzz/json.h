/* json.h - a strict reader of JSON, which shares no code with reeve
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Strict as RFC 8259 without any white space, which reeve never writes.  All
   that is wrong aborts.  Bytes are decoded from strings and from objects
   {"base64":"..."}.  */

#ifndef REEVE_FUZZ_JSON_H
#define REEVE_FUZZ_JSON_H

#include "fuzz.h"

struct json
{
  const char *at;
  const char *end;
};

static inline bool
json_is (struct json *json, char c)
{
  return json->at < json->end && *json->at == c;
}

static inline void
json_expect (struct json *json, const char *text)
{
  for (; *text; text++)
    {
      require (json_is (json, *text));
      json->at++;
    }
}

/* The length of the UTF-8 character at BYTES, of which LENGTH are there; 0 if
   it is none.  By value, not by table: decoded, it must be what needs just
   that many bytes, and no surrogate.  */
static inline size_t
json_character (const char *bytes, size_t length)
{
  static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
  unsigned first = (unsigned char)*bytes;
  size_t count = first < 0x80 ? 1 : 2 + (first >= 0xe0) + (first >= 0xf0);
  uint32_t value = first & (count == 1 ? 0x7f : 0x3f >> (count - 1));

  if ((first >= 0x80 && first < 0xc0) || first >= 0xf8 || count > length)
    return 0;
  for (size_t i = 1; i < count; i++)
    {
      if (((unsigned char)bytes[i] & 0xc0) != 0x80)
        return 0;
      value = value << 6 | ((unsigned char)bytes[i] & 0x3f);
    }
  if (count > 1
      && (value < least[count] || value > 0x10ffff
          || (value >= 0xd800 && value < 0xe000)))
    return 0;
  return count;
}

static inline bool
json_is_utf8 (const char *bytes, size_t length)
{
  while (length)
    {
      size_t count = json_character (bytes, length);

      if (!count)
        return false;
      bytes += count;
      length -= count;
    }
  return true;
}

static inline unsigned
json_hex (struct json *json)
{
  unsigned value = 0;

  for (int i = 0; i < 4; i++)
    {
      static const char digits[] = "0123456789abcdef";
      const char *digit;

      require (json->at < json->end && *json->at);
      digit = strchr (digits, *json->at | 0x20);
      require (digit);
      value = value << 4 | (unsigned)(digit - digits);
      json->at++;
    }
  return value;
}

/* What stands behind a backslash; reeve needs no character beyond one byte
   written so.  */
static inline char
json_escape (struct json *json)
{
  static const char names[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
  unsigned value;

  require (json->at < json->end);
  if (json_is (json, 'u'))
    {
      json->at++;
      value = json_hex (json);
      require (value < 0x80);
      return (char)value;
    }
  for (const char *name = names; *name; name += 2)
    if (*name == *json->at)
      {
        json->at++;
        return name[1];
      }
  require (!"an escape that JSON has not");
  return 0;
}

/* Decode the string that begins here, for the caller to free.  */
static inline char *
json_string (struct json *json, size_t *r_length)
{
  char *text = malloc ((size_t)(json->end - json->at) + 1);
  size_t length = 0;

  require (text);
  json_expect (json, "\"");
  while (!json_is (json, '"'))
    {
      size_t count;

      require (json->at < json->end && (unsigned char)*json->at >= 0x20);
      if (json_is (json, '\\'))
        {
          json->at++;
          text[length++] = json_escape (json);
          continue;
        }
      count = json_character (json->at, (size_t)(json->end - json->at));
      require (count);
      memcpy (text + length, json->at, count);
      length += count;
      json->at += count;
    }
  json->at++;
  text[length] = 0;
  *r_length = length;
  return text;
}

static inline unsigned
json_letter (char c)
{
  static const char letters[]
      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *letter = c ? strchr (letters, c) : NULL;

  require (letter);
  return (unsigned)(letter - letters);
}

/* Decode the LENGTH base64 letters at TEXT in place.  */
static inline size_t
json_base64 (char *text, size_t length)
{
  char *to = text;

  require (length % 4 == 0);
  for (size_t i = 0; i < length; i += 4)
    {
      bool last = i + 4 == length;
      unsigned pad = !last ? 0 : (text[i + 3] == '=') + (text[i + 2] == '=');
      uint32_t value = json_letter (text[i]) << 18
                       | json_letter (text[i + 1]) << 12;

      if (pad < 2)
        value |= json_letter (text[i + 2]) << 6;
      if (pad < 1)
        value |= json_letter (text[i + 3]);
      require (!pad || !(value & ((1U << 8 * pad) - 1)));
      *to++ = (char)(value >> 16);
      if (pad < 2)
        *to++ = (char)(value >> 8);
      if (pad < 1)
        *to++ = (char)value;
    }
  return (size_t)(to - text);
}

/* The bytes that stand here, for the caller to free.  Only what is no UTF-8
   is written in base64.  */
static inline char *
json_bytes (struct json *json, size_t *r_length)
{
  char *text;

  if (!json_is (json, '{'))
    return json_string (json, r_length);
  json_expect (json, "{\"base64\":");
  text = json_string (json, r_length);
  json_expect (json, "}");
  *r_length = json_base64 (text, *r_length);
  require (!json_is_utf8 (text, *r_length));
  return text;
}

/* The integer that stands here.  */
static inline int64_t
json_number (struct json *json)
{
  bool minus = json_is (json, '-');
  uint64_t value = 0;
  const char *first;

  json->at += minus;
  for (first = json->at;
       json->at < json->end && *json->at >= '0' && *json->at <= '9'; json->at++)
    value = value * 10 + (uint64_t)(*json->at - '0');
  require (json->at > first && (*first != '0' || json->at == first + 1));
  return (int64_t)(minus ? 0 - value : value);
}

#endif /* REEVE_FUZZ_JSON_H */
