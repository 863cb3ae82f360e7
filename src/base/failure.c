/* failure.c - what went wrong and what to do about it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../protocol/memory.h"
#include "../../protocol/text.h"

/* Names of files may hold any byte: what is shown on one line must not be
   able to start another.  */
static void
make_one_line (char *text)
{
  for (; *text; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7f)
      *text = '?';
}

static void
failure_set (struct failure *failure, gpg_error_t code, char *text)
{
  failure->code = code;
  free (failure->text);
  failure->text = text;
  if (text)
    make_one_line (text);
}

gpg_error_t
fail (struct failure *failure, gpg_err_code_t code, const char *format, ...)
{
  gpg_error_t err = gpg_error (code);
  va_list arguments;

  if (!failure)
    return err;
  va_start (arguments, format);
  failure_set (failure, err, text_vformat (format, arguments));
  va_end (arguments);
  return err;
}

const char *
failure_words (const struct failure *failure, gpg_error_t err)
{
  return failure->text ? failure->text : gpg_strerror (err);
}

gpg_error_t
failure_refuse (struct failure *failure, enum refusal refusal, gpg_error_t err)
{
  if (failure && err)
    failure->refusal = refusal;
  return err;
}

gpg_error_t
fail_errno (struct failure *failure, const char *format, ...)
{
  int number = errno;
  gpg_error_t err = gpg_error_from_errno (number);
  auto_free char *tried = NULL;
  char *text = NULL;
  va_list arguments;

  if (!failure)
    return err;
  va_start (arguments, format);
  tried = text_vformat (format, arguments);
  va_end (arguments);
  if (tried)
    text = text_format ("%s: %s", tried, strerror (number));
  failure_set (failure, err, text);
  return err;
}

void
failure_detail_bytes (struct failure *failure, const char *name,
                      const char *bytes, size_t length)
{
  struct detail **end;
  struct detail *detail;

  if (!failure)
    return;
  detail = calloc (1, sizeof *detail);
  if (!detail)
    return;
  detail->name = strdup (name);
  detail->value = malloc (length + 1);
  if (!detail->name || !detail->value)
    {
      free (detail->name);
      free (detail->value);
      free (detail);
      return;
    }
  if (length)
    memcpy (detail->value, bytes, length);
  detail->value[length] = 0;
  detail->length = length;
  for (end = &failure->details; *end; end = &(*end)->next)
    ;
  *end = detail;
}

void
failure_detail (struct failure *failure, const char *name, const char *format,
                ...)
{
  auto_free char *value = NULL;
  va_list arguments;

  if (!failure)
    return;
  va_start (arguments, format);
  value = text_vformat (format, arguments);
  va_end (arguments);
  if (value)
    failure_detail_bytes (failure, name, value, strlen (value));
}

const char *
failure_find (const struct failure *failure, const char *name)
{
  const struct detail *detail = failure->details;

  while (detail && strcmp (detail->name, name))
    detail = detail->next;
  return detail ? detail->value : NULL;
}

void
failure_release (struct failure *failure)
{
  struct detail *detail;

  while ((detail = failure->details))
    {
      failure->details = detail->next;
      free (detail->name);
      free (detail->value);
      free (detail);
    }
  free (failure->text);
  failure->text = NULL;
  failure->code = 0;
  failure->refusal = REFUSAL_NONE;
}

const char *
refusal_name (enum refusal refusal)
{
  static const char *const names[]
      = { "none",  "peer",     "handshake", "parse",  "rate",
          "limit", "identity", "ceiling",   "policy", "integrity" };

  return names[refusal];
}
