/* parsed.h - what a parser for behind a fence says, as a text
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TEST_PARSED_H
#define REEVE_TEST_PARSED_H

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/buffer.h"
#include "src/base/fenced.h"

/* An answer without a fence.  */
struct parsed
{
  struct channel out;
  struct channel in;
  struct fenced_answer answer;
  struct failure failure;
  struct buffer text; /* "name=value;" for each pair; "|" ends a record.  */
};

static inline gpg_error_t
parse (struct parsed *parsed, fenced_function function, const void *context,
       const char *bytes, size_t length)
{
  struct message message;
  size_t used;
  gpg_error_t err;

  memset (parsed, 0, sizeof *parsed);
  channel_init (&parsed->out, -1);
  channel_init (&parsed->in, -1);
  channel_begin (&parsed->out, 1, 0);
  err = function (bytes, length, context, &parsed->out, &parsed->failure);
  if (err)
    return err;
  channel_end (&parsed->out);
  assert_int_equal (channel_parse (&parsed->in, parsed->out.out.bytes,
                                   parsed->out.out.length, &message, &used),
                    0);
  parsed->answer.items = message.items;
  parsed->answer.count = message.count;
  for (size_t i = 0; i + 1 < message.count; i += 2)
    if (message.items[i].length)
      buffer_printf (&parsed->text, "%.*s=%.*s;", (int)message.items[i].length,
                     message.items[i].bytes, (int)message.items[i + 1].length,
                     message.items[i + 1].bytes);
    else
      buffer_string (&parsed->text, "|");
  buffer_append (&parsed->text, "", 0);
  assert_int_equal (buffer_error (&parsed->text), 0);
  return 0;
}

static inline void
parsed_release (struct parsed *parsed)
{
  channel_release (&parsed->out);
  channel_release (&parsed->in);
  failure_release (&parsed->failure);
  buffer_release (&parsed->text);
}

/* FUNCTION says EXPECTED of TEXT.  */
static inline void
assert_says (fenced_function function, const void *context, const char *text,
             const char *expected)
{
  struct parsed parsed;

  assert_int_equal (parse (&parsed, function, context, text, strlen (text)), 0);
  assert_string_equal (parsed.text.bytes, expected);
  parsed_release (&parsed);
}

/* FUNCTION fails by CODE, and has words for it.  */
static inline void
assert_fails (fenced_function function, const void *context, const char *text,
              gpg_err_code_t code)
{
  struct parsed parsed;

  assert_code (parse (&parsed, function, context, text, strlen (text)), code);
  assert_non_null (parsed.failure.text);
  parsed_release (&parsed);
}

#endif /* REEVE_TEST_PARSED_H */
