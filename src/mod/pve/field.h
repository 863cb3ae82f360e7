/* field.h - members of a server's JSON, read leniently
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Proxmox sends numbers as texts and the reverse, truth as 0 and 1, and null
   for what is not there.  */

#ifndef REEVE_PVE_FIELD_H
#define REEVE_PVE_FIELD_H

#include <stdbool.h>
#include <stdint.h>
#include <gpg-error.h>
#include <jansson.h>
#include "../../call/writer.h"

enum field_kind
{
  FIELD_TEXT,     /* A text or a number.  */
  FIELD_NUMBER,   /* A whole number, also from a text.  */
  FIELD_FRACTION, /* A number with decimals, as it is.  */
  FIELD_BOOL,     /* 0, 1, "0", "1", true, false.  */
  FIELD_TIME      /* Seconds since 1970, written in UTC.  */
};

/* One field of a record.  A table ends with a NULL name.  */
struct field
{
  const char *name; /* Ours.  */
  const char *key;  /* The server's.  */
  enum field_kind kind;
};

/* Whether OBJECT has a member KEY of such a kind, and its value.  */
bool field_number (const json_t *object, const char *key, int64_t *r_number);
bool field_fraction (const json_t *object, const char *key, double *r_number);
bool field_bool (const json_t *object, const char *key, bool *r_value);

/* The member KEY as text, for the caller to free; NULL if it is not there.  */
char *field_text (const json_t *object, const char *key);

/* The member KEY if it is a text, which belongs to OBJECT; else NULL.  */
const char *field_string (const json_t *object, const char *key);

/* Write those of FIELDS that OBJECT has.  */
gpg_error_t field_write (struct writer *out, const json_t *object,
                         const struct field *fields);

#endif /* REEVE_PVE_FIELD_H */
