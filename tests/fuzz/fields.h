/* fields.h - what parsers of foreign JSON say must be fit to be written
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_FUZZ_FIELDS_H
#define REEVE_FUZZ_FIELDS_H

#include <ctype.h>
#include <jansson.h>
#include "fuzz.h"
#include "../../src/mod/hw/fields.h"
#include "../../src/mod/hw/tidy.h"

/* What is made tidy is valid, and tidy.  */
static inline void
check_tidy (const char *bytes, size_t length, bool pairs)
{
  struct buffer once = BUFFER_EMPTY;
  struct buffer twice = BUFFER_EMPTY;

  if (!tidy_json (bytes, length, pairs, &once))
    {
      json_t *json = json_loadb (once.bytes, once.length, 0, NULL);

      require (json);
      json_decref (json);
      if (!pairs)
        {
          require (!tidy_json (once.bytes, once.length, false, &twice));
          require (once.length == twice.length);
          require (!memcmp (once.bytes, twice.bytes, once.length));
        }
    }
  buffer_release (&once);
  buffer_release (&twice);
}

/* The sink of a writer: each record is an object in one line.  */
static inline gpg_error_t
check_record (void *context, const char *bytes, size_t length)
{
  json_t *json;

  (void)context;
  if (!bytes || !length)
    return 0;
  require (bytes[length - 1] == '\n' && !memchr (bytes, '\n', length - 1));
  json = json_loadb (bytes, length, JSON_DECODE_INT_AS_REAL, NULL);
  require (json);
  json_decref (json);
  return 0;
}

/* Have PARSE take the input apart, and write what it says by each of
   TABLES.  */
static inline void
check_parser (fenced_function parse, const void *context, const char *bytes,
              size_t length, const struct field *const *tables)
{
  struct channel out, in;
  struct fenced_answer answer = { 0 };
  struct writer writer = { .sink = { check_record, NULL, NULL },
                           .output = OUTPUT_JSON };
  struct failure failure = FAILURE_NONE;
  struct message message;
  size_t used;

  channel_init (&out, -1);
  channel_init (&in, -1);
  channel_begin (&out, 1, 0);
  if (!parse (bytes, length, context, &out, &failure))
    {
      channel_end (&out);
      require (!buffer_error (&out.out));
      require (!channel_parse (&in, out.out.bytes, out.out.length, &message,
                               &used));
      require (used == out.out.length && message.count % 2 == 0);
      answer.items = message.items;
      answer.count = message.count;
      for (; *tables; tables++)
        for (size_t index = 0; index < answer.count;)
          {
            require (!fields_write (&writer, *tables, &answer, &index));
            require (!writer.in_record || !writer_record_end (&writer));
          }
    }
  writer_release (&writer);
  failure_release (&failure);
  channel_release (&out);
  channel_release (&in);
}

#endif /* REEVE_FUZZ_FIELDS_H */
