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
#include <gpg-error.h>
#include "../../protocol/words.h"
#include "../base/failure.h"
#include "grammar.h"

struct arguments;
struct call;

/* --- For handlers --- */

/* How many values NAME has: as many as were given, or 1 by its default.  */
size_t arg_count (const struct call *call, const char *name);

/* Value INDEX of NAME, canonical, NUL terminated; NULL if not given.
   R_LENGTH may be NULL; no value contains a NUL.  */
const char *arg_text_at (const struct call *call, const char *name,
                         size_t index, size_t *r_length);

/* The same for the first value.  */
const char *arg_text (const struct call *call, const char *name);

/* The value of an int, size (bytes) or duration (milliseconds); FALLBACK if
   it was not given and has no default.  */
int64_t arg_number (const struct call *call, const char *name,
                    int64_t fallback);

/* --- For the core --- */

/* One value.  */
struct argument_value
{
  const struct grammar_item *item;
  bool given; /* By the client; else by default.  */
  char *text; /* Canonical; NULL while it is to be asked for.  */
  size_t length;
  int64_t number;
};

/* Bind the COUNT words at WORD (behind noun and verb) to ROW's grammar and to
   the options that every call takes.  Each value is checked by its type; a
   lone @ stays to be asked for.  Options stand before the first argument and
   end there or at "--".  What was left out and has a default gets it.  Errors:
   GPG_ERR_UNKNOWN_OPTION, GPG_ERR_DUP_VALUE, GPG_ERR_MISSING_VALUE,
   GPG_ERR_TOO_MANY, GPG_ERR_INV_ARG, GPG_ERR_TOO_LARGE.  */
gpg_error_t arguments_bind (const struct grammar *row,
                            const struct grammar *common,
                            const struct word *word, size_t count,
                            struct arguments **r_arguments,
                            struct failure *failure);
void arguments_release (struct arguments *arguments);

/* Make of ARGUMENTS, which must outlive the result, those of a call of another
   verb, with the grammar ROW: the values of what ROW has, too, by name and
   type, and of the options of every call.  Whatever else ROW needs is not
   known.  The caller releases it.  */
gpg_error_t arguments_lend (const struct arguments *arguments,
                            const struct grammar *row,
                            struct arguments **r_arguments);
bool arguments_are_lent (const struct arguments *arguments);

/* All values: options and arguments in the order given, then defaults.  */
size_t arguments_count (const struct arguments *arguments);
const struct argument_value *arguments_value (const struct arguments *arguments,
                                              size_t index);

/* Give value INDEX, which is to be asked for, its LENGTH bytes.  */
gpg_error_t arguments_answer (struct arguments *arguments, size_t index,
                              const char *bytes, size_t length,
                              struct failure *failure);

/* Give the option NAME, of every call or of this one, the value TEXT, by
   default, unless it was given: what a session's own options are to its calls.
 */
gpg_error_t arguments_default (struct arguments *arguments, const char *name,
                               const char *text, struct failure *failure);

#endif /* REEVE_ARGUMENTS_H */
