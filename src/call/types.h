/* types.h - the types of arguments, one table
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TYPES_H
#define REEVE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include "../base/failure.h"
#include "../base/machine.h"

/* The value never stands in a line, only in the answer to an inquiry, and
   is wiped; nothing prints it.  */
#define TYPE_SECRET 1U
/* An option of this type may be given without a value: that is "yes".  */
#define TYPE_FLAG 2U
/* The grammar names the possible values: enum(a|b).  */
#define TYPE_CHOICE 4U

/* A rule that allows must name the argument to let it through.  */
#define TYPE_NAMED 8U

/* The bytes by which a canonical text may be longer than what was given.  */
#define TYPE_GROWTH 8

/* How rules of a policy name values of a type (gate/pattern.h).  */
enum pattern_form
{
  PATTERN_NONE,   /* Not at all.  */
  PATTERN_TEXT,   /* A glob over the whole value.  */
  PATTERN_PATH,   /* An absolute path of files, a glob for each step.  */
  PATTERN_TREE,   /* The same for nodes of augeas; \ takes the next byte of
                     a label as it is.  */
  PATTERN_CHOICE, /* A glob that one of the possible values must match.  */
  PATTERN_NUMBER  /* VALUE or LOW..HIGH, as the type writes them.  */
};

struct argument_type
{
  const char *name;
  unsigned flags;

  /* Check the LENGTH bytes at TEXT (NUL terminated, no NUL inside) and make
     them canonical in place; there is room for TYPE_GROWTH more.  A type that
     has a number stores it at NUMBER.  CHOICES is what the grammar has between
     the parentheses of enum().  On an error *R_WANTED is a static text that
     says what would be right.  */
  gpg_error_t (*check) (char *text, size_t *length, const char *choices,
                        int64_t *number, const char **r_wanted);

  const char *help; /* For the manual: what a value looks like.  */

  enum pattern_form pattern;

  /* Tell the names of the object of MACHINE that VALUE, which is canonical,
     names: call EACH for the canonical name first, then for the others that
     are known, VALUE among them.  After an error it is not known which object
     that is.  NULL: VALUE is the only name.  */
  gpg_error_t (*names) (const struct machine *machine, const char *value,
                        void (*each) (void *context, const char *name),
                        void *context);
};

/* The type whose name is the LENGTH bytes at NAME, or NULL.  */
const struct argument_type *type_find (const char *name, size_t length);

/* The table, ending with a NULL name.  */
const struct argument_type *type_table (void);

/* Whether the LENGTH bytes at TEXT are one of CHOICES ("a|b|c").  */
bool type_is_choice (const char *text, size_t length, const char *choices);

#endif /* REEVE_TYPES_H */
