/* request.c - one command and its answer
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "../../protocol/text.h"
#include "cli.h"

#define VERB_HALF 16  /* Letters on one side of a verb's hyphen.  */
#define CLOSE_MS 2000 /* What nobody asked for must not keep him.  */

enum status
request_read_file (const char *name, struct buffer *content)
{
  auto_close int own = -1;
  int fd = STDIN_FILENO;
  ssize_t n;

  if (strcmp (name, "-"))
    fd = own = open (name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  while (fd >= 0)
    {
      buffer_reserve (content, 64 * KIB);
      if (buffer_error (content))
        return complain_memory ();
      n = read (fd, content->bytes + content->length, 64 * KIB);
      if (!n)
        return STATUS_OK;
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        break;
      content->length += (size_t)n;
      if (content->length > LIMIT_VALUE)
        {
          complain ("%s: content may have %lu bytes at most", name,
                    LIMIT_VALUE);
          return STATUS_ERROR;
        }
    }
  complain ("cannot read %s: %s", name, strerror (errno));
  return STATUS_ERROR;
}

/* Whether TEXT may be the second half of a verb's name.  */
static bool
is_half (const char *text)
{
  size_t letters = strspn (text, "abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

  return letters && letters <= VERB_HALF && !text[letters];
}

/* "TASK-STATUS" if NOUN has that verb, whose hyphen may be a blank: FIRST is
   "TASK" then, SECOND "STATUS".  Else NULL.  For the caller to free.  */
static char *
join_verb (reeve_t reeve, struct output *output, const char *noun,
           const char *first, const char *second)
{
  auto_free char *verb = NULL;
  gpg_error_t verdict = 0;
  gpg_error_t err;

  if (!is_half (first) || !is_half (second))
    return NULL;
  verb = text_format ("%s-%s", first, second);
  if (!verb)
    return NULL;
  const struct reeve_word words[] = { REEVE_ARG (noun), REEVE_ARG (verb) };

  reeve_set_data_cb (reeve, NULL, NULL);
  reeve_set_status_cb (reeve, NULL, NULL);
  err = reeve_call (reeve, "HELP", words, 2, NULL, &verdict);
  show_start (output, reeve);
  return err || verdict ? NULL : take (&verb);
}

/* "AUG GET": what is complained about.  */
static void
name_command (reeve_t reeve, struct output *output,
              const struct reeve_word *words, size_t count, struct buffer *name)
{
  auto_free char *verb = NULL;

  if (output->line)
    buffer_printf (name, "line %zu: ", output->line);
  buffer_string (name, words[0].bytes);
  if (count < 2 || words[1].kind != REEVE_ARGUMENT)
    return;
  if (count > 2 && words[2].kind == REEVE_ARGUMENT)
    verb = join_verb (reeve, output, words[0].bytes, words[1].bytes,
                      words[2].bytes);
  buffer_printf (name, " %s", verb ? verb : words[1].bytes);
}

/* If the words are "OPTION name=value" set that option: its value is not
   quoted as arguments are.  */
static bool
is_option (const struct reeve_word *words, size_t count)
{
  return count == 2 && !strcasecmp (words[0].bytes, "OPTION")
         && words[1].kind == REEVE_ARGUMENT && strchr (words[1].bytes, '=');
}

static gpg_error_t
set_option (reeve_t reeve, const char *text, gpg_error_t *r_server_error)
{
  const char *equals = strchr (text, '=');
  auto_free char *name = strndup (text, (size_t)(equals - text));

  if (!name)
    return gpg_error_from_syserror ();
  return reeve_set_option (reeve, name, equals + 1, r_server_error);
}

bool
request_is_open (reeve_t reeve)
{
  int in, out;

  reeve_get_fds (reeve, &in, &out);
  return in >= 0;
}

enum status
request_call (reeve_t reeve, struct output *output,
              const struct reeve_word *words, size_t count)
{
  auto_buffer struct buffer name = BUFFER_EMPTY;
  gpg_error_t verdict = 0;
  gpg_error_t err;
  enum status printed, status;

  name_command (reeve, output, words, count, &name);
  if (buffer_error (&name))
    return complain_memory ();
  interrupt_start (reeve);
  err = is_option (words, count) ? set_option (reeve, words[1].bytes, &verdict)
                                 : reeve_call (reeve, words[0].bytes, words + 1,
                                               count - 1, NULL, &verdict);
  interrupt_end ();
  if (interrupt_seen ())
    show_break ();
  printed = show_end (output);
  status = show_result (reeve, name.bytes, err, verdict);
  return status == STATUS_OK ? printed : status;
}

/* Set an option of the session for this command.  */
static enum status
set (reeve_t reeve, const char *name, const char *value)
{
  gpg_error_t verdict = 0;
  gpg_error_t err = reeve_set_option (reeve, name, value, &verdict);

  return show_result (reeve, name, err, verdict);
}

enum status
request_open (const struct settings *settings, struct output *output,
              reeve_t *r_reeve)
{
  enum status status;
  reeve_t reeve;

  *r_reeve = NULL;
  *output = (struct output){ .raw = settings->raw };
  if (reeve_new (&reeve))
    return complain_memory ();
  if (settings->timeout_ms)
    reeve_set_timeout (reeve, settings->timeout_ms, settings->timeout_ms);
  status = connect_reeve (settings, reeve);
  show_start (output, reeve);
  if (status == STATUS_OK && settings->json)
    status = set (reeve, "output", "json");
  if (status == STATUS_OK && settings->dry_run)
    status = set (reeve, "dry-run", "1");
  if (status == STATUS_OK)
    *r_reeve = reeve;
  else
    reeve_release (reeve);
  return status;
}

/* Turn the shell's words into those of a request: the first is the command,
   the second its verb; options are words with two hyphens between the verb
   and the first argument.  */
static void
read_words (char **words, size_t count, struct reeve_word *r_words,
            size_t *r_count)
{
  bool options = true;
  size_t kept = 0;

  for (size_t i = 0; i < count; i++)
    {
      enum reeve_kind kind = REEVE_ARGUMENT;
      const char *bytes = words[i];

      if (options && i && !strncmp (bytes, "--", 2))
        {
          bytes += 2;
          kind = REEVE_OPTION;
          if (!*bytes)
            {
              options = false;
              continue;
            }
        }
      else if (i > 1)
        options = false;
      r_words[kept++] = (struct reeve_word){ kind, bytes, REEVE_STRING };
    }
  *r_count = kept;
}

/* Put CONTENT where the argument "@" stands, or at the end.  WORDS has room
   for one more.  */
static void
place_content (const struct buffer *content, struct reeve_word *words,
               size_t *count)
{
  size_t at = 1;

  while (at < *count
         && (words[at].kind != REEVE_ARGUMENT || strcmp (words[at].bytes, "@")))
    at++;
  words[at] = (struct reeve_word){ REEVE_CONTENT, content->bytes,
                                   content->length };
  if (at == *count)
    ++*count;
}

void
request_close (const struct settings *settings, reeve_t reeve)
{
  struct reeve_word what = REEVE_ARG ("unsaved");
  reeve_answer_t answer = NULL;
  gpg_error_t verdict = 0;
  size_t length = 0;

  reeve_set_data_cb (reeve, NULL, NULL);
  reeve_set_timeout (reeve, CLOSE_MS, CLOSE_MS);
  if (!settings->dry_run && request_is_open (reeve)
      && !reeve_call (reeve, "GETINFO", &what, 1, &answer, &verdict))
    reeve_answer_bytes (answer, &length);
  if (length)
    remark ("the edits were not saved and are gone: save in the session that"
            " made them");
  reeve_answer_release (answer);
  reeve_release (reeve);
}

enum status
request_run (const struct settings *settings, char **words, size_t count)
{
  auto_wiped struct buffer content = BUFFER_EMPTY;
  auto_free struct reeve_word *request = calloc (count + 1, sizeof *request);
  auto_free char *verb = NULL;
  struct output output;
  enum status status;
  reeve_t reeve;

  if (!request)
    return complain_memory ();
  status = settings->data ? request_read_file (settings->data, &content)
                          : STATUS_OK;
  if (status == STATUS_OK)
    status = request_open (settings, &output, &reeve);
  if (status)
    return status;
  if (count > 2)
    verb = join_verb (reeve, &output, words[0], words[1], words[2]);
  if (verb)
    {
      words[1] = words[0];
      words[2] = verb;
      words++;
      count--;
    }
  read_words (words, count, request, &count);
  if (settings->data)
    place_content (&content, request, &count);
  status = request_call (reeve, &output, request, count);
  advise_refused (settings, reeve, status);
  request_close (settings, reeve);
  return status;
}
