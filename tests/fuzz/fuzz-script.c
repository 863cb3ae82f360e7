/* fuzz-script.c - the statement reader of AUG RUN
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An input is read as a script; and it is taken for words, which are quoted
   into a script here, in either way, and must come back.  */

#include <ctype.h>
#include "fuzz.h"
#include "../../protocol/buffer.h"
#include "../../src/mod/aug/script.h"

/* --- Any text --- */

/* The number of the next line from *R_TEXT on that says something, counted
   from LINE; 0 at the end.  */
static size_t
next_spoken (const char **r_text, size_t line)
{
  while (**r_text)
    {
      const char *start = *r_text + strspn (*r_text, " \t\r\v\f");
      size_t length = strcspn (*r_text, "\n");

      *r_text += length + ((*r_text)[length] != 0);
      line++;
      if (*start && *start != '\n' && *start != '#')
        return line;
    }
  return 0;
}

static void
check_statement (const struct statement *statement)
{
  const char *wanted = statement->kind->arguments;
  size_t needed = 0, most = 0;

  for (; *wanted; wanted += strcspn (wanted, " "))
    {
      wanted += strspn (wanted, " ");
      most++;
      needed += *wanted != '[';
    }
  require (statement->count >= needed && statement->count <= most);
  for (size_t i = 0; i < SCRIPT_ARGUMENTS; i++)
    require (!statement->argument[i] == (i >= statement->count));
}

/* Each line that says something is one statement or one error, told with the
   line's number.  */
static void
check_script (const char *text)
{
  struct failure failure = FAILURE_NONE;
  struct statement statement;
  struct script script;
  const char *rest = text;
  size_t line = 0;
  gpg_error_t err;

  require (!script_begin (text, &script));
  do
    {
      err = script_next (&script, &statement, &failure);
      line = next_spoken (&rest, line);
      require (!line == (!err && !statement.kind));
      require (!line || statement.line == line);
      require (!err || failure.text);
      if (!err && line)
        check_statement (&statement);
      failure_release (&failure);
    }
  while (line);
  script_release (&script);
}

/* --- Words --- */

/* Append WORD so that it is one, in quotation marks MARK or, if that is 0,
   without.  */
static void
quote (struct buffer *line, const char *word, char mark)
{
  if (!mark && !*word)
    mark = '"';
  if (mark)
    buffer_append (line, &mark, 1);
  for (; *word; word++)
    {
      if (*word == '\n')
        {
          buffer_string (line, "\\n");
          continue;
        }
      if (*word == '\\' || (mark && *word == mark)
          || (!mark && strchr ("'\" \t", *word)))
        buffer_string (line, "\\");
      buffer_append (line, word, 1);
    }
  if (mark)
    buffer_append (line, &mark, 1);
}

/* The next piece as a word.  Brackets of a path have a meaning, and a line may
   end with CR LF.  */
static char *
take_word (struct feed *feed, bool path)
{
  char *word = feed_string (feed);

  for (char *p = word; *p; p++)
    if (*p == '\r' || (path && (*p == '[' || *p == ']')))
      *p = '-';
  return word;
}

/* As augtool takes paths.  */
static void
trim (char *path)
{
  size_t length = strcmp (path, "/") ? strlen (path) : 0;

  while (
      length
      && (path[length - 1] == '/' || isspace ((unsigned char)path[length - 1])))
    path[--length] = 0;
}

/* Quote a path and a value into a statement behind BEFORE, which has COUNT
   lines, read them back.  */
static void
check_words (struct feed *feed, const char *before, size_t count)
{
  static const char marks[] = { 0, '"', '\'', 0 };
  struct failure failure = FAILURE_NONE;
  struct buffer text = BUFFER_EMPTY;
  unsigned how = feed_byte (feed);
  char *path = take_word (feed, true);
  char *value = take_word (feed, false);
  struct statement statement;
  struct script script;

  buffer_printf (&text, "%s%sset%s", before, how & 16 ? " \t" : "",
                 how & 32 ? "\t " : " ");
  quote (&text, path, marks[how & 3]);
  buffer_string (&text, " ");
  quote (&text, value, marks[how >> 2 & 3]);
  buffer_string (&text, how & 64 ? "\r\n\nget /x" : "\n");
  require (!buffer_error (&text) && !script_begin (text.bytes, &script));
  require (!script_next (&script, &statement, &failure));
  require (statement.line == count + 1 && statement.count == 2);
  trim (path);
  require (!strcmp (statement.argument[0], path));
  require (!strcmp (statement.argument[1], value));
  require (!script_next (&script, &statement, &failure));
  require (how & 64 ? statement.line == count + 3 : !statement.kind);
  script_release (&script);
  buffer_release (&text);
  free (path);
  free (value);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  struct feed feed = { bytes, bytes + size };
  char *text = fuzz_string (bytes, size);

  check_script (text);
  check_words (&feed, "", 0);
  check_words (&feed, "# one\n\n \t\n#\r\n", 4);
  free (text);
  return 0;
}
