/* reach.h - where a location path stands while its steps are taken
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_AUG_REACH_H
#define REEVE_AUG_REACH_H

#include <stdbool.h>
#include <gpg-error.h>
#include "expression.h"
#include "../../../protocol/buffer.h"

/* At the node named by CHAIN, a plain path from the root ("" is the root), or,
   if OPEN, somewhere at least BELOW levels beneath it.  */
struct reach
{
  struct buffer chain;
  bool open;
  unsigned below;
  bool loaded; /* Instead: among nodes that are loaded with all below.  */
};

#define REACH_ROOT                                                             \
  {                                                                            \
    BUFFER_EMPTY, false, 0, false                                              \
  }

/* Whether PATH is an absolute path that means the same with and without
   augeas' syntax.  */
bool path_is_plain (const char *path);

/* Add to NEEDS that an expression looks at what REACH names.  */
gpg_error_t reach_need (const struct reach *reach, struct needs *needs);

/* Go down to the child NAME; NULL is any child.  */
void reach_down (struct reach *reach, const char *name);

/* Go up one level; what is left behind was looked at.  */
gpg_error_t reach_up (struct reach *reach, struct needs *needs);

/* Put REACH, which is at the root, where BASE says.  */
void reach_base (struct reach *reach, const struct expression_base *base,
                 struct needs *needs);

/* Put REACH, which is at the root, where FROM is.  */
void reach_copy (struct reach *reach, const struct reach *from);

#endif /* REEVE_AUG_REACH_H */
