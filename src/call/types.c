/* types.c - the types of arguments, one table
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/limits.h"
#include "types.h"

bool
type_is_choice (const char *text, const char *choices)
{
  size_t length = strlen (text);

  while (choices)
    {
      size_t span = strcspn (choices, "|");

      if (span == length && !memcmp (choices, text, span))
        return true;
      choices = choices[span] ? choices + span + 1 : NULL;
    }
  return false;
}

/* One line of text: no control character.  */
static gpg_error_t
check_string (char *text, size_t *length, const char *choices, int64_t *number,
              const char **r_wanted)
{
  (void)choices;
  (void)number;
  *r_wanted = "a text of one line, not empty, without control characters";
  if (!*length)
    return gpg_error (GPG_ERR_INV_ARG);
  for (size_t i = 0; i < *length; i++)
    if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
      return gpg_error (GPG_ERR_INV_ARG);
  return 0;
}

static gpg_error_t
check_text (char *text, size_t *length, const char *choices, int64_t *number,
            const char **r_wanted)
{
  (void)text;
  (void)choices;
  (void)number;
  *r_wanted = "at most 1 MiB";
  return *length > LIMIT_VALUE ? gpg_error (GPG_ERR_TOO_LARGE) : 0;
}

/* The expression itself is judged by libaugeas in the worker.  */
static gpg_error_t
check_augpath (char *text, size_t *length, const char *choices, int64_t *number,
               const char **r_wanted)
{
  (void)text;
  (void)choices;
  (void)number;
  *r_wanted = "a path expression of at most 64 KiB, not empty";
  if (*length > LIMIT_AUG_EXPRESSION)
    return gpg_error (GPG_ERR_TOO_LARGE);
  return *length ? 0 : gpg_error (GPG_ERR_INV_ARG);
}

/* Append the step of LENGTH bytes at STEP to the path that ends at *TO.  */
static gpg_error_t
append_step (char **to, const char *step, size_t length)
{
  if (!length || (length == 1 && *step == '.'))
    return 0;
  if (length == 2 && step[0] == '.' && step[1] == '.')
    return gpg_error (GPG_ERR_INV_ARG);
  *(*to)++ = '/';
  memmove (*to, step, length);
  *to += length;
  return 0;
}

/* A file below the root.  What it leads to is found out when it is opened;
   here it gets one spelling.  */
static gpg_error_t
check_path (char *text, size_t *length, const char *choices, int64_t *number,
            const char **r_wanted)
{
  const char *step = text;
  char *to = text;
  gpg_error_t err = 0;

  (void)choices;
  (void)number;
  *r_wanted = "an absolute path of at most 4096 bytes, without \"..\" and "
              "control characters";
  if (*text != '/')
    return gpg_error (GPG_ERR_INV_ARG);
  if (*length > LIMIT_PATH)
    return gpg_error (GPG_ERR_TOO_LARGE);
  for (size_t i = 0; i < *length; i++)
    if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
      return gpg_error (GPG_ERR_INV_ARG);
  while (*step && !err)
    {
      size_t span = strcspn (++step, "/");

      err = append_step (&to, step, span);
      step += span;
    }
  if (to == text)
    to++;
  *to = 0;
  *length = (size_t)(to - text);
  return err;
}

/* Store WORD as the canonical text.  */
static void
replace (char *text, size_t *length, const char *word)
{
  *length = strlen (word);
  memcpy (text, word, *length + 1);
}

static gpg_error_t
check_bool (char *text, size_t *length, const char *choices, int64_t *number,
            const char **r_wanted)
{
  (void)choices;
  *r_wanted = "1 or 0";
  if (!strcmp (text, "1") || !strcasecmp (text, "yes"))
    *number = 1;
  else if (!strcmp (text, "0") || !strcasecmp (text, "no"))
    *number = 0;
  else
    return gpg_error (GPG_ERR_INV_ARG);
  replace (text, length, *number ? "1" : "0");
  return 0;
}

static gpg_error_t
check_enum (char *text, size_t *length, const char *choices, int64_t *number,
            const char **r_wanted)
{
  (void)length;
  (void)number;
  *r_wanted = choices;
  return type_is_choice (text, choices) ? 0 : gpg_error (GPG_ERR_INV_ARG);
}

/* Whole numbers that JSON readers of all languages keep exactly.  */
static gpg_error_t
check_int (char *text, size_t *length, const char *choices, int64_t *number,
           const char **r_wanted)
{
  char *end;

  (void)choices;
  *r_wanted = "a whole number from 0 to 9007199254740992";
  if (*text < '0' || *text > '9' || (*text == '0' && *length > 1)
      || *length > 16)
    return gpg_error (GPG_ERR_INV_ARG);
  *number = strtoll (text, &end, 10);
  return *end || *number > INT64_C (1) << 53 ? gpg_error (GPG_ERR_INV_ARG) : 0;
}

/* Seconds, or a number with ms, s, min or h; canonical in milliseconds.  */
static gpg_error_t
check_duration (char *text, size_t *length, const char *choices,
                int64_t *number, const char **r_wanted)
{
  static const struct
  {
    const char *unit;
    int64_t milliseconds;
  } units[] = { { "", 1000 },         { "s", 1000 },        { "ms", 1 },
                { "min", 60 * 1000 }, { "h", 3600 * 1000 }, { NULL, 0 } };
  unsigned long long value;
  char *end;

  (void)length;
  (void)choices;
  *r_wanted = "a time from 1ms to 24h, as 30, 30s, 500ms, 5min or 1h";
  if (*text < '0' || *text > '9')
    return gpg_error (GPG_ERR_INV_ARG);
  errno = 0;
  value = strtoull (text, &end, 10);
  if (errno || value > 86400000ULL)
    return gpg_error (GPG_ERR_INV_ARG);
  for (int i = 0; units[i].unit; i++)
    if (!strcmp (end, units[i].unit))
      {
        *number = (int64_t)value * units[i].milliseconds;
        return *number && *number <= 86400000 ? 0 : gpg_error (GPG_ERR_INV_ARG);
      }
  return gpg_error (GPG_ERR_INV_ARG);
}

static const struct argument_type types[] = {
  { "string", 0, check_string, "one line of text" },
  { "text", 0, check_text, "any bytes but NUL, at most 1 MiB" },
  { "secret", TYPE_SECRET, check_text,
    "any bytes but NUL, given only by inquiry (@)" },
  { "augpath", 0, check_augpath, "an augeas path expression, see augtool(1)" },
  { "path", 0, check_path, "a file: an absolute path, without \"..\"" },
  { "bool", TYPE_FLAG, check_bool, "1 or 0" },
  { "enum", TYPE_CHOICE, check_enum, "one of the words named" },
  { "int", 0, check_int, "a whole number, 0 or more" },
  { "duration", 0, check_duration,
    "seconds, or a number with ms, s, min or h; at most 24h" },
  { NULL, 0, NULL, NULL }
};

const struct argument_type *
type_table (void)
{
  return types;
}

const struct argument_type *
type_find (const char *name, size_t length)
{
  for (const struct argument_type *type = types; type->name; type++)
    if (strlen (type->name) == length && !memcmp (type->name, name, length))
      return type;
  return NULL;
}
