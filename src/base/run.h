/* run.h - starting programs: the only place that does
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_RUN_H
#define REEVE_RUN_H

#include <sys/types.h>
#include <gpg-error.h>
#include "failure.h"

/* Start PROGRAM, a file name of ours, found beside the running program or
   else in PKGLIBEXECDIR, with ARGUMENTS, which end with NULL (or are NULL: it
   has none; at most 4).  It gets SOCKET as its descriptor 3, /dev/null as
   standard input and output, this process's standard error, no other
   descriptor, a clean environment, default signals, no_new_privs, and, where
   this process is root, the uid and gid of nobody without capabilities.  It
   is for the caller to reap *R_PID.  */
gpg_error_t run_helper (const char *program, const char *const *arguments,
                        int socket, pid_t *r_pid, struct failure *failure);

#endif /* REEVE_RUN_H */
