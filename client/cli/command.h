/* command.h - a line that somebody writes becomes a command
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_CLI_COMMAND_H
#define REEVE_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include "../../protocol/buffer.h"
#include "../../protocol/limits.h"
#include "../../protocol/words.h"
#include "../lib/reeve.h"
#include "cli.h"

#define COMMAND_CONTENTS 8 /* <FILE, <<WORD and @ that one line may have.  */

/* Where lines come from.  */
struct lines
{
  /* Read a further line, of a <<WORD, into LINE without its LF; *R_END is set
     where there is none.  */
  enum status (*read) (void *opaque, struct buffer *line, bool *r_end);

  /* Find the value for an @ without content into VALUE; it stands as the
     argument INDEX (from 0, options not counted) of the command SPLIT.  NULL:
     nobody can be asked.  */
  enum status (*ask) (void *opaque, const struct words *split, size_t index,
                      struct buffer *value);
  void *opaque;
  size_t number; /* Of the line with the command, for complaints; 0: none.  */
};

/* A command taken apart.  WORDS points into the other members.  */
struct command
{
  struct words split;
  struct reeve_word words[LIMIT_WORDS + COMMAND_CONTENTS];
  size_t count;
  struct buffer contents[COMMAND_CONTENTS];
  size_t content_count;
};

#define COMMAND_EMPTY                                                          \
  {                                                                            \
    .count = 0                                                                 \
  }

/* Take LINE, which is changed, apart and read the contents that it names: all
   of them even after an error, so that they are not taken for commands.
   COMMAND is to be released also after an error.  */
enum status command_read (const struct lines *lines, char *line,
                          struct command *command);

/* Wipe what COMMAND holds.  */
void command_release (struct command *command);

/* Say what is wrong with line NUMBER, or, if that is 0, with the line.  */
enum status command_wrong (size_t number, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

#endif /* REEVE_CLI_COMMAND_H */
