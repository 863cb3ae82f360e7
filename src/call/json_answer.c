/* json_answer.c - answers made of JSON that was written down
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "json_answer.h"

#include <string.h>

#include "../../protocol/memory.h"

static gpg_error_t
write_string (struct writer *out, const char *name,
              const struct json_field *field)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  gpg_error_t err;

  json_append_string (field, &text);
  err = buffer_error (&text);
  return err ? err
             : writer_field_bytes (out, name, text.length ? text.bytes : "",
                                   text.length);
}

/* Whether FIELD is an array of strings.  */
static bool
is_list (const struct json_field *field)
{
  struct json_scan scan;
  struct json_field item;
  bool found;

  json_start_items (&scan, field);
  while (!json_next (&scan, &item, &found) && found)
    if (item.kind != JSON_STRING)
      return false;
  return true;
}

/* Write such one in text: as many fields.  */
static gpg_error_t
write_list (struct writer *out, const char *name,
            const struct json_field *field)
{
  struct json_scan scan;
  struct json_field item;
  bool found;
  gpg_error_t err;

  json_start_items (&scan, field);
  while (!(err = json_next (&scan, &item, &found)) && found)
    {
      err = write_string (out, name, &item);
      if (err)
        return err;
    }
  return err;
}

gpg_error_t
json_answer_field (struct writer *out, const struct json_field *field)
{
  auto_free char *name = strndup (field->name, field->name_length);
  int64_t number;

  if (!name)
    return gpg_error_from_syserror ();
  switch (field->kind)
    {
    case JSON_STRING:
      return write_string (out, name, field);
    case JSON_TRUE:
    case JSON_FALSE:
      return writer_field_bool (out, name, field->kind == JSON_TRUE);
    case JSON_NUMBER:
      if (json_whole_number (field, &number))
        return writer_field_number (out, name, number);
      break;
    case JSON_ARRAY:
      if (out->output == OUTPUT_TEXT && is_list (field))
        return write_list (out, name, field);
      break;
    case JSON_NULL:
    case JSON_OBJECT:
      break;
    }
  return writer_field_json (out, name, field->text, field->length);
}

static bool
is_one_of (const struct json_field *field, const char *const *names)
{
  for (; *names; names++)
    if (json_is (field, *names))
      return true;
  return false;
}

gpg_error_t
json_answer_record (struct writer *out, const char *text, size_t length,
                    const char *const *but)
{
  struct json_scan scan;
  struct json_field field;
  bool found;
  gpg_error_t err;

  json_start (&scan, text, length);
  while (!(err = json_next (&scan, &field, &found)) && found)
    if (!is_one_of (&field, but))
      {
        err = json_answer_field (out, &field);
        if (err)
          return err;
      }
  return err ? err : writer_record_end (out);
}
