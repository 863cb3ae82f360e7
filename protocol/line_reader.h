/* line_reader.h - the lines of a file of any size
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#ifndef REEVE_LINE_READER_H
#define REEVE_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>

enum line_state
{
  LINE_END,     /* There is nothing more (now).  */
  LINE_WHOLE,   /* A line; its LF is not counted.  */
  LINE_PARTIAL, /* The file ends in this line, which has no LF (yet).  */
  LINE_TOO_LONG /* A line of more than the most bytes, which was skipped.  */
};

/* Reads FD, which the caller owns, from where it stands; at most MOST bytes a
   line are kept.  After LINE_END and LINE_PARTIAL a further call reads what
   was written meanwhile; a partial line is then told again, longer.  */
struct line_reader
{
  int fd;
  size_t most;
  char *bytes;
  size_t allocated;
  size_t start; /* Of what was not told yet, ... */
  size_t seen;  /* ... where no LF is up to here, ... */
  size_t end;   /* ... and its end.  */
  bool skipping;
};

void line_reader_start (struct line_reader *reader, int fd, size_t most);
void line_reader_release (struct line_reader *reader);

/* Go to the next line.  *R_LINE has *R_LENGTH bytes, any bytes, is NUL
   terminated, and is good until the next call.  Errors are those of
   read (2).  */
gpg_error_t line_reader_next (struct line_reader *reader,
                              enum line_state *r_state, char **r_line,
                              size_t *r_length);

#endif /* REEVE_LINE_READER_H */
