/* strdup.c - copies of texts behind which nothing stands
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Telling why a tree cannot be written, libaugeas 1.14 skips the first two
   bytes of a text that strdup () gave it, also where that is empty, and so
   prints what the memory behind it held before: format_union_atype () in its
   src/lens.c.  With this strdup () in its place that is nothing.  */

#include <config.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_SIZE 8

char *
strdup (const char *text)
{
  size_t size = strlen (text) + 1;
  char *copy = calloc (1, size < LEAST_SIZE ? LEAST_SIZE : size);

  return copy ? memcpy (copy, text, size) : NULL;
}
