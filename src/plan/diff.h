/* diff.h - unified differences between two texts
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_DIFF_H
#define REEVE_DIFF_H

#include <stddef.h>
#include <gpg-error.h>
#include "../../protocol/buffer.h"

/* One side: its heading ("/dev/null" if the file is not there) and bytes. */
struct diff_side
{
  const char *name;
  const char *bytes;
  size_t length;
};

/* Append to TEXT what "diff -u" would print for OLD and NEW with three lines
   of context, headed "--- name" and "+++ name"; nothing if they are equal.
   "\ No newline at end of file" as diff writes it.  Time and memory are
   bounded: texts that differ too much come as one hunk that replaces all
   between their common beginning and end.  GPG_ERR_ENOMEM.  */
gpg_error_t diff_unified (const struct diff_side *old_side,
                          const struct diff_side *new_side,
                          struct buffer *text);

#endif /* REEVE_DIFF_H */
