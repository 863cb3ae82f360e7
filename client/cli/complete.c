/* complete.c - "reeve complete": what shells ask at a tab
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Its words are those of a command line, unquoted, up to the cursor; the last
   one, perhaps empty, is to be completed.  Each line of the answer can stand
   in its place.  Exit status 4 says that a file's name belongs there, which
   shells know better.  Nothing is said on stderr, nothing is asked, and it
   ends within a second: a person waits in the middle of a line.  */

#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include "../../protocol/memory.h"
#include "../../protocol/text.h"
#include "../../protocol/words.h"
#include "cli.h"

#define LONGEST_MS 1000

static void
on_alarm (int number)
{
  (void)number;
  _exit (STATUS_OK);
}

/* Keep from the terminal, and limit the time.  */
static enum status
set_bounds (void)
{
  struct itimerval limit
      = { .it_value = { LONGEST_MS / 1000, LONGEST_MS % 1000 * 1000 } };
  auto_close int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (null < 0 || dup2 (null, STDIN_FILENO) < 0
      || dup2 (null, STDERR_FILENO) < 0
      || sigaction (SIGALRM, &(struct sigaction){ .sa_handler = on_alarm },
                    NULL)
      || setitimer (ITIMER_REAL, &limit, NULL))
    return STATUS_ERROR;
  return STATUS_OK;
}

/* Print WORD if it begins with PREFIX.  What has a newline cannot be told. */
static void
offer (const char *word, const char *prefix)
{
  if (!strncmp (word, prefix, strlen (prefix)) && !strchr (word, '\n'))
    puts (word);
}

/* Offer the options of reeve itself.  */
static void
offer_options (const char *prefix)
{
  for (const struct option *option = options_table; option->name; option++)
    {
      auto_free char *text = text_format (
          "--%s%s", option->name,
          option->has_arg == required_argument ? "=" : "");

      if (text)
        offer (text, prefix);
    }
}

/* Whether the LENGTH bytes at NAME, without hyphens, are an option that wants
   the name of a file.  */
static bool
wants_file (const char *name, size_t length)
{
  static const char *const names[] = { "data", "key",    "policy", "reeved",
                                       "root", "socket", "state" };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strlen (names[i]) == length && !memcmp (names[i], name, length))
      return true;
  return false;
}

/* --- Asking the server --- */

/* What an ITEM of the server's answer is as a word: it comes in the form of a
   line, perhaps with its quotation still open.  */
static void
offer_item (const char *item, size_t length)
{
  auto_buffer struct buffer line = BUFFER_EMPTY;
  struct words words;

  buffer_append (&line, item, length);
  if (*item == '"' && (length < 2 || item[length - 1] != '"'))
    buffer_string (&line, "\"");
  if (buffer_error (&line) || words_split (line.bytes, &words, NULL))
    return;
  if (words.count == 1)
    offer (words.word[0].text, "");
  words_release (&words);
}

static void
ask (const struct settings *settings, const char *line)
{
  reeve_answer_t answer;
  const char *item;
  size_t count, length;
  reeve_t reeve;

  /* A program is not started before its name is complete.  */
  if (settings->reeved || reeve_new (&reeve))
    return;
  reeve_set_timeout (reeve, LONGEST_MS, LONGEST_MS);

  /* Without an identity the server still knows its commands.  */
  connect_reeve (settings, reeve);
  if (!reeve_complete (reeve, line, &answer, &(gpg_error_t){ 0 })
      && !reeve_answer_list (answer, &count))
    for (size_t i = 0; i < count; i++)
      {
        item = reeve_answer_item (answer, i, &length);
        offer_item (item, length);
      }
  reeve_answer_release (answer);
  reeve_release (reeve);
}

/* Write WORDS as a line for the server, the last as far as it goes.  Options
   are words with two hyphens behind the first and before the first
   argument.  */
static void
make_line (char **words, size_t count, struct buffer *line)
{
  bool options = true;

  for (size_t i = 0; i < count; i++)
    {
      const char *word = words[i];
      bool option = options && i && !strncmp (word, "--", 2);

      options = options && (i < 2 || option) && strcmp (word, "--");
      if (i)
        buffer_string (line, " ");
      if (i + 1 < count && !option)
        words_quote (line, word, strlen (word));
      else if (*word == '"')
        {
          buffer_string (line, "%22");
          words_escape (line, word + 1, strlen (word) - 1);
        }
      else
        words_escape (line, word, strlen (word));
    }
}

static void
ask_about (const struct settings *settings, const char *before, char **words,
           size_t count)
{
  auto_buffer struct buffer line = BUFFER_EMPTY;

  buffer_string (&line, before);
  make_line (words, count, &line);
  if (!buffer_error (&line))
    ask (settings, line.bytes);
}

/* --- Command lines --- */

/* Offer what may follow the word OWN.  */
static void
offer_verbs (const struct own_word *own, const char *prefix)
{
  for (size_t i = 0; own->verbs[i]; i++)
    offer (own->verbs[i], prefix);
}

/* Complete LAST behind WORD, which may be a noun of the server and a word of
   our own.  */
static void
offer_shared (const char *word, const char *last)
{
  for (const struct own_word *own = own_words; own->name; own++)
    if (own->shared && !strcmp (own->name, word))
      offer_verbs (own, last);
}

/* Complete the last of WORDS, the first of which is OWN.  */
static enum status
complete_own (const struct settings *settings, const struct own_word *own,
              char **words, size_t count)
{
  const char *last = words[count - 1];

  if (own->run == quote_run)
    return STATUS_NOT_FOUND;
  if (own->literal)
    return STATUS_OK;
  if (*last == '-')
    offer_options (last);
  else if (own->run == help_run)
    ask_about (settings, "HELP ", words + 1, count - 1);
  else if (own->verbs && count == 2)
    offer_verbs (own, last);
  else if (own->run == policy_run)
    return STATUS_NOT_FOUND;
  else if (own->run == edit_run || own->run == respond_run)
    return count == 2 && !settings->root ? STATUS_NOT_FOUND : STATUS_OK;
  return STATUS_OK;
}

/* Complete LAST as the first word behind the options, or as one of them.  */
static void
complete_first (const struct settings *settings, char *last)
{
  if (*last == '-')
    {
      offer_options (last);
      return;
    }
  for (const struct own_word *own = own_words; own->name && !settings->explain;
       own++)
    if (own->run != complete_run)
      offer (own->name, last);
  ask_about (settings, settings->explain ? "HELP " : "", &last, 1);
}

/* If what is typed is the value of one of reeve's options, the status for it,
   else -1: its NAME, with hyphens, has LENGTH bytes.  */
static int
complete_value (const char *name, size_t length)
{
  if (length < 2 || strncmp (name, "--", 2))
    return -1;
  if (wants_file (name + 2, length - 2))
    return STATUS_NOT_FOUND;
  for (const struct option *option = options_table; option->name; option++)
    if (strlen (option->name) == length - 2
        && !memcmp (option->name, name + 2, length - 2))
      return STATUS_OK;
  return -1;
}

/* Complete the last of the COUNT words of ARGV, which begins with a program's
   name that COUNT includes.  */
static enum status
complete_line (char **argv, size_t count)
{
  struct settings settings = SETTINGS_NONE;
  const struct own_word *own = NULL;
  char *last = argv[count - 1];
  size_t equals = strcspn (last, "=");
  bool readable;
  int status;

  argv[count - 1] = NULL;
  readable = !options_read ((int)count - 1, argv, false, &settings);
  if (readable && !settings.explain)
    own = own_find (argv + optind);
  if (own && !own->literal)
    readable = !options_read ((int)count - 1, argv, true, &settings);
  argv[count - 1] = last;

  /* "--root DIR" and "--root=DIR".  */
  if (!readable)
    status = complete_value (argv[count - 2], strlen (argv[count - 2]));
  else if (last[equals]
           && ((own && !own->literal) || (size_t)optind == count - 1))
    status = complete_value (last, equals);
  else
    status = -1;
  if (status >= 0 || !readable)
    return status < 0 ? STATUS_OK : (enum status)status;

  argv += optind;
  count -= (size_t)optind;
  if (own)
    return complete_own (&settings, own, argv, count);
  if (count == 2 && !settings.explain)
    offer_shared (argv[0], argv[1]);
  if (count == 1)
    complete_first (&settings, *argv);
  else
    ask_about (&settings, settings.explain ? "HELP " : "", argv, count);
  return STATUS_OK;
}

enum status
complete_run (const struct settings *settings, char **words, size_t count)
{
  auto_free char **argv = calloc (count + 3, sizeof *argv);
  enum status status = set_bounds ();

  (void)settings;
  if (status != STATUS_OK || !argv)
    return STATUS_OK;
  argv[0] = (char[]){ "reeve" };
  argv[1] = (char[]){ "" };
  memcpy (argv + 1, words, count * sizeof *words);
  status = complete_line (argv, count ? count + 1 : 2);
  return fflush (stdout) ? STATUS_OK : status;
}
