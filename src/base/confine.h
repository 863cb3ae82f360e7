/* confine.h - what a session that only reads can no longer do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Such a session is root and opens whatever file its client may read, so it
   cannot stand behind a worker's fence.  What is taken from it is the rest:

   - every capability but CAP_DAC_READ_SEARCH, which reading needs.  Not
     CAP_KILL: a worker ends when its socket is closed, so a session need not
     kill it;
   - system calls that start programs or processes, signal or look into
     others, mount, load code into the kernel, reach other hosts or other
     daemons' sockets, or change owner, mode, times or attributes of files,
     which the kernel grants the owner of a file without any capability;
   - by Landlock, everything that writes to the file system but at the
     places that are named, whoever owns the file.

   What is forbidden fails with EPERM or EACCES; nothing is killed.  All of it
   is inherited by children and can never be taken back, so it is not for a
   process that may start tools.  */

#ifndef REEVE_CONFINE_H
#define REEVE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <gpg-error.h>
#include "failure.h"

/* A file that may still be written, or a directory below which files may.  */
struct confine_place
{
  const char *os_path; /* Left out if there is no such file.  */
  bool make;           /* Whether regular files may be made, renamed and
                          removed below the directory, too.  */
};

/* Confine this process, for good.  A part that this kernel or user has not is
   left out; confine_report tells.  An error means that a part which should
   have been possible was not: the process must not go on.  */
gpg_error_t confine_enter (const struct confine_place *places, size_t count,
                           struct failure *failure);

/* Tell about part INDEX, counted from 0: its name goes to R_NAME, whether it
   holds for this process, as the kernel says, to R_HOLDS.  Returns false past
   the last part.  */
bool confine_report (size_t index, const char **r_name, bool *r_holds);

#endif /* REEVE_CONFINE_H */
