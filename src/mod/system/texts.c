/* texts.c - small files that the machine tells of itself by
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "texts.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "../../base/file.h"

#define TEXT_MOST (64 * KIB)

char *
text_of_kernel (const char *path)
{
  auto_close int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  char *text = fd < 0 ? NULL : calloc (1, TEXT_MOST + 1);
  size_t length = 0;
  ssize_t count = 1;

  while (text && count > 0 && length < TEXT_MOST)
    {
      count = read (fd, text + length, TEXT_MOST - length);
      if (count > 0)
        length += (size_t)count;
    }
  return text;
}

char *
text_below (const struct machine *machine, const char *path)
{
  struct file_image image;

  if (file_read (machine, path, TEXT_MOST, &image, NULL, NULL))
    return NULL;
  return image.bytes;
}

char *
text_line (char *text)
{
  size_t length = text ? strcspn (text, "\n") : 0;

  while (length && isspace ((unsigned char)text[length - 1]))
    length--;
  if (text)
    text[length] = 0;
  return text;
}

/* VALUE, LENGTH bytes, as a shell would take it.  */
static char *
unquote (const char *value, size_t length)
{
  char *text = strndup (value, length);
  char *to = text;

  for (const char *from = text; from && *from; from++)
    {
      if (*from == '"' || *from == '\'')
        continue;
      if (*from == '\\' && from[1])
        from++;
      *to++ = *from;
    }
  if (to)
    *to = 0;
  return text;
}

char *
text_value (const char *text, const char *name)
{
  size_t length = strlen (name);

  for (const char *line = text; line && *line;)
    {
      const char *end = strchrnul (line, '\n');

      if (!strncmp (line, name, length) && line[length] == '=')
        return unquote (line + length + 1, (size_t)(end - line) - length - 1);
      line = *end ? end + 1 : end;
    }
  return NULL;
}

int64_t
text_number (const char *text, const char *name)
{
  size_t length = strlen (name);

  for (const char *line = text; line && *line;)
    {
      const char *end = strchrnul (line, '\n');

      if (!strncmp (line, name, length) && line[length] == ':')
        return strtoll (line + length + 1, NULL, 10);
      line = *end ? end + 1 : end;
    }
  return -1;
}
