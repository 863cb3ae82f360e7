/* script.h - reading a script of augtool's, statement by statement
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A statement is a line: a name and its arguments, parted by blanks or tabs.
   Empty lines and those whose first character is # are none.  Outside
   quotation marks, and outside the brackets of a path expression, a blank
   ends an argument; "..." and '...' take blanks in, and a backslash takes in
   the next character or stands for a tab (\t) or a line feed (\n).  In
   brackets, quotation marks belong to the expression.  Before the
   characters ] [ | / = ( ) ! and the comma the backslash stays: there it is
   the expression's.

   The reader only reads: it calls nothing and opens nothing.  */

#ifndef REEVE_AUG_SCRIPT_H
#define REEVE_AUG_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <gpg-error.h>
#include "../../base/failure.h"

#define SCRIPT_ARGUMENTS 4

/* What a statement prints.  */
enum statement_prints
{
  PRINTS_NOTHING,
  PRINTS_VALUE,    /* "path = value".  */
  PRINTS_MATCHES,  /* "path = value" for each, or only the paths of those with
                      the wanted value.  */
  PRINTS_COUNT,    /* "  2 matches".  */
  PRINTS_CHILDREN, /* "label = value" for each.  */
  PRINTS_LINES,    /* The verb's own text.  */
  PRINTS_REMOVED,  /* "rm : path 2".  */
  PRINTS_RENAMED,  /* "rename : path to label 2".  */
  PRINTS_FILE,     /* Nothing if the node belongs to none.  */
  PRINTS_SPAN,
  PRINTS_ERRORS,
  PRINTS_SAVED /* "Saved 2 file(s)".  */
};

struct statement_kind
{
  const char *name;
  const char *verb; /* Of AUG; NULL: the script ends here.  */
  /* In capitals the path expressions, in brackets what may be left out.  */
  const char *arguments;
  enum statement_prints prints;
  bool edits;
};

struct statement
{
  const struct statement_kind *kind; /* NULL at the end of the script.  */
  size_t line;                       /* Counted from 1.  */
  size_t count;
  char *argument[SCRIPT_ARGUMENTS]; /* Those given.  */
};

struct script
{
  char *text;
  char *rest; /* What was not read yet.  */
  size_t line;
};

/* Begin to read TEXT, which is copied.  */
gpg_error_t script_begin (const char *text, struct script *r_script);
void script_release (struct script *script);

/* Read the next statement.  Its strings live as long as SCRIPT.  Of a line
   that is no statement only R_STATEMENT->line is set.  Errors:
   GPG_ERR_UNKNOWN_COMMAND, GPG_ERR_SYNTAX, GPG_ERR_MISSING_VALUE,
   GPG_ERR_TOO_MANY.  */
gpg_error_t script_next (struct script *script, struct statement *r_statement,
                         struct failure *failure);

/* The table of all statements, ending with a NULL name.  */
const struct statement_kind *script_statements (void);

#endif /* REEVE_AUG_SCRIPT_H */
