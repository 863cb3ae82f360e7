/* log_files.h - the files of the audit log, in order
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

   The log is audit.jsonl, to which is appended, and before it the rotated
   files audit.jsonl.FIRST-LAST, named by the numbers of their records.  Others
   may rotate it while it is read.  */

#ifndef REEVE_LOG_FILES_H
#define REEVE_LOG_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <gpg-error.h>

#define LOG_FILES_NAME "audit.jsonl"
#define LOG_FILES_ROOM 64 /* For a file's name.  */

/* FIRST and LAST are 0 for the file that is appended to.  */
struct log_file
{
  char name[LOG_FILES_ROOM];
  uint64_t first;
  uint64_t last;
};

/* Make R_FILE the rotated file with the records FIRST to LAST.  */
void log_file_make (uint64_t first, uint64_t last, struct log_file *r_file);

/* Whether NAME, without directories, is that of a file of the log.  */
bool log_file_parse (const char *name, struct log_file *r_file);

/* Going through the files in DIRECTORY_FD, which the caller owns.  OPEN opens
   one for reading; ENOENT means that it is gone.  Else zero at the start.  */
struct log_files
{
  int directory_fd;
  gpg_error_t (*open) (void *opaque, const char *name, int *r_fd);
  void *opaque;
  struct log_file at; /* The last rotated one.  */
  dev_t device;       /* Of the file opened last.  */
  ino_t inode;
};

/* Open the next file, for the caller to close; *R_FD is -1 if there is none,
   now.  Behind the file that is appended to there is one as soon as that was
   rotated: all that it will ever have is in it by then.  */
gpg_error_t log_files_next (struct log_files *files, struct log_file *r_file,
                            int *r_fd);

#endif /* REEVE_LOG_FILES_H */
