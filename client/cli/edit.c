/* edit.c - "reeve edit FILE": a file of the machine in the person's editor
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   One session throughout: it remembers which text was read, so that SAVE
   notices a change by somebody else, and forgets all edits at its end.  */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../protocol/memory.h"
#include "../../protocol/text.h"
#include "editor.h"

struct edit
{
  const struct settings *settings;
  const char *file;
  reeve_t reeve;
  struct output output;
  struct draft draft;
  struct buffer before; /* The text that the server has.  */
  struct buffer now;    /* What the person made of it.  */
};

/* What to do with a text: the person's choice.  */
enum choice
{
  CHOICE_YES,
  CHOICE_NO,
  CHOICE_EDIT
};

static bool
can_ask (const struct edit *edit)
{
  return !edit->settings->yes && isatty (STDIN_FILENO)
         && isatty (STDERR_FILENO);
}

static void
on_interrupt (int number)
{
  (void)number;
}

/* Read a line of what is typed.  False at the end, and at Ctrl-C: the text is
   not lost by that.  */
static bool
read_answer (char *line, int size)
{
  struct sigaction before;
  bool answered;

  sigaction (SIGINT, &(struct sigaction){ .sa_handler = on_interrupt },
             &before);
  answered = fgets (line, size, stdin);
  sigaction (SIGINT, &before, NULL);
  return answered;
}

/* Ask QUESTION until the answer is one of the letters of CHOICES ("yne").  No
   answer is a no.  */
static enum choice
ask (const char *question, const char *choices)
{
  char line[64];

  for (;;)
    {
      fprintf (stderr, "%s ", question);
      fflush (stderr);
      if (!read_answer (line, sizeof line))
        {
          fputc ('\n', stderr);
          return CHOICE_NO;
        }
      if (!*line || line[1] != '\n' || !strchr (choices, *line))
        continue;
      return *line == 'y' ? CHOICE_YES : *line == 'n' ? CHOICE_NO : CHOICE_EDIT;
    }
}

/* Carry out COMMAND and print its answer.  */
static enum status
call (struct edit *edit, const char *verb)
{
  struct reeve_word words[] = { REEVE_ARG ("AUG"),
                                { REEVE_ARGUMENT, verb, REEVE_STRING } };

  show_start (&edit->output, edit->reeve);
  return request_call (edit->reeve, &edit->output, words, 2);
}

/* Call AUG EDIT, with CONTENT if that is not NULL; the answer goes to R_ANSWER
   if that is not NULL.  */
static enum status
call_edit (struct edit *edit, const struct buffer *content,
           reeve_answer_t *r_answer)
{
  struct reeve_word words[2] = { { REEVE_ARGUMENT, edit->file, REEVE_STRING } };
  gpg_error_t verdict = 0;
  gpg_error_t err;
  enum status status;

  if (content)
    words[1] = (struct reeve_word){ REEVE_CONTENT,
                                    content->bytes ? content->bytes : "",
                                    content->length };
  reeve_set_data_cb (edit->reeve, NULL, NULL);
  interrupt_start (edit->reeve);
  err = reeve_call (edit->reeve, "AUG EDIT", words, content ? 2 : 1, r_answer,
                    &verdict);
  interrupt_end ();
  status = show_result (edit->reeve, edit->file, err, verdict);
  advise_refused (edit->settings, edit->reeve, status);
  return status;
}

/* Get the text that the server has.  */
static enum status
fetch (struct edit *edit)
{
  reeve_answer_t answer = NULL;
  const char *bytes;
  size_t length;
  enum status status = call_edit (edit, NULL, &answer);

  if (status == STATUS_OK)
    {
      bytes = reeve_answer_bytes (answer, &length);
      buffer_append (&edit->before, bytes, length);
      if (buffer_error (&edit->before))
        status = complain_memory ();
    }
  reeve_answer_release (answer);
  return status;
}

static bool
is_unchanged (const struct edit *edit)
{
  return edit->before.length == edit->now.length
         && (!edit->now.length
             || !memcmp (edit->before.bytes, edit->now.bytes,
                         edit->now.length));
}

static enum status
save (struct edit *edit)
{
  enum status status = call (edit, "SAVE");

  if (status == STATUS_CONFLICT)
    remark ("somebody else changed it while you edited; nothing was written:"
            " say \"reeve edit %s\" again, and take over what you need",
            edit->file);
  else
    advise_refused (edit->settings, edit->reeve, status);
  return status;
}

/* Send the text, show what it changes, save it if that is wanted.  *R_KEEP
   tells whether the person's text would be lost, *R_AGAIN whether it is to be
   edited again.  */
static enum status
submit (struct edit *edit, bool *r_keep, bool *r_again)
{
  enum status status = call_edit (edit, &edit->now, NULL);

  *r_keep = true;
  *r_again = status == STATUS_ERROR && can_ask (edit)
             && ask ("Edit again? [y/n]", "yn") == CHOICE_YES;
  if (status == STATUS_OK)
    status = call (edit, "DIFF");
  if (status != STATUS_OK || edit->settings->dry_run)
    return status;
  switch (can_ask (edit) ? ask ("Save? [y]es, [n]o, [e]dit again", "yne")
                         : CHOICE_YES)
    {
    case CHOICE_EDIT:
      *r_again = true;
      return STATUS_OK;
    case CHOICE_NO:
      remark ("nothing was written");
      return STATUS_OK;
    default:
      status = save (edit);
      *r_keep = status != STATUS_OK;
      return status;
    }
}

/* Whether the editor, which failed, has written anything.  */
static bool
is_touched (struct edit *edit)
{
  buffer_clear (&edit->now);
  return request_read_file (edit->draft.path, &edit->now) != STATUS_OK
         || !is_unchanged (edit);
}

/* Edit until that is saved or given up.  */
static enum status
run (struct edit *edit)
{
  bool keep = false;
  bool again = true;
  enum status status = draft_make (edit->file, &edit->before, &edit->draft);

  if (status != STATUS_OK)
    return status;
  while (again)
    {
      again = false;
      status = draft_edit (&edit->draft, &edit->now);
      if (status != STATUS_OK)
        {
          keep = is_touched (edit);
          break;
        }
      if (is_unchanged (edit))
        {
          remark ("%s: unchanged", edit->file);
          keep = false;
        }
      else
        status = submit (edit, &keep, &again);
    }
  draft_end (&edit->draft, keep);
  return status;
}

/* NAME as the server needs it, which has no current directory; for the caller
   to free.  The file itself need not be there.  */
static char *
absolute (const struct settings *settings, const char *name)
{
  const char *slash = strrchr (name, '/');
  auto_free char *folder = NULL;
  auto_free char *real = NULL;

  if (*name == '/' || settings->root)
    return strdup (name);
  folder = slash ? strndup (name, (size_t)(slash - name)) : strdup (".");
  real = folder ? realpath (folder, NULL) : NULL;
  return real ? text_format ("%s/%s", strcmp (real, "/") ? real : "",
                             slash ? slash + 1 : name)
              : NULL;
}

enum status
edit_run (const struct settings *settings, char **words, size_t count)
{
  auto_free char *file = NULL;
  struct settings plain = *settings;
  struct edit edit = { .settings = &plain };
  enum status status;

  if (count != 1 || settings->data)
    return complain_usage ("say \"reeve edit FILE\"");
  file = absolute (settings, words[0]);
  if (!file)
    {
      complain ("%s: %s", words[0], strerror (errno));
      return STATUS_ERROR;
    }

  /* The text itself, and SAVE is not asked for in a dry run.  */
  plain.json = false;
  edit.file = file;
  status = request_open (&plain, &edit.output, &edit.reeve);
  if (status != STATUS_OK)
    return status;
  status = fetch (&edit);
  if (status == STATUS_OK)
    status = run (&edit);
  reeve_release (edit.reeve);
  buffer_wipe (&edit.before);
  buffer_wipe (&edit.now);
  return status;
}
