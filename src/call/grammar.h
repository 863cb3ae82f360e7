/* grammar.h - what a row's ARGS say
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

     grammar  = { item }                    separated by blanks
     item     = argument | "[" argument "]" | "[--" name "=" argument "]"
              | "[--" name "]"              a flag: an option of type bool
     argument = "<" name ":" type [ "=" default ] ">" [ "..." ]
     type     = a name of types.h, enum with "(a|b)" behind it
     default  = the text up to the ">", which the type must accept: the value
                of what was left out; not of what is needed, secret, repeated

   Optional arguments stand after the needed ones; "..." (one or more) only
   at the last.  An option is known by its own name, not by its value's.  */

#ifndef REEVE_GRAMMAR_H
#define REEVE_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <gpg-error.h>
#include "../base/failure.h"
#include "types.h"

#define GRAMMAR_ITEMS 16

struct grammar_item
{
  char *name;
  const struct argument_type *type;
  char *choices;  /* Of an enum: "a|b".  */
  char *fallback; /* The default, or NULL.  */
  bool option;
  bool optional;
  bool repeats;
};

struct grammar
{
  const char *text; /* As written in the row.  */
  size_t count;
  struct grammar_item item[GRAMMAR_ITEMS];
};

/* Parse TEXT, which must outlive the result.  A text that does not parse, a
   name given twice, and an argument whose name tells of a password but whose
   type is not secret are errors.  */
gpg_error_t grammar_parse (const char *text, struct grammar *r_grammar,
                           struct failure *failure);
void grammar_release (struct grammar *grammar);

/* The item NAME (LENGTH bytes) that is an option or is not; or NULL.  */
const struct grammar_item *grammar_find (const struct grammar *grammar,
                                         const char *name, size_t length,
                                         bool option);

#endif /* REEVE_GRAMMAR_H */
