/* expression.h - which files a path expression can see
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The worker loads files on demand, so it must know before it evaluates an
   expression what that could look at.  What is found here may be more than
   is needed, which costs time; it must never be less, which would give wrong
   answers.  */

#ifndef REEVE_AUG_EXPRESSION_H
#define REEVE_AUG_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <gpg-error.h>

/* A path below /files: the file on its way is needed, or, if the path ends at
   a directory, all below.  */
struct need
{
  char *path;
  bool asked; /* The expression names it below /files: that it cannot be had
                 is an error, not an absence.  */
};

struct needs
{
  bool everything;
  size_t count;
  struct need *need;
};

#define NEEDS_NONE                                                             \
  {                                                                            \
    false, 0, NULL                                                             \
  }

/* Where relative paths of an expression begin.  */
struct expression_base
{
  const char *context; /* The value of /augeas/context; NULL: the root.  */
  bool loaded;         /* Not there but at nodes that are loaded with all
                          below them (a group, a variable).  */
};

/* Add to NEEDS what EXPRESSION can see.  GPG_ERR_SYNTAX if it is not
   understood: then NEEDS are not complete.  */
gpg_error_t expression_needs (const char *expression,
                              const struct expression_base *base,
                              struct needs *needs);

void needs_release (struct needs *needs);

#endif /* REEVE_AUG_EXPRESSION_H */
