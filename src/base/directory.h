/* directory.h - directories of reeve's own
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_DIRECTORY_H
#define REEVE_DIRECTORY_H

#include <sys/types.h>
#include <gpg-error.h>
#include "failure.h"
#include "machine.h"

/* Make the directory PATH (below the root) with MODE, and those above it
   with 0755, durably; what is there stays as it is.  */
gpg_error_t directory_make (const struct machine *machine, const char *path,
                            mode_t mode, struct failure *failure);

/* Open it.  GPG_ERR_ENOENT if it is not there, GPG_ERR_EPERM if others than
   root and the daemon can write to it or lead the way elsewhere; the advice
   is to give it MODE.  */
gpg_error_t directory_open (const struct machine *machine, const char *path,
                            mode_t mode, int *r_fd, struct failure *failure);

#endif /* REEVE_DIRECTORY_H */
