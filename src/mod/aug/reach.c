/* reach.c - where a location path stands while its steps are taken
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <stdlib.h>
#include <string.h>
#include "reach.h"

static gpg_error_t
add_need (struct needs *needs, const char *path, bool asked)
{
  struct need *need;

  for (size_t i = 0; i < needs->count; i++)
    if (!strcmp (needs->need[i].path, path))
      {
        needs->need[i].asked |= asked;
        return 0;
      }
  need = reallocarray (needs->need, needs->count + 1, sizeof *need);
  if (!need)
    return gpg_error (GPG_ERR_ENOMEM);
  needs->need = need;
  need += needs->count;
  need->asked = asked;
  need->path = strdup (path);
  if (!need->path)
    return gpg_error (GPG_ERR_ENOMEM);
  needs->count++;
  return 0;
}

/* If PATH lies below DIRECTORY, what follows it, with its slash.  */
static const char *
path_below (const char *path, const char *directory)
{
  size_t length = strlen (directory);

  if (strncmp (path, directory, length) || path[length] != '/')
    return NULL;
  return path + length;
}

gpg_error_t
reach_need (const struct reach *reach, struct needs *needs)
{
  const char *chain = reach->chain.length ? reach->chain.bytes : "";
  const char *path;

  if (reach->loaded)
    return 0;
  if (buffer_error (&reach->chain))
    return buffer_error (&reach->chain);
  if ((path = path_below (chain, "/files")))
    return add_need (needs, path, true);
  if ((path = path_below (chain, "/augeas/files")))
    return add_need (needs, path, false);
  if (!*chain || !strcmp (chain, "/files") || !strcmp (chain, "/augeas")
      || !strcmp (chain, "/augeas/files"))
    needs->everything = true;
  return 0;
}

/* A name that no file can have is as good as any.  */
void
reach_down (struct reach *reach, const char *name)
{
  if (!reach->open && name && *name && !strchr (name, '/') && strcmp (name, ".")
      && strcmp (name, ".."))
    {
      buffer_string (&reach->chain, "/");
      buffer_string (&reach->chain, name);
      return;
    }
  reach->open = true;
  reach->below++;
}

gpg_error_t
reach_up (struct reach *reach, struct needs *needs)
{
  gpg_error_t err;
  char *slash;

  if (reach->open && reach->below)
    {
      reach->below--;
      return 0;
    }
  err = reach_need (reach, needs);
  if (err)
    return err;
  if (reach->loaded || !reach->chain.length)
    {
      needs->everything = true;
      return 0;
    }
  slash = strrchr (reach->chain.bytes, '/');
  *slash = 0;
  reach->chain.length = (size_t)(slash - reach->chain.bytes);
  return 0;
}

bool
path_is_plain (const char *path)
{
  return *path == '/' && !strpbrk (path, "\\*?[](){}|=!,$'\"<>+ :")
         && !strstr (path, "//") && !strstr (path, "/.")
         && (!path[1] || path[strlen (path) - 1] != '/');
}

/* Of contexts only plain paths are understood; any other may lead
   anywhere.  */
void
reach_base (struct reach *reach, const struct expression_base *base,
            struct needs *needs)
{
  const char *context = base->context;

  if (base->loaded)
    {
      reach->open = reach->loaded = true;
      return;
    }
  if (!context)
    return;
  if (path_is_plain (context))
    {
      if (context[1])
        buffer_string (&reach->chain, context);
      return;
    }
  needs->everything = true;
  reach->open = reach->loaded = true;
}

void
reach_copy (struct reach *reach, const struct reach *from)
{
  buffer_append (&reach->chain, from->chain.length ? from->chain.bytes : "",
                 from->chain.length);
  reach->open = from->open;
  reach->below = from->below;
  reach->loaded = from->loaded;
}
