/* quote.c - "reeve shell-quote": words for a line, from any bytes
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A script that writes lines for reeve's standard input cannot put a value
   into one as it stands: blanks, percent signs and newlines mean something
   there.  "$(reeve shell-quote "$value")" is one argument, whatever $value
   is.  */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "../../protocol/words.h"
#include "cli.h"

/* Append TEXT as one word that is an argument wherever it stands in a line of
   standard input: not a <FILE at the end, nor a comment at the beginning.  */
static void
quote (struct buffer *line, const char *text)
{
  if (*text == '<' || *text == '#')
    {
      buffer_string (line, *text == '<' ? "%3C" : "%23");
      words_escape (line, text + 1, strlen (text) - 1);
    }
  else
    words_quote (line, text, strlen (text));
}

enum status
quote_run (const struct settings *settings, char **words, size_t count)
{
  auto_wiped struct buffer line = BUFFER_EMPTY;

  (void)settings;
  for (size_t i = 0; i < count; i++)
    {
      if (i)
        buffer_string (&line, " ");
      quote (&line, words[i]);
    }
  buffer_string (&line, "\n");
  if (buffer_error (&line))
    return complain_memory ();
  if (fwrite (line.bytes, line.length, 1, stdout) == 1 && !fflush (stdout))
    return STATUS_OK;
  complain ("cannot write: %s", strerror (errno));
  return STATUS_ERROR;
}
