/* record.h - how answers are written: values, lists, records; text and JSON
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

   Text: a value is its bytes.  A list is one item a line.  Records are
   "field: value" lines with an empty line between records.  In lists and
   records each byte below 0x20, 0x7f and the backslash is written \xHH (two
   lower-case hex digits), so that no value can forge a field.

   JSON (OPTION output=json): one JSON text a line: a value or an item is a
   string, a record an object.  Bytes that are not valid UTF-8 are
   {"base64":"..."}.  */

#ifndef REEVE_RECORD_H
#define REEVE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <gpg-error.h>
#include "buffer.h"

/* Append the LENGTH bytes at BYTES with the text escapes.  */
void record_escape (struct buffer *buffer, const char *bytes, size_t length);

/* Undo record_escape on the LENGTH bytes at TEXT, appending to BUFFER.
   GPG_ERR_SYNTAX for anything record_escape does not write.  */
gpg_error_t record_unescape (struct buffer *buffer, const char *text,
                             size_t length);

/* Append BYTES as a JSON string, or as {"base64":"..."} where they are not
   valid UTF-8.  */
void record_json (struct buffer *buffer, const char *bytes, size_t length);

/* Whether BYTES are valid UTF-8.  */
bool record_is_utf8 (const char *bytes, size_t length);

#endif /* REEVE_RECORD_H */
