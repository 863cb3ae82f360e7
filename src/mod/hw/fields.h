/* fields.h - fields that a parser behind a fence found
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The parser says them (field_say.h) as pairs of name and value; a pair with an
   empty name ends a record.  Before the fence nobody trusts them: only names
   of a table are taken, and values that are what the table says.  */

#ifndef REEVE_FIELDS_H
#define REEVE_FIELDS_H

#include <gpg-error.h>
#include "../../base/fenced.h"
#include "../../call/writer.h"

enum field_kind
{
  FIELD_TEXT,
  FIELD_NUMBER,  /* A whole number of any length.  */
  FIELD_DECIMAL, /* With at most six digits behind the point.  */
  FIELD_BOOL,    /* "1" or "0".  */
  FIELD_LIST,    /* Several texts one after the other.  */
  FIELD_JSON     /* An object in one line.  */
};

/* A table of them ends with a NULL name.  */
struct field
{
  const char *name;
  enum field_kind kind;
};

/* Write the fields from item *R_INDEX on to the end of their record, behind
   which *R_INDEX is then.  The writer's record stays open.  */
gpg_error_t fields_write (struct writer *out, const struct field *table,
                          const struct fenced_answer *answer, size_t *r_index);

/* The first value of the field NAME, or NULL.  */
const struct item *fields_find (const struct fenced_answer *answer,
                                const char *name);

#endif /* REEVE_FIELDS_H */
