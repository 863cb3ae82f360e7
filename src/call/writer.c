/* writer.c - the record writer: how a handler answers
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "protocol/limits.h"
#include "protocol/memory.h"
#include "protocol/record.h"
#include "writer.h"

/* Hand on LENGTH bytes.  After an answer that was too large nothing more
   leaves.  */
static gpg_error_t
send_bytes (struct writer *out, const char *bytes, size_t length)
{
  size_t most = out->most ? out->most : LIMIT_ANSWER;

  if (length > most - out->written)
    {
      out->written = most;
      return gpg_error (GPG_ERR_TOO_LARGE);
    }
  out->written += length;
  return length ? out->sink.data (out->sink.context, bytes, length) : 0;
}

/* Hand on what OUT->line holds.  */
static gpg_error_t
send_line (struct writer *out)
{
  gpg_error_t err = buffer_error (&out->line);

  if (!err)
    err = send_bytes (out, out->line.bytes, out->line.length);
  buffer_clear (&out->line);
  return err;
}

gpg_error_t
writer_value (struct writer *out, const char *bytes, size_t length)
{
  if (out->output == OUTPUT_TEXT)
    return send_bytes (out, bytes, length);
  record_json (&out->line, bytes, length);
  buffer_string (&out->line, "\n");
  return send_line (out);
}

gpg_error_t
writer_item (struct writer *out, const char *bytes, size_t length)
{
  if (out->output == OUTPUT_JSON)
    return writer_value (out, bytes, length);
  record_escape (&out->line, bytes, length);
  buffer_string (&out->line, "\n");
  return send_line (out);
}

/* Begin a field; its value follows.  */
static void
begin_field (struct writer *out, const char *name)
{
  if (out->output == OUTPUT_JSON)
    {
      buffer_string (&out->line, out->in_record ? "," : "{");
      record_json (&out->line, name, strlen (name));
      buffer_string (&out->line, ":");
    }
  else
    {
      if (!out->in_record && out->any_record)
        buffer_string (&out->line, "\n");
      buffer_printf (&out->line, "%s: ", name);
    }
  out->in_record = true;
}

/* A text field is a line of its own, a JSON record is sent at its end.  */
static gpg_error_t
end_field (struct writer *out)
{
  if (out->output == OUTPUT_JSON)
    return buffer_error (&out->line);
  buffer_string (&out->line, "\n");
  return send_line (out);
}

gpg_error_t
writer_field_bytes (struct writer *out, const char *name, const char *bytes,
                    size_t length)
{
  begin_field (out, name);
  if (out->output == OUTPUT_JSON)
    record_json (&out->line, bytes, length);
  else
    record_escape (&out->line, bytes, length);
  return end_field (out);
}

gpg_error_t
writer_field (struct writer *out, const char *name, const char *format, ...)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  va_list arguments;
  gpg_error_t err;

  va_start (arguments, format);
  buffer_vprintf (&text, format, arguments);
  va_end (arguments);
  err = buffer_error (&text);
  return err ? err : writer_field_bytes (out, name, text.bytes, text.length);
}

gpg_error_t
writer_field_number (struct writer *out, const char *name, int64_t number)
{
  begin_field (out, name);
  buffer_printf (&out->line, "%" PRId64, number);
  return end_field (out);
}

gpg_error_t
writer_field_bool (struct writer *out, const char *name, bool value)
{
  bool json = out->output == OUTPUT_JSON;

  begin_field (out, name);
  buffer_string (&out->line,
                 value ? (json ? "true" : "yes") : (json ? "false" : "no"));
  return end_field (out);
}

gpg_error_t
writer_field_list (struct writer *out, const char *name,
                   const char *const *items, size_t count)
{
  gpg_error_t err = 0;

  if (out->output == OUTPUT_TEXT)
    {
      for (size_t i = 0; i < count && !err; i++)
        err = writer_field_bytes (out, name, items[i], strlen (items[i]));
      return err;
    }
  begin_field (out, name);
  buffer_string (&out->line, "[");
  for (size_t i = 0; i < count; i++)
    {
      if (i)
        buffer_string (&out->line, ",");
      record_json (&out->line, items[i], strlen (items[i]));
    }
  buffer_string (&out->line, "]");
  return end_field (out);
}

gpg_error_t
writer_field_json (struct writer *out, const char *name, const char *text,
                   size_t length)
{
  if (out->output == OUTPUT_TEXT)
    return writer_field_bytes (out, name, text, length);
  begin_field (out, name);
  buffer_append (&out->line, text, length);
  return end_field (out);
}

gpg_error_t
writer_flush (struct writer *out)
{
  return out->sink.data (out->sink.context, NULL, 0);
}

gpg_error_t
writer_record_end (struct writer *out)
{
  out->in_record = false;
  out->any_record = true;
  if (out->output == OUTPUT_TEXT)
    return 0;
  buffer_string (&out->line, "}\n");
  return send_line (out);
}

gpg_error_t
writer_warning (struct writer *out, const char *format, ...)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  auto_buffer struct buffer line = BUFFER_EMPTY;
  va_list arguments;
  gpg_error_t err;

  va_start (arguments, format);
  buffer_vprintf (&text, format, arguments);
  va_end (arguments);
  record_escape (&line, text.bytes, text.length);
  err = buffer_error (&text);
  if (!err)
    err = buffer_error (&line);
  return err ? err
             : out->sink.status (out->sink.context, "WARNING", line.bytes);
}

void
writer_release (struct writer *out)
{
  buffer_release (&out->line);
}
