/* chainlog.h - an audit log that a test makes and spoils
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TEST_CHAINLOG_H
#define REEVE_TEST_CHAINLOG_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include "../../protocol/buffer.h"
#include "../../protocol/chain.h"
#include "../../protocol/log_state.h"

#define CHAINLOG_LINES 64

/* STATE is that behind the last line.  */
struct chainlog
{
  struct buffer line[CHAINLOG_LINES];
  size_t count;
  unsigned char key[CHAIN_BYTES]; /* Of the record 1.  */
  struct log_state state;
};

static inline void
chainlog_start (struct chainlog *log)
{
  *log = (struct chainlog){ .count = 0 };
  memset (log->key, 'k', CHAIN_BYTES);
  memset (log->state.next_key, 'k', CHAIN_BYTES);
}

/* Append a record; MORE are further fields, each with a comma before it.  */
static inline void
chainlog_add (struct chainlog *log, const char *event, const char *more)
{
  struct buffer *line = &log->line[log->count++];
  char tail[CHAIN_TAIL];

  log->state.sequence++;
  buffer_printf (line,
                 "{\"sequence\":%" PRIu64
                 ",\"time\":\"2026-11-25T23:%02u:%02u.000000Z\""
                 ",\"event\":\"%s\"%s",
                 log->state.sequence, (unsigned)(log->state.sequence / 60 % 60),
                 (unsigned)(log->state.sequence % 60), event, more);
  chain_step (log->state.hash, log->state.next_key, line->bytes, line->length,
              tail);
  buffer_append (line, tail, CHAIN_TAIL);
}

static inline void
chainlog_fill (struct chainlog *log, size_t count)
{
  while (count--)
    chainlog_add (log, "call", ",\"verb\":\"AUG GET\",\"outcome\":\"ok\"");
}

static inline void
chainlog_release (struct chainlog *log)
{
  for (size_t i = 0; i < log->count; i++)
    buffer_release (&log->line[i]);
}

/* An open file with the lines FIRST up to END, not counted from 1; -1 if there
   is none.  */
static inline int
chainlog_file (const struct chainlog *log, size_t first, size_t end)
{
  int fd = memfd_create ("log", MFD_CLOEXEC);
  bool good = fd >= 0;

  for (size_t i = first; good && i < end; i++)
    good = write (fd, log->line[i].bytes, log->line[i].length)
           == (ssize_t)log->line[i].length;
  if (good && !lseek (fd, 0, SEEK_SET))
    return fd;
  if (fd >= 0)
    close (fd);
  return -1;
}

#endif /* REEVE_TEST_CHAINLOG_H */
