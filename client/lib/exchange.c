/* exchange.c - one line to the server and all that it answers
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include <config.h>

#include "handle.h"

#include <string.h>

static void
remember (struct exchange *exchange, gpg_error_t err)
{
  if (!exchange->failure)
    exchange->failure = err;
}

/* Cut the first word off *TEXT; blanks behind it are skipped.  */
static char *
first_word (char **text)
{
  char *word = *text;
  char *end = word + strcspn (word, " ");

  *text = end + strspn (end, " ");
  *end = 0;
  return word;
}

static gpg_error_t
take_data (reeve_t reeve, struct exchange *exchange, char *text, size_t length)
{
  if (line_decode (text, &length))
    return handle_abandon (reeve, GPG_ERR_INV_RESPONSE,
                           "the server sent a bad escape in its data");
  if (exchange->failure)
    return 0;
  if (reeve->callbacks.data)
    {
      remember (exchange, reeve->callbacks.data (reeve->callbacks.data_opaque,
                                                 text, length));
      return 0;
    }
  if (exchange->answer.length + length > LIMIT_ANSWER)
    {
      handle_explain (reeve,
                      "the answer has more than %lu MiB: take it by a"
                      " data callback",
                      LIMIT_ANSWER / MIB);
      remember (exchange, gpg_error (GPG_ERR_TOO_LARGE));
      return 0;
    }
  buffer_append (&exchange->answer, text, length);
  remember (exchange, buffer_error (&exchange->answer));
  return 0;
}

static gpg_error_t
take_status (reeve_t reeve, struct exchange *exchange, char *text)
{
  const char *keyword = first_word (&text);

  if (!*keyword)
    return handle_abandon (reeve, GPG_ERR_INV_RESPONSE,
                           "the server sent a status line without a word");
  if (!strcmp (keyword, "DETAIL"))
    {
      /* A value may begin with a blank, so exactly one goes before it.  */
      char *value = strchrnul (text, ' ');
      gpg_error_t err;

      if (*value)
        *value++ = 0;
      err = *text ? handle_detail (reeve, text, value)
                  : gpg_error (GPG_ERR_SYNTAX);
      if (gpg_err_code (err) == GPG_ERR_SYNTAX
          || gpg_err_code (err) == GPG_ERR_TOO_MANY)
        return handle_abandon (reeve, GPG_ERR_INV_RESPONSE,
                               "the server sent details that cannot be read");
      remember (exchange, err);
      return 0;
    }
  if (reeve->callbacks.status && !exchange->failure)
    remember (exchange, reeve->callbacks.status (reeve->callbacks.status_opaque,
                                                 keyword, text));
  return 0;
}

static void
take_comment (reeve_t reeve, struct exchange *exchange, const char *text)
{
  if (reeve->callbacks.status && !exchange->failure)
    remember (exchange, reeve->callbacks.status (reeve->callbacks.status_opaque,
                                                 "#", text + (*text == ' ')));
}

/* The next word that the line has as "@", or NULL.  */
static const struct reeve_word *
next_asked (struct exchange *exchange)
{
  while (exchange->next < exchange->count)
    {
      size_t index = exchange->next++;

      if (exchange->asked[index])
        return &exchange->words[index];
    }
  return NULL;
}

/* Let the program answer the inquiry; what it says goes to *R_ANSWERED.  */
static gpg_error_t
ask_program (reeve_t reeve, char *text, gpg_error_t *r_answered)
{
  const char *name = first_word (&text);

  if (!reeve->callbacks.inquire)
    {
      handle_explain (reeve, "the server asks for %s, which was not given",
                      name);
      *r_answered = gpg_error (GPG_ERR_NOT_IMPLEMENTED);
      return 0;
    }
  reeve->in_inquiry = true;
  *r_answered = reeve->callbacks.inquire (reeve->callbacks.inquire_opaque,
                                          reeve, name, text);
  reeve->in_inquiry = false;
  return reeve->dead;
}

static gpg_error_t
answer_inquiry (reeve_t reeve, struct exchange *exchange, char *text)
{
  const struct reeve_word *word = next_asked (exchange);
  gpg_error_t answered = 0;
  gpg_error_t err;

  /* The server takes a CANCEL for the answer.  */
  if (reeve->cancel.sent)
    return 0;
  if (exchange->failure)
    answered = exchange->failure;
  else if (cancel_take (reeve))
    answered = gpg_error (GPG_ERR_CANCELED);
  else if (word)
    {
      size_t length = word->length == REEVE_STRING ? strlen (word->bytes)
                                                   : word->length;

      err = line_write_data (reeve, word->bytes, length);
      if (err)
        return err;
    }
  else
    {
      err = ask_program (reeve, text, &answered);
      if (err)
        return err;
      remember (exchange, answered);
    }
  return answered ? line_write (reeve, "CAN", 3) : line_write (reeve, "END", 3);
}

gpg_error_t
reeve_send (reeve_t reeve, const void *bytes, size_t length)
{
  if (reeve->dead)
    return reeve->dead;
  if (!reeve->in_inquiry)
    return gpg_error (GPG_ERR_INV_STATE);
  return line_write_data (reeve, bytes, length);
}

/* If LINE is KEYWORD, alone or with a blank and more, return what is behind
   the blank, else NULL.  */
static char *
behind (char *line, const char *keyword)
{
  size_t length = strlen (keyword);

  if (strncmp (line, keyword, length))
    return NULL;
  if (!line[length])
    return line + length;
  return line[length] == ' ' ? line + length + 1 : NULL;
}

/* An error of this side is the cause of the server's, and explained.  */
static gpg_error_t
take_verdict (reeve_t reeve, const struct exchange *exchange, const char *line,
              gpg_error_t *r_server_error)
{
  const char *text;
  gpg_error_t err = line_verdict (reeve, line, r_server_error, &text);

  if (!err && !exchange->failure)
    line_explain (reeve, text);
  return err;
}

/* Take in one LINE.  *R_DONE is set by the last one.  */
static gpg_error_t
take_line (reeve_t reeve, struct exchange *exchange, char *line, size_t length,
           gpg_error_t *r_server_error, bool *r_done)
{
  char *text;

  if (length >= 2 && line[0] == 'D' && line[1] == ' ')
    return take_data (reeve, exchange, line + 2, length - 2);
  if (strlen (line) != length)
    return handle_abandon (reeve, GPG_ERR_INV_RESPONSE,
                           "the server sent a NUL");
  if (*line == '#')
    {
      take_comment (reeve, exchange, line + 1);
      return 0;
    }
  if ((text = behind (line, "S")))
    return take_status (reeve, exchange, text);
  if ((text = behind (line, "INQUIRE")))
    return answer_inquiry (reeve, exchange, text);
  if ((text = behind (line, "OK")))
    {
      *r_done = true;
      buffer_string (&reeve->ok_text, text);
      return 0;
    }
  if ((text = behind (line, "ERR")))
    {
      *r_done = true;
      return take_verdict (reeve, exchange, text, r_server_error);
    }
  return handle_abandon (reeve, GPG_ERR_INV_RESPONSE,
                         "the server sent a line that is no answer");
}

gpg_error_t
exchange_run (reeve_t reeve, struct exchange *exchange,
              const struct buffer *line, gpg_error_t *r_server_error)
{
  gpg_error_t err;
  bool done = false;

  if (reeve->begin != reeve->end)
    return handle_abandon (reeve, GPG_ERR_INV_RESPONSE,
                           "the server sent something unasked");
  err = line_write (reeve, line->bytes, line->length);
  while (!err && !done)
    {
      char *answer;
      size_t length;

      err = line_read (reeve, &answer, &length);
      if (!err)
        err = take_line (reeve, exchange, answer, length, r_server_error,
                         &done);
    }
  return err;
}
