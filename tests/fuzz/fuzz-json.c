/* fuzz-json.c - the top level of JSON objects, and records of the audit log
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What the scanner accepts says the same when it is written again.  */

#include "fuzz.h"
#include "../../protocol/json.h"
#include "../../protocol/record.h"
#include "../../src/mod/audit/filter.h"

/* Write what FIELD is as JSON.  */
static void
write_value (const struct json_field *field, struct buffer *text)
{
  struct buffer string = BUFFER_EMPTY;
  int64_t number;

  if (field->kind != JSON_STRING)
    {
      if (json_whole_number (field, &number))
        require (field->kind == JSON_NUMBER);
      buffer_append (text, field->text, field->length);
      return;
    }
  json_append_string (field, &string);
  buffer_append (&string, "", 0);
  require (!buffer_error (&string));
  require (record_is_utf8 (string.length ? string.bytes : "", string.length));
  record_json (text, string.length ? string.bytes : "", string.length);
  buffer_release (&string);
}

/* Scan the LENGTH bytes at BYTES and write the object to AGAIN; whether they
   are one.  */
static bool
rewrite (const char *bytes, size_t length, struct buffer *again)
{
  const char *last = bytes;
  struct json_scan scan;
  struct json_field field;
  bool any = false;
  bool found;
  gpg_error_t err;

  json_start (&scan, bytes, length);
  buffer_string (again, "{");
  while (!(err = json_next (&scan, &field, &found)) && found)
    {
      require (field.name > last
               && field.text > field.name + field.name_length);
      last = field.text + field.length;
      require (field.length && last <= bytes + length);
      buffer_string (again, any ? ",\"" : "\"");
      buffer_append (again, field.name, field.name_length);
      buffer_string (again, "\":");
      write_value (&field, again);
      any = true;
    }
  buffer_string (again, "}");
  require (!buffer_error (again));
  require (!err || gpg_err_code (err) == GPG_ERR_SYNTAX);
  return !err;
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  const struct filter filter = { .since = "2026", .identity = "panel" };
  struct buffer first = BUFFER_EMPTY;
  struct buffer second = BUFFER_EMPTY;
  char *copy = malloc (size ? size : 1);
  bool wanted, good;

  /* So that a sanitizer sees what is read beyond the end.  */
  require (copy);
  if (size)
    memcpy (copy, bytes, size);
  good = rewrite (copy, size, &first);
  if (good)
    {
      require (rewrite (first.bytes, first.length, &second));
      require (first.length == second.length);
      require (!memcmp (first.bytes, second.bytes, first.length));
    }
  require (good || filter_match (&filter, copy, size, &wanted));
  if (!filter_match (&filter, copy, size, &wanted))
    require (good);
  else
    require (!wanted);
  buffer_release (&first);
  buffer_release (&second);
  free (copy);
  return 0;
}
