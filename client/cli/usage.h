/* usage.h - what the server says of a command's arguments
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_CLI_USAGE_H
#define REEVE_CLI_USAGE_H

#include <gpg-error.h>
#include "../../protocol/buffer.h"

/* The first line of HELP NOUN VERB: "NOUN VERB <name:type> [<name:type>]
   [--option=<name:type>]", "..." behind an argument that repeats.  */
struct usage
{
  struct buffer line;
};

/* How a value is to be treated.  */
enum usage_kind
{
  USAGE_UNKNOWN,
  USAGE_SHOWN,
  USAGE_SECRET
};

/* Forget what is known.  */
void usage_clear (struct usage *usage);

/* A status callback that takes the first comment line; OPAQUE is the
   usage.  */
gpg_error_t usage_take (void *opaque, const char *keyword, const char *text);

/* What the argument INDEX (from 0, options not counted) is; its name is
   appended to NAME, which may be NULL.  */
enum usage_kind usage_argument (const struct usage *usage, size_t index,
                                struct buffer *name);

#endif /* REEVE_CLI_USAGE_H */
