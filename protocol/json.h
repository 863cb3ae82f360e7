/* json.h - taking apart the top level of a JSON object
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

   Strict as RFC 8259 says, for one object and nothing behind it: strings are
   valid UTF-8, a surrogate has its partner.  What nests deeper than
   JSON_DEPTH is an error.  Nothing is copied until it is asked for.  */

#ifndef REEVE_JSON_H
#define REEVE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include "buffer.h"

#define JSON_DEPTH 32

enum json_kind
{
  JSON_STRING,
  JSON_NUMBER,
  JSON_TRUE,
  JSON_FALSE,
  JSON_NULL,
  JSON_OBJECT,
  JSON_ARRAY
};

/* A member of the object, or an item of the array, which has no name.  NAME is
   what stands between the quotation marks, escapes and all; TEXT the whole
   value as it is written.  Both point into what is scanned.  */
struct json_field
{
  const char *name;
  size_t name_length;
  enum json_kind kind;
  const char *text;
  size_t length;
};

struct json_scan
{
  const char *at;
  const char *end;
  bool begun;
  bool items; /* Of an array, not fields of an object.  */
};

/* Scan the LENGTH bytes at BYTES, which stay the caller's.  */
void json_start (struct json_scan *scan, const char *bytes, size_t length);

/* Scan the items of FIELD, whose text stays the caller's: fields without a
   name.  If it is no array json_next tells.  */
void json_start_items (struct json_scan *scan, const struct json_field *field);

/* Go to the next field; *R_FOUND is false behind the last one.
   GPG_ERR_SYNTAX: it is not one object, or array.  */
gpg_error_t json_next (struct json_scan *scan, struct json_field *r_field,
                       bool *r_found);

/* Whether FIELD is called NAME, which needs no escapes.  */
bool json_is (const struct json_field *field, const char *name);

/* Append what the string FIELD says; it may have NUL bytes.  */
void json_append_string (const struct json_field *field, struct buffer *buffer);

/* Store the number FIELD at R_NUMBER if it is a whole one that fits.  */
bool json_whole_number (const struct json_field *field, int64_t *r_number);

#endif /* REEVE_JSON_H */
