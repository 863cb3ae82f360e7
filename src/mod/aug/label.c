/* label.c - labels of nodes in names for policy
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "label.h"

#include <string.h>

static void
append (struct buffer *name, const char *text, const char *escaped)
{
  for (; *text; text++)
    {
      if (strchr (escaped, *text))
        buffer_string (name, "\\");
      buffer_append (name, text, 1);
    }
}

void
label_append (struct buffer *name, const char *label)
{
  buffer_string (name, "/");
  append (name, label, "\\/");
}

void
label_append_path (struct buffer *name, const char *path)
{
  append (name, path, "\\");
}
