/* input.c - commands on standard input
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   One line is one command.  Nothing is read beyond what is needed: whoever
   shares the input with us finds the rest there.  */

#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "../../protocol/words.h"
#include "cli.h"

#define CONTENTS 8 /* How many <FILE and <<WORD one line may have.  */
#define LONGEST_LINE (LIMIT_VALUE + 64 * KIB)

struct input
{
  size_t number;     /* Of the line last read, from 1.  */
  size_t command;    /* Of the line with the command.  */
  bool in_blocks;    /* A file: what was read too much is given back.  */
  bool spoiled;      /* The rest of a line that is too long would be read.  */
  size_t begin, end; /* What was read and not used yet.  */
  char bytes[4096];
};

/* A command taken apart.  WORDS points into the other members.  */
struct command
{
  struct words split;
  struct reeve_word words[LIMIT_WORDS + CONTENTS];
  size_t count;
  struct buffer contents[CONTENTS];
  size_t content_count;
};

/* Say what is wrong with line NUMBER.  */
static enum status __attribute__ ((format (printf, 2, 3)))
wrong (size_t number, const char *format, ...)
{
  auto_free char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  if (vasprintf (&text, format, arguments) < 0)
    text = NULL;
  va_end (arguments);
  complain ("line %zu: %s", number, text ? text : "out of memory");
  return STATUS_USAGE;
}

static void
command_release (struct command *command)
{
  words_release (&command->split);
  for (size_t i = 0; i < command->content_count; i++)
    buffer_wipe (&command->contents[i]);
}

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
input_line (struct input *input, struct buffer *line, bool *r_end)
{
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
        return wrong (input->number + 1, "is longer than %lu bytes",
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
    return wrong (input->number, "has a NUL");
  return STATUS_OK;
}

/* Read the lines up to one that is WORD into CONTENT.  What is too long is
   read to its end too: it must not be taken for commands.  */
static enum status
read_here (struct input *input, const char *word, struct buffer *content)
{
  auto_wiped struct buffer line = BUFFER_EMPTY;
  bool too_long = false;
  enum status status;
  bool end;

  while (!(status = input_line (input, &line, &end)) && !end
         && strcmp (line.bytes, word))
    {
      buffer_append (&line, "\n", 1);
      too_long |= content->length + line.length > LIMIT_VALUE;
      if (!too_long)
        buffer_append (content, line.bytes, line.length);
    }
  if (status)
    return status;
  if (end)
    return wrong (input->command, "no line \"%s\" follows", word);
  if (too_long)
    return wrong (input->command, "content may have %lu bytes at most",
                  LIMIT_VALUE);
  return buffer_error (content) ? complain_memory () : STATUS_OK;
}

/* The first of the words at the end of LINE that begin with "<"; the end of
   LINE if there is none.  */
static char *
find_contents (char *line)
{
  char *found = NULL;
  char *end;

  while (*(line += strspn (line, " \t")))
    {
      if (*line != '<')
        found = NULL;
      else if (!found)
        found = line;
      end = *line == '"' ? strchr (line + 1, '"') : NULL;
      line = end ? end : line;
      line += strcspn (line, " \t");
    }
  return found ? found : line;
}

/* Read one <FILE or <<WORD.  */
static enum status
read_content (struct input *input, char *word, struct buffer *content)
{
  size_t length;

  if (word[1] == '<' && word[2])
    return read_here (input, word + 2, content);
  if (word[1] == '<' || !word[1]
      || words_unescape (word, strlen (word), &length))
    return wrong (input->command, "write <FILE or <<WORD, a blank as %%20");
  return request_read_file (word + 1, content);
}

/* Cut the words with "<" off LINE and read what they name: all of it even
   after an error, so that it is not taken for commands.  */
static enum status
read_contents (struct input *input, char *line, struct command *command)
{
  auto_wiped struct buffer surplus = BUFFER_EMPTY;
  char *text = find_contents (line);
  char *context = NULL;
  enum status first = STATUS_OK;

  for (char *word = strtok_r (text, " \t", &context); word;
       word = strtok_r (NULL, " \t", &context))
    {
      bool room = command->content_count < CONTENTS;
      enum status status = read_content (
          input, word,
          room ? &command->contents[command->content_count++] : &surplus);

      if (!status && !room)
        status = wrong (input->command, "at most %d contents", CONTENTS);
      if (!first)
        first = status;
    }
  *text = 0;
  return first;
}

/* Put the words of the request together.  */
static enum status
read_words (struct input *input, struct command *command)
{
  size_t used = 0;

  for (size_t i = 0; i < command->split.count; i++)
    {
      const struct word *word = &command->split.word[i];
      struct reeve_word *to = &command->words[command->count++];

      if (word->kind == WORD_ASK && used == command->content_count)
        return wrong (input->command,
                      "an @ needs <FILE or <<WORD at the"
                      " end of the line (write %%40 for the sign)");
      if (word->kind == WORD_ASK)
        {
          const struct buffer *content = &command->contents[used++];

          *to = (struct reeve_word){ REEVE_CONTENT, content->bytes,
                                     content->length };
        }
      else if (word->kind == WORD_OPTION)
        *to = (struct reeve_word){ REEVE_OPTION, word->text + 2,
                                   word->length - 2 };
      else
        *to = (struct reeve_word){ REEVE_ARGUMENT, word->text, word->length };
    }
  for (; used < command->content_count; used++)
    command->words[command->count++]
        = (struct reeve_word){ REEVE_CONTENT, command->contents[used].bytes,
                               command->contents[used].length };
  return STATUS_OK;
}

/* Take LINE apart.  */
static enum status
read_command (struct input *input, char *line, struct command *command)
{
  const char *reason = "out of memory";
  enum status status;

  status = read_contents (input, line, command);
  if (status)
    return status;
  if (words_split (line, &command->split, &reason))
    return wrong (input->command, "%s", reason);
  if (!command->split.count)
    return wrong (input->command, "the command is missing");
  return read_words (input, command);
}

static enum status
run_line (struct input *input, char *line, reeve_t reeve, struct output *output,
          bool *r_bye)
{
  struct command command = { .count = 0 };
  enum status status;

  input->command = input->number;
  status = read_command (input, line, &command);
  if (!status)
    {
      output->line = input->command;
      status = request_call (reeve, output, command.words, command.count);
      *r_bye = !strcasecmp (command.words[0].bytes, "BYE");
    }
  command_release (&command);
  return status;
}

/* Whether calls can still be made.  */
static bool
is_open (reeve_t reeve)
{
  int in, out;

  reeve_get_fds (reeve, &in, &out);
  return in >= 0;
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
  while (!end && is_open (reeve) && (!first || settings->keep_going))
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
  reeve_release (reeve);
  return first;
}
