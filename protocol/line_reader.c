/* line_reader.c - the lines of a file of any size
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include "line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 65536

void
line_reader_start (struct line_reader *reader, int fd, size_t most)
{
  *reader = (struct line_reader){ .fd = fd, .most = most };
}

void
line_reader_release (struct line_reader *reader)
{
  free (reader->bytes);
  reader->bytes = NULL;
}

/* Make room for a further piece and a NUL.  Never more than a line of the most
   bytes and a piece are kept.  */
static gpg_error_t
make_room (struct line_reader *reader)
{
  size_t size;
  char *more;

  if (reader->start)
    {
      memmove (reader->bytes, reader->bytes + reader->start,
               reader->end - reader->start);
      reader->seen -= reader->start;
      reader->end -= reader->start;
      reader->start = 0;
    }
  if (reader->allocated - reader->end > PIECE)
    return 0;
  size = reader->allocated ? 2 * reader->allocated : 2 * PIECE;
  if (size > reader->most + PIECE + 2)
    size = reader->most + PIECE + 2;
  if (size < reader->end + PIECE + 1)
    size = reader->end + PIECE + 1;
  more = realloc (reader->bytes, size);
  if (!more)
    return gpg_error_from_syserror ();
  reader->bytes = more;
  reader->allocated = size;
  return 0;
}

/* Read a piece; *R_END tells that there is none.  */
static gpg_error_t
read_piece (struct line_reader *reader, bool *r_end)
{
  gpg_error_t err = make_room (reader);
  ssize_t count;

  if (err)
    return err;
  do
    count = read (reader->fd, reader->bytes + reader->end, PIECE);
  while (count < 0 && errno == EINTR);
  if (count < 0)
    return gpg_error_from_syserror ();
  reader->end += (size_t)count;
  *r_end = !count;
  return 0;
}

/* Drop what is kept of a line that is longer than the most.  */
static void
skip (struct line_reader *reader)
{
  reader->skipping = true;
  reader->start = reader->seen = reader->end = 0;
}

/* The line that ends at NEWLINE.  */
static enum line_state
take_line (struct line_reader *reader, char *newline, char **r_line,
           size_t *r_length)
{
  bool skipped = reader->skipping;

  *r_line = reader->bytes + reader->start;
  *r_length = (size_t)(newline - *r_line);
  *newline = 0;
  reader->start = reader->seen = (size_t)(newline + 1 - reader->bytes);
  reader->skipping = false;
  if (!skipped && *r_length <= reader->most)
    return LINE_WHOLE;
  *r_line = NULL;
  *r_length = 0;
  return LINE_TOO_LONG;
}

/* What is told at the end of the file.  */
static enum line_state
take_rest (struct line_reader *reader, char **r_line, size_t *r_length)
{
  if (reader->skipping)
    return LINE_PARTIAL;
  if (reader->start == reader->end)
    return LINE_END;
  *r_line = reader->bytes + reader->start;
  *r_length = reader->end - reader->start;
  reader->bytes[reader->end] = 0;
  return LINE_PARTIAL;
}

gpg_error_t
line_reader_next (struct line_reader *reader, enum line_state *r_state,
                  char **r_line, size_t *r_length)
{
  bool end = false;
  gpg_error_t err;

  *r_state = LINE_END;
  *r_line = NULL;
  *r_length = 0;
  for (;;)
    {
      char *newline = NULL;

      if (reader->seen < reader->end)
        newline = memchr (reader->bytes + reader->seen, '\n',
                          reader->end - reader->seen);
      if (newline)
        {
          *r_state = take_line (reader, newline, r_line, r_length);
          return 0;
        }
      reader->seen = reader->end;
      if (reader->end - reader->start > reader->most || reader->skipping)
        skip (reader);
      if (end)
        {
          *r_state = take_rest (reader, r_line, r_length);
          return 0;
        }
      err = read_piece (reader, &end);
      if (err)
        return err;
    }
}
