/* text.c - texts made by a format
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include "text.h"

#include <stdio.h>

/* When vasprintf fails, what it stores is undefined.  */
char *
text_vformat (const char *format, va_list arguments)
{
  char *text;

  return vasprintf (&text, format, arguments) < 0 ? NULL : text;
}

char *
text_format (const char *format, ...)
{
  va_list arguments;
  char *text;

  va_start (arguments, format);
  text = text_vformat (format, arguments);
  va_end (arguments);
  return text;
}
