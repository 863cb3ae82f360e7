/* field.h - members of what Proxmox VE answers, and records made of them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The server is not strict about types: a number may come as a string and the
   reverse, truth as 1, "1" or true, and what is not known as null.  So each is
   read as what it is meant to be.  */

#ifndef REEVE_PVE_FIELD_H
#define REEVE_PVE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include <jansson.h>
#include "../../call/writer.h"

#define FIELD_SCRATCH 32 /* Room for a number as text.  */

/* Read the member KEY of OBJECT; whether it is there and such.  Null is not
   there.  A number's fraction is cut off where a whole one is wanted; neither
   may be too large for its type.  Numbers in strings are decimal.  */
bool field_number (const json_t *object, const char *key, int64_t *r_number);
bool field_fraction (const json_t *object, const char *key, double *r_number);

/* True, 1 and "1"; false, 0, "0" and "", which is Perl's.  */
bool field_bool (const json_t *object, const char *key, bool *r_value);

/* The text, LENGTH bytes and a NUL, belongs to OBJECT, or is SCRATCH where a
   number had to be written.  It may hold any character.  */
bool field_text (const json_t *object, const char *key,
                 char scratch[FIELD_SCRATCH], const char **r_text,
                 size_t *r_length);

enum field_kind
{
  FIELD_TEXT,  /* Left out if it is empty: so is what a server has not.  */
  FIELD_VALUE, /* The same, but told also if it is empty.  */
  FIELD_NUMBER,
  FIELD_FRACTION, /* With at most six digits behind the point.  */
  FIELD_BOOL,
  FIELD_TIME /* Seconds since 1970, told as "2027-01-31T12:00:00Z".  */
};

/* A table of them ends with a NULL name.  */
struct field
{
  const char *name; /* Ours, and the same for all versions.  */
  const char *key;  /* The server's.  */
  enum field_kind kind;
};

/* Write the fields of the table FIELDS that OBJECT has, in the order of the
   table.  The writer's record stays open.  */
gpg_error_t field_write (struct writer *out, const json_t *object,
                         const struct field *fields);

#endif /* REEVE_PVE_FIELD_H */
