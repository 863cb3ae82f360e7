/* interactive.c - reeve at a terminal
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Whatever is asked for, completed or hidden is what the server says of its
   commands; their names are not known here, but for those of a session.  */

#include <config.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>
#include "../../protocol/handshake.h"
#include "../../protocol/memory.h"
#include "command.h"
#include "paint.h"
#include "prompt.h"
#include "usage.h"

struct terminal
{
  struct settings settings;
  struct output output;
  reeve_t reeve;        /* NULL: the connection is lost, which was said.  */
  reeve_answer_t nouns; /* A list.  */
  bool json;            /* How the session answers.  */
  char identity[LIMIT_IDENTITY + 1];
  struct usage usage; /* Of the command that is being read.  */
};

/* For completion, which readline asks for without telling whom.  */
static struct terminal *completing;

/* --- Questions of our own --- */

/* What status lines say to our own questions is not shown.  */
static gpg_error_t
drop_status (void *opaque, const char *keyword, const char *text)
{
  (void)opaque;
  (void)keyword;
  (void)text;
  return 0;
}

/* Begin and end questions of our own, which are answered in text.  */
static void
quiet_begin (struct terminal *terminal)
{
  reeve_set_data_cb (terminal->reeve, NULL, NULL);
  reeve_set_status_cb (terminal->reeve, drop_status, NULL);
  interrupt_start (terminal->reeve);
  if (terminal->json)
    reeve_set_option (terminal->reeve, "output", "text", NULL);
}

static void
quiet_end (struct terminal *terminal)
{
  if (terminal->json)
    reeve_set_option (terminal->reeve, "output", "json", NULL);
  interrupt_end ();
  show_start (&terminal->output, terminal->reeve);
}

/* Find out who we are to the server, and how it answers.  */
static void
ask_state (struct terminal *terminal)
{
  reeve_answer_t answer = NULL;
  const char *identity;
  gpg_error_t err;
  size_t count;
  int dry_run = 0;

  terminal->json = false;
  quiet_begin (terminal);
  err = reeve_call (terminal->reeve, "WHOAMI", NULL, 0, &answer, NULL);
  if (!err && *reeve_answer_bytes (answer, NULL) == '{')
    {
      reeve_answer_release (answer);
      terminal->json = true;
      reeve_set_option (terminal->reeve, "output", "text", NULL);
      err = reeve_call (terminal->reeve, "WHOAMI", NULL, 0, &answer, NULL);
    }
  *terminal->identity = 0;
  if (!err && !reeve_answer_records (answer, &count))
    {
      if (!reeve_answer_string (answer, 0, "identity", &identity, NULL)
          && handshake_is_identity (identity))
        snprintf (terminal->identity, sizeof terminal->identity, "%s",
                  identity);
      reeve_answer_bool (answer, 0, "dry-run", &dry_run);
      terminal->settings.dry_run = dry_run;
    }
  reeve_answer_release (answer);
  quiet_end (terminal);
}

static void
ask_nouns (struct terminal *terminal)
{
  const struct reeve_word what = REEVE_ARG ("modules");
  size_t count;

  reeve_answer_release (terminal->nouns);
  quiet_begin (terminal);
  if (reeve_call (terminal->reeve, "GETINFO", &what, 1, &terminal->nouns, NULL)
      || reeve_answer_list (terminal->nouns, &count))
    {
      reeve_answer_release (terminal->nouns);
      terminal->nouns = NULL;
    }
  quiet_end (terminal);
}

static bool
is_noun (const struct terminal *terminal, const char *word)
{
  const char *noun;

  for (size_t i = 0;
       terminal->nouns && (noun = reeve_answer_item (terminal->nouns, i, NULL));
       i++)
    if (!strcasecmp (noun, word))
      return true;
  return false;
}

/* Keep the usage of the command that SPLIT begins with, if it is a noun's.  */
static void
ask_usage (struct terminal *terminal, const struct words *split)
{
  struct reeve_word words[2];

  usage_clear (&terminal->usage);
  if (split->count < 3 || !terminal->reeve
      || !is_noun (terminal, split->word[0].text))
    return;
  for (int i = 0; i < 2; i++)
    words[i] = (struct reeve_word)REEVE_ARG (split->word[i].text);
  quiet_begin (terminal);
  reeve_set_status_cb (terminal->reeve, usage_take, &terminal->usage);
  if (reeve_call (terminal->reeve, "HELP", words, 2, NULL, NULL))
    usage_clear (&terminal->usage);
  quiet_end (terminal);
}

/* --- Completion --- */

/* Whether ITEM can be typed as one word of a line, and means nothing to us.
   Nobody who presses a key for a word shall get a line that does more, as send
   a file.  */
static bool
is_one_word (const char *item, size_t length)
{
  auto_buffer struct buffer safe = BUFFER_EMPTY;

  /* What would be shown in another way than it is cannot be typed.  */
  paint_safe (&safe, item, length, true);
  return safe.bytes && !strcmp (safe.bytes, item) && !strpbrk (item, "\n\t")
         && *item != '<' && words_last (item) == item;
}

static char **
copy_candidates (reeve_answer_t answer)
{
  size_t count, kept = 0;
  char **result;

  if (reeve_answer_list (answer, &count)
      || !(result = calloc (count + 1, sizeof *result)))
    return NULL;
  for (size_t i = 0; i < count; i++)
    {
      size_t length;
      const char *item = reeve_answer_item (answer, i, &length);

      if (is_one_word (item, length) && (result[kept] = strdup (item)))
        kept++;
    }
  return result;
}

static char **
complete (const char *text)
{
  struct terminal *terminal = completing;
  reeve_answer_t answer = NULL;
  char **result = NULL;
  gpg_error_t err;

  if (!terminal->reeve || !request_is_open (terminal->reeve))
    return NULL;
  quiet_begin (terminal);
  err = reeve_complete (terminal->reeve, text, &answer, NULL);
  quiet_end (terminal);
  interrupt_take ();
  if (!err)
    result = copy_candidates (answer);
  reeve_answer_release (answer);
  return result;
}

/* --- The connection --- */

/* Whether the server hung up: it has nothing to say unasked.  */
static bool
is_lost (reeve_t reeve)
{
  struct pollfd connection = { -1, POLLIN, 0 };
  int out;

  reeve_get_fds (reeve, &connection.fd, &out);
  return connection.fd < 0 || poll (&connection, 1, 0) > 0;
}

static void
disconnect (struct terminal *terminal)
{
  reeve_release (terminal->reeve);
  terminal->reeve = NULL;
}

static void
tell_lost (struct terminal *terminal)
{
  complain ("the connection is lost, and with it all edits that were not"
            " saved");
  disconnect (terminal);
}

/* Connect, as before: a dry run stays one.  */
static enum status
connect_again (struct terminal *terminal)
{
  enum status status;

  terminal->settings.json = terminal->json;
  status = request_open (&terminal->settings, &terminal->output,
                         &terminal->reeve);
  if (status != STATUS_OK)
    return status;
  ask_nouns (terminal);
  ask_state (terminal);
  return STATUS_OK;
}

/* Connect if need be.  False if the command is not to be carried out.  */
static bool
ready (struct terminal *terminal)
{
  bool surprise = terminal->reeve && is_lost (terminal->reeve);

  if (surprise)
    tell_lost (terminal);
  if (terminal->reeve)
    return true;
  if (connect_again (terminal) != STATUS_OK)
    return false;
  remark (surprise ? "connected again; the command was not carried out"
                   : "connected again");
  return !surprise;
}

/* --- Lines --- */

static enum status
read_further (void *opaque, struct buffer *line, bool *r_end)
{
  enum prompted prompted = prompt_value ("> ", true, line);

  (void)opaque;
  *r_end = prompted == PROMPTED_END;
  buffer_reserve (line, 0);
  if (buffer_error (line))
    return complain_memory ();
  return prompted == PROMPTED_INTERRUPTED ? STATUS_TIMEOUT : STATUS_OK;
}

/* Ask for the value of an @.  It is hidden unless it is known to be no
   secret.  */
static enum status
ask_value (void *opaque, const struct words *split, size_t index,
           struct buffer *value)
{
  struct terminal *terminal = opaque;
  auto_buffer struct buffer prompt = BUFFER_EMPTY;
  auto_buffer struct buffer name = BUFFER_EMPTY;
  bool shown;

  ask_usage (terminal, split);
  shown = usage_argument (&terminal->usage, index, &name) == USAGE_SHOWN;
  paint_safe (&prompt, name.length ? name.bytes : "value",
              name.length ? name.length : 5, false);
  buffer_string (&prompt, shown ? ": " : " (not shown): ");
  if (buffer_error (&prompt))
    return complain_memory ();
  switch (prompt_value (prompt.bytes, shown, value))
    {
    case PROMPTED_LINE:
      return buffer_error (value) ? complain_memory () : STATUS_OK;
    case PROMPTED_END:
      return command_wrong (0, "no value was given");
    default:
      return STATUS_TIMEOUT;
    }
}

/* The server may ask for what no word stands for; who asks is said, since the
   rest is the server's words.  It does not wait long.  */
static gpg_error_t
on_inquiry (void *opaque, reeve_t reeve, const char *name,
            const char *parameters)
{
  auto_wiped struct buffer value = BUFFER_EMPTY;
  auto_buffer struct buffer prompt = BUFFER_EMPTY;

  (void)opaque;
  buffer_string (&prompt, "the server asks for ");
  paint_safe (&prompt, name, strlen (name), false);
  buffer_string (&prompt, *parameters ? " " : "");
  paint_safe (&prompt, parameters, strlen (parameters), false);
  buffer_string (&prompt, " (not shown): ");
  if (buffer_error (&prompt))
    return buffer_error (&prompt);
  if (prompt_value (prompt.bytes, false, &value) != PROMPTED_LINE)
    return gpg_error (GPG_ERR_CANCELED);
  return reeve_send (reeve, value.bytes ? value.bytes : "", value.length);
}

/* Whether a word of SPLIT stands where a secret is wanted.  */
static bool
has_secret (struct terminal *terminal, const struct words *split)
{
  size_t index = 0;

  ask_usage (terminal, split);
  for (size_t i = 2; i < split->count; i++)
    if (split->word[i].kind != WORD_OPTION)
      {
        if (split->word[i].kind == WORD_PLAIN
            && usage_argument (&terminal->usage, index, NULL) == USAGE_SECRET)
          return true;
        index++;
      }
  return false;
}

/* Keep TEXT, unless it begins with a blank or has a secret in it.  Where that
   is not known, since it cannot be taken apart or nobody can be asked, it is
   kept to be typed again, and for no longer.  */
static void
keep (struct terminal *terminal, const char *text)
{
  struct words split = { 0, NULL, NULL };

  if (*text == ' ' || *text == '\t')
    return;
  if (!terminal->reeve || words_split (text, &split, NULL))
    prompt_keep (text, false);
  else if (!has_secret (terminal, &split))
    prompt_keep (text, true);
  words_release (&split);
}

static bool
is_leaving (const struct terminal *terminal, const char *text)
{
  static const char *const words[] = { "quit", "exit" };
  size_t length = strcspn (text, " \t");

  if (text[length + strspn (text + length, " \t")])
    return false;
  for (int i = 0; i < 2; i++)
    if (strlen (words[i]) == length && !strncasecmp (words[i], text, length)
        && !is_noun (terminal, words[i]))
      return true;
  return false;
}

/* Carry LINE out.  *R_BYE is set where it ends the session.  */
static void
run_line (struct terminal *terminal, char *line, bool *r_bye)
{
  const struct lines lines = { read_further, ask_value, terminal, 0 };
  struct command command = COMMAND_EMPTY;
  enum status status = command_read (&lines, line, &command);

  if (status == STATUS_OK)
    {
      reeve_set_inquire_cb (terminal->reeve, on_inquiry, terminal);
      status = request_call (terminal->reeve, &terminal->output, command.words,
                             command.count);
      advise_refused (&terminal->settings, terminal->reeve, status);
      *r_bye = !strcasecmp (command.words[0].bytes, "BYE");
    }
  command_release (&command);
  if (interrupt_take () && !request_is_open (terminal->reeve))
    complain ("interrupted");
  if (*r_bye)
    return;
  if (!request_is_open (terminal->reeve))
    tell_lost (terminal);
  else
    ask_state (terminal);
}

/* "panel@host (dry run)> ": who, where, and whether anything is done.  */
static enum prompted
read_line (struct terminal *terminal, struct buffer *line)
{
  auto_buffer struct buffer prompt = BUFFER_EMPTY;
  const char *place = terminal->settings.root;
  bool dry_run = terminal->settings.dry_run;
  struct utsname host = { .nodename = "" };

  if (!place && !uname (&host))
    {
      host.nodename[strcspn (host.nodename, ".")] = 0;
      place = host.nodename;
    }
  if (!terminal->reeve)
    buffer_string (&prompt, "(not connected)");
  else
    buffer_printf (&prompt, "%s@",
                   *terminal->identity ? terminal->identity : "(nobody)");
  if (terminal->reeve && place)
    paint_safe (&prompt, place, strlen (place), false);
  buffer_string (&prompt, dry_run ? " (dry run)> " : "> ");
  return prompt_command (prompt.bytes ? prompt.bytes : "> ",
                         dry_run && show_has_colors () ? PAINT_YELLOW : "",
                         line);
}

enum status
interactive_run (const struct settings *settings)
{
  auto_wiped struct buffer line = BUFFER_EMPTY;
  struct terminal terminal = { .settings = *settings };
  enum prompted prompted;
  enum status status;
  bool bye = false;
  bool connected;

  prompt_set_up (complete);
  completing = &terminal;
  terminal.json = settings->json;
  status = connect_again (&terminal);
  if (status != STATUS_OK)
    return status;
  remark ("HELP tells what there is, Tab completes, quit leaves");
  while (!bye && (prompted = read_line (&terminal, &line)) != PROMPTED_END)
    {
      const char *text = line.bytes ? line.bytes + strspn (line.bytes, " \t")
                                    : "";

      if (prompted == PROMPTED_INTERRUPTED || !*text || *text == '#')
        continue;
      if (is_leaving (&terminal, text))
        break;
      connected = ready (&terminal);
      keep (&terminal, line.bytes);
      if (interrupt_take () || prompt_interrupted ())
        show_break ();
      else if (connected)
        run_line (&terminal, line.bytes, &bye);
    }
  buffer_release (&terminal.usage.line);
  reeve_answer_release (terminal.nouns);
  request_close (settings, terminal.reeve);
  return STATUS_OK;
}
