/* fuzz-answer.c - libreeve reads what is no answer, or nearly one
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "fuzz.h"
#include "../../client/lib/handle.h"
#include "../../protocol/record.h"

/* What was read, written again.  */
static void
write_list (reeve_answer_t answer, size_t count, struct buffer *text)
{
  const char *value;
  size_t length;

  for (size_t i = 0; i < count; i++)
    {
      value = reeve_answer_item (answer, i, &length);
      require (value && !value[length]);
      record_escape (text, value, length);
      buffer_string (text, "\n");
    }
  require (!reeve_answer_item (answer, count, NULL));
}

static void
ask_for (reeve_answer_t answer, size_t record, const char *name)
{
  const char *value;
  int64_t number;
  int yes;

  require (!reeve_answer_string (answer, record, name, &value, NULL));
  reeve_answer_number (answer, record, name, &number);
  reeve_answer_bool (answer, record, name, &yes);
}

static void
write_records (reeve_answer_t answer, size_t count, struct buffer *text)
{
  const char *name, *value;
  size_t length;

  for (size_t i = 0; i < count; i++)
    {
      if (i)
        buffer_string (text, "\n");
      for (size_t j = 0;
           (name = reeve_answer_field (answer, i, j, &value, &length)); j++)
        {
          require (*name && !value[length]);
          ask_for (answer, i, name);
          buffer_printf (text, "%s: ", name);
          record_escape (text, value, length);
          buffer_string (text, "\n");
        }
    }
  require (!reeve_answer_field (answer, count, 0, &value, NULL));
}

/* What can be read has one way to be written, but for the last newline.  */
static void
check_same (reeve_answer_t answer, struct buffer *text, bool records)
{
  size_t length;
  const char *bytes = reeve_answer_bytes (answer, &length);

  require (!buffer_error (text));
  if (length && bytes[length - 1] != '\n')
    require (text->length == length + 1);
  else if (records && text->length + 1 == length)
    require (bytes[length - 1] == '\n');
  else
    require (text->length == length);
  require (!memcmp (bytes, text->bytes ? text->bytes : "",
                    length < text->length ? length : text->length));
  buffer_release (text);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  struct buffer content = BUFFER_EMPTY;
  struct buffer text = BUFFER_EMPTY;
  reeve_answer_t answer;
  size_t count;

  buffer_append (&content, bytes, size);
  require (!answer_new (&content, &answer));
  if (reeve_answer_list (answer, &count))
    require (!count && !reeve_answer_item (answer, 0, NULL));
  else
    {
      write_list (answer, count, &text);
      check_same (answer, &text, false);
    }
  if (reeve_answer_records (answer, &count))
    require (!count);
  else if (!memchr (bytes, 0, size))
    {
      write_records (answer, count, &text);
      check_same (answer, &text, true);
    }
  reeve_answer_release (answer);
  return 0;
}
