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

/* Which gate a request did not pass; a failure that is no refusal has none.  */
enum refusal
{
  REFUSAL_NONE,
  REFUSAL_PEER,      /* Nobody of this user is admitted.  */
  REFUSAL_HANDSHAKE, /* The key was not proved.  */
  REFUSAL_PARSE,     /* The line is no well formed request.  */
  REFUSAL_RATE,
  REFUSAL_LIMIT,
  REFUSAL_IDENTITY, /* None, or one that has expired or is revoked.  */
  REFUSAL_CEILING,
  REFUSAL_POLICY,
  REFUSAL_INTEGRITY /* The configuration was changed behind our back.  */
};

#define REFUSAL_COUNT (REFUSAL_INTEGRITY + 1)

/* Its name in the audit log: "peer", "handshake", ...  */
const char *refusal_name (enum refusal refusal);

struct failure
{
  gpg_error_t code;
  char *text; /* What to do: one line, NULL if there is none.  */
  struct detail *details;
  enum refusal refusal;
};

#define FAILURE_NONE                                                           \
  {                                                                            \
    0, NULL, NULL, REFUSAL_NONE                                                \
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

/* The words of FAILURE, or where it has none those for ERR; good as long as
   FAILURE is.  */
const char *failure_words (const struct failure *failure, gpg_error_t err);

/* Note that ERR, which FAILURE (may be NULL) tells of, is a refusal; nothing if
   ERR is 0.  Returns ERR.  */
gpg_error_t failure_refuse (struct failure *failure, enum refusal refusal,
                            gpg_error_t err);

/* Add a detail.  FAILURE may be NULL.  */
void failure_detail (struct failure *failure, const char *name,
                     const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));
void failure_detail_bytes (struct failure *failure, const char *name,
                           const char *bytes, size_t length);

/* The value of the detail NAME, or NULL; good as long as FAILURE is.  */
const char *failure_find (const struct failure *failure, const char *name);

/* Forget all; free the memory.  */
void failure_release (struct failure *failure);

#endif /* REEVE_FAILURE_H */
