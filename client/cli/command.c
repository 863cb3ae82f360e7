/* command.c - a line that somebody writes becomes a command
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../protocol/memory.h"
#include "../../protocol/text.h"
#include "command.h"

enum status
command_wrong (size_t number, const char *format, ...)
{
  auto_free char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = text_vformat (format, arguments);
  va_end (arguments);
  if (number)
    complain ("line %zu: %s", number, text ? text : "out of memory");
  else
    complain ("%s", text ? text : "out of memory");
  return STATUS_USAGE;
}

void
command_release (struct command *command)
{
  words_release (&command->split);
  for (size_t i = 0; i < command->content_count; i++)
    buffer_wipe (&command->contents[i]);
}

/* Read the lines up to one that is WORD into CONTENT.  What is too long is
   read to its end too: it must not be taken for commands.  */
static enum status
read_here (const struct lines *lines, const char *word, struct buffer *content)
{
  auto_wiped struct buffer line = BUFFER_EMPTY;
  bool too_long = false;
  enum status status;
  bool end;

  while (!(status = lines->read (lines->opaque, &line, &end)) && !end
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
    return command_wrong (lines->number, "no line \"%s\" follows", word);
  if (too_long)
    return command_wrong (lines->number, "content may have %lu bytes at most",
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
read_content (const struct lines *lines, char *word, struct buffer *content)
{
  size_t length;

  if (word[1] == '<' && word[2])
    return read_here (lines, word + 2, content);
  if (word[1] == '<' || !word[1]
      || words_unescape (word, strlen (word), &length))
    return command_wrong (lines->number,
                          "write <FILE or <<WORD, a blank as %%20");
  return request_read_file (word + 1, content);
}

/* Cut the words with "<" off LINE and read what they name: all of it even
   after an error, so that it is not taken for commands.  */
static enum status
read_contents (const struct lines *lines, char *line, struct command *command)
{
  auto_wiped struct buffer surplus = BUFFER_EMPTY;
  char *text = find_contents (line);
  char *context = NULL;
  enum status first = STATUS_OK;

  for (char *word = strtok_r (text, " \t", &context); word;
       word = strtok_r (NULL, " \t", &context))
    {
      bool room = command->content_count < COMMAND_CONTENTS;
      enum status status = read_content (
          lines, word,
          room ? &command->contents[command->content_count++] : &surplus);

      if (!status && !room)
        status = command_wrong (lines->number, "at most %d contents",
                                COMMAND_CONTENTS);
      if (!first)
        first = status;
    }
  *text = 0;
  return first;
}

/* Store what the argument INDEX, a lone @, stands for at R_WORD.  *USED counts
   the contents that have their place.  */
static enum status
read_asked (const struct lines *lines, struct command *command, size_t index,
            size_t *used, struct reeve_word *r_word)
{
  struct buffer *content = &command->contents[*used];
  enum status status;

  if (*used == command->content_count && !lines->ask)
    return command_wrong (lines->number,
                          "an @ needs <FILE or <<WORD at the end of the line"
                          " (write %%40 for the sign)");
  if (*used == COMMAND_CONTENTS)
    return command_wrong (lines->number, "at most %d contents",
                          COMMAND_CONTENTS);
  if (*used == command->content_count)
    {
      command->content_count++;
      status = lines->ask (lines->opaque, &command->split, index, content);
      if (status)
        return status;
    }
  ++*used;
  *r_word = (struct reeve_word){ REEVE_CONTENT,
                                 content->bytes ? content->bytes : "",
                                 content->length };
  return STATUS_OK;
}

/* Put the words of the request together.  */
static enum status
read_words (const struct lines *lines, struct command *command)
{
  enum status status = STATUS_OK;
  bool options = true;
  size_t index = 0;
  size_t used = 0;

  for (size_t i = 0; status == STATUS_OK && i < command->split.count; i++)
    {
      const struct word *word = &command->split.word[i];
      struct reeve_word *to = &command->words[command->count];

      command->count++;
      if (word->kind == WORD_ASK)
        status = read_asked (lines, command, index, &used, to);
      else if (word->kind != WORD_OPTION || !options)
        *to = (struct reeve_word){ REEVE_ARGUMENT, word->text, word->length };
      else if (word->length > 2)
        *to = (struct reeve_word){ REEVE_OPTION, word->text + 2,
                                   word->length - 2 };
      else
        {
          options = false;
          command->count--;
          continue;
        }
      index += i > 1 && to->kind != REEVE_OPTION;
    }
  for (; used < command->content_count; used++)
    command->words[command->count++]
        = (struct reeve_word){ REEVE_CONTENT, command->contents[used].bytes,
                               command->contents[used].length };
  return status;
}

enum status
command_read (const struct lines *lines, char *line, struct command *command)
{
  const char *reason = "out of memory";
  enum status status;

  status = read_contents (lines, line, command);
  if (status)
    return status;
  if (words_split (line, &command->split, &reason))
    return command_wrong (lines->number, "%s", reason);
  if (!command->split.count)
    return command_wrong (lines->number, "the command is missing");
  return read_words (lines, command);
}
