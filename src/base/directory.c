/* directory.c - directories of reeve's own
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "../../protocol/memory.h"
#include "file.h"

static gpg_error_t
make_one (const struct place *place, mode_t mode, struct failure *failure)
{
  if (mkdirat (place->directory_fd, place->name, mode) && errno != EEXIST)
    return fail_errno (failure, "directory %s", place->path);
  if (fsync (place->directory_fd))
    return fail_errno (failure, "directory of %s", place->path);
  return 0;
}

gpg_error_t
directory_make (const struct machine *machine, const char *path, mode_t mode,
                struct failure *failure)
{
  const char *slash = path;
  auto_free char *prefix = NULL;
  struct place place;
  gpg_error_t err = 0;

  while (!err && slash)
    {
      slash = strchr (slash + 1, '/');
      free (prefix);
      prefix = slash ? strndup (path, (size_t)(slash - path)) : strdup (path);
      if (!prefix)
        return gpg_error (GPG_ERR_ENOMEM);
      err = place_find (machine, prefix, &place, failure);
      if (!err && !place.exists)
        err = make_one (&place, slash ? 0755 : mode, failure);
      place_release (&place);
    }
  return err;
}

gpg_error_t
directory_open (const struct machine *machine, const char *path, mode_t mode,
                int *r_fd, struct failure *failure)
{
  auto_close int fd = -1;
  struct place place;
  struct stat stat;
  gpg_error_t err;

  *r_fd = -1;
  err = place_find (machine, path, &place, failure);
  if (err)
    return err;
  fd = openat (place.directory_fd, place.name,
               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &stat))
    err = fail_errno (failure, "directory %s", path);
  else if (!place.trusted || !machine_trusts (machine, stat.st_uid)
           || (stat.st_mode & (S_IWGRP | S_IWOTH)))
    err = fail (failure, GPG_ERR_EPERM,
                "others may write to the directory: do chmod %04o %s%s and "
                "look at those above it",
                (unsigned)mode, machine->root, path);
  else
    *r_fd = take_fd (&fd);
  place_release (&place);
  return err;
}
