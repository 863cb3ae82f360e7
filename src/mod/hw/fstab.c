/* fstab.c - lines of /etc/fstab
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "fstab.h"

#include <stdbool.h>
#include <string.h>

#include "../../../protocol/buffer.h"
#include "../../../protocol/memory.h"

#define BLANKS " \t"

/* Append TEXT as a field: what would end it as \ooo.  */
static void
append_field (struct buffer *line, const char *text)
{
  for (const char *p = text; *p; p++)
    if (strchr (" \t\n\\#", *p))
      buffer_printf (line, "\\%03o", (unsigned char)*p);
    else
      buffer_append (line, p, 1);
}

gpg_error_t
fstab_line (const char *filesystem, const char *target, const char *type,
            const char *options, char **r_line)
{
  auto_buffer struct buffer line = BUFFER_EMPTY;

  *r_line = NULL;
  append_field (&line, filesystem);
  buffer_string (&line, " ");
  append_field (&line, target);
  /* 0: it is not dumped; 2: it is checked behind the root.  */
  buffer_printf (&line, " %s %s,nofail 0 2", type, options);
  return buffer_take (&line, r_line, NULL);
}

/* Whether the field of LENGTH bytes at FIELD is TEXT.  */
static bool
field_is (const char *field, size_t length, const char *text)
{
  auto_buffer struct buffer plain = BUFFER_EMPTY;

  for (size_t i = 0; i < length; i++)
    if (field[i] == '\\' && i + 3 < length
        && strspn (field + i + 1, "01234567") >= 3)
      {
        char byte = (char)((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8
                           + field[i + 3] - '0');

        buffer_append (&plain, &byte, 1);
        i += 3;
      }
    else
      buffer_append (&plain, field + i, 1);
  return !buffer_error (&plain) && plain.length == strlen (text)
         && !memcmp (plain.bytes, text, plain.length);
}

/* Whether the LENGTH bytes at LINE begin with the same field as OTHER.  */
static bool
is_same_source (const char *line, size_t length, const char *other)
{
  size_t begin = strspn (line, BLANKS);
  size_t span = strcspn (other, BLANKS);

  return begin + span < length && !memcmp (line + begin, other, span)
         && strchr (BLANKS, line[begin + span]);
}

/* Whether the LENGTH bytes at LINE are about TARGET.  */
static bool
is_about (const char *line, size_t length, const char *target)
{
  size_t begin = strspn (line, BLANKS);
  size_t span;

  if (begin >= length || line[begin] == '#')
    return false;
  begin += strcspn (line + begin, BLANKS "\n");
  if (begin < length)
    begin += strspn (line + begin, BLANKS);
  if (begin >= length)
    return false;
  span = strcspn (line + begin, BLANKS "\n");
  return field_is (line + begin, span, target);
}

gpg_error_t
fstab_change (const char *text, const char *target, const char *line,
              char **r_text, struct failure *failure)
{
  auto_buffer struct buffer changed = BUFFER_EMPTY;
  bool found = false;

  *r_text = NULL;
  for (const char *p = text; *p;)
    {
      size_t length = strcspn (p, "\n");
      bool about = is_about (p, length, target);

      if (line && (about || is_same_source (p, length, line))
          && (strlen (line) != length || memcmp (p, line, length)))
        return fail (failure, GPG_ERR_CONFLICT,
                     "/etc/fstab has another line for %.60s, or for this file "
                     "system",
                     target);
      found |= about;
      if (!about || line)
        {
          buffer_append (&changed, p, length);
          buffer_string (&changed, "\n");
        }
      p += length;
      p += *p == '\n';
    }
  if (line && !found)
    buffer_printf (&changed, "%s\n", line);
  return buffer_take (&changed, r_text, NULL);
}
