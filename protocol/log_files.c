/* log_files.c - the files of the audit log, in order
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include "log_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "memory.h"

/* How often a file that is renamed while it is looked for is looked for
   anew.  */
#define TRIES 100

void
log_file_make (uint64_t first, uint64_t last, struct log_file *r_file)
{
  r_file->first = first;
  r_file->last = last;
  snprintf (r_file->name, sizeof r_file->name,
            LOG_FILES_NAME ".%" PRIu64 "-%" PRIu64, first, last);
}

bool
log_file_parse (const char *name, struct log_file *r_file)
{
  static const char prefix[] = LOG_FILES_NAME;
  char *end = NULL;

  *r_file = (struct log_file){ .first = 0 };
  if (strlen (name) >= sizeof r_file->name
      || strncmp (name, prefix, sizeof prefix - 1))
    return false;
  if (name[sizeof prefix - 1])
    {
      uint64_t first = strtoull (name + sizeof prefix, &end, 10);

      log_file_make (first, *end == '-' ? strtoull (end + 1, NULL, 10) : 0,
                     r_file);
      return !strcmp (r_file->name, name) && r_file->first
             && r_file->first <= r_file->last && r_file->last < UINT64_MAX;
    }
  memcpy (r_file->name, prefix, sizeof prefix);
  return true;
}

static bool
is_before (const struct log_file *a, const struct log_file *b)
{
  return a->first < b->first || (a->first == b->first && a->last < b->last);
}

/* The first rotated file behind AT, or the one that is appended to.  */
static gpg_error_t
find_next (int directory_fd, const struct log_file *at, struct log_file *r_next)
{
  auto_close int fd = openat (directory_fd, ".",
                              O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = fd < 0 ? NULL : fdopendir (fd);
  const struct dirent *entry;
  struct log_file file;
  int code;

  if (!stream)
    return gpg_error_from_syserror ();
  fd = -1;
  log_file_parse (LOG_FILES_NAME, r_next);
  while (errno = 0, (entry = readdir (stream)))
    if (log_file_parse (entry->d_name, &file) && file.first
        && is_before (at, &file)
        && (!r_next->first || is_before (&file, r_next)))
      *r_next = file;
  code = errno;
  closedir (stream);
  return code ? gpg_error_from_errno (code) : 0;
}

/* Whether NEXT is what was opened last.  */
static bool
is_known (const struct log_files *files, const struct log_file *next)
{
  struct stat stat;

  return files->inode
         && !fstatat (files->directory_fd, next->name, &stat,
                      AT_SYMLINK_NOFOLLOW)
         && stat.st_dev == files->device && stat.st_ino == files->inode;
}

/* Open NEXT unless it is not there any more: *R_FD is -1 then.  */
static gpg_error_t
open_next (struct log_files *files, const struct log_file *next, int *r_fd)
{
  auto_close int fd = -1;
  struct log_file again;
  struct stat stat;
  gpg_error_t err = files->open (files->opaque, next->name, &fd);

  if (gpg_err_code (err) == GPG_ERR_ENOENT)
    return 0;
  if (!err && fstat (fd, &stat))
    err = gpg_error_from_syserror ();
  /* It may have become the next but one.  */
  if (!err && !next->first)
    err = find_next (files->directory_fd, &files->at, &again);
  if (err || (!next->first && again.first))
    return err;
  files->device = stat.st_dev;
  files->inode = stat.st_ino;
  *r_fd = take_fd (&fd);
  return 0;
}

gpg_error_t
log_files_next (struct log_files *files, struct log_file *r_file, int *r_fd)
{
  gpg_error_t err = 0;

  *r_fd = -1;
  for (int i = 0; i < TRIES && *r_fd < 0; i++)
    {
      err = find_next (files->directory_fd, &files->at, r_file);
      if (err)
        break;
      if (is_known (files, r_file))
        {
          if (!r_file->first)
            break;
          files->at = *r_file;
          continue;
        }
      err = open_next (files, r_file, r_fd);
      if (err
          || (*r_fd < 0 && !r_file->first
              && faccessat (files->directory_fd, r_file->name, F_OK,
                            AT_SYMLINK_NOFOLLOW)))
        break;
      if (*r_fd >= 0 && r_file->first)
        files->at = *r_file;
    }
  return err;
}
