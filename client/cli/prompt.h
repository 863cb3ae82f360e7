/* prompt.h - asking whoever sits at the terminal
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_CLI_PROMPT_H
#define REEVE_CLI_PROMPT_H

#include <stdbool.h>
#include "../../protocol/buffer.h"

enum prompted
{
  PROMPTED_LINE,
  PROMPTED_END,        /* Ctrl-D, or the terminal is gone.  */
  PROMPTED_INTERRUPTED /* Ctrl-C.  */
};

/* Get ready: SIGINT no longer ends the program.  COMPLETE lists what the last
   word of TEXT may become, ended by NULL and all for the caller to free.  */
void prompt_set_up (char **(*complete) (const char *text));

/* Ask for a command: its line, which has no LF, goes to LINE.  Where the
   terminal can do it the line is edited, completed, and what was kept is
   offered.  COLOR is that of the prompt, or "".  */
enum prompted prompt_command (const char *prompt, const char *color,
                              struct buffer *line);

/* Keep LINE for this session, and with LATER for others to come.  */
void prompt_keep (const char *line, bool later);

/* Whether there was a Ctrl-C after the last prompt's end that nobody else
   took.  */
bool prompt_interrupted (void);

/* Ask for a value: not edited, not kept, and shown only with ECHO.  */
enum prompted prompt_value (const char *prompt, bool echo,
                            struct buffer *value);

#endif /* REEVE_CLI_PROMPT_H */
