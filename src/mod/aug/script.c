/* script.c - reading a script of augtool's, statement by statement
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <ctype.h>
#include <string.h>
#include "script.h"
#include "../../../protocol/memory.h"

static const char blanks[] = " \t";

static const struct statement_kind kinds[] = {
  { "clear", "CLEAR", "PATH", PRINTS_NOTHING, true },
  { "clearm", "CLEARM", "BASE SUB", PRINTS_NOTHING, true },
  { "copy", "COPY", "SOURCE DESTINATION", PRINTS_NOTHING, true },
  { "count", "MATCH", "PATH", PRINTS_COUNT, false },
  { "cp", "COPY", "SOURCE DESTINATION", PRINTS_NOTHING, true },
  { "defnode", "DEFNODE", "name EXPRESSION [value]", PRINTS_NOTHING, true },
  { "defvar", "DEFVAR", "name EXPRESSION", PRINTS_NOTHING, false },
  { "errors", "ERRORS", "", PRINTS_ERRORS, false },
  { "get", "GET", "PATH", PRINTS_VALUE, false },
  { "ins", "INSERT", "label where PATH", PRINTS_NOTHING, true },
  { "insert", "INSERT", "label where PATH", PRINTS_NOTHING, true },
  { "label", "LABEL", "PATH", PRINTS_VALUE, false },
  { "load", "LOAD", "", PRINTS_NOTHING, false },
  { "ls", "LS", "PATH", PRINTS_CHILDREN, false },
  { "match", "MATCH", "PATH [value]", PRINTS_MATCHES, false },
  { "move", "MOVE", "SOURCE DESTINATION", PRINTS_NOTHING, true },
  { "mv", "MOVE", "SOURCE DESTINATION", PRINTS_NOTHING, true },
  { "print", "PRINT", "[PATH]", PRINTS_LINES, false },
  { "quit", NULL, "", PRINTS_NOTHING, false },
  { "rename", "RENAME", "PATH label", PRINTS_RENAMED, true },
  { "retrieve", "RETRIEVE", "lens SOURCE PATH NODE", PRINTS_NOTHING, true },
  { "rm", "REMOVE", "PATH", PRINTS_REMOVED, true },
  { "save", "SAVE", "", PRINTS_SAVED, false },
  { "set", "SET", "PATH [value]", PRINTS_NOTHING, true },
  { "setm", "SETM", "BASE SUB [value]", PRINTS_NOTHING, true },
  { "source", "SOURCE", "PATH", PRINTS_FILE, false },
  { "span", "SPAN", "PATH", PRINTS_SPAN, false },
  { "store", "STORE", "lens NODE PATH", PRINTS_NOTHING, true },
  { "touch", "TOUCH", "PATH", PRINTS_NOTHING, true },
  { "transform", "TRANSFORM", "LENS FILTER FILE", PRINTS_NOTHING, false },
  { NULL, NULL, NULL, PRINTS_NOTHING, false }
};

/* What augtool has and a script here cannot do.  */
static const struct
{
  const char *name;
  const char *advice;
} strange[] = {
  { "context", "write set /augeas/context PATH" },
  { "dump-xml", "write print PATH" },
  { "help", "ask HELP AUG RUN" },
  { "info", "ask GETINFO version" },
  { "load-file", "leave it out, files are loaded when needed" },
  { "preview", "ask AUG EDIT FILE" },
};

const struct statement_kind *
script_statements (void)
{
  return kinds;
}

/* --- Words --- */

/* What the backslash and C, the character behind it, stand for: one or two
   bytes at R_BYTES.  QUOTE is the open quotation mark, or 0.  Returns how many
   they are, 0 if it is unknown.  */
static size_t
read_escape (char c, char quote, char r_bytes[2])
{
  r_bytes[0] = '\\';
  r_bytes[1] = c;
  if (c && strchr ("][|/=()!,", c))
    return 2;
  if (quote && (c == ' ' || c == '\t'))
    return 2;
  if (quote && quote != c && (c == '\'' || c == '"'))
    return 2;
  if (c == 't' || c == 'n')
    r_bytes[0] = c == 't' ? '\t' : '\n';
  else if (c && strchr ("'\" \t\\", c))
    r_bytes[0] = c;
  else
    return 0;
  return 1;
}

static gpg_error_t
wrong_escape (char c, struct failure *failure)
{
  if (!c)
    return fail (failure, GPG_ERR_SYNTAX,
                 "a backslash at the end: write \\\\ for one");
  return fail (failure, GPG_ERR_SYNTAX,
               "\\%c stands for nothing: write \\\\ for a backslash", c);
}

/* Whether C, outside all brackets, opens or closes a quotation; *QUOTE is
   what is open.  */
static bool
is_quotation (char c, char *quote)
{
  if (c != '"' && c != '\'')
    return false;
  if (*quote && *quote != c)
    return false;
  *quote = *quote ? 0 : c;
  return true;
}

/* Read the word that *LINE begins with, leave *LINE behind it and put the word
   where the line was.  In a path expression brackets must match, and what
   they enclose is taken as it is.  */
static gpg_error_t
read_word (char **line, bool path, char **r_word, struct failure *failure)
{
  char *in = *line + strspn (*line, blanks);
  char *out = in;
  size_t depth = 0;
  char quote = 0;

  *r_word = in;
  while (*in)
    {
      char c = *in++;

      if (c == '\\')
        {
          char bytes[2];
          size_t count = read_escape (*in, quote, bytes);

          if (!count)
            return wrong_escape (*in, failure);
          memcpy (out, bytes, count);
          out += count;
          in++;
          continue;
        }
      if (path && c == '[')
        depth++;
      if (path && c == ']' && !depth)
        return fail (failure, GPG_ERR_SYNTAX,
                     "a ] without its [: write \\] for the character");
      depth -= path && c == ']';
      if (!depth)
        {
          if (is_quotation (c, &quote))
            continue;
          if (!quote && (c == ' ' || c == '\t'))
            {
              in--;
              break;
            }
        }
      *out++ = c;
    }
  if (depth)
    return fail (failure, GPG_ERR_SYNTAX,
                 "a [ without its ]: write \\[ for the character");
  if (quote)
    return fail (failure, GPG_ERR_SYNTAX, "a quotation (%c) is not closed",
                 quote);
  *line = in + strspn (in, blanks);
  *out = 0;
  return 0;
}

/* What stands behind a path does not belong to it.  */
static void
trim_path (char *path)
{
  size_t length = strlen (path);

  if (!strcmp (path, "/"))
    return;
  while (
      length
      && (path[length - 1] == '/' || isspace ((unsigned char)path[length - 1])))
    path[--length] = 0;
}

/* --- Statements --- */

static gpg_error_t
find_kind (const char *name, const struct statement_kind **r_kind,
           struct failure *failure)
{
  for (const struct statement_kind *kind = kinds; kind->name; kind++)
    if (!strcmp (kind->name, name))
      {
        *r_kind = kind;
        return 0;
      }
  for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
    if (!strcmp (strange[i].name, name))
      return fail (failure, GPG_ERR_UNKNOWN_COMMAND, "no %s in a script: %s",
                   name, strange[i].advice);
  return fail (failure, GPG_ERR_UNKNOWN_COMMAND,
               "no statement is called %.20s: see HELP AUG RUN", name);
}

/* Read what LINE has behind the name.  */
static gpg_error_t
read_arguments (char *line, const struct statement_kind *kind,
                struct statement *statement, struct failure *failure)
{
  const char *wanted = kind->arguments;
  gpg_error_t err;

  for (; *wanted; wanted += strcspn (wanted, " "))
    {
      wanted += strspn (wanted, " ");
      if (!*line && *wanted == '[')
        return 0;
      if (!*line)
        return fail (failure, GPG_ERR_MISSING_VALUE,
                     "%.*s is missing: write %s %s", (int)strcspn (wanted, " "),
                     wanted, kind->name, kind->arguments);
      wanted += *wanted == '[';
      err = read_word (&line, isupper ((unsigned char)*wanted),
                       &statement->argument[statement->count], failure);
      if (err)
        return err;
      if (isupper ((unsigned char)*wanted))
        trim_path (statement->argument[statement->count]);
      statement->count++;
    }
  if (!*line)
    return 0;
  if (!*kind->arguments)
    return fail (failure, GPG_ERR_TOO_MANY, "%s takes no argument", kind->name);
  return fail (failure, GPG_ERR_TOO_MANY,
               "too many arguments: write %s %s and quote blanks", kind->name,
               kind->arguments);
}

gpg_error_t
script_begin (const char *text, struct script *r_script)
{
  r_script->line = 0;
  r_script->text = strdup (text);
  r_script->rest = r_script->text;
  return r_script->text ? 0 : gpg_error_from_syserror ();
}

void
script_release (struct script *script)
{
  free (script->text);
  script->text = script->rest = NULL;
}

/* The next line, without its end and the blanks before it; NULL if there is
   none.  */
static char *
next_line (struct script *script)
{
  char *line = script->rest;
  size_t length = strcspn (line, "\n");

  if (!*line)
    return NULL;
  script->line++;
  script->rest = line + length + (line[length] == '\n');
  line[length] = 0;
  if (length && line[length - 1] == '\r')
    line[length - 1] = 0;
  return line + strspn (line, " \t\r\v\f");
}

gpg_error_t
script_next (struct script *script, struct statement *r_statement,
             struct failure *failure)
{
  const struct statement_kind *kind = NULL;
  char *line, *name;
  gpg_error_t err;

  memset (r_statement, 0, sizeof *r_statement);
  do
    line = next_line (script);
  while (line && (!*line || *line == '#'));
  r_statement->line = script->line;
  if (!line)
    return 0;
  err = read_word (&line, false, &name, failure);
  if (!err)
    err = find_kind (name, &kind, failure);
  if (!err)
    err = read_arguments (line, kind, r_statement, failure);
  if (!err)
    r_statement->kind = kind;
  return err;
}
