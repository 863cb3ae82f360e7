/* prompt.c - asking whoever sits at the terminal
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Commands are edited by GNU readline; values, and all where the terminal is a
   dumb one, by the kernel.  Signals are only let through while a key is waited
   for, so that none is missed.  */

#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <readline/history.h>
#include <readline/readline.h>
#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "cli.h"
#include "completion.h"
#include "paint.h"
#include "prompt.h"
#include "recall.h"

static bool editing;        /* By readline.  */
static FILE *screen;        /* Where prompts go.  */
static char *recall;        /* The file of the lines that are kept.  */
static struct buffer ahead; /* Lines that were pasted behind another.  */

/* --- Signals --- */

static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t ending; /* The signal.  */

static void
note_interrupt (int number)
{
  (void)number;
  interrupted = 1;
}

static void
note_end (int number)
{
  ending = number;
}

bool
prompt_interrupted (void)
{
  return interrupted;
}

/* Block what may arrive while a key is waited for; R_BEFORE is for wait_key. */
static void
block_signals (sigset_t *r_before)
{
  static const int numbers[] = { SIGINT,  SIGTERM, SIGHUP,   SIGQUIT, SIGTSTP,
                                 SIGTTIN, SIGTTOU, SIGWINCH, SIGCONT, 0 };
  sigset_t set;

  sigemptyset (&set);
  for (const int *number = numbers; *number; number++)
    sigaddset (&set, *number);
  sigprocmask (SIG_BLOCK, &set, r_before);
}

/* Wait until there is a key, or a signal that BEFORE lets through.  */
static bool
wait_key (const sigset_t *before)
{
  struct pollfd input = { STDIN_FILENO, POLLIN, 0 };

  return ppoll (&input, 1, NULL, before) > 0;
}

/* --- Editing --- */

/* The keys that make readline give the line up, whatever it is doing: the
   first ends what asks for a key of its own, with no bell; then the line
   ends.  */
static int
key_of_interrupt (void)
{
  static char bell[16];

  if (!*bell)
    {
      snprintf (bell, sizeof bell, "%s", rl_variable_value ("bell-style"));
      rl_variable_bind ("bell-style", "none");
      return CTRL ('G');
    }
  rl_variable_bind ("bell-style", bell);
  *bell = 0;
  return '\n';
}

/* Readline's next key.  */
static int
get_key (FILE *stream)
{
  unsigned char key;
  sigset_t before;
  bool ready, stopped;
  ssize_t n;

  (void)stream;
  for (;;)
    {
      block_signals (&before);
      ready = !rl_pending_signal () && !interrupted && wait_key (&before);
      sigprocmask (SIG_SETMASK, &before, NULL);
      stopped = rl_pending_signal () == SIGTSTP;
      rl_check_signals ();
      if (stopped)
        rl_forced_update_display ();
      if (interrupted)
        return key_of_interrupt ();
      if (!ready)
        continue;
      n = read (STDIN_FILENO, &key, 1);
      if (n == 1)
        return key;
      if (!n || (errno != EINTR && errno != EAGAIN))
        return EOF;
    }
}

static void
keep_in_memory (const char *line)
{
  const HIST_ENTRY *last = history_get (history_base + history_length - 1);

  if (!last || strcmp (last->line, line))
    add_history (line);
}

void
prompt_keep (const char *line, bool later)
{
  const HIST_ENTRY *last = history_get (history_base + history_length - 1);
  gpg_error_t err;

  if (!editing || (last && !strcmp (last->line, line)))
    return;
  add_history (line);
  err = recall && later ? recall_add (recall, line) : 0;
  if (!err)
    return;
  complain ("cannot write %s: %s", recall, gpg_strerror (err));
  free (take (&recall));
}

static void
recall_all (void)
{
  gpg_error_t err;

  using_history ();
  stifle_history (RECALL_LINES);
  recall = recall_path ();
  err = recall ? recall_load (recall, keep_in_memory) : 0;
  if (!err)
    return;
  complain ("cannot read %s: %s", recall, gpg_strerror (err));
  free (take (&recall));
}

void
prompt_set_up (char **(*complete) (const char *text))
{
  struct sigaction action = { .sa_handler = note_interrupt,
                              .sa_flags = SA_RESTART };
  const char *kind = getenv ("TERM");

  sigemptyset (&action.sa_mask);
  sigaction (SIGINT, &action, NULL);
  screen = isatty (STDOUT_FILENO) ? stdout : stderr;
  editing = kind && *kind && strcmp (kind, "dumb");
  if (!editing)
    return;
  rl_readline_name = "reeve";
  rl_outstream = screen;
  rl_getc_function = get_key;
  completion_set_up (complete);
  recall_all ();
}

/* Take the first line of what was pasted.  */
static void
take_ahead (struct buffer *line)
{
  const char *end = memchr (ahead.bytes, '\n', ahead.length);
  size_t length = end ? (size_t)(end - ahead.bytes) : ahead.length;
  auto_buffer struct buffer rest = BUFFER_EMPTY;

  buffer_append (line, ahead.bytes, length);
  if (end)
    buffer_append (&rest, end + 1, ahead.length - length - 1);
  buffer_clear (&ahead);
  buffer_append (&ahead, rest.bytes, rest.length);
}

static enum prompted
edit (const char *prompt, const char *color, struct buffer *line)
{
  auto_buffer struct buffer shown = BUFFER_EMPTY;
  auto_free char *text = NULL;

  /* What takes no room on the screen is said to readline.  */
  if (*color)
    buffer_printf (&shown, "\001%s\002%s\001%s\002", color, prompt,
                   PAINT_PLAIN);
  else
    buffer_string (&shown, prompt);
  text = readline (shown.bytes ? shown.bytes : "> ");
  if (interrupted)
    return PROMPTED_INTERRUPTED;
  if (!text)
    {
      fputc ('\n', screen);
      return PROMPTED_END;
    }
  buffer_string (line, text);
  if (!strchr (text, '\n'))
    return PROMPTED_LINE;
  buffer_append (&ahead, line->bytes, line->length);
  buffer_clear (line);
  take_ahead (line);
  return PROMPTED_LINE;
}

/* --- Asking without --- */

/* Read a line from the terminal, which has it edited by the kernel.  */
static enum prompted
read_plain (struct buffer *line)
{
  sigset_t before;
  char byte = 0;
  ssize_t n = 1;

  buffer_reserve (line, 4 * KIB); /* A secret is not copied about.  */
  while (byte != '\n' && !interrupted && !ending)
    {
      bool ready;

      block_signals (&before);
      ready = wait_key (&before);
      sigprocmask (SIG_SETMASK, &before, NULL);
      if (!ready)
        continue;
      n = read (STDIN_FILENO, &byte, 1);
      if (n == 1 && byte != '\n')
        buffer_append (line, &byte, 1);
      if (!n || (n < 0 && errno != EINTR && errno != EAGAIN))
        break;
    }
  if (interrupted)
    return PROMPTED_INTERRUPTED;
  return byte == '\n' || line->length ? PROMPTED_LINE : PROMPTED_END;
}

/* Whatever ends us, the terminal must show again what is typed.  */
static enum prompted
read_hidden (struct buffer *line)
{
  static const int numbers[] = { SIGTERM, SIGHUP, SIGQUIT };
  struct sigaction action = { .sa_handler = note_end };
  struct sigaction handlers[3];
  struct termios shown, hidden;
  enum prompted result;

  if (tcgetattr (STDIN_FILENO, &shown))
    return PROMPTED_END;
  sigemptyset (&action.sa_mask);
  for (int i = 0; i < 3; i++)
    sigaction (numbers[i], &action, &handlers[i]);
  hidden = shown;
  hidden.c_lflag &= (tcflag_t) ~(ECHO | ECHOE | ECHOK | ECHONL);
  hidden.c_cc[VSUSP] = _POSIX_VDISABLE;
  tcsetattr (STDIN_FILENO, TCSADRAIN, &hidden);
  result = read_plain (line);
  tcsetattr (STDIN_FILENO, TCSADRAIN, &shown);
  fputc ('\n', screen);
  for (int i = 0; i < 3; i++)
    sigaction (numbers[i], &handlers[i], NULL);
  if (ending)
    raise (ending);
  return result;
}

enum prompted
prompt_value (const char *prompt, bool echo, struct buffer *value)
{
  auto_buffer struct buffer shown = BUFFER_EMPTY;
  enum prompted result;

  fputs (prompt, screen);
  fflush (screen);
  buffer_clear (value);
  interrupted = 0;
  if (ahead.length)
    {
      take_ahead (value);
      if (echo)
        paint_safe (&shown, value->bytes, value->length, true);
      fprintf (screen, "%s\n", shown.length ? shown.bytes : "");
      return PROMPTED_LINE;
    }
  result = echo ? read_plain (value) : read_hidden (value);
  if (result == PROMPTED_INTERRUPTED || result == PROMPTED_END)
    {
      buffer_wipe (value);
      if (echo)
        fputc ('\n', screen);
    }
  return result;
}

enum prompted
prompt_command (const char *prompt, const char *color, struct buffer *line)
{
  if (!editing || ahead.length)
    {
      enum prompted result = prompt_value (prompt, true, line);

      if (result == PROMPTED_INTERRUPTED)
        buffer_release (&ahead);
      return result;
    }
  buffer_clear (line);
  interrupted = 0;
  return edit (prompt, color, line);
}
