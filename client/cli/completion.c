/* completion.c - readline's completion, by the daemon
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The words of a line are the daemon's: quoted ones have blanks.  Readline
   takes what stands behind the last blank for the word; so of each candidate
   only what belongs there is handed to it.  */

#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <readline/readline.h>
#include "../../protocol/memory.h"
#include "../../protocol/words.h"
#include "completion.h"

static char **(*list_candidates) (const char *text);

/* While readline collects: what is left of the candidates, and how much of each
   stands in the line already and is not replaced.  */
static char **next_candidate;
static size_t kept;

static char *
generate (const char *text, int state)
{
  (void)text;
  (void)state;
  return next_candidate && *next_candidate ? strdup (*next_candidate++ + kept)
                                           : NULL;
}

/* A local file behind "<", a blank in its name written as the line has it.  */
static char *
generate_file (const char *text, int state)
{
  auto_free char *name = rl_filename_completion_function (text + 1, state);
  char *result, *to;

  if (!name)
    return NULL;
  to = result = malloc (3 * strlen (name) + 2);
  if (!result)
    return NULL;
  *to++ = '<';
  for (const char *from = name; *from; from++)
    if (*from == ' ' || *from == '%' || *from == '\t')
      to += snprintf (to, 4, "%%%02X", (unsigned char)*from);
    else
      *to++ = *from;
  *to = 0;
  return result;
}

/* Leave only the candidates that go on as the LENGTH bytes at WORD do; return
   how many are left.  */
static size_t
select_candidates (char **candidates, const char *word, size_t length)
{
  size_t count = 0;

  for (size_t i = 0; candidates[i]; i++)
    if (!strncmp (candidates[i], word, length))
      candidates[count++] = candidates[i];
    else
      free (candidates[i]);
  candidates[count] = NULL;
  return count;
}

static bool
wants_more (const char *word)
{
  size_t length = strlen (word);

  return length && (word[length - 1] == '/' || word[length - 1] == '=');
}

/* What readline calls: TEXT is from START to END in its line.  */
static char **
attempt (const char *text, int start, int end)
{
  auto_free char *line = strndup (rl_line_buffer, (size_t)end);
  auto_free char **candidates = NULL;
  char **matches;
  const char *word;
  size_t count;

  rl_attempted_completion_over = 1;
  rl_sort_completion_matches = 0;
  if (!line)
    return NULL;
  if (*text == '<')
    {
      rl_filename_completion_desired = 1;
      return rl_completion_matches (text, generate_file);
    }
  candidates = list_candidates (line);
  if (!candidates)
    return NULL;
  word = words_last (line);
  kept = word < line + start ? (size_t)(line + start - word) : 0;
  count = select_candidates (candidates, word, kept);
  if (count == 1 && wants_more (*candidates))
    rl_completion_append_character = 0;
  next_candidate = candidates;
  matches = rl_completion_matches (text, generate);
  next_candidate = NULL;
  for (size_t i = 0; i < count; i++)
    free (candidates[i]);
  return matches;
}

/* Show only the last part of paths: what is before it stands in the line.  */
static void
show_matches (char **matches, int count, int longest)
{
  const char *slash = strrchr (matches[0], '/');
  size_t common = slash ? (size_t)(slash + 1 - matches[0]) : 0;
  auto_free char **shown = calloc ((size_t)count + 2, sizeof *shown);

  if (!shown)
    return;
  shown[0] = matches[0];
  for (int i = 1; i <= count; i++)
    shown[i] = matches[i] + common;
  rl_crlf ();
  rl_display_match_list (shown, count, longest - (int)common);
  rl_forced_update_display ();
}

void
completion_set_up (char **(*complete) (const char *text))
{
  list_candidates = complete;
  rl_basic_word_break_characters = " \t";
  rl_completer_word_break_characters = " \t";
  rl_basic_quote_characters = "";
  rl_attempted_completion_function = attempt;
  rl_completion_display_matches_hook = show_matches;
}
