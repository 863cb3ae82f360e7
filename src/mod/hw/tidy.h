/* tidy.h - valid JSON of what a program wrote for it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   sensors (lm-sensors 3.6.0) does not escape labels, leaves commas behind the
   last member, writes "nan", and where its errors go to the same file has
   lines of them in between.  Such is mended; what is valid stays as it was.
   To be called behind a fence.  */

#ifndef REEVE_TIDY_H
#define REEVE_TIDY_H

#include <stdbool.h>
#include <stddef.h>
#include <gpg-error.h>
#include <jansson.h>
#include "../../../protocol/buffer.h"

#define TIDY_DEPTH 32

/* Append to JSON the first object of the LENGTH bytes at BYTES, without any
   white space, so that it is valid.  Left out are lines where a name or a
   value should be and none is, and names without a value.  In strings a quote
   that does not end it gets its backslash, bytes that are no UTF-8 and NUL
   become U+FFFD.  Numbers beyond 18 digits become strings, no number null.
   With PAIRS objects become arrays of arrays [name, value], so that a name
   may stand there twice.
   Errors: GPG_ERR_NO_DATA: there is no object; GPG_ERR_BAD_DATA: it has no
   end, or nests deeper than TIDY_DEPTH; GPG_ERR_ENOMEM.  */
gpg_error_t tidy_json (const char *bytes, size_t length, bool pairs,
                       struct buffer *json);

/* The same, read.  TEXT, if not NULL, gets it as it was read.  */
gpg_error_t tidy_read (const char *bytes, size_t length, bool pairs,
                       struct buffer *text, json_t **r_json);

#endif /* REEVE_TIDY_H */
