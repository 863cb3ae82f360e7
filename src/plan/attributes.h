/* attributes.h - what a file has beside its content
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_ATTRIBUTES_H
#define REEVE_ATTRIBUTES_H

#include <sys/stat.h>
#include <gpg-error.h>
#include "../base/failure.h"

/* Give the file open at NEW_FD the owner, group, mode and all extended
   attributes (access lists, labels, capabilities, user attributes) of the
   one open at OLD_FD, whose fstat is STAT, and no others.  Attributes that
   sign the content (security.ima, security.evm) stay behind.  What cannot be
   kept is an error that names PATH.  */
gpg_error_t attributes_copy (int old_fd, const struct stat *stat, int new_fd,
                             const char *path, struct failure *failure);

#endif /* REEVE_ATTRIBUTES_H */
