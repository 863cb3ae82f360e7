/* failure.h - what went wrong and what to do about it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An error code says what class a failure is; a struct failure beside it
   carries the words for a person and the details for a program.  Floors
   below the gates fill it and return the code; the session tells it.  */

#ifndef REEVE_FAILURE_H
#define REEVE_FAILURE_H

#include <stddef.h>
#include <gpg-error.h>

/* One "S DETAIL name value" line.  VALUE has LENGTH bytes, any bytes.  */
struct detail
{
  struct detail *next;
  char *name; /* A lower-case word: "file", "line", "lens", ...  */
  char *value;
  size_t length;
};

struct failure
{
  gpg_error_t code;
  char *text; /* What to do: one line, NULL if there is none.  */
  struct detail *details;
};

#define FAILURE_NONE                                                           \
  {                                                                            \
    0, NULL, NULL                                                              \
  }
#define auto_failure __attribute__ ((cleanup (failure_release)))

/* Set the words of FAILURE (which may be NULL: then nothing is kept) and
   return CODE as an error of ours.  Details set so far stay; words set
   before are replaced.  */
gpg_error_t fail (struct failure *failure, gpg_err_code_t code,
                  const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* The same for the present errno.  FORMAT says what was tried; ": " and
   strerror follow.  */
gpg_error_t fail_errno (struct failure *failure, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

/* Add a detail.  FAILURE may be NULL.  */
void failure_detail (struct failure *failure, const char *name,
                     const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));
void failure_detail_bytes (struct failure *failure, const char *name,
                           const char *bytes, size_t length);

/* Forget all; free the memory.  */
void failure_release (struct failure *failure);

#endif /* REEVE_FAILURE_H */
