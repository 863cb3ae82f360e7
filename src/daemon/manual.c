/* manual.c - the chapter of the manual that the rows make, as Texinfo
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What a help text may have is told in src/call/verb.h.  */

#include "config.h"

#include <ctype.h>
#include <string.h>

#include "protocol/memory.h"
#include "session.h"

/* What the words of a text may name.  */
struct scope
{
  const struct registry_noun *noun; /* NULL for a session word.  */
  const struct grammar *grammar;
};

/* --- Text --- */

static void
put (struct buffer *out, const char *text, size_t length)
{
  for (; length; text++, length--)
    {
      if (strchr ("@{}", *text))
        buffer_string (out, "@");
      buffer_append (out, text, 1);
    }
}

static void
put_string (struct buffer *out, const char *text)
{
  put (out, text, strlen (text));
}

/* Append WORD in lower case if it is an argument's name in capitals.  */
static bool
put_argument (struct buffer *out, const struct scope *scope, const char *word,
              size_t length)
{
  for (size_t i = 0; scope->grammar && i < scope->grammar->count; i++)
    {
      const char *name = scope->grammar->item[i].name;

      if (strlen (name) == length && !strncasecmp (name, word, length))
        {
          buffer_printf (out, "@var{%s}", name);
          return true;
        }
    }
  return false;
}

static bool
is_command (const struct scope *scope, const char *word, size_t length)
{
  for (size_t i = 0; scope->noun && i < scope->noun->count; i++)
    if (strlen (scope->noun->verb[i].row->name) == length
        && !memcmp (scope->noun->verb[i].row->name, word, length))
      return true;
  return memchr (word, '_', length) != NULL;
}

/* A text in which words in capitals may be arguments, verbs or codes.  */
static void
put_prose (struct buffer *out, const struct scope *scope, const char *text,
           size_t length)
{
  const char *end = text + length;

  while (text < end)
    {
      size_t span = 0;

      while (text + span < end
             && (isupper ((unsigned char)text[span]) || text[span] == '_'))
        span++;
      if (span > 1 && put_argument (out, scope, text, span))
        ;
      else if (span > 1 && is_command (scope, text, span))
        buffer_printf (out, "@code{%.*s}", (int)span, text);
      else
        put (out, text, span ? span : 1);
      text += span ? span : 1;
    }
}

/* The length of the error's name at the head of the sentence TEXT, or 0.  */
static size_t
error_name (const char *text, size_t length)
{
  size_t span = 0;

  while (span < length
         && (isupper ((unsigned char)text[span]) || text[span] == '_'))
    span++;
  return span > 2 && span + 1 < length && text[span] == ':' ? span : 0;
}

static size_t
sentence_length (const char *text, size_t length)
{
  for (size_t i = 1; i < length; i++)
    if (text[i - 1] == '.'
        && (text[i] == '\n'
            || (i + 1 < length && text[i] == ' ' && text[i + 1] == ' ')))
      return i;
  return length;
}

/* A paragraph; the sentences that begin with the name of an error are a
   table.  */
static void
put_paragraph (struct buffer *out, const struct scope *scope, const char *text,
               size_t length)
{
  bool table = false;

  while (length)
    {
      size_t sentence = sentence_length (text, length);
      size_t name = error_name (text, sentence);
      size_t blank;

      if (name && !table)
        buffer_string (out, "\n@table @code\n");
      else if (!name && table)
        buffer_string (out, "@end table\n\n");
      table = name != 0;
      if (name)
        {
          buffer_printf (out, "@item %.*s\n", (int)name, text);
          name += 1 + strspn (text + name + 1, " \n");
        }
      put_prose (out, scope, text + name, sentence - name);
      buffer_string (out, "\n");
      text += sentence;
      length -= sentence;
      blank = strspn (text, " \n");
      blank = blank < length ? blank : length;
      text += blank;
      length -= blank;
    }
  if (table)
    buffer_string (out, "@end table\n");
}

/* --- Indented lines --- */

static size_t
line_length (const char *text)
{
  return strcspn (text, "\n");
}

static const char *
next_line (const char *text)
{
  text += line_length (text);
  return *text ? text + 1 : text;
}

/* Where the second column of an indented line of LENGTH bytes begins, or
   0.  */
static size_t
second_column (const char *line, size_t length)
{
  for (size_t i = 3; i + 2 < length; i++)
    if (line[i] != ' ' && line[i - 1] == ' ' && line[i - 2] == ' '
        && line[2] != ' ')
      return i;
  return 0;
}

static size_t
indentation (const char *line)
{
  return strspn (line, " ");
}

/* Lines of two columns; those indented more go on with the second.  */
static void
put_columns (struct buffer *out, const struct scope *scope, const char *text,
             const char *end)
{
  buffer_string (out, "\n@table @code\n");
  for (; text < end; text = next_line (text))
    {
      size_t length = line_length (text);
      size_t column = second_column (text, length);
      size_t first = column ? column : length;

      if (indentation (text) > 2)
        column = indentation (text);
      else
        {
          while (text[first - 1] == ' ')
            first--;
          buffer_string (out, "@item ");
          put (out, text + 2, first - 2);
          buffer_string (out, "\n");
        }
      if (!column)
        continue;
      put_prose (out, scope, text + column, length - column);
      buffer_string (out, "\n");
    }
  buffer_string (out, "@end table\n");
}

/* The indented lines from TEXT to END: a table or an example.  */
static void
put_indented (struct buffer *out, const struct scope *scope, const char *text,
              const char *end)
{
  for (const char *line = text; line < end; line = next_line (line))
    if (second_column (line, line_length (line)))
      {
        put_columns (out, scope, text, end);
        return;
      }
  buffer_string (out, "\n@example\n");
  for (; text < end; text = next_line (text))
    {
      put (out, text + 2, line_length (text) - 2);
      buffer_string (out, "\n");
    }
  buffer_string (out, "@end example\n");
}

/* --- A help text --- */

#define EXAMPLE "Example: "

static bool
is_example (const char *line)
{
  return !strncmp (line, EXAMPLE, strlen (EXAMPLE));
}

/* The end of the lines like the first one at TEXT.  */
static const char *
block_end (const char *text)
{
  bool indented = *text == ' ';

  do
    text = next_line (text);
  while (*text && *text != '\n' && (*text == ' ') == indented
         && !is_example (text));
  return text;
}

static void
put_help (struct buffer *out, const struct scope *scope, const char *text)
{
  while (*text)
    {
      const char *end = block_end (text);

      if (*text == '\n')
        {
          text++;
          continue;
        }
      if (is_example (text))
        {
          buffer_string (out, "\n@example\n");
          put (out, text + strlen (EXAMPLE),
               (size_t)(end - text) - strlen (EXAMPLE));
          buffer_string (out, end[-1] == '\n' ? "@end example\n"
                                              : "\n@end example\n");
        }
      else if (*text == ' ')
        put_indented (out, scope, text, end);
      else
        {
          buffer_string (out, "\n");
          put_paragraph (out, scope, text, (size_t)(end - text));
        }
      text = end;
    }
}

/* --- Rows --- */

/* An item as one writes it.  */
static void
put_item (struct buffer *out, const struct grammar_item *item)
{
  if (item->option && item->type->flags & TYPE_FLAG)
    buffer_printf (out, "--%s", item->name);
  else if (item->option && item->choices)
    buffer_printf (out, "--%s=%s", item->name, item->choices);
  else if (item->option)
    buffer_printf (out, "--%s=@var{%s}", item->name, item->type->name);
  else
    buffer_printf (out, "@var{%s}", item->name);
}

static void
put_syntax (struct buffer *out, const struct grammar *grammar)
{
  for (size_t i = 0; i < grammar->count; i++)
    {
      const struct grammar_item *item = grammar->item + i;

      buffer_string (out, item->optional ? " [" : " ");
      put_item (out, item);
      if (item->repeats)
        buffer_string (out, "@dots{}");
      if (item->optional)
        buffer_string (out, "]");
    }
}

static void
put_choices (struct buffer *out, const char *choices)
{
  while (choices)
    {
      size_t span = strcspn (choices, "|");

      buffer_printf (out, "@code{%.*s}", (int)span, choices);
      choices = choices[span] ? choices + span + 1 : NULL;
      if (choices)
        buffer_string (out, strchr (choices, '|') ? ", " : " or ");
    }
}

static void
put_arguments (struct buffer *out, const struct grammar *grammar)
{
  if (!grammar->count)
    return;
  buffer_string (out, "\n@table @asis\n");
  for (size_t i = 0; i < grammar->count; i++)
    {
      const struct grammar_item *item = grammar->item + i;

      buffer_string (out, item->option ? "@item @code{" : "@item ");
      put_item (out, item);
      buffer_string (out, item->option ? "}\n" : "\n");
      if (item->choices)
        put_choices (out, item->choices);
      else
        buffer_printf (out, "@code{%s}: %s", item->type->name,
                       item->type->help);
      if (item->fallback)
        {
          buffer_string (out, "; @code{");
          put_string (out, item->fallback);
          buffer_string (out, "} if it is left out");
        }
      else if (item->optional && !item->option)
        buffer_string (out, "; may be left out");
      if (item->repeats)
        buffer_string (out, "; may be repeated");
      buffer_string (out, ".\n");
    }
  buffer_string (out, "@end table\n");
}

static void
put_sentence (struct buffer *out, const char *text)
{
  char first = (char)toupper ((unsigned char)*text);

  put (out, &first, 1);
  put_string (out, text + 1);
  buffer_string (out, ".\n");
}

static void
put_verb (struct buffer *out, const struct registry_noun *noun,
          const struct registry_verb *verb)
{
  const struct scope scope = { noun, &verb->grammar };

  buffer_printf (out, "\n@deffn {Verb (%s)} {%s %s}",
                 effect_name (verb->row->effect), noun->row->name,
                 verb->row->name);
  put_syntax (out, &verb->grammar);
  buffer_string (out, "\n");
  put_sentence (out, verb->row->summary);
  put_arguments (out, &verb->grammar);
  put_help (out, &scope, verb->row->help);
  if (verb->row->flags & VERB_UNGRANTED)
    buffer_string (out, "\nEvery identity may use it.\n");
  else
    buffer_printf (out, "\nNeeds a rule that allows @code{%s %s}.\n",
                   noun->row->name, policy_verb_name (noun->row, verb->row));
  for (size_t i = 0; i < verb->also_count; i++)
    {
      const struct registry_also *also = verb->also + i;

      buffer_printf (
          out, "With @option{--%s%s%.*s} it needs one for @code{%s %s}, too.\n",
          also->option->name, also->value ? "=" : "", (int)also->length,
          also->value ? also->value : "", noun->row->name,
          also->verb->row->name);
    }
  buffer_string (out, "@end deffn\n");
}

static void
put_noun (struct buffer *out, const struct registry_noun *noun)
{
  const struct scope scope = { noun, NULL };

  buffer_printf (out, "\n@node %s\n@section %s: ", noun->row->name,
                 noun->row->name);
  put_string (out, noun->row->summary);
  buffer_string (out, "\n");
  put_help (out, &scope, noun->row->help);
  for (size_t i = 0; i < noun->count; i++)
    put_verb (out, noun, noun->verb + i);
}

static void
put_word (struct buffer *out, const struct session_word *word)
{
  const struct scope scope = { NULL, NULL };
  size_t usage = strlen (word->usage);
  bool repeats_usage = !strncmp (word->help, word->usage, usage);

  buffer_printf (out, "\n@deffn {Session word} %s", word->name);
  for (const char *c = word->usage + strlen (word->name); *c; c++)
    if (*c == '<')
      buffer_string (out, "@var{");
    else
      buffer_append (out, *c == '>' ? "}" : c, 1);
  buffer_string (out, "\n");
  put_help (out, &scope, word->help + (repeats_usage ? usage : 0));
  buffer_string (out, "@end deffn\n");
}

void
manual_texinfo (struct buffer *out, const struct registry *registry)
{
  buffer_string (out, "@c verbs.texi - made by \"make renew-manual\" from"
                      " reeved --dump-verbs=texi\n"
                      "@c Copyright (C) 2026 The reeve authors\n"
                      "@c SPDX-License-Identifier: GPL-3.0-or-later\n"
                      "\n@node Session words\n@section Session words\n");
  for (const struct session_word *word = session_words; word->name; word++)
    put_word (out, word);
  for (size_t i = 0; i < registry->count; i++)
    put_noun (out, registry->noun + i);
  buffer_string (out, "\n@node Options of every verb\n"
                      "@section Options of every verb\n");
  put_arguments (out, &registry->common);
  buffer_string (out, "\n@node Types of arguments\n"
                      "@section Types of arguments\n\n@table @code\n");
  for (const struct argument_type *type = type_table (); type->name; type++)
    {
      buffer_printf (out, "@item %s\n", type->name);
      put_sentence (out, type->help);
    }
  buffer_string (out, "@end table\n");
}
