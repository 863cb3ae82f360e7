/* read_rights.c - PVE: PERMISSIONS
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/memory.h"
#include "form.h"
#include "read.h"

/* Write as the list NAME those of the PRIVILEGES, a member for each, that have
   NAMES, in their order; ONLY_HERE: but those that hold below, too.  */
static gpg_error_t
write_privileges (struct work *work, const json_t *privileges,
                  const char *const *names, size_t count, bool only_here)
{
  auto_free const char **left = calloc (count + 1, sizeof *left);
  size_t length = 0;
  bool below;

  if (!left)
    return gpg_error_from_syserror ();
  for (size_t i = 0; i < count; i++)
    if (!only_here || (field_bool (privileges, names[i], &below) && !below))
      left[length++] = names[i];
  return length ? writer_field_list (
             work->out, only_here ? "only_here" : "privileges", left, length)
                : 0;
}

/* The record of PATH.  */
static gpg_error_t
write_path (struct work *work, const char *path, const json_t *privileges)
{
  auto_free const char **names = NULL;
  size_t count;
  gpg_error_t err = read_names (work, privileges, &names, &count);

  if (!err)
    err = writer_field (work->out, "path", "%s", path);
  if (!err)
    err = write_privileges (work, privileges, names, count, false);
  if (!err)
    err = write_privileges (work, privileges, names, count, true);
  return err ? err : writer_record_end (work->out);
}

gpg_error_t
read_permissions (struct work *work)
{
  auto_buffer struct buffer path = BUFFER_EMPTY;
  auto_buffer struct buffer query = BUFFER_EMPTY;
  auto_free const char **paths = NULL;
  json_t *rights = NULL;
  size_t count = 0;
  gpg_error_t err;

  buffer_string (&path, "/access/permissions");
  read_argument (work, &query, "path");
  read_query (&path, &query);
  err = buffer_error (&path);
  if (!err)
    err = read_object (work, path.bytes, &rights);
  if (!err)
    err = read_names (work, rights, &paths, &count);
  for (size_t i = 0; i < count && !err; i++)
    err = write_path (work, paths[i], json_object_get (rights, paths[i]));
  json_decref (rights);
  return err;
}
