/* selftest.c - "reeve selftest"
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A face of PVE SELFTEST and PVE SELFTEST-TASK: their records as a table, and
   an exit status that tells whether something failed.  */

#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "../../protocol/memory.h"
#include "cli.h"
#include "paint.h"

#define FAILED_JSON "\"state\":\"failed\""

/* Of the records; those that no record has are left out.  The last one is as
   wide as it is.  */
static const char *const columns[] = { "check", "object", "state", "seconds",
                                       "message" };

#define COLUMNS (sizeof columns / sizeof *columns)

/* How many columns of a screen TEXT takes; an estimate, see paint_rows.  */
static size_t
text_width (const struct buffer *text)
{
  size_t width = 0;

  for (size_t i = 0; i < text->length; i++)
    width += ((unsigned char)text->bytes[i] & 0xc0) != 0x80;
  return width;
}

static const char *
color_of (const char *state)
{
  return !strcmp (state, "ok")        ? PAINT_GREEN
         : !strcmp (state, "warning") ? PAINT_YELLOW
                                      : PAINT_RED;
}

/* Append what column INDEX of RECORD has to CELL, for show; nothing if there is
   nothing.  */
static void
read_cell (reeve_answer_t answer, size_t record, size_t index,
           struct buffer *cell)
{
  const char *value;
  size_t length;

  if (!reeve_answer_string (answer, record, columns[index], &value, &length))
    show_safely (cell, value, length);
}

/* Append CELL of the column INDEX, which has WIDTH, to LINE.  */
static void
append_cell (struct buffer *line, const struct buffer *cell, size_t index,
             size_t width)
{
  const char *text = cell->bytes ? cell->bytes : "";
  const char *color = strcmp (columns[index], "state")
                          ? ""
                          : show_color (color_of (text));
  size_t used = text_width (cell);

  buffer_printf (line, "%s%s%s", color, text, *color ? PAINT_PLAIN : "");
  if (index + 1 < COLUMNS)
    buffer_printf (line, "%*s", (int)(width - used + 2), "");
}

/* The width of each column, 0 for one that is left out.  */
static void
find_widths (reeve_answer_t answer, size_t count, size_t *widths)
{
  for (size_t i = 0; i < COLUMNS; i++)
    {
      widths[i] = 0;
      for (size_t record = 0; record < count; record++)
        {
          auto_buffer struct buffer cell = BUFFER_EMPTY;
          size_t width;

          read_cell (answer, record, i, &cell);
          width = text_width (&cell);
          widths[i] = width > widths[i] ? width : widths[i];
        }
      if (widths[i] && widths[i] < strlen (columns[i]))
        widths[i] = strlen (columns[i]);
    }
}

static void
append_heading (struct buffer *table, const size_t *widths)
{
  for (size_t i = 0; i < COLUMNS; i++)
    {
      if (!widths[i])
        continue;
      for (const char *name = columns[i]; *name; name++)
        buffer_printf (table, "%c", toupper ((unsigned char)*name));
      if (i + 1 < COLUMNS)
        buffer_printf (table, "%*s", (int)(widths[i] - strlen (columns[i]) + 2),
                       "");
    }
  buffer_string (table, "\n");
}

/* Append the records of ANSWER; *R_FAILED: one says so.  */
static gpg_error_t
make_table (reeve_answer_t answer, struct buffer *table, bool *r_failed)
{
  size_t widths[COLUMNS];
  const char *state;
  size_t count;
  gpg_error_t err = reeve_answer_records (answer, &count);

  *r_failed = false;
  if (err)
    return err;
  find_widths (answer, count, widths);
  append_heading (table, widths);
  for (size_t record = 0; record < count; record++)
    {
      for (size_t i = 0; i < COLUMNS; i++)
        {
          auto_buffer struct buffer cell = BUFFER_EMPTY;

          read_cell (answer, record, i, &cell);
          if (widths[i])
            append_cell (table, &cell, i, widths[i]);
        }
      buffer_string (table, "\n");
      if (!reeve_answer_string (answer, record, "state", &state, NULL))
        *r_failed |= !strcmp (state, "failed");
    }
  return buffer_error (table);
}

/* Print ANSWER.  */
static enum status
print (const struct settings *settings, reeve_answer_t answer)
{
  auto_buffer struct buffer table = BUFFER_EMPTY;
  gpg_error_t err = 0;
  bool failed;

  if (settings->json)
    {
      size_t length;
      const char *bytes = reeve_answer_bytes (answer, &length);

      buffer_append (&table, bytes, length);
      /* Within a string the quotes would be escaped.  */
      failed = strstr (bytes, FAILED_JSON);
      err = buffer_error (&table);
    }
  else
    err = make_table (answer, &table, &failed);
  if (err)
    {
      complain ("cannot read the answer: %s", gpg_strerror (err));
      return STATUS_ERROR;
    }
  fwrite (table.bytes, 1, table.length, stdout);
  if (fflush (stdout) || ferror (stdout))
    {
      complain ("cannot write: %s", strerror (errno));
      return STATUS_ERROR;
    }
  return failed ? STATUS_ERROR : STATUS_OK;
}

/* Have REEVE carry out the COUNT WORDS of PVE, and print what comes.  */
static enum status
ask (const struct settings *settings, reeve_t reeve,
     const struct reeve_word *words, size_t count)
{
  reeve_answer_t answer = NULL;
  gpg_error_t verdict = 0;
  enum status status, printed;
  size_t length = 0;
  gpg_error_t err;

  reeve_set_data_cb (reeve, NULL, NULL);
  interrupt_start (reeve);
  err = reeve_call (reeve, "PVE", words, count, &answer, &verdict);
  interrupt_end ();
  if (interrupt_seen ())
    show_break ();
  status = show_result (reeve,
                        settings->task ? "PVE SELFTEST-TASK" : "PVE SELFTEST",
                        err, verdict);
  if (answer)
    reeve_answer_bytes (answer, &length);
  printed = length || !status ? print (settings, answer) : STATUS_OK;
  if (status == STATUS_OK)
    status = printed;
  reeve_answer_release (answer);
  return status;
}

enum status
selftest_run (const struct settings *settings, char **words, size_t count)
{
  const struct reeve_word request[]
      = { REEVE_ARG ("PVE"),
          REEVE_ARG (settings->task ? "SELFTEST-TASK" : "SELFTEST"),
          REEVE_ARG (settings->vmid) };
  size_t length = settings->task ? 3 : 2;
  struct output output;
  enum status status;
  reeve_t reeve;

  (void)words;
  if (count || settings->task != (settings->vmid != NULL))
    return complain_usage ("say \"reeve selftest\" or \"reeve selftest --task"
                           " --vmid=N\"");
  status = request_open (settings, &output, &reeve);
  if (status)
    return status;
  /* A dry run answers with a plan.  */
  status = settings->task && settings->dry_run
               ? request_call (reeve, &output, request, length)
               : ask (settings, reeve, request + 1, length - 1);
  advise_refused (settings, reeve, status);
  request_close (settings, reeve);
  return status;
}
