/* store_inside.h - what the files of the store share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   store.c has the job's own side, store_look.c that of those who look.  */

#ifndef REEVE_JOB_STORE_INSIDE_H
#define REEVE_JOB_STORE_INSIDE_H

#include "store.h"

/* Open the directory of IDENTITY's jobs; MAKE: it is made if it is not there,
   else GPG_ERR_ENOENT.  */
gpg_error_t job_directory (const struct machine *machine, const char *identity,
                           bool make, int *r_fd, struct failure *failure);

/* Remove the oldest files in DIRECTORY, but not those of jobs that run, so that
   with one more there are KEPT.  */
void job_prune (int directory, uint64_t kept);

#endif /* REEVE_JOB_STORE_INSIDE_H */
