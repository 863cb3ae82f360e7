/* audit_rotate.c - the files of the audit log
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   All that needs room (the new file, the blocks for ends) is made under
   another name before the old file gets its new one.  A process that dies
   between the renames leaves no file of the usual name, or a new one: who
   comes next sees that the old one has its new name.  */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "protocol/memory.h"
#include "audit_inside.h"

#define NEW_NAME LOG_FILES_NAME ".new"
#define RETRY_MS 60000 /* After a rotation that failed.  */

/* Open NAME in the log's directory, made with FLAGS if it is not there.  */
static gpg_error_t
open_file (struct audit *audit, const char *name, int flags, int *r_fd,
           uint64_t *r_file)
{
  auto_close int fd = openat (
      audit->log_directory_fd, name,
      O_RDWR | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC | flags, 0640);
  struct stat stat;

  if (fd < 0 || fstat (fd, &stat))
    return gpg_error_from_syserror ();
  if (!S_ISREG (stat.st_mode) || !machine_trusts (audit->machine, stat.st_uid)
      || (stat.st_mode & (S_IWGRP | S_IRWXO)))
    return gpg_error (GPG_ERR_EPERM);
  *r_file = stat.st_ino;
  *r_fd = take_fd (&fd);
  return 0;
}

gpg_error_t
audit_open_log (struct audit *audit)
{
  uint64_t file = 0;
  int fd = -1;
  gpg_error_t err = open_file (audit, LOG_FILES_NAME, 0, &fd, &file);

  if (err)
    return err;
  if (fsync (audit->log_directory_fd))
    {
      err = gpg_error_from_syserror ();
      close (fd);
      return err;
    }
  if (audit->log_fd >= 0)
    close (audit->log_fd);
  audit->log_fd = fd;
  audit->log_file = file;
  return 0;
}

/* --- Rotated files --- */

static int
compare_files (const void *a, const void *b)
{
  const struct log_file *left = a;
  const struct log_file *right = b;

  return left->first < right->first ? -1 : left->first > right->first;
}

gpg_error_t
audit_files (struct audit *audit, struct log_file **r_files, size_t *r_count)
{
  auto_close int fd = openat (audit->log_directory_fd, ".",
                              O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = fd < 0 ? NULL : fdopendir (fd);
  auto_free struct log_file *files = NULL;
  const struct dirent *entry;
  struct log_file file;
  gpg_error_t err = 0;
  size_t count = 0;

  *r_files = NULL;
  *r_count = 0;
  if (!stream)
    return gpg_error_from_syserror ();
  fd = -1;
  while (!err && (entry = readdir (stream)))
    if (log_file_parse (entry->d_name, &file) && file.first)
      {
        struct log_file *more = reallocarray (files, count + 1, sizeof *files);

        if (!more)
          err = gpg_error_from_syserror ();
        else
          {
            files = more;
            files[count++] = file;
          }
      }
  closedir (stream);
  if (err)
    return err;
  if (count)
    qsort (files, count, sizeof *files, compare_files);
  *r_files = take (&files);
  *r_count = count;
  return 0;
}

bool
audit_was_rotated (struct audit *audit, const struct log_standing *standing)
{
  struct log_file file;
  struct stat stat;

  log_file_make (standing->first, standing->sequence, &file);
  return !fstatat (audit->log_directory_fd, file.name, &stat,
                   AT_SYMLINK_NOFOLLOW)
         && stat.st_ino == standing->file;
}

/* Remove the oldest files where the operator wants only some kept.  */
static void
remove_surplus (struct audit *audit)
{
  auto_free struct log_file *files = NULL;
  size_t count;

  if (!audit->options.files || audit_files (audit, &files, &count))
    return;
  for (size_t i = 0; i + audit->options.files < count; i++)
    {
      const char *name = files[i].name;

      if (unlinkat (audit->log_directory_fd, name, 0))
        {
          gpgrt_log_error ("audit: %s cannot be removed: %s\n", name,
                           gpg_strerror (gpg_error_from_syserror ()));
          continue;
        }
      record_begin (&audit->note, "removed");
      record_field (&audit->note, "file", name);
      audit_append_note (audit);
    }
}

/* --- Rotating --- */

/* Give the present file its new name, and the new one the usual name.  */
static gpg_error_t
exchange_names (struct audit *audit, const char *name)
{
  int directory = audit->log_directory_fd;
  gpg_error_t err;

  if (renameat2 (directory, LOG_FILES_NAME, directory, name, RENAME_NOREPLACE))
    return gpg_error_from_syserror ();
  if (!renameat2 (directory, NEW_NAME, directory, LOG_FILES_NAME,
                  RENAME_NOREPLACE))
    return 0;
  err = gpg_error_from_syserror ();
  renameat2 (directory, name, directory, LOG_FILES_NAME, RENAME_NOREPLACE);
  return err;
}

/* Make the new file at *R_FD, with room for the ends to come.  */
static gpg_error_t
make_new (struct audit *audit, int *r_fd, uint64_t *r_file)
{
  off_t room = (off_t)audit->shared->begun_count * AUDIT_END_MOST;
  gpg_error_t err = open_file (audit, NEW_NAME, O_TRUNC, r_fd, r_file);

  if (!err && room && fallocate (*r_fd, FALLOC_FL_KEEP_SIZE, 0, room)
      && errno != EOPNOTSUPP)
    err = gpg_error_from_syserror ();
  return err;
}

static gpg_error_t
rotate (struct audit *audit)
{
  struct audit_shared *shared = audit->shared;
  struct log_standing next = *audit_standing (shared);
  auto_close int fd = -1;
  struct log_file old;
  uint64_t size = next.size;
  gpg_error_t err;

  log_file_make (next.first, next.sequence, &old);
  err = make_new (audit, &fd, &next.file);
  if (!err && fdatasync (audit->log_fd))
    err = gpg_error_from_syserror ();
  if (!err)
    err = exchange_names (audit, old.name);
  if (err)
    {
      unlinkat (audit->log_directory_fd, NEW_NAME, 0);
      explicit_bzero (&next, sizeof next);
      return err;
    }
  next.first = next.sequence + 1;
  next.size = 0;
  next.since_ms = audit_now ();
  audit_standing_set (shared, &next);
  explicit_bzero (&next, sizeof next);
  shared->allocated = (uint64_t)shared->begun_count * AUDIT_END_MOST;
  /* Give back the blocks behind the old file's end.  */
  if (ftruncate (audit->log_fd, (off_t)size) || fsync (audit->log_directory_fd))
    gpgrt_log_error ("audit: %s: %s\n", old.name,
                     gpg_strerror (gpg_error_from_syserror ()));
  close (audit->log_fd);
  audit->log_fd = take_fd (&fd);
  audit->log_file = audit_standing (shared)->file;
  remove_surplus (audit);
  return 0;
}

void
audit_rotate (struct audit *audit, uint64_t length)
{
  const struct log_standing *standing = audit_standing (audit->shared);
  const struct audit_options *options = &audit->options;
  int64_t now = audit_now ();
  gpg_error_t err;

  if (!standing->size || now < audit->rotate_after_ms
      || !((options->size && standing->size + length > options->size)
           || (options->age_ms
               && now - standing->since_ms >= (int64_t)options->age_ms)))
    return;
  err = rotate (audit);
  if (!err)
    return;
  audit->rotate_after_ms = now + RETRY_MS;
  gpgrt_log_error ("audit: no new file can be begun in %s%s: %s: the present "
                   "one grows further\n",
                   audit->machine->root, OWN_LOG_DIR, gpg_strerror (err));
}
