/* call.c - calls: from words to a line
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include <config.h>

#include "handle.h"

#include <stdlib.h>
#include <string.h>
#include "../../protocol/memory.h"
#include "../../protocol/words.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz0123456789_-";

/* Whether COMMAND is words of letters with one blank between them.  */
static bool
is_command (const char *command)
{
  size_t length = strspn (command, letters);

  if (!length || *command == '-')
    return false;
  if (!command[length])
    return true;
  return command[length] == ' ' && is_command (command + length + 1);
}

static size_t
word_length (const struct reeve_word *word)
{
  return word->length == REEVE_STRING ? strlen (word->bytes) : word->length;
}

/* Check WORD; on an error say why in REEVE.  */
static gpg_error_t
check_word (reeve_t reeve, const struct reeve_word *word)
{
  size_t length = word_length (word);

  if (length > LIMIT_VALUE)
    {
      handle_explain (reeve, "a value may have %lu bytes, this one has %zu",
                      LIMIT_VALUE, length);
      return gpg_error (GPG_ERR_TOO_LARGE);
    }
  if (memchr (word->bytes, 0, length))
    {
      handle_explain (reeve, "a value must not contain a NUL");
      return gpg_error (GPG_ERR_INV_VALUE);
    }
  if (word->kind == REEVE_OPTION)
    {
      size_t name = strspn (word->bytes, letters);

      if (!name || *word->bytes == '-'
          || (name < length && word->bytes[name] != '='))
        {
          handle_explain (reeve, "an option is \"name\" or \"name=value\"");
          return gpg_error (GPG_ERR_INV_VALUE);
        }
    }
  return 0;
}

static void
append_word (struct buffer *line, const struct reeve_word *word)
{
  size_t length = word_length (word);

  if (word->kind == REEVE_OPTION)
    {
      buffer_string (line, "--");
      words_escape (line, word->bytes, length);
    }
  else
    words_quote (line, word->bytes, length);
}

/* Put the line together; words that are ASKED become "@".  The length of
   each other word goes to LENGTHS.  */
static gpg_error_t
build (const char *command, const struct exchange *exchange, size_t *lengths,
       struct buffer *line)
{
  buffer_clear (line);
  buffer_string (line, command);
  for (size_t i = 0; i < exchange->count; i++)
    {
      size_t before;

      buffer_append (line, " ", 1);
      before = line->length;
      if (exchange->asked[i])
        buffer_append (line, "@", 1);
      else
        append_word (line, &exchange->words[i]);
      lengths[i] = line->length - before;
    }
  return buffer_error (line);
}

/* The longest argument that may still become "@", or COUNT.  */
static size_t
longest (const struct exchange *exchange, const size_t *lengths)
{
  size_t found = exchange->count;

  for (size_t i = 0; i < exchange->count; i++)
    if (!exchange->asked[i] && exchange->words[i].kind == REEVE_ARGUMENT
        && lengths[i] > (found == exchange->count ? 1 : lengths[found]))
      found = i;
  return found;
}

/* Build the line, with as few words asked for as will let it fit.  */
static gpg_error_t
fit (reeve_t reeve, const char *command, struct exchange *exchange, bool *asked,
     struct buffer *line)
{
  auto_free size_t *lengths = calloc (exchange->count + 1, sizeof *lengths);
  size_t length;
  gpg_error_t err;

  if (!lengths)
    return gpg_error_from_syserror ();
  err = build (command, exchange, lengths, line);
  if (err || line->length <= LIMIT_LINE)
    return err;
  for (length = line->length; length > LIMIT_LINE;)
    {
      size_t index = longest (exchange, lengths);

      if (index == exchange->count)
        {
          handle_explain (reeve,
                          "the words do not fit in a line of %d bytes:"
                          " give fewer or shorter options",
                          LIMIT_LINE);
          return gpg_error (GPG_ERR_TOO_LARGE);
        }
      length -= lengths[index] - 1;
      asked[index] = true;
    }
  return build (command, exchange, lengths, line);
}

static gpg_error_t
prepare (reeve_t reeve, const char *command, struct exchange *exchange,
         bool *asked, struct buffer *line)
{
  if (!is_command (command))
    {
      handle_explain (reeve, "a command is words of letters, like AUG GET");
      return gpg_error (GPG_ERR_INV_VALUE);
    }
  for (size_t i = 0; i < exchange->count; i++)
    {
      gpg_error_t err = check_word (reeve, &exchange->words[i]);

      if (err)
        return err;

      /* Too long for any line: no need to try.  */
      asked[i] = exchange->words[i].kind == REEVE_CONTENT
                 || (exchange->words[i].kind == REEVE_ARGUMENT
                     && word_length (&exchange->words[i]) > LIMIT_LINE);
    }
  return fit (reeve, command, exchange, asked, line);
}

static gpg_error_t
send_line (reeve_t reeve, struct exchange *exchange, const struct buffer *line,
           reeve_answer_t *r_answer, gpg_error_t *r_server_error)
{
  gpg_error_t verdict = 0;
  gpg_error_t err;

  reeve->in_call = true;
  handle_limit (reeve, reeve->call_ms);
  cancel_begin (reeve);
  err = exchange_run (reeve, exchange, line, &verdict);
  if (cancel_end (reeve) && !err)
    err = reeve->dead;
  reeve->in_call = false;
  if (!err)
    err = exchange->failure;
  if (!err && verdict && !r_server_error)
    err = verdict;
  if (err)
    return err;
  if (r_server_error)
    *r_server_error = verdict;
  return r_answer ? answer_new (&exchange->answer, r_answer) : 0;
}

/* Why no call can be made now, or 0; else all is ready for one.  */
static gpg_error_t
begin (reeve_t reeve)
{
  if (reeve->in_call)
    return gpg_error (GPG_ERR_ASS_NESTED_COMMANDS);
  if (reeve->dead)
    return reeve->dead;
  handle_forget (reeve);
  if (reeve->in >= 0)
    return 0;
  handle_explain (reeve, "open a connection first");
  return gpg_error (GPG_ERR_ENOTCONN);
}

gpg_error_t
reeve_call (reeve_t reeve, const char *command, const struct reeve_word *words,
            size_t count, reeve_answer_t *r_answer, gpg_error_t *r_server_error)
{
  auto_buffer struct buffer line = BUFFER_EMPTY;
  auto_free bool *asked = NULL;
  struct exchange exchange = { words, NULL, count, 0, BUFFER_EMPTY, 0 };
  gpg_error_t err;

  if (r_answer)
    *r_answer = NULL;
  if (r_server_error)
    *r_server_error = 0;
  err = begin (reeve);
  if (err)
    return err;
  asked = calloc (count + 1, sizeof *asked);
  if (!asked)
    return gpg_error_from_syserror ();
  exchange.asked = asked;
  err = prepare (reeve, command, &exchange, asked, &line);
  if (!err)
    err = send_line (reeve, &exchange, &line, r_answer, r_server_error);
  buffer_release (&exchange.answer);
  return err;
}

/* Send LINE, which is TOO_LONG words if it is.  */
static gpg_error_t
call_line (reeve_t reeve, const struct buffer *line, const char *too_long,
           reeve_answer_t *r_answer, gpg_error_t *r_server_error)
{
  struct exchange exchange = { .answer = BUFFER_EMPTY };
  gpg_error_t err = buffer_error (line);

  if (!err && line->length > LIMIT_LINE)
    {
      handle_explain (reeve, "%s is too long for a line of %d bytes", too_long,
                      LIMIT_LINE);
      err = gpg_error (GPG_ERR_TOO_LARGE);
    }
  if (!err)
    err = send_line (reeve, &exchange, line, r_answer, r_server_error);
  buffer_release (&exchange.answer);
  return err;
}

/* Not by reeve_call: the value is the rest of the line, never quoted.  */
gpg_error_t
reeve_set_option (reeve_t reeve, const char *name, const char *value,
                  gpg_error_t *r_server_error)
{
  auto_buffer struct buffer line = BUFFER_EMPTY;
  gpg_error_t err;

  if (r_server_error)
    *r_server_error = 0;
  err = begin (reeve);
  if (err)
    return err;
  if (!*name || name[strspn (name, letters)])
    {
      handle_explain (reeve, "the name of an option is letters");
      return gpg_error (GPG_ERR_INV_VALUE);
    }
  buffer_printf (&line, "OPTION %s=", name);
  words_escape (&line, value, strlen (value));
  return call_line (reeve, &line, "the value of the option", NULL,
                    r_server_error);
}

/* Nor this: LINE need not be made of whole words.  */
gpg_error_t
reeve_complete (reeve_t reeve, const char *text, reeve_answer_t *r_answer,
                gpg_error_t *r_server_error)
{
  auto_buffer struct buffer line = BUFFER_EMPTY;
  gpg_error_t err;

  *r_answer = NULL;
  if (r_server_error)
    *r_server_error = 0;
  err = begin (reeve);
  if (err)
    return err;
  if (text[strcspn (text, "\r\n")])
    {
      handle_explain (reeve, "what is completed is one line");
      return gpg_error (GPG_ERR_INV_VALUE);
    }
  buffer_printf (&line, "GETINFO complete %s", text);
  return call_line (reeve, &line, "what is completed", r_answer,
                    r_server_error);
}
