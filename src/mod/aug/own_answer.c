/* own_answer.c - reading what our own verbs answered: lists and records as text
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <string.h>
#include "own_answer.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/record.h"

char *
answer_item (char **at)
{
  auto_buffer struct buffer plain = BUFFER_EMPTY;
  char *line = *at;
  size_t length = strcspn (line, "\n");

  if (!*line)
    return NULL;
  *at = line + length + (line[length] == '\n');
  line[length] = 0;
  /* Decoded it is never longer.  */
  if (strchr (line, '\\') && !record_unescape (&plain, line, length)
      && !buffer_error (&plain))
    memcpy (line, plain.bytes, plain.length + 1);
  return line;
}

bool
answer_record (char **at, struct answer_field fields[ANSWER_FIELDS])
{
  size_t count = 0;
  char *line;

  memset (fields, 0, ANSWER_FIELDS * sizeof *fields);
  while ((line = answer_item (at)) && *line)
    {
      char *colon = strstr (line, ": ");

      if (!colon || count == ANSWER_FIELDS)
        continue;
      *colon = 0;
      fields[count].name = line;
      fields[count++].value = colon + 2;
    }
  return count;
}

const char *
answer_value (const struct answer_field fields[ANSWER_FIELDS], const char *name,
              const char *fallback)
{
  for (size_t i = 0; i < ANSWER_FIELDS && fields[i].name; i++)
    if (!strcmp (fields[i].name, name))
      return fields[i].value;
  return fallback;
}
