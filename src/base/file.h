/* file.h - finding and reading files that a client names
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A path is followed hop by hop below the root, one descriptor at a time: a
   symbolic link only if the link and the directory that holds it belong to a
   trusted uid (machine_trusts) and nobody else may exchange links there, an
   absolute link starts again at the root,
   and ".." never leaves it.  Nothing is opened by a path that was merely
   checked before.  */

#ifndef REEVE_FILE_H
#define REEVE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <gpg-error.h>
#include "failure.h"
#include "machine.h"

#define FILE_HASH 32 /* Bytes of a SHA-256.  */

/* Where a path leads.  */
struct place
{
  char *path;       /* Absolute below the root, links resolved, canonical.  */
  char *name;       /* Its last component.  */
  int directory_fd; /* The directory that holds NAME, O_RDONLY.  */
  bool exists;      /* Whether NAME is there.  */
  bool trusted;     /* Every directory and link on the way belongs to a
                       trusted uid, and no directory without the sticky bit
                       is writable by others, by a group that is not trusted
                       (machine_trusts_group), or by an access list.  */
  char *suspect;    /* If not TRUSTED: the first such directory.  */
  struct stat stat; /* Of NAME if it exists (it is not a link).  */
};

/* What a file was when it was read.  */
struct file_image
{
  bool exists;
  struct stat stat;
  unsigned char hash[FILE_HASH];
  char *bytes; /* LENGTH bytes and a NUL; NULL if it does not exist.  */
  size_t length;
};

/* Follow PATH (absolute, below the root; "." and empty components are
   skipped).  Every component but the last must exist and be a directory.
   Errors: GPG_ERR_ENOENT, GPG_ERR_ENOTDIR, GPG_ERR_ELOOP (too many links),
   GPG_ERR_FORBIDDEN (a link that is not trusted), GPG_ERR_INV_NAME (not
   absolute, a name longer than NAME_MAX).  */
gpg_error_t place_find (const struct machine *machine, const char *path,
                        struct place *r_place, struct failure *failure);
void place_release (struct place *place);

/* Read the regular file that PATH leads to, LIMIT bytes at most.  A file that
   does not exist is success with EXISTS false (so is a missing directory on
   the way).  The bytes are those of one moment: a file that is written to
   meanwhile is read again.  Errors as place_find, and GPG_ERR_TOO_LARGE,
   GPG_ERR_INV_OBJ (not a regular file), GPG_ERR_CONFLICT (it does not stop
   changing).  If R_PATH is not NULL the path with links resolved is stored
   there; PATH itself where a directory on the way is missing.  */
gpg_error_t file_read (const struct machine *machine, const char *path,
                       size_t limit, struct file_image *r_image, char **r_path,
                       struct failure *failure);
void file_image_release (struct file_image *image);

/* Hash LENGTH BYTES with SHA-256.  */
void file_hash (const void *bytes, size_t length,
                unsigned char r_hash[FILE_HASH]);

/* Read a file of reeve's own (configuration, policy) by an operating system
   path: a regular file, no link, owned by the daemon's uid or root, not
   writable by group or others, and with no right for them at all if SECRET;
   its directory likewise not writable by others.  Returns the open
   descriptor through R_FD.  */
gpg_error_t file_open_own (const struct machine *machine, const char *os_path,
                           bool secret, int *r_fd, struct failure *failure);

/* Check the directory OS_PATH of reeve's own (policy, keys): no link, owned by
   the daemon's uid or root, not writable by group or others.  GPG_ERR_ENOENT
   if there is none.  */
gpg_error_t file_check_own_directory (const struct machine *machine,
                                      const char *os_path,
                                      struct failure *failure);

/* Open the log OS_PATH for appending, made with mode 0640 if it is not there:
   no link, one name, a regular file, owner and mode as above.  */
gpg_error_t file_open_log (const struct machine *machine, const char *os_path,
                           int *r_fd, struct failure *failure);

#endif /* REEVE_FILE_H */
