/* input.c - commands on standard input
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   One line is one command.  Nothing is read beyond what is needed: whoever
   shares the input with us finds the rest there.  */

#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "command.h"

#define LONGEST_LINE (LIMIT_VALUE + 64 * KIB)

struct input
{
  size_t number;     /* Of the line last read, from 1.  */
  bool in_blocks;    /* A file: what was read too much is given back.  */
  bool spoiled;      /* The rest of a line that is too long would be read.  */
  size_t begin, end; /* What was read and not used yet.  */
  char bytes[4096];
};

static void
input_start (struct input *input)
{
  struct stat stat;

  input->number = input->begin = input->end = 0;
  input->spoiled = false;
  input->in_blocks = !fstat (STDIN_FILENO, &stat) && S_ISREG (stat.st_mode);
}

static void
input_end (struct input *input)
{
  if (input->begin < input->end)
    lseek (STDIN_FILENO, -(off_t)(input->end - input->begin), SEEK_CUR);
  explicit_bzero (input->bytes, sizeof input->bytes);
}

/* Read what a line may need of what is there.  Returns 0 at the end.  */
static ssize_t
input_fill (struct input *input)
{
  ssize_t n;

  do
    n = read (STDIN_FILENO, input->bytes,
              input->in_blocks ? sizeof input->bytes : 1);
  while (n < 0 && errno == EINTR);
  input->begin = 0;
  input->end = n > 0 ? (size_t)n : 0;
  return n;
}

/* Read a line into LINE, without its LF.  *R_END is set where nothing can be
   read any more.  */
static enum status
input_line (void *opaque, struct buffer *line, bool *r_end)
{
  struct input *input = opaque;
  const char *newline = NULL;
  const char *start;
  ssize_t n = 1;

  *r_end = true;
  buffer_clear (line);
  while (!newline && !input->spoiled
         && (input->begin < input->end || (n = input_fill (input)) > 0))
    {
      start = input->bytes + input->begin;
      newline = memchr (start, '\n', input->end - input->begin);
      buffer_append (line, start,
                     newline ? (size_t)(newline - start)
                             : input->end - input->begin);
      input->begin = newline ? (size_t)(newline + 1 - input->bytes)
                             : input->end;
      input->spoiled = line->length > LONGEST_LINE;
      if (input->spoiled)
        return command_wrong (input->number + 1, "is longer than %lu bytes",
                              LONGEST_LINE);
    }
  if (n < 0)
    {
      complain ("cannot read standard input: %s", strerror (errno));
      return STATUS_ERROR;
    }
  *r_end = !newline && !line->length;
  input->number++;
  buffer_reserve (line, 0);
  if (buffer_error (line))
    return complain_memory ();
  if (memchr (line->bytes, 0, line->length))
    return command_wrong (input->number, "has a NUL");
  return STATUS_OK;
}

static enum status
run_line (struct input *input, char *line, reeve_t reeve, struct output *output,
          bool *r_bye)
{
  const struct lines lines = { input_line, NULL, input, input->number };
  struct command command = COMMAND_EMPTY;
  enum status status = command_read (&lines, line, &command);

  if (!status)
    {
      output->line = lines.number;
      status = request_call (reeve, output, command.words, command.count);
      *r_bye = !strcasecmp (command.words[0].bytes, "BYE");
    }
  command_release (&command);
  return status;
}

enum status
input_run (const struct settings *settings)
{
  auto_wiped struct buffer line = BUFFER_EMPTY;
  enum status first = STATUS_OK;
  enum status status;
  struct output output;
  struct input input;
  bool end = false;
  reeve_t reeve;

  status = request_open (settings, &output, &reeve);
  if (status)
    return status;
  input_start (&input);
  while (!end && request_is_open (reeve) && !interrupt_seen ()
         && (!first || settings->keep_going))
    {
      const char *text;

      status = input_line (&input, &line, &end);
      text = line.bytes ? line.bytes + strspn (line.bytes, " \t") : "";
      if (!status && !end && *text && *text != '#')
        status = run_line (&input, line.bytes, reeve, &output, &end);
      if (first)
        continue;
      advise_refused (settings, reeve, status);
      first = status;
    }
  input_end (&input);
  request_close (settings, reeve);
  return first;
}
