/* usage.c - what the server says of a command's arguments
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <string.h>
#include "usage.h"

void
usage_clear (struct usage *usage)
{
  buffer_clear (&usage->line);
}

gpg_error_t
usage_take (void *opaque, const char *keyword, const char *text)
{
  struct usage *usage = opaque;

  if (*keyword != '#' || usage->line.length)
    return 0;
  buffer_string (&usage->line, text);
  return buffer_error (&usage->line);
}

enum usage_kind
usage_argument (const struct usage *usage, size_t index, struct buffer *name)
{
  const char *text = usage->line.bytes;
  const char *found = NULL;

  if (!usage->line.length)
    return USAGE_UNKNOWN;
  while ((text = strchr (text + 1, '<')))
    if (text[-1] == ' ' || text[-1] == '[')
      {
        found = text + 1;
        if (!index--)
          break;
      }
  if (!found)
    return USAGE_UNKNOWN;

  /* Beyond the last one, that is meant if it repeats.  */
  if (!text && strncmp (found + strcspn (found, ">"), ">...", 4))
    return USAGE_UNKNOWN;
  text = strpbrk (found, ":>");
  if (!text || *text != ':')
    return USAGE_UNKNOWN;
  if (name)
    buffer_append (name, found, (size_t)(text - found));
  return strncmp (text, ":secret>", 8) ? USAGE_SHOWN : USAGE_SECRET;
}
