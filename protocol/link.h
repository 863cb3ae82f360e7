/* link.h - a byte stream to the other side, with gathered writes and deadlines
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

   Writes are gathered and leave before the next read, at link_flush, or when
   they pass 64 KiB.  The time limit of a read is the socket's time-out where
   the descriptor is a blocking socket (it costs nothing while nobody is late)
   and poll elsewhere; that of a write is poll, once the peer is late.  */

#ifndef REEVE_LINK_H
#define REEVE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "buffer.h"

/* All times are milliseconds; 0 is "no limit".  IN and OUT may be the same
   descriptor; the link does not own them.  */
struct link
{
  int in;
  int out;
  bool in_socket;        /* IN takes SO_RCVTIMEO.  */
  bool out_socket;       /* OUT takes send (2) and its flags.  */
  uint64_t idle_ms;      /* To wait for the first byte of a line.  */
  uint64_t line_ms;      /* From the first byte of a line to its LF.  */
  uint64_t write_ms;     /* For one flush.  */
  uint64_t deadline;     /* If not 0: an absolute end of all reads, on the
                            clock of link_now (time before authentication, an
                            inquiry, a client's call).  A flush keeps to it
                            too.  */
  uint64_t line_start;   /* Clock when a line that is not yet whole began; 0
                            between lines.  */
  uint64_t timeo_ms;     /* What SO_RCVTIMEO is set to now.  */
  int broken;            /* The errno of a flush that failed: nothing more
                            is sent or read.  */
  struct buffer pending; /* Gathered output.  */
};

/* Now, in milliseconds on the monotonic clock, never 0.  */
uint64_t link_now (void);

/* The same in microseconds.  */
uint64_t link_now_us (void);

/* Make LINK one over IN and OUT with no time limits.  */
void link_init (struct link *link, int in, int out);

/* Free its memory; the descriptors stay open.  */
void link_release (struct link *link);

/* Gather SIZE bytes.  Returns SIZE, or -1 and errno (ETIMEDOUT).  */
ssize_t link_write (struct link *link, const void *bytes, size_t size);

/* Send what is gathered.  Returns 0, or -1 and errno; on an error what is
   left is dropped.  */
int link_flush (struct link *link);

/* Flush, then read up to SIZE bytes.  Returns their number, 0 at the end,
   or -1 and errno: ETIMEDOUT when a limit passed.  Repeats after EINTR.  */
ssize_t link_read (struct link *link, void *bytes, size_t size);

#endif /* REEVE_LINK_H */
