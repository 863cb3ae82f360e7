/* file.c - reading files that a client names, and reeve's own
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <gcrypt.h>

#include "../../protocol/memory.h"

/* How often a file that changes while it is read is read anew.  */
#define READ_TRIES 5

/* Read all of FD, LENGTH bytes as fstat says, into *R_BYTES.  A file of
   another length than that (it changes, or lies about its length as those of
   /proc do) is read to its end if that is within LIMIT.  */
static gpg_error_t
read_all (int fd, size_t length, size_t limit, char **r_bytes, size_t *r_length)
{
  auto_free char *bytes = NULL;
  size_t allocated = 0;
  size_t count = 0;
  ssize_t n;

  for (;;)
    {
      if (count == allocated)
        {
          char *more;

          allocated = allocated ? 2 * allocated : length + 1;
          if (allocated > limit + 1)
            allocated = limit + 1;
          more = realloc (bytes, allocated + 1);
          if (!more)
            return gpg_error (GPG_ERR_ENOMEM);
          bytes = more;
        }
      n = read (fd, bytes + count, allocated - count);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return gpg_error_from_syserror ();
      if (!n)
        break;
      count += (size_t)n;
      if (count > limit)
        return gpg_error (GPG_ERR_TOO_LARGE);
    }
  bytes[count] = 0;
  *r_length = count;
  *r_bytes = take (&bytes);
  return 0;
}

static bool
same_moment (const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino
         && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec
         && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Read what PLACE led to; GPG_ERR_CONFLICT if it is not what it was.  */
static gpg_error_t
read_place (const struct place *place, size_t limit, struct file_image *r_image,
            struct failure *failure)
{
  auto_close int fd = -1;
  auto_free char *bytes = NULL;
  struct stat after;
  gpg_error_t err;

  if (!S_ISREG (place->stat.st_mode))
    return fail (failure, GPG_ERR_INV_OBJ, "%s is not a regular file",
                 place->path);
  fd = openat (place->directory_fd, place->name,
               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 && (errno == ENOENT || errno == ELOOP))
    return gpg_error (GPG_ERR_CONFLICT);
  if (fd < 0 || fstat (fd, &r_image->stat))
    return fail_errno (failure, "%s", place->path);
  if (!same_moment (&place->stat, &r_image->stat))
    return gpg_error (GPG_ERR_CONFLICT);

  if (r_image->stat.st_size >= 0 && (size_t)r_image->stat.st_size > limit)
    err = gpg_error (GPG_ERR_TOO_LARGE);
  else
    err = read_all (fd, (size_t)r_image->stat.st_size, limit, &bytes,
                    &r_image->length);
  if (gpg_err_code (err) == GPG_ERR_TOO_LARGE)
    return fail (failure, GPG_ERR_TOO_LARGE, "%s is larger than %zu bytes",
                 place->path, limit);
  if (err)
    return fail (failure, gpg_err_code (err), "%s: %s", place->path,
                 gpg_strerror (err));
  if (fstat (fd, &after) || !same_moment (&r_image->stat, &after))
    return gpg_error (GPG_ERR_CONFLICT);

  file_hash (bytes, r_image->length, r_image->hash);
  r_image->bytes = take (&bytes);
  r_image->exists = true;
  return 0;
}

gpg_error_t
file_read (const struct machine *machine, const char *path, size_t limit,
           struct file_image *r_image, char **r_path, struct failure *failure)
{
  struct place place;
  gpg_error_t err;
  int tries = 0;

  memset (r_image, 0, sizeof *r_image);
  if (r_path)
    *r_path = NULL;

  do
    {
      struct failure quiet = FAILURE_NONE;

      err = place_find (machine, path, &place, &quiet);
      if (gpg_err_code (err) == GPG_ERR_ENOENT)
        {
          failure_release (&quiet);
          if (r_path && !(*r_path = strdup (path)))
            return gpg_error (GPG_ERR_ENOMEM);
          return 0;
        }
      if (err && quiet.text)
        fail (failure, gpg_err_code (err), "%s", quiet.text);
      failure_release (&quiet);
      if (err)
        return err;
      if (place.exists)
        err = read_place (&place, limit, r_image, failure);
      if (!err && r_path)
        *r_path = take (&place.path);
      place_release (&place);
    }
  while (gpg_err_code (err) == GPG_ERR_CONFLICT && ++tries < READ_TRIES);

  if (gpg_err_code (err) == GPG_ERR_CONFLICT)
    return fail (failure, GPG_ERR_CONFLICT,
                 "%s changes while it is read: try again", path);
  return err;
}

void
file_image_release (struct file_image *image)
{
  free (image->bytes);
  memset (image, 0, sizeof *image);
}

void
file_hash (const void *bytes, size_t length, unsigned char r_hash[FILE_HASH])
{
  gcry_md_hash_buffer (GCRY_MD_SHA256, r_hash, bytes, length);
}

/* --- Reeve's own files --- */

/* Check that OBJECT (OS_PATH, or its directory) belongs to a trusted uid and
   that the mode bits FORBIDDEN are not set.  */
static gpg_error_t
check_own (const struct machine *machine, const char *what,
           const struct stat *stat, mode_t forbidden, struct failure *failure)
{
  if (!machine_trusts (machine, stat->st_uid))
    return fail (
        failure, GPG_ERR_EPERM, "%s belongs to uid %lu: do chown %lu %s", what,
        (unsigned long)stat->st_uid, (unsigned long)machine->uid, what);
  if (!(stat->st_mode & forbidden))
    return 0;
  if (S_ISDIR (stat->st_mode))
    return fail (failure, GPG_ERR_EPERM,
                 "others may write to the directory %s: do chmod go-w %s", what,
                 what);
  if (forbidden & S_IROTH)
    return fail (failure, GPG_ERR_EPERM,
                 "others may read or write %s: do chmod 0400 %s", what, what);
  return fail (failure, GPG_ERR_EPERM,
               "others may write to %s: do chmod go-w %s", what, what);
}

gpg_error_t
file_open_own (const struct machine *machine, const char *os_path, bool secret,
               int *r_fd, struct failure *failure)
{
  auto_free char *directory = NULL;
  auto_close int directory_fd = -1;
  auto_close int fd = -1;
  const char *name = strrchr (os_path, '/');
  struct stat stat;
  gpg_error_t err;

  *r_fd = -1;
  name = name ? name + 1 : os_path;
  directory = name == os_path ? strdup (".")
                              : strndup (os_path, (size_t)(name - os_path));
  if (!directory)
    return gpg_error (GPG_ERR_ENOMEM);
  directory_fd = open (directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory_fd < 0 || fstat (directory_fd, &stat))
    return fail_errno (failure, "%s", os_path);
  err = check_own (machine, directory, &stat, S_IWGRP | S_IWOTH, failure);
  if (err)
    return err;

  fd = openat (directory_fd, name,
               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 && errno == ELOOP)
    return fail (failure, GPG_ERR_ELOOP,
                 "%s is a symbolic link: put the file itself there", os_path);
  if (fd < 0 || fstat (fd, &stat))
    return fail_errno (failure, "%s", os_path);
  if (!S_ISREG (stat.st_mode))
    return fail (failure, GPG_ERR_INV_OBJ, "%s is not a regular file", os_path);
  err = check_own (machine, os_path, &stat,
                   secret ? S_IRWXG | S_IRWXO : S_IWGRP | S_IWOTH, failure);
  if (err)
    return err;
  *r_fd = take_fd (&fd);
  return 0;
}

gpg_error_t
file_check_own_directory (const struct machine *machine, const char *os_path,
                          struct failure *failure)
{
  auto_close int fd = open (os_path,
                            O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat stat;

  if (fd < 0 && !lstat (os_path, &stat) && S_ISLNK (stat.st_mode))
    return fail (failure, GPG_ERR_ELOOP,
                 "%s is a symbolic link: put the directory itself there",
                 os_path);
  if (fd < 0 || fstat (fd, &stat))
    return fail_errno (failure, "%s", os_path);
  return check_own (machine, os_path, &stat, S_IWGRP | S_IWOTH, failure);
}

gpg_error_t
file_open_log (const struct machine *machine, const char *os_path, int *r_fd,
               struct failure *failure)
{
  auto_close int fd = open (os_path,
                            O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW
                                | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                            0640);
  struct stat stat;
  gpg_error_t err;

  *r_fd = -1;
  if (fd < 0 && errno == ELOOP)
    return fail (failure, GPG_ERR_ELOOP,
                 "%s is a symbolic link: put the file itself there", os_path);
  if (fd < 0 || fstat (fd, &stat))
    return fail_errno (failure, "%s", os_path);
  if (!S_ISREG (stat.st_mode) || stat.st_nlink != 1)
    return fail (failure, GPG_ERR_INV_OBJ,
                 "%s is not a regular file with one name", os_path);
  err = check_own (machine, os_path, &stat, S_IWGRP | S_IWOTH, failure);
  if (!err)
    *r_fd = take_fd (&fd);
  return err;
}
