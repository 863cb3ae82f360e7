/* show.c - what a person or a script gets to see
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "../../protocol/memory.h"
#include "../../protocol/record.h"
#include "../../protocol/text.h"
#include "cli.h"
#include "paint.h"

/* What is known of the descriptors; all false where no terminal is.  */
static struct
{
  bool out_terminal, out_colors;
  bool err_terminal, err_colors;
  bool utf8;
  bool pager;
} screen;

void
show_set_up (const struct settings *settings)
{
  const char *none = getenv ("NO_COLOR");
  const char *kind = getenv ("TERM");
  bool colors = !(none && *none) && kind && *kind && strcmp (kind, "dumb");

  screen.out_terminal = isatty (STDOUT_FILENO);
  screen.err_terminal = isatty (STDERR_FILENO);
  if (!screen.out_terminal && !screen.err_terminal)
    return;
  setlocale (LC_CTYPE, "");
  screen.utf8 = !strcmp (nl_langinfo (CODESET), "UTF-8");
  screen.out_colors = screen.out_terminal && colors;
  screen.err_colors = screen.err_terminal && colors;
  screen.pager = screen.out_terminal && !settings->no_pager;
}

bool
show_has_colors (void)
{
  return screen.err_colors;
}

/* Append TEXT, which is to be one line, to LINE; what could steer a terminal,
   if it is for one, is escaped.  */
static void
append_safely (struct buffer *line, bool terminal, const char *text,
               size_t length)
{
  if (!terminal)
    record_escape (line, text, length);
  while (terminal && length)
    {
      const char *newline = memchr (text, '\n', length);
      size_t part = newline ? (size_t)(newline - text) : length;

      paint_safe (line, text, part, screen.utf8);
      if (newline)
        buffer_string (line, "\\x0a");
      part += newline != NULL;
      text += part;
      length -= part;
    }
}

void
show_safely (struct buffer *line, const char *text, size_t length)
{
  append_safely (line, screen.out_terminal, text, length);
}

const char *
show_color (const char *color)
{
  return screen.out_colors ? color : "";
}

/* The same on stderr.  */
static void
print_safely (const char *text, size_t length)
{
  auto_buffer struct buffer line = BUFFER_EMPTY;

  append_safely (&line, screen.err_terminal, text, length);
  if (line.bytes)
    fwrite (line.bytes, 1, line.length, stderr);
}

/* COLOR is that of a terminal which has some.  */
static void
say_list (const char *color, const char *format, va_list arguments)
{
  auto_free char *text = text_vformat (format, arguments);

  if (!text)
    return;
  if (!screen.err_colors)
    color = "";
  fprintf (stderr, "%sreeve: ", color);
  print_safely (text, strlen (text));
  fprintf (stderr, "%s\n", *color ? PAINT_PLAIN : "");
}

void
complain (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  say_list (PAINT_RED, format, arguments);
  va_end (arguments);
}

static void __attribute__ ((format (printf, 1, 2)))
warn (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  say_list (PAINT_YELLOW, format, arguments);
  va_end (arguments);
}

void
remark (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  say_list ("", format, arguments);
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
      say_list (PAINT_RED, format, arguments);
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
  if (screen.out_terminal)
    {
      buffer_append (&output->held, bytes, length);
      return buffer_error (&output->held);
    }
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
    warn ("warning: %s", text);
  else if ((strcmp (keyword, "PROGRESS") && strcmp (keyword, "TASK"))
           || screen.err_terminal)
    remark ("%s %s", keyword, text);
  return 0;
}

void
show_start (struct output *output, reeve_t reeve)
{
  reeve_set_data_cb (reeve, on_data, output);
  reeve_set_status_cb (reeve, on_status, output);
}

void
show_break (void)
{
  if (screen.err_terminal)
    fputc ('\n', stderr);
}

/* Whether TEXT needs more rows than the terminal has, but for one in which to
   type on.  */
static bool
is_long (const struct buffer *text)
{
  struct winsize size = { 0 };

  ioctl (STDOUT_FILENO, TIOCGWINSZ, &size);
  return paint_rows (text->bytes, text->length, size.ws_col ? size.ws_col : 80)
         >= (size.ws_row ? size.ws_row : 24);
}

/* Print TEXT, an answer, on the terminal.  */
static gpg_error_t
show_answer (const struct buffer *text)
{
  auto_buffer struct buffer safe = BUFFER_EMPTY;
  auto_buffer struct buffer painted = BUFFER_EMPTY;
  const struct buffer *shown = &safe;

  paint_safe (&safe, text->bytes, text->length, screen.utf8);
  if (screen.out_colors && !buffer_error (&safe))
    {
      paint_colors (&painted, safe.bytes, safe.length);
      shown = &painted;
    }
  if (buffer_error (shown))
    return buffer_error (shown);
  if (screen.pager && is_long (&safe)
      && pager_show (shown->bytes, shown->length))
    return 0;
  fwrite (shown->bytes, 1, shown->length, stdout);
  return 0;
}

enum status
show_end (struct output *output)
{
  gpg_error_t err = 0;

  if (output->middle && !output->raw)
    on_data (output, "\n", 1);
  output->middle = false;
  if (output->held.length)
    err = show_answer (&output->held);
  buffer_release (&output->held);
  if (err)
    return complain_memory ();
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
      if (!strcmp (name, "advice") && !advice[first])
        continue; /* It was printed whole.  */
      if (!strcmp (name, "rule"))
        continue; /* advise_refused tells it.  */
      print_detail (name, value, length);
    }
  return err ? status_of_connection (err) : status_of_server (server_error);
}
