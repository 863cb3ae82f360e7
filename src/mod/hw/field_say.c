/* field_say.c - what a parser behind a fence says: fields
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "field_say.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_MOST 40 /* Of a whole number: 128 bits have 39.  */
#define DECIMAL_MOST 1e15

void
field_say (struct channel *out, const char *name, const char *value)
{
  if (out->out_count >= FIELDS_MOST)
    return;
  channel_string (out, name);
  channel_string (out, value);
}

void
field_say_text (struct channel *out, const char *name, const json_t *json)
{
  const char *text = json_string_value (json);

  if (text && *text)
    field_say (out, name, text);
}

/* Whether TEXT begins with a whole number; it goes to NUMBER.  */
static bool
read_digits (const char *text, char number[DIGITS_MOST + 2])
{
  size_t sign = *text == '-';
  size_t count;

  text += sign;
  count = strspn (text, "0123456789");
  while (count > 1 && *text == '0')
    {
      text++;
      count--;
    }
  if (!count || count > DIGITS_MOST)
    return false;
  snprintf (number, DIGITS_MOST + 2, "%s%.*s", sign ? "-" : "", (int)count,
            text);
  return true;
}

void
field_say_number (struct channel *out, const char *name, const json_t *json)
{
  char number[DIGITS_MOST + 2];

  if (json_is_integer (json))
    snprintf (number, sizeof number, "%" PRId64,
              (int64_t)json_integer_value (json));
  else if (json_is_real (json) && fabs (json_real_value (json)) < 1e38)
    snprintf (number, sizeof number, "%.0f", json_real_value (json));
  else if (!json_is_string (json)
           || !read_digits (json_string_value (json), number))
    return;
  field_say (out, name, number);
}

void
field_say_decimal (struct channel *out, const char *name, const json_t *json)
{
  double number = json_number_value (json);
  char text[32];
  char *last;

  if (!json_is_number (json) || fabs (number) > DECIMAL_MOST)
    return;
  snprintf (text, sizeof text, "%.6f", number);
  for (last = text + strlen (text) - 1; *last == '0'; last--)
    *last = 0;
  if (*last == '.')
    *last = 0;
  field_say (out, name, strcmp (text, "-0") ? text : "0");
}

void
field_say_bool (struct channel *out, const char *name, const json_t *json)
{
  if (json_is_boolean (json))
    field_say (out, name, json_is_true (json) ? "1" : "0");
  else if (json_is_number (json))
    field_say (out, name, json_number_value (json) != 0 ? "1" : "0");
}

void
field_end_record (struct channel *out)
{
  field_say (out, "", "");
}

gpg_error_t
field_said (const struct channel *out, struct failure *failure)
{
  return out->out_count < FIELDS_MOST
             ? 0
             : fail (failure, GPG_ERR_TOO_LARGE,
                     "there is more than can be taken: %d fields",
                     FIELDS_MOST / 2);
}

json_t *
field_find (const json_t *json, const char *path)
{
  for (;;)
    {
      size_t length = strcspn (path, ".");
      char name[64];

      if (length >= sizeof name)
        return NULL;
      memcpy (name, path, length);
      name[length] = 0;
      json = json_object_get (json, name);
      if (!json || !path[length])
        return (json_t *)json;
      path += length + 1;
    }
}
