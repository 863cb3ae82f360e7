/* integrity.h - whether configuration, policy and keys still are what was
   loaded
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What a file was is noted when it is read, from the descriptor that is read.
   A change that nobody loaded is either somebody's who forgot RELOAD, or an
   attack; both are a reason to do nothing that changes the machine.  A check
   costs one lstat a file.

   Times are compared to the nanosecond, but the kernel's clock for files ticks
   only every few milliseconds.  So a file that was changed just now is read a
   moment later: what changes it after that has another time.  */

#ifndef REEVE_INTEGRITY_H
#define REEVE_INTEGRITY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <gpg-error.h>
#include "../base/failure.h"
#include "../base/file.h"
#include "../base/machine.h"

/* What a change that was not loaded forbids.  */
enum integrity_mode
{
  INTEGRITY_OFF,
  INTEGRITY_READS, /* Changes: the machine's files can still be read.  */
  INTEGRITY_STRICT /* Every call.  */
};

/* A file as it was; what is not there has a mode of 0.  */
struct integrity_file
{
  char *os_path;
  struct stat stat;
};

/* All that a policy was made of.  Zeroed: nothing was noted, and nothing
   changes.  */
struct integrity
{
  char *directory; /* Of policy files.  */
  struct stat directory_stat;
  struct integrity_file *file;
  size_t count;
};

/* Begin the notes of a load.  The directories for configuration, policy and
   keys, where they are there, must be no links, belong to the daemon's user or
   root and be writable by nobody else; the errors are those of
   file_check_own_directory.  pve.conf is noted here, which only workers
   read.  */
gpg_error_t integrity_begin (struct integrity *integrity,
                             const struct machine *machine,
                             struct failure *failure);

/* Note the file OS_PATH, open at FD and not yet read.  */
gpg_error_t integrity_seen (struct integrity *integrity, const char *os_path,
                            int fd);

/* The same for the key file NAME in the directory of keys.  */
gpg_error_t integrity_seen_key (struct integrity *integrity,
                                const struct machine *machine, const char *name,
                                int fd);

void integrity_release (struct integrity *integrity);

/* Whether NAME is that of a policy file.  */
bool integrity_is_policy (const char *name);

/* Store at R_STAT what OS_PATH is, as integrity_file has it; a file that was
   just changed is looked at a moment later.  */
void integrity_look (const char *os_path, struct stat *r_stat);

/* Whether A and B are the same file, unchanged.  */
bool integrity_equal (const struct stat *a, const struct stat *b);

/* Store at R_DIGEST what tells whether two loads read the same files.  */
void integrity_digest (const struct integrity *integrity,
                       unsigned char r_digest[FILE_HASH]);

/* Compare INTEGRITY, and the file CONFIG unless that has no path, with what
   is there now.  GPG_ERR_CONFIGURATION: something was changed, replaced, added
   or removed; the detail "file" names it.  */
gpg_error_t integrity_check (const struct integrity *integrity,
                             const struct integrity_file *config,
                             struct failure *failure);

#endif /* REEVE_INTEGRITY_H */
