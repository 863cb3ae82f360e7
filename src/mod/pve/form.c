/* form.c - what a request to Proxmox VE carries
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "form.h"

#include <string.h>

#define UNRESERVED                                                             \
  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"

static void
append_escaped (struct buffer *buffer, const char *text)
{
  while (*text)
    {
      size_t plain = strspn (text, UNRESERVED);

      buffer_append (buffer, text, plain);
      text += plain;
      if (*text)
        buffer_printf (buffer, "%%%02X", (unsigned char)*text++);
    }
}

void
form_append (struct buffer *form, const char *name, const char *value)
{
  if (form->length)
    buffer_append (form, "&", 1);
  append_escaped (form, name);
  buffer_append (form, "=", 1);
  append_escaped (form, value);
}

gpg_error_t
form_segment (struct buffer *path, const char *segment)
{
  if (!*segment || !strcmp (segment, ".") || !strcmp (segment, ".."))
    return gpg_error (GPG_ERR_INV_ARG);
  buffer_append (path, "/", 1);
  append_escaped (path, segment);
  return 0;
}
