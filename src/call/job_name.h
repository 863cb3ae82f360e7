/* job_name.h - the name of a job
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A job is called as the call that it came from: the id on the OK line and in
   the audit log, 16 hex digits of the session, a dot, and the number of the
   call in it.  */

#ifndef REEVE_JOB_NAME_H
#define REEVE_JOB_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>

#define JOB_NAME_ROOM 38 /* With a NUL.  */

/* Whether TEXT is such a name.  */
bool job_name_is (const char *text);

/* The check of the argument type "job" (types.h): GPG_ERR_INV_ARG.  */
gpg_error_t job_name_check (char *text, size_t *length, const char *choices,
                            int64_t *number, const char **r_wanted);

#endif /* REEVE_JOB_NAME_H */
