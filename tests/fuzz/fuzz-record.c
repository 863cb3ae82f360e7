/* fuzz-record.c - answers: written as text and as JSON, read back from both
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "json.h"
#include "../../client/lib/handle.h"
#include "../../protocol/record.h"
#include "../../src/call/writer.h"

#define FIELDS 64

enum field_type
{
  FIELD_BYTES,
  FIELD_NUMBER,
  FIELD_BOOL
};

struct field
{
  enum field_type type;
  const char *name;
  const char *bytes;
  size_t length;
  int64_t number;
  bool last; /* Of its record.  */
};

/* The answer that is written: one value, items, or records.  */
struct content
{
  unsigned kind;
  size_t count;
  struct field field[FIELDS];
};

enum
{
  A_VALUE,
  A_LIST,
  RECORDS,
  KINDS
};

static void
take_content (struct feed *feed, struct content *content)
{
  static const char *const names[] = { "path", "value", "x", "last-matched" };
  struct field *field;

  content->kind = feed_byte (feed) % KINDS;
  content->count = 0;
  do
    {
      unsigned byte = feed_byte (feed);

      field = &content->field[content->count++];
      field->type = content->kind == RECORDS ? byte % 4 % 3 : FIELD_BYTES;
      field->name = names[byte >> 2 & 3];
      field->last = byte & 16;
      field->number = 0;
      field->bytes = feed_piece (feed, &field->length);
      memcpy (&field->number, field->bytes,
              field->length < 8 ? field->length : 8);
    }
  while (content->kind != A_VALUE && feed_left (feed)
         && content->count < FIELDS);
  field->last = true;
}

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  struct buffer *answer = context;

  buffer_append (answer, bytes, length);
  return buffer_error (answer);
}

static gpg_error_t
take_status (void *context, const char *keyword, const char *text)
{
  (void)context;
  require (!strcmp (keyword, "WARNING"));
  for (const char *p = text; *p; p++)
    require ((unsigned char)*p >= 0x20 && *p != 0x7f);
  return 0;
}

static void
write_field (struct writer *out, const struct field *field)
{
  gpg_error_t err;

  if (field->type == FIELD_NUMBER)
    err = writer_field_number (out, field->name, field->number);
  else if (field->type == FIELD_BOOL)
    err = writer_field_bool (out, field->name, field->length & 1);
  else
    err = writer_field_bytes (out, field->name, field->bytes, field->length);
  require (!err);
  if (field->last)
    require (!writer_record_end (out));
}

static void
write_content (const struct content *content, enum output output,
               struct buffer *answer)
{
  struct writer out = { .sink = { take_data, take_status, answer },
                        .output = output };

  for (size_t i = 0; i < content->count; i++)
    {
      const struct field *field = &content->field[i];

      if (content->kind == A_VALUE)
        require (!writer_value (&out, field->bytes, field->length));
      else if (content->kind == A_LIST)
        require (!writer_item (&out, field->bytes, field->length));
      else
        write_field (&out, field);
    }
  require (!writer_warning (&out, "%.*s", (int)content->field[0].length,
                            content->field[0].bytes));
  writer_release (&out);
  buffer_append (answer, "", 0);
}

/* --- Reading JSON --- */

static void
read_bytes (struct json *json, const struct field *field)
{
  size_t length;
  char *bytes = json_bytes (json, &length);

  require (length == field->length && !memcmp (bytes, field->bytes, length));
  free (bytes);
}

static void
read_member (struct json *json, const struct field *field, bool first)
{
  size_t length;
  char *name;

  json_expect (json, first ? "{" : ",");
  name = json_string (json, &length);
  require (!strcmp (name, field->name));
  free (name);
  json_expect (json, ":");
  if (field->type == FIELD_NUMBER)
    require (json_number (json) == field->number);
  else if (field->type == FIELD_BOOL)
    json_expect (json, field->length & 1 ? "true" : "false");
  else
    read_bytes (json, field);
  if (field->last)
    json_expect (json, "}\n");
}

static void
check_json (const struct content *content)
{
  struct buffer answer = BUFFER_EMPTY;
  struct json json;
  bool first = true;

  write_content (content, OUTPUT_JSON, &answer);
  json.at = answer.bytes;
  json.end = answer.bytes + answer.length;
  for (size_t i = 0; i < content->count; i++)
    {
      const struct field *field = &content->field[i];

      if (content->kind == RECORDS)
        {
          read_member (&json, field, first);
          first = field->last;
          continue;
        }
      read_bytes (&json, field);
      json_expect (&json, "\n");
    }
  require (json.at == json.end);
  buffer_release (&answer);
}

/* --- Reading text --- */

static void
check_field (reeve_answer_t answer, size_t record, size_t index,
             const struct field *field)
{
  const char *value;
  size_t length;
  int64_t number;
  int yes;

  require (!strcmp (reeve_answer_field (answer, record, index, &value, &length),
                    field->name));
  if (field->type == FIELD_BYTES)
    require (length == field->length && !memcmp (value, field->bytes, length));
  if (index)
    return;
  /* The first field is also found by its name.  */
  if (field->type == FIELD_NUMBER)
    require (!reeve_answer_number (answer, record, field->name, &number)
             && number == field->number);
  if (field->type == FIELD_BOOL)
    require (!reeve_answer_bool (answer, record, field->name, &yes)
             && yes == (int)(field->length & 1));
}

static void
check_records (reeve_answer_t answer, const struct content *content)
{
  size_t record = 0, index = 0, count;
  const char *value;

  require (!reeve_answer_records (answer, &count));
  for (size_t i = 0; i < content->count; i++)
    {
      check_field (answer, record, index++, &content->field[i]);
      if (content->field[i].last)
        {
          require (!reeve_answer_field (answer, record, index, &value, NULL));
          record++;
          index = 0;
        }
    }
  require (record == count);
}

static void
check_text (const struct content *content)
{
  struct buffer bytes = BUFFER_EMPTY;
  reeve_answer_t answer;
  const char *value;
  size_t count, length;

  write_content (content, OUTPUT_TEXT, &bytes);
  require (!answer_new (&bytes, &answer));
  if (content->kind == RECORDS)
    check_records (answer, content);
  else if (content->kind == A_LIST)
    {
      require (!reeve_answer_list (answer, &count) && count == content->count);
      for (size_t i = 0; i < count; i++)
        {
          value = reeve_answer_item (answer, i, &length);
          require (length == content->field[i].length
                   && !memcmp (value, content->field[i].bytes, length));
        }
    }
  else
    {
      value = reeve_answer_bytes (answer, &length);
      require (length == content->field[0].length
               && !memcmp (value, content->field[0].bytes, length));
    }
  reeve_answer_release (answer);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  struct feed feed = { bytes, bytes + size };
  struct content content;

  take_content (&feed, &content);
  check_json (&content);
  check_text (&content);
  return 0;
}
