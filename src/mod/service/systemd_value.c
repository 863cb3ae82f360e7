/* systemd_value.c - values of any type of D-Bus as fields of an answer
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A string, number or truth is what it is; of an array of strings each is a
   value; all else is JSON, whose arrays stand for arrays and structures.  */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../../protocol/buffer.h"
#include "../../../protocol/memory.h"
#include "../../../protocol/record.h"
#include "systemd.h"

#define DEPTH 16 /* Containers within each other.  */
#define STRINGS 4096

/* A basic value.  */
struct basic
{
  char type;
  union
  {
    uint8_t byte;
    int truth;
    int16_t i16;
    uint16_t u16;
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    double real;
    const char *text;
  } value;
};

static bool
is_text (char type)
{
  return type == 's' || type == 'o' || type == 'g';
}

/* Read the next value, of TYPE, which is basic.  */
static int
read_basic (sd_bus_message *message, char type, struct basic *r_basic)
{
  memset (r_basic, 0, sizeof *r_basic);
  r_basic->type = type;
  return sd_bus_message_read_basic (message, type, &r_basic->value);
}

/* BASIC, which is a whole number, where that fits int64_t.  */
static bool
whole_number (const struct basic *basic, int64_t *r_number)
{
  switch (basic->type)
    {
    case 'y':
      *r_number = basic->value.byte;
      return true;
    case 'n':
      *r_number = basic->value.i16;
      return true;
    case 'q':
      *r_number = basic->value.u16;
      return true;
    case 'i':
    case 'h':
      *r_number = basic->value.i32;
      return true;
    case 'u':
      *r_number = basic->value.u32;
      return true;
    case 'x':
      *r_number = basic->value.i64;
      return true;
    case 't':
      *r_number = (int64_t)basic->value.u64;
      return basic->value.u64 <= INT64_MAX;
    default:
      return false;
    }
}

static gpg_error_t
write_basic (struct writer *out, const char *name, const struct basic *basic)
{
  int64_t number;

  if (is_text (basic->type))
    return writer_field (out, name, "%s", basic->value.text);
  if (basic->type == 'b')
    return writer_field_bool (out, name, basic->value.truth);
  if (whole_number (basic, &number))
    return writer_field_number (out, name, number);
  if (basic->type == 'd')
    return writer_field (out, name, "%.17g", basic->value.real);
  /* The manager's way to say that there is none.  */
  return writer_field (out, name, "infinity");
}

static void
append_basic (struct buffer *json, const struct basic *basic)
{
  int64_t number;

  if (is_text (basic->type))
    record_json (json, basic->value.text, strlen (basic->value.text));
  else if (basic->type == 'b')
    buffer_string (json, basic->value.truth ? "true" : "false");
  else if (whole_number (basic, &number))
    buffer_printf (json, "%lld", (long long)number);
  else if (basic->type == 'd' && isfinite (basic->value.real))
    buffer_printf (json, "%.17g", basic->value.real);
  else
    buffer_string (json, "null");
}

/* Append the next value as JSON.  Returns 0 at the end of a container.  */
static int
append_value (struct buffer *json, sd_bus_message *message, unsigned depth)
{
  const char *contents;
  struct basic basic;
  bool any = false;
  char type;
  int rc = sd_bus_message_peek_type (message, &type, &contents);

  if (rc <= 0)
    return rc;
  if (!strchr ("avre", type))
    {
      rc = read_basic (message, type, &basic);
      if (rc > 0)
        append_basic (json, &basic);
      return rc;
    }
  if (!depth)
    {
      buffer_string (json, "null");
      return sd_bus_message_skip (message, NULL) < 0 ? -1 : 1;
    }
  rc = sd_bus_message_enter_container (message, type, contents);
  if (rc < 0)
    return rc;
  if (type == 'v')
    rc = append_value (json, message, depth - 1);
  else
    {
      buffer_string (json, "[");
      do
        {
          size_t before = json->length;

          if (any)
            buffer_string (json, ",");
          rc = append_value (json, message, depth - 1);
          if (rc == 0)
            json->length = before;
          any = true;
        }
      while (rc > 0);
      buffer_string (json, "]");
    }
  if (rc < 0)
    return rc;
  rc = sd_bus_message_exit_container (message);
  return rc < 0 ? rc : 1;
}

static gpg_error_t
write_strings (struct writer *out, sd_bus_message *message, const char *name)
{
  const char *strings[STRINGS];
  size_t count = 0;
  int rc = sd_bus_message_enter_container (message, 'a', "s");

  while (rc >= 0 && count < STRINGS
         && (rc = sd_bus_message_read (message, "s", strings + count)) > 0)
    count++;
  while (rc > 0)
    rc = sd_bus_message_skip (message, "s");
  if (rc >= 0)
    rc = sd_bus_message_exit_container (message);
  if (rc < 0)
    return gpg_error_from_errno (-rc);
  return writer_field_list (out, name, strings, count);
}

/* The value, of type CONTENTS, that is in the variant.  */
static gpg_error_t
write_contents (struct writer *out, sd_bus_message *message, const char *name,
                const char *contents)
{
  auto_buffer struct buffer json = BUFFER_EMPTY;
  struct basic basic;
  gpg_error_t err;
  int rc;

  if (!strcmp (contents, "as"))
    return write_strings (out, message, name);
  if (!contents[1] && *contents != 'v')
    {
      rc = read_basic (message, *contents, &basic);
      return rc < 0 ? gpg_error_from_errno (-rc)
                    : write_basic (out, name, &basic);
    }
  rc = append_value (&json, message, DEPTH);
  if (rc < 0)
    return gpg_error_from_errno (-rc);
  err = buffer_error (&json);
  return err ? err : writer_field_json (out, name, json.bytes, json.length);
}

gpg_error_t
systemd_write_value (struct writer *out, sd_bus_message *message,
                     const char *name)
{
  const char *contents;
  gpg_error_t err;
  char type;
  int rc = sd_bus_message_peek_type (message, &type, &contents);

  if (rc > 0)
    rc = sd_bus_message_enter_container (message, type, contents);
  if (rc < 0)
    return gpg_error_from_errno (-rc);
  err = write_contents (out, message, name, contents);
  if (err)
    return err;
  rc = sd_bus_message_exit_container (message);
  return rc < 0 ? gpg_error_from_errno (-rc) : 0;
}
