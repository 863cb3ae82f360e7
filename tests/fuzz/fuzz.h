/* fuzz.h - what the fuzz targets share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A target is a program with LLVMFuzzerTestOneInput.  "make fuzz" links it
   with libFuzzer, "make check" with main.c, which replays the seeds.  What a
   target holds to be true it says by require.  */

#ifndef REEVE_FUZZ_H
#define REEVE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size);

/* Abort, which is what a fuzzer looks for, unless CONDITION holds.  */
#define require(condition)                                                     \
  do                                                                           \
    if (!(condition))                                                          \
      {                                                                        \
        fprintf (stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,     \
                 #condition);                                                  \
        abort ();                                                              \
      }                                                                        \
  while (0)

/* An input that is taken apart from its front.  */
struct feed
{
  const uint8_t *at;
  const uint8_t *end;
};

static inline size_t
feed_left (const struct feed *feed)
{
  return (size_t)(feed->end - feed->at);
}

/* The next byte; 0 at the end.  */
static inline unsigned
feed_byte (struct feed *feed)
{
  return feed->at < feed->end ? *feed->at++ : 0;
}

/* The next piece: a byte with its length, or 255 and two bytes with it, low
   one first; what is missing at the end is left out.  */
static inline const char *
feed_piece (struct feed *feed, size_t *r_length)
{
  size_t length = feed_byte (feed);
  const char *piece;

  if (length == 255)
    {
      length = feed_byte (feed);
      length |= (size_t)feed_byte (feed) << 8;
    }
  if (length > feed_left (feed))
    length = feed_left (feed);
  piece = (const char *)feed->at;
  feed->at += length;
  *r_length = length;
  return piece;
}

/* LENGTH BYTES up to their first NUL, for the caller to free.  */
static inline char *
fuzz_string (const void *bytes, size_t length)
{
  char *string = strndup (bytes, length);

  require (string);
  return string;
}

/* The next piece up to its first NUL.  */
static inline char *
feed_string (struct feed *feed)
{
  size_t length;
  const char *piece = feed_piece (feed, &length);

  return fuzz_string (piece, length);
}

#endif /* REEVE_FUZZ_H */
