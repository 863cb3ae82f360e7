/* policy_reader.h - between the files that read policies
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_POLICY_READER_H
#define REEVE_POLICY_READER_H

#include "policy.h"

/* Where the reader is.  */
struct policy_reader
{
  const struct policy_source *source;
  struct policy *policy;
  struct identity *identity; /* Of the section; NULL before the first.  */
  unsigned seen;             /* Its settings that stand only once.  */
  bool skip;                 /* Below a section that is no good.  */
  const char *file;
  unsigned line;
  struct failure *failure;
  gpg_error_t first; /* The first mistake that did not end the reading.  */
  struct failure first_failure;
};

/* An error at the reader's place: "FILE:LINE: what".  */
gpg_error_t policy_bad (struct policy_reader *reader, gpg_err_code_t code,
                        const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* The same for what only this machine makes wrong: success if somebody wants
   to hear complaints.  */
gpg_error_t policy_complain (struct policy_reader *reader, gpg_err_code_t code,
                             const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* Grow the array at R_ARRAY of COUNT elements of SIZE bytes by one, up to
   LIMIT; the new one is all zero.  */
gpg_error_t policy_grow (struct policy_reader *reader, void *r_array,
                         size_t count, size_t size, size_t limit);

/* The setting NAME = VALUE of the reader's identity.  VALUE may be written
   to.  */
gpg_error_t policy_set (struct policy_reader *reader, const char *name,
                        char *value);

#endif /* REEVE_POLICY_READER_H */
