/* show.c - what a person or a script gets to see
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "../../protocol/memory.h"
#include "../../protocol/record.h"
#include "cli.h"

/* Print TEXT on stderr; what could steer a terminal is escaped.  */
static void
print_safely (const char *text, size_t length)
{
  auto_buffer struct buffer line = BUFFER_EMPTY;

  record_escape (&line, text, length);
  if (line.bytes)
    fwrite (line.bytes, 1, line.length, stderr);
}

static void
complain_list (const char *format, va_list arguments)
{
  auto_free char *text = NULL;

  if (vasprintf (&text, format, arguments) < 0)
    {
      text = NULL;
      return;
    }
  fputs ("reeve: ", stderr);
  print_safely (text, strlen (text));
  fputc ('\n', stderr);
}

void
complain (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  complain_list (format, arguments);
  va_end (arguments);
}

enum status
complain_memory (void)
{
  complain ("out of memory");
  return STATUS_ERROR;
}

/* FORMAT is NULL where getopt_long has said it.  */
enum status
complain_usage (const char *format, ...)
{
  va_list arguments;

  if (format)
    {
      va_start (arguments, format);
      complain_list (format, arguments);
      va_end (arguments);
    }
  fputs ("Try 'reeve --help' for more information.\n", stderr);
  return STATUS_USAGE;
}

static gpg_error_t
on_data (void *opaque, const char *bytes, size_t length)
{
  struct output *output = opaque;

  if (!length)
    return 0;
  output->middle = bytes[length - 1] != '\n';
  return fwrite (bytes, 1, length, stdout) == length
             ? 0
             : gpg_error_from_syserror ();
}

static gpg_error_t
on_comment (struct output *output, const char *text)
{
  gpg_error_t err = on_data (output, text, strlen (text));

  return err ? err : on_data (output, "\n", 1);
}

static gpg_error_t
on_status (void *opaque, const char *keyword, const char *text)
{
  if (!strcmp (keyword, "#"))
    return on_comment (opaque, text);

  /* What came before is seen before.  */
  fflush (stdout);
  if (!strcmp (keyword, "WARNING"))
    complain ("warning: %s", text);
  else if (strcmp (keyword, "PROGRESS") || isatty (STDERR_FILENO))
    complain ("%s %s", keyword, text);
  return 0;
}

void
show_start (struct output *output, reeve_t reeve)
{
  reeve_set_data_cb (reeve, on_data, output);
  reeve_set_status_cb (reeve, on_status, output);
}

enum status
show_end (struct output *output)
{
  if (output->middle && !output->raw)
    putchar ('\n');
  output->middle = false;
  if (!fflush (stdout) && !ferror (stdout))
    return STATUS_OK;
  complain ("cannot write: %s", strerror (errno));
  return STATUS_ERROR;
}

static enum status
status_of_server (gpg_error_t err)
{
  switch (gpg_err_code (err))
    {
    case GPG_ERR_NOT_FOUND:
    case GPG_ERR_NO_DATA:
      return STATUS_NOT_FOUND;
    case GPG_ERR_CONFLICT:
      return STATUS_CONFLICT;
    case GPG_ERR_FORBIDDEN:
      return STATUS_FORBIDDEN;
    case GPG_ERR_TIMEOUT:
    case GPG_ERR_CANCELED:
    case GPG_ERR_FULLY_CANCELED:
    case GPG_ERR_ASS_CANCELED:
      return STATUS_TIMEOUT;
    case GPG_ERR_BAD_AUTH:
    case GPG_ERR_NO_AUTH:
      return STATUS_CONNECTION;
    default:
      return STATUS_ERROR;
    }
}

static enum status
status_of_connection (gpg_error_t err)
{
  switch (gpg_err_code (err))
    {
    case GPG_ERR_EOF:
    case GPG_ERR_INV_RESPONSE:
    case GPG_ERR_NOT_TRUSTED:
      return STATUS_CONNECTION;
    case GPG_ERR_TIMEOUT:
      return STATUS_TIMEOUT;
    default:
      return STATUS_ERROR;
    }
}

/* A value of several lines stands below its name.  */
static void
print_detail (const char *name, const char *value, size_t length)
{
  const char *end = memchr (value, '\n', length);
  const char *indent = end ? "\n    " : " ";

  fprintf (stderr, "  %s:", name);
  for (;; length -= (size_t)(end + 1 - value), value = end + 1)
    {
      end = memchr (value, '\n', length);
      fputs (indent, stderr);
      print_safely (value, end ? (size_t)(end - value) : length);
      if (!end || (size_t)(end + 1 - value) == length)
        break;
    }
  fputc ('\n', stderr);
}

enum status
show_result (reeve_t reeve, const char *what, gpg_error_t err,
             gpg_error_t server_error)
{
  const char *advice = reeve_error_text (reeve);
  size_t first = strcspn (advice, "\n");
  const char *name, *value;
  size_t length;

  if (!err && !server_error)
    return STATUS_OK;
  complain ("%s: %s%s%.*s", what, gpg_strerror (err ? err : server_error),
            first ? " - " : "", (int)first, advice);
  for (size_t i = 0; i < reeve_detail_count (reeve); i++)
    {
      reeve_detail (reeve, i, &name, &value, &length);
      if (!strcmp (name, "message") && !advice[first])
        continue; /* It is the advice, and was printed whole.  */
      print_detail (name, value, length);
    }
  return err ? status_of_connection (err) : status_of_server (server_error);
}
