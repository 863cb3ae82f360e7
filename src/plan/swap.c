/* swap.c - putting one file in another's place without losing anything
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "swap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <gcrypt.h>

#include "../../protocol/limits.h"
#include "../../protocol/memory.h"

/* How often others may replace a file while it is being exchanged.  */
#define EXCHANGE_ROUNDS 16

/* --- Looking --- */

static gpg_error_t
conflict (const struct swap *swap, struct failure *failure)
{
  failure_detail (failure, "file", "%s", swap->path);
  return fail (failure, GPG_ERR_CONFLICT,
               "%s was changed by somebody else: load it again and repeat "
               "the change",
               swap->path);
}

/* Say where a before-image or somebody's version was left.  */
static gpg_error_t
kept (const struct swap *swap, const char *name, struct failure *failure)
{
  failure_detail (failure, "file", "%s", swap->path);
  failure_detail (failure, "kept", "%s", name);
  return fail (failure, GPG_ERR_CONFLICT,
               "%s was changed by somebody else and is left so: another "
               "version is kept beside it as %s",
               swap->path, name);
}

static gpg_error_t
rename_failed (const struct swap *swap, struct failure *failure)
{
  switch (errno)
    {
    case ENOENT:
    case EEXIST:
      return conflict (swap, failure);
    case EBUSY:
      return fail (failure, GPG_ERR_EBUSY,
                   "%s is a mount point: change the file that is mounted "
                   "there",
                   swap->path);
    case EINVAL:
    case EOPNOTSUPP:
      return fail (failure, GPG_ERR_NOT_SUPPORTED,
                   "the file system of %s cannot exchange or link files",
                   swap->path);
    case EPERM:
      return fail (failure, GPG_ERR_EPERM,
                   "%s may not be replaced: see lsattr whether it or its "
                   "directory is immutable",
                   swap->path);
    default:
      return fail_errno (failure, "%s cannot be replaced", swap->path);
    }
}

/* The inode at NAME; 0 if there is none.  */
static ino_t
inode_at (const struct swap *swap, const char *name)
{
  struct stat stat;

  if (fstatat (swap->directory_fd, name, &stat, AT_SYMLINK_NOFOLLOW))
    return 0;
  return stat.st_ino;
}

static bool
is_at (const struct swap *swap, const char *name, const struct swap_file *file)
{
  return file->inode && inode_at (swap, name) == file->inode;
}

/* Whether somebody has FD's file open for writing.  The kernel grants a read
   lease only if nobody has; should somebody open the file in the moment that
   the lease is held, the signal that tells is one that is ignored.  */
static bool
has_writer (int fd)
{
  if (fcntl (fd, F_SETSIG, SIGURG) || fcntl (fd, F_SETLEASE, F_RDLCK))
    return errno == EAGAIN;
  fcntl (fd, F_SETLEASE, F_UNLCK);
  return false;
}

/* Whether FD holds just the content of FILE.  */
static bool
same_content (int fd, const struct swap_file *file)
{
  unsigned char bytes[64 * KIB];
  gcry_md_hd_t hash;
  off_t size = 0;
  ssize_t n;
  bool same;

  if (gcry_md_open (&hash, GCRY_MD_SHA256, 0))
    return false;
  while (size <= file->size && (n = read (fd, bytes, sizeof bytes)) != 0)
    {
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        break;
      gcry_md_write (hash, bytes, (size_t)n);
      size += n;
    }
  same = size == file->size
         && !memcmp (gcry_md_read (hash, 0), file->hash, FILE_HASH);
  gcry_md_close (hash);
  return same;
}

gpg_error_t
swap_check (const struct swap *swap, const char *name,
            const struct swap_file *file, struct failure *failure)
{
  auto_close int fd = -1;
  struct stat stat;

  fd = openat (swap->directory_fd, name,
               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 && errno != ENOENT && errno != ELOOP)
    return fail_errno (failure, "%s", swap->path);
  if (fd < 0 || fstat (fd, &stat) || !S_ISREG (stat.st_mode)
      || stat.st_ino != file->inode || stat.st_size != file->size)
    return conflict (swap, failure);
  if (has_writer (fd))
    {
      failure_detail (failure, "file", "%s", swap->path);
      return fail (failure, GPG_ERR_CONFLICT,
                   "%s is open for writing elsewhere: try again when that "
                   "is done",
                   swap->path);
    }
  return same_content (fd, file) ? 0 : conflict (swap, failure);
}

enum swap_state
swap_look (const struct swap *swap)
{
  const struct swap_file *before = swap->action == SWAP_CREATE ? &swap->fresh
                                                               : &swap->old;
  ino_t inode = inode_at (swap, swap->name);

  if (inode_at (swap, swap->temporary))
    {
      if (swap->action == SWAP_CREATE)
        return inode == swap->fresh.inode ? SWAP_PERFORMED : SWAP_READY;
      return swap_check (swap, swap->temporary, before, NULL) ? SWAP_READY
                                                              : SWAP_PERFORMED;
    }
  if (swap->action == SWAP_REMOVE && !inode)
    return SWAP_FINISHED;
  if (swap->action != SWAP_REMOVE && inode == swap->fresh.inode)
    return SWAP_FINISHED;
  if (swap->action != SWAP_CREATE && inode == swap->old.inode)
    return SWAP_READY;
  return SWAP_UNKNOWN;
}

/* --- Changing names --- */

/* Rename FROM to TO, which must not exist.  Returns 0 or -1 and errno.  */
static int
rename_to_free (const struct swap *swap, const char *from, const char *to)
{
  return renameat2 (swap->directory_fd, from, swap->directory_fd, to,
                    RENAME_NOREPLACE);
}

/* Exchange the name and the temporary.  EXPECTED is the inode that should
   come out at the temporary.  What comes out instead was renamed there by
   somebody just now and goes back; the loop ends when nobody interfered
   since the last look.  Stores at R_EXCHANGED whether the first exchange
   holds.  */
static gpg_error_t
exchange (const struct swap *swap, ino_t expected, bool *r_exchanged,
          struct failure *failure)
{
  ino_t in;
  ino_t out;
  int round;

  *r_exchanged = false;
  for (round = 1; round <= EXCHANGE_ROUNDS; round++)
    {
      in = inode_at (swap, swap->temporary);
      if (renameat2 (swap->directory_fd, swap->temporary, swap->directory_fd,
                     swap->name, RENAME_EXCHANGE))
        return rename_failed (swap, failure);
      out = inode_at (swap, swap->temporary);
      if (out == expected)
        {
          *r_exchanged = round == 1;
          return 0;
        }
      expected = in;
    }
  return fail (failure, GPG_ERR_EBUSY,
               "%s is replaced all the time by somebody else: try again",
               swap->path);
}

/* Whether NAME has another owner or mode than COPIED or, if UNTOUCHED is
   asked for, anything of it changed since: an access list changes the time of
   change only, but so does an exchange.  */
static bool
attributes_differ (const struct swap *swap, const char *name,
                   const struct stat *copied, bool untouched)
{
  struct stat stat;

  return fstatat (swap->directory_fd, name, &stat, AT_SYMLINK_NOFOLLOW)
         || stat.st_mode != copied->st_mode || stat.st_uid != copied->st_uid
         || stat.st_gid != copied->st_gid
         || (untouched
             && (stat.st_ctim.tv_sec != copied->st_ctim.tv_sec
                 || stat.st_ctim.tv_nsec != copied->st_ctim.tv_nsec));
}

gpg_error_t
swap_perform (const struct swap *swap, const struct stat *attributes,
              struct failure *failure)
{
  gpg_error_t err;
  bool exchanged;

  switch (swap->action)
    {
    case SWAP_CREATE:
      if (linkat (swap->directory_fd, swap->temporary, swap->directory_fd,
                  swap->name, 0))
        return rename_failed (swap, failure);
      return 0;

    case SWAP_REMOVE:
      if (rename_to_free (swap, swap->name, swap->temporary))
        return rename_failed (swap, failure);
      return swap_check (swap, swap->temporary, &swap->old, failure);

    case SWAP_REPLACE:
      break;
    }
  if (attributes_differ (swap, swap->name, attributes, true))
    return conflict (swap, failure);
  err = exchange (swap, swap->old.inode, &exchanged, failure);
  if (err)
    return err;
  if (!exchanged
      || attributes_differ (swap, swap->temporary, attributes, false))
    return conflict (swap, failure);
  return swap_check (swap, swap->temporary, &swap->old, failure);
}

/* --- The way back and the end of it --- */

/* Remove NAME, which is FILE, unless somebody changed it or is about to.  */
static gpg_error_t
drop (const struct swap *swap, const char *name, const struct swap_file *file,
      struct failure *failure)
{
  gpg_error_t err = swap_check (swap, name, file, NULL);

  if (gpg_err_code (err) == GPG_ERR_CONFLICT)
    return kept (swap, name, failure);
  if (err)
    return fail (failure, gpg_err_code (err),
                 "%s: its temporary %s is kept, as it cannot be read: %s",
                 swap->path, name, gpg_strerror (err));
  if (unlinkat (swap->directory_fd, name, 0) && errno != ENOENT)
    return fail_errno (failure, "%s: its temporary %s", swap->path, name);
  return 0;
}

static gpg_error_t
sync_directory (const struct swap *swap, struct failure *failure)
{
  if (fsync (swap->directory_fd))
    return fail_errno (failure, "directory of %s", swap->path);
  return 0;
}

static gpg_error_t
undo_replace (const struct swap *swap, struct failure *failure)
{
  gpg_error_t err;
  bool exchanged;

  if (!is_at (swap, swap->temporary, &swap->fresh))
    {
      if (swap_check (swap, swap->name, &swap->fresh, NULL))
        return kept (swap, swap->temporary, failure);
      err = exchange (swap, swap->fresh.inode, &exchanged, failure);
      if (err)
        return err;
      if (!exchanged)
        return kept (swap, swap->temporary, failure);
      err = sync_directory (swap, failure);
      if (err)
        return err;
    }
  return drop (swap, swap->temporary, &swap->fresh, failure);
}

/* The new file has two names, so neither a rename onto the other nor an
   exchange would move it: it goes to a third name first, to be looked at
   before it is removed, since somebody may rename another file over NAME at
   any moment.  */
static gpg_error_t
undo_create (const struct swap *swap, struct failure *failure)
{
  char third[NAME_MAX + 1];
  gpg_error_t err;

  snprintf (third, sizeof third, "%s~", swap->temporary);
  if (is_at (swap, swap->name, &swap->fresh) && !inode_at (swap, third)
      && rename_to_free (swap, swap->name, third) && errno != ENOENT)
    return rename_failed (swap, failure);
  if (inode_at (swap, third) && swap_check (swap, third, &swap->fresh, NULL))
    {
      unlinkat (swap->directory_fd, swap->temporary, 0);
      if (rename_to_free (swap, third, swap->name))
        return kept (swap, third, failure);
      return conflict (swap, failure);
    }
  if (unlinkat (swap->directory_fd, third, 0) && errno != ENOENT)
    return fail_errno (failure, "%s: its temporary %s", swap->path, third);
  err = sync_directory (swap, failure);
  return err ? err : drop (swap, swap->temporary, &swap->fresh, failure);
}

static gpg_error_t
undo_remove (const struct swap *swap, struct failure *failure)
{
  if (!rename_to_free (swap, swap->temporary, swap->name))
    return sync_directory (swap, failure);
  if (errno == EEXIST)
    return kept (swap, swap->temporary, failure);
  return rename_failed (swap, failure);
}

gpg_error_t
swap_undo (const struct swap *swap, struct failure *failure)
{
  if (!inode_at (swap, swap->temporary))
    return 0;
  switch (swap->action)
    {
    case SWAP_REPLACE:
      return undo_replace (swap, failure);
    case SWAP_CREATE:
      return undo_create (swap, failure);
    case SWAP_REMOVE:
      break;
    }
  return undo_remove (swap, failure);
}

gpg_error_t
swap_finish (const struct swap *swap, struct failure *failure)
{
  if (!inode_at (swap, swap->temporary))
    return 0;
  if (swap->action != SWAP_CREATE)
    return drop (swap, swap->temporary, &swap->old, failure);
  if (is_at (swap, swap->temporary, &swap->fresh)
      && unlinkat (swap->directory_fd, swap->temporary, 0))
    return fail_errno (failure, "%s: its temporary %s", swap->path,
                       swap->temporary);
  return 0;
}
