/* buffer.h - a byte buffer that grows
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#ifndef REEVE_BUFFER_H
#define REEVE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>
#include <gpg-error.h>

/* BYTES has LENGTH bytes and is always followed by a NUL that LENGTH does
   not count (BYTES is NULL before the first append).  A buffer that once
   failed to grow keeps its FAILED mark, ignores further appends, and tells
   in buffer_error: so a run of appends needs one check.  */
struct buffer
{
  char *bytes;
  size_t length;
  size_t allocated;
  int failed;
};

#define BUFFER_EMPTY                                                           \
  {                                                                            \
    NULL, 0, 0, 0                                                              \
  }
#define auto_buffer __attribute__ ((cleanup (buffer_release)))

/* Append LENGTH bytes; the bytes may be anything.  */
void buffer_append (struct buffer *buffer, const void *bytes, size_t length);

/* Append the C string STRING without its NUL.  */
void buffer_string (struct buffer *buffer, const char *string);

/* Append as printf and vprintf would.  */
void buffer_printf (struct buffer *buffer, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));
void buffer_vprintf (struct buffer *buffer, const char *format,
                     va_list arguments) __attribute__ ((format (printf, 2, 0)));

/* Make room for MORE further bytes, so that appending them cannot fail.  */
void buffer_reserve (struct buffer *buffer, size_t more);

/* Return 0, or GPG_ERR_ENOMEM if any append failed.  */
gpg_error_t buffer_error (const struct buffer *buffer);

/* Hand out the bytes (NUL terminated, for the caller to free) and empty
   BUFFER.  *R_LENGTH may be NULL.  */
gpg_error_t buffer_take (struct buffer *buffer, char **r_bytes,
                         size_t *r_length);

/* Forget the content and keep the memory.  */
void buffer_clear (struct buffer *buffer);

/* Free the memory; BUFFER is empty then.  */
void buffer_release (struct buffer *buffer);

/* Wipe the memory, then free it.  */
void buffer_wipe (struct buffer *buffer);

#endif /* REEVE_BUFFER_H */
