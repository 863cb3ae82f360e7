/* buffer.c - a byte buffer that grows
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include "buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "memory.h"

#define SMALLEST 128

/* Not realloc: it would leave copies of secrets in freed memory.  */
static void
grow (struct buffer *buffer, size_t needed)
{
  size_t size = buffer->allocated ? buffer->allocated : SMALLEST;
  char *bytes;

  while (size < needed)
    size = size > SIZE_MAX / 2 ? needed : size * 2;
  bytes = malloc (size);
  if (!bytes)
    {
      buffer->failed = 1;
      return;
    }
  if (buffer->bytes)
    {
      memcpy (bytes, buffer->bytes, buffer->length);
      explicit_bzero (buffer->bytes, buffer->length);
      free (buffer->bytes);
    }
  bytes[buffer->length] = 0;
  buffer->bytes = bytes;
  buffer->allocated = size;
}

void
buffer_reserve (struct buffer *buffer, size_t more)
{
  if (buffer->failed)
    return;
  if (more >= SIZE_MAX - buffer->length)
    buffer->failed = 1;
  else if (buffer->length + more + 1 > buffer->allocated)
    grow (buffer, buffer->length + more + 1);
}

void
buffer_append (struct buffer *buffer, const void *bytes, size_t length)
{
  buffer_reserve (buffer, length);
  if (buffer->failed || !length)
    return;
  memcpy (buffer->bytes + buffer->length, bytes, length);
  buffer->length += length;
  buffer->bytes[buffer->length] = 0;
}

void
buffer_string (struct buffer *buffer, const char *string)
{
  buffer_append (buffer, string, strlen (string));
}

void
buffer_vprintf (struct buffer *buffer, const char *format, va_list arguments)
{
  auto_free char *text = NULL;
  int length = vasprintf (&text, format, arguments);

  if (length < 0)
    {
      text = NULL;
      buffer->failed = 1;
      return;
    }
  buffer_append (buffer, text, (size_t)length);
}

void
buffer_printf (struct buffer *buffer, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  buffer_vprintf (buffer, format, arguments);
  va_end (arguments);
}

gpg_error_t
buffer_error (const struct buffer *buffer)
{
  return buffer->failed ? gpg_error (GPG_ERR_ENOMEM) : 0;
}

gpg_error_t
buffer_take (struct buffer *buffer, char **r_bytes, size_t *r_length)
{
  *r_bytes = NULL;
  buffer_reserve (buffer, 0);
  if (buffer->failed)
    return gpg_error (GPG_ERR_ENOMEM);
  *r_bytes = buffer->bytes;
  if (r_length)
    *r_length = buffer->length;
  *buffer = (struct buffer)BUFFER_EMPTY;
  return 0;
}

void
buffer_clear (struct buffer *buffer)
{
  buffer->length = 0;
  buffer->failed = 0;
  if (buffer->bytes)
    *buffer->bytes = 0;
}

void
buffer_release (struct buffer *buffer)
{
  free (buffer->bytes);
  *buffer = (struct buffer)BUFFER_EMPTY;
}

void
buffer_wipe (struct buffer *buffer)
{
  if (buffer->bytes)
    explicit_bzero (buffer->bytes, buffer->allocated);
  buffer_release (buffer);
}
