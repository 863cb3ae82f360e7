/* field.c - members of what Proxmox VE answers, and records made of them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "field.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/moment.h"

/* Doubles from here on have no place for six digits behind the point.  */
#define FRACTION_MOST 1e15

/* --- Reading --- */

/* Whether TEXT is a whole decimal number that fits.  */
static bool
read_whole (const char *text, int64_t *r_number)
{
  const char *digits = text + (*text == '-');

  if (!*digits || digits[strspn (digits, "0123456789")])
    return false;
  errno = 0;
  *r_number = strtoll (text, NULL, 10);
  return !errno;
}

/* Whether TEXT is a decimal number, perhaps with an exponent.  */
static bool
read_real (const char *text, double *r_number)
{
  char *end;

  if (!*text || text[strspn (text, "0123456789.eE+-")])
    return false;
  *r_number = strtod (text, &end);
  return !*end;
}

bool
field_fraction (const json_t *object, const char *key, double *r_number)
{
  const json_t *json = json_object_get (object, key);
  double number = json_number_value (json);

  if (!json_is_number (json)
      && !(json_is_string (json)
           && read_real (json_string_value (json), &number)))
    return false;
  if (!isfinite (number))
    return false;
  *r_number = number;
  return true;
}

bool
field_number (const json_t *object, const char *key, int64_t *r_number)
{
  const json_t *json = json_object_get (object, key);
  double number;

  if (json_is_integer (json))
    {
      *r_number = json_integer_value (json);
      return true;
    }
  if (json_is_string (json) && read_whole (json_string_value (json), r_number))
    return true;
  /* 2^63 is the first that does not fit.  */
  if (!field_fraction (object, key, &number) || number >= 0x1p63
      || number < -0x1p63)
    return false;
  *r_number = (int64_t)number;
  return true;
}

bool
field_bool (const json_t *object, const char *key, bool *r_value)
{
  const json_t *json = json_object_get (object, key);
  const char *text = json_string_value (json);

  if (json_is_true (json) || (text && !strcmp (text, "1"))
      || (json_is_number (json) && json_number_value (json) == 1))
    *r_value = true;
  else if (json_is_false (json) || (text && (!*text || !strcmp (text, "0")))
           || (json_is_number (json) && json_number_value (json) == 0))
    *r_value = false;
  else
    return false;
  return true;
}

bool
field_text (const json_t *object, const char *key, char scratch[FIELD_SCRATCH],
            const char **r_text, size_t *r_length)
{
  const json_t *json = json_object_get (object, key);

  if (json_is_string (json))
    {
      *r_text = json_string_value (json);
      *r_length = json_string_length (json);
      return true;
    }
  if (json_is_integer (json))
    snprintf (scratch, FIELD_SCRATCH, "%" PRId64,
              (int64_t)json_integer_value (json));
  else if (json_is_real (json))
    snprintf (scratch, FIELD_SCRATCH, "%.15g", json_real_value (json));
  else
    return false;
  *r_text = scratch;
  *r_length = strlen (scratch);
  return true;
}

/* --- Writing --- */

static gpg_error_t
write_fraction (struct writer *out, const char *name, double number)
{
  char text[FIELD_SCRATCH];
  size_t length;

  if (fabs (number) > FRACTION_MOST)
    return 0;
  /* Not "-0".  */
  if (fabs (number) < 5e-7)
    number = 0;
  length = (size_t)snprintf (text, sizeof text, "%.6f", number);
  while (text[length - 1] == '0')
    length--;
  if (text[length - 1] == '.')
    length--;
  return writer_field_json (out, name, text, length);
}

static gpg_error_t
write_text (struct writer *out, const json_t *object, const struct field *field)
{
  char scratch[FIELD_SCRATCH];
  const char *text;
  size_t length;

  return field_text (object, field->key, scratch, &text, &length)
                 && (length || field->kind == FIELD_VALUE)
             ? writer_field_bytes (out, field->name, text, length)
             : 0;
}

static gpg_error_t
write_time (struct writer *out, const char *name, int64_t seconds)
{
  char text[MOMENT_TEXT];

  return moment_write (seconds, text)
             ? writer_field_bytes (out, name, text, strlen (text))
             : 0;
}

static gpg_error_t
write_one (struct writer *out, const json_t *object, const struct field *field)
{
  int64_t number;
  double fraction;
  bool value;

  switch (field->kind)
    {
    case FIELD_TEXT:
    case FIELD_VALUE:
      return write_text (out, object, field);
    case FIELD_NUMBER:
      return field_number (object, field->key, &number)
                 ? writer_field_number (out, field->name, number)
                 : 0;
    case FIELD_FRACTION:
      return field_fraction (object, field->key, &fraction)
                 ? write_fraction (out, field->name, fraction)
                 : 0;
    case FIELD_BOOL:
      return field_bool (object, field->key, &value)
                 ? writer_field_bool (out, field->name, value)
                 : 0;
    case FIELD_TIME:
      return field_number (object, field->key, &number)
                 ? write_time (out, field->name, number)
                 : 0;
    }
  return 0;
}

gpg_error_t
field_write (struct writer *out, const json_t *object,
             const struct field *fields)
{
  gpg_error_t err = 0;

  for (; !err && fields->name; fields++)
    err = write_one (out, object, fields);
  return err;
}
