/* arguments.h - the typed arguments of a call
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Handlers ask by the names of their row's grammar; a name that the grammar
   does not declare is a programming error and asserts.  The results belong
   to the call.  */

#ifndef REEVE_ARGUMENTS_H
#define REEVE_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arguments;
struct call;

/* How often NAME was given (0: not at all; more than 1: only with "...").  */
size_t arg_count (const struct call *call, const char *name);

/* Value INDEX of NAME, canonical, NUL terminated; NULL if not given.
   *R_LENGTH may be NULL; no value contains a NUL.  */
const char *arg_text_at (const struct call *call, const char *name,
                         size_t index, size_t *r_length);

/* The same for the first value.  */
const char *arg_text (const struct call *call, const char *name);

/* Whether the option NAME (without hyphens) was given.  */
bool arg_given (const struct call *call, const char *name);

/* The value of an int, size (bytes) or duration (milliseconds); FALLBACK if
   it was not given.  */
int64_t arg_number (const struct call *call, const char *name,
                    int64_t fallback);

#endif /* REEVE_ARGUMENTS_H */
