/* pattern_inside.h - between the files of patterns
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_PATTERN_INSIDE_H
#define REEVE_PATTERN_INSIDE_H

#include <regex.h>
#include "pattern.h"

struct pattern
{
  const struct argument_type *type;
  char *glob;     /* As written.  */
  regex_t *regex; /* NULL: not an expression.  */
  size_t count;   /* Of the steps of a path or tree, without the last **.  */
  char **step;
  bool below; /* It ended with **.  */
  int64_t low;
  int64_t high;
};

/* Take the path TEXT apart; *R_STEP is one block, for free.  In a TREE a slash
   may stand behind a backslash, which PLAIN takes away.  */
gpg_error_t pattern_split (const char *text, bool tree, bool plain,
                           char ***r_step, size_t *r_count);

#endif /* REEVE_PATTERN_INSIDE_H */
