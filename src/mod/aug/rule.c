/* rule.c - what rules of policy may say about files and nodes
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <string.h>
#include "permit.h"
#include "../../base/file.h"
#include "../../../protocol/buffer.h"
#include "../../../protocol/memory.h"

#define TOP "/files"

/* Append the component at AT of a pattern to PATH as the name that it matches;
   its end.  NULL if it may match several.  */
static const char *
append_component (const char *at, struct buffer *path)
{
  buffer_string (path, "/");
  while (*at && *at != '/')
    {
      if (strchr ("*?[", *at))
        return NULL;
      if (*at == '\\' && at[1])
        at++;
      buffer_append (path, at++, 1);
    }
  return at;
}

/* Whether a regular file is at PATH.  */
static bool
is_file (const struct machine *machine, const char *path)
{
  struct place place;
  bool found = !place_find (machine, path, &place, NULL) && place.exists
               && S_ISREG (place.stat.st_mode);

  place_release (&place);
  return found;
}

/* What a client may not read never comes into his worker, where a predicate can
   ask about any node.  So PATTERN, which stands behind TOP, may not go on below
   a file.  */
static gpg_error_t
check_reading (const struct machine *machine, const char *pattern,
               struct failure *failure)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  gpg_error_t err = 0;

  while (!err && (pattern = append_component (pattern + 1, &path)) && *pattern)
    {
      err = buffer_error (&path);
      if (!err && is_file (machine, path.bytes))
        return fail (failure, GPG_ERR_INV_VALUE,
                     "a rule for READ names whole files: say " TOP "%s",
                     path.bytes);
    }
  return err ? err : buffer_error (&path);
}

gpg_error_t
aug_check_object (const struct machine *machine, enum effect effect, bool allow,
                  const char *pattern, struct failure *failure)
{
  const size_t length = strlen (TOP);

  (void)allow;
  if (strncmp (pattern, TOP, length) || pattern[length] != '/'
      || !pattern[length + 1])
    return fail (failure, GPG_ERR_INV_VALUE,
                 "%s is no file or node: begin with " TOP "/", pattern);
  return effect == EFFECT_READ
             ? check_reading (machine, pattern + length, failure)
             : 0;
}
