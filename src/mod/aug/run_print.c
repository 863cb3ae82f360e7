/* run_print.c - what a verb answered, as augtool prints it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Each line is an item of RUN's list; a line feed in a value is escaped in it
   as in any item.  */

#include <config.h>
#include <stdio.h>
#include <string.h>
#include "own_answer.h"
#include "run_script.h"
#include "../../../protocol/memory.h"
#include "../../call/pause.h"

static gpg_error_t print (struct run *run, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

static gpg_error_t
print (struct run *run, const char *format, ...)
{
  auto_buffer struct buffer line = BUFFER_EMPTY;
  va_list arguments;
  gpg_error_t err;

  va_start (arguments, format);
  buffer_vprintf (&line, format, arguments);
  va_end (arguments);
  err = buffer_error (&line);
  if (err)
    return err;
  return writer_item (run->call->out, line.bytes ? line.bytes : "",
                      line.length);
}

static size_t
count_lines (const struct buffer *answer)
{
  size_t count = 0;

  for (size_t i = 0; i < answer->length; i++)
    count += answer->bytes[i] == '\n';
  return count;
}

/* --- What statements print --- */

gpg_error_t
run_print_lines (struct run *run, bool end)
{
  struct buffer *answer = &run->answer;
  size_t at = 0;
  gpg_error_t err = 0;

  while (!err && at < answer->length)
    {
      const char *line = answer->bytes + at;
      size_t rest = answer->length - at;
      const char *stop = memchr (line, '\n', rest);
      size_t length = stop ? (size_t)(stop - line) : rest;

      if (!stop && !end)
        break;
      err = writer_item (run->call->out, line, length);
      at += length + (stop != NULL);
    }
  answer->length -= at;
  if (answer->bytes)
    memmove (answer->bytes, answer->bytes + at, answer->length + 1);
  return err;
}

bool
run_is_absence (struct run *run, gpg_error_t err)
{
  if (gpg_err_code (err) != GPG_ERR_NOT_FOUND
      && gpg_err_code (err) != GPG_ERR_NO_DATA)
    return false;
  failure_release (&run->call->failure);
  return true;
}

static gpg_error_t
print_value (struct run *run, gpg_error_t err)
{
  const char *path = run->statement->argument[0];
  bool exists = gpg_err_code (err) != GPG_ERR_NOT_FOUND;

  if (!err)
    return print (run, "%s = %s", path, run_answer (run));
  if (!run_is_absence (run, err))
    return err;
  return print (run, "%s (%s)", path, exists ? "none" : "o");
}

static gpg_error_t
print_file (struct run *run, gpg_error_t err)
{
  if (gpg_err_code (err) == GPG_ERR_NO_DATA && run_is_absence (run, err))
    return 0;
  return err ? err : print (run, "%s", run_answer (run));
}

/* WANTED is the value to be looked for, NULL for any.  */
static gpg_error_t
print_match (struct run *run, const char *path, const char *wanted)
{
  gpg_error_t err = run_perform (run, "GET", &path, 1);
  const char *value = err ? "(none)" : run_answer (run);

  if (err && !run_is_absence (run, err))
    return err;
  if (!wanted)
    return print (run, "%s = %s", path, value);
  return strcmp (value, wanted) ? 0 : print (run, "%s", path);
}

static gpg_error_t
print_matches (struct run *run)
{
  const struct statement *statement = run->statement;
  const char *wanted = statement->count > 1 ? statement->argument[1] : NULL;
  auto_free char *paths = NULL;
  char *at, *path;
  gpg_error_t err;

  if (wanted && !*wanted)
    wanted = NULL;
  if (!run->answer.length)
    return print (run, "  (no matches)");
  err = buffer_take (&run->answer, &paths, NULL);
  for (at = paths; !err && (path = answer_item (&at));)
    {
      err = pause_check (run->call);
      if (!err)
        err = print_match (run, path, wanted);
    }
  return err;
}

static gpg_error_t
print_count (struct run *run)
{
  size_t count = count_lines (&run->answer);

  if (!count)
    return print (run, "  no matches");
  return print (run, "  %zu match%s", count, count == 1 ? "" : "es");
}

static gpg_error_t
print_children (struct run *run)
{
  struct answer_field fields[ANSWER_FIELDS];
  char *at = run->answer.bytes;
  gpg_error_t err = 0;

  while (!err && at && answer_record (&at, fields))
    {
      const char *path = answer_value (fields, "path", "");
      const char *name = strrchr (path, '/');
      bool children = !strcmp (answer_value (fields, "children", ""), "yes");

      err = print (run, "%s%s= %s", name ? name + 1 : path,
                   children ? "/ " : " ",
                   answer_value (fields, "value", "(none)"));
    }
  return err;
}

static gpg_error_t
print_span (struct run *run)
{
  struct answer_field fields[ANSWER_FIELDS];
  char *at = run->answer.bytes;

  if (!at || !answer_record (&at, fields))
    return 0;
  return print (run, "%s label=(%s:%s) value=(%s:%s) span=(%s,%s)",
                answer_value (fields, "file", ""),
                answer_value (fields, "label-start", "0"),
                answer_value (fields, "label-end", "0"),
                answer_value (fields, "value-start", "0"),
                answer_value (fields, "value-end", "0"),
                answer_value (fields, "start", "0"),
                answer_value (fields, "end", "0"));
}

static gpg_error_t
print_error (struct run *run, const struct answer_field fields[ANSWER_FIELDS])
{
  static const struct
  {
    const char *name;
    const char *before;
  } rest[] = { { "message", "  " },
               { "lens", "  Lens: " },
               { "last-matched", "    Last matched: " },
               { "next-not-matched", "    Next (no match): " } };
  const char *file = answer_value (fields, "file", "");
  const char *kind = answer_value (fields, "error", "(null)");
  gpg_error_t err;

  if (answer_value (fields, "line", NULL))
    err = print (run, "Error in %s:%s.%s (%s)", file,
                 answer_value (fields, "line", ""),
                 answer_value (fields, "character", "(null)"), kind);
  else
    err = print (run, "Error in %s (%s)", file, kind);
  for (size_t i = 0; !err && i < sizeof rest / sizeof *rest; i++)
    {
      const char *value = answer_value (fields, rest[i].name, NULL);

      if (value)
        err = print (run, "%s%s", rest[i].before, value);
    }
  return err;
}

static gpg_error_t
print_errors (struct run *run)
{
  struct answer_field fields[ANSWER_FIELDS];
  char *at = run->answer.bytes;
  bool first = true;
  gpg_error_t err = 0;

  if (!run->answer.length)
    return print (run, "  (no errors)");
  for (; !err && answer_record (&at, fields); first = false)
    {
      if (!first)
        err = print (run, "%s", "");
      if (!err)
        err = print_error (run, fields);
    }
  return err;
}

static gpg_error_t
print_saved (struct run *run)
{
  size_t count = count_lines (&run->answer);

  if (run->call->dry_run)
    return run_print_lines (run, true);
  return count ? print (run, "Saved %zu file(s)", count) : 0;
}

gpg_error_t
run_print (struct run *run, gpg_error_t err)
{
  char *const *argument = run->statement->argument;

  if (run->statement->kind->prints == PRINTS_VALUE)
    return print_value (run, err);
  if (run->statement->kind->prints == PRINTS_FILE)
    return print_file (run, err);
  if (err)
    return err;
  switch (run->statement->kind->prints)
    {
    case PRINTS_MATCHES:
      return print_matches (run);
    case PRINTS_COUNT:
      return print_count (run);
    case PRINTS_CHILDREN:
      return print_children (run);
    case PRINTS_LINES:
      return run_print_lines (run, true);
    case PRINTS_REMOVED:
      return print (run, "rm : %s %s", argument[0], run_answer (run));
    case PRINTS_RENAMED:
      return print (run, "rename : %s to %s %s", argument[0], argument[1],
                    run_answer (run));
    case PRINTS_SPAN:
      return print_span (run);
    case PRINTS_ERRORS:
      return print_errors (run);
    case PRINTS_SAVED:
      return print_saved (run);
    case PRINTS_NOTHING:
    case PRINTS_VALUE:
    case PRINTS_FILE:
      break;
    }
  return 0;
}
