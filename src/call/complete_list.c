/* complete_list.c - completion by what LIST tells
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "complete_list.h"

#include <string.h>

#include "../../protocol/buffer.h"

static gpg_error_t
keep_data (void *context, const char *bytes, size_t length)
{
  struct buffer *text = context;

  if (bytes)
    buffer_append (text, bytes, length);
  return buffer_error (text);
}

static gpg_error_t
ignore_status (void *context, const char *keyword, const char *text)
{
  (void)context;
  (void)keyword;
  (void)text;
  return 0;
}

gpg_error_t
complete_list (struct call *call, const char *field, const char *prefix)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  struct writer out = { .sink = { keep_data, ignore_status, &text } };
  size_t length = strlen (field);
  gpg_error_t err = call->perform (call, "LIST", NULL, 0, &out);

  writer_release (&out);
  for (const char *line = text.bytes; !err && line && *line;)
    {
      const char *end = strchrnul (line, '\n');

      if (!strncmp (line, field, length) && !strncmp (line + length, ": ", 2)
          && !strncmp (line + length + 2, prefix, strlen (prefix)))
        err = writer_item (call->out, line + length + 2,
                           (size_t)(end - line) - length - 2);
      line = *end ? end + 1 : end;
    }
  return err;
}
