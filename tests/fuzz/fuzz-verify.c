/* fuzz-verify.c - judging an audit log
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   With an odd first byte the rest is what files hold.  With an even one a good
   log is made and then spoiled as the input says: whatever was done to it, if
   it is not what it was then something is found, and nothing else.  */

#include "fuzz.h"
#include <unistd.h>
#include <gcrypt.h>
#include "../../client/cli/verify.h"
#include "../unit/chainlog.h"

#define FILES 4

static struct chainlog sample;
static struct buffer file[FILES];
static struct verify_summary summary;
static uint64_t told, unsure;

static void
take (void *opaque, const struct finding *finding)
{
  (void)opaque;
  require (finding->text && *finding_name (finding->kind));
  require (finding->last >= finding->first);
  require (finding->last_line >= finding->line);
  require (!finding->line || finding->file);
  if (finding->kind == FINDING_UNSURE)
    unsure++;
  else
    told++;
}

/* Judge FILE with the sample's key from the record FROM on (0: with none).  */
static void
judge (uint64_t first, uint64_t from, bool with_state)
{
  struct verify_key key = { .sequence = from };
  struct verifier *verifier;

  told = unsure = 0;
  memcpy (key.key, sample.key, CHAIN_BYTES);
  for (uint64_t i = 1; i < from; i++)
    chain_key_next (key.key);
  require (!verify_start (first, &key, from ? 1 : 0,
                          with_state ? &sample.state : NULL, take, NULL,
                          &verifier));
  for (size_t i = 0; i < FILES; i++)
    {
      int fd = memfd_create ("log", MFD_CLOEXEC);

      require (fd >= 0);
      require (!file[i].length
               || write (fd, file[i].bytes, file[i].length)
                      == (ssize_t)file[i].length);
      require (!lseek (fd, 0, SEEK_SET));
      require (!verify_file (verifier, "log", fd, 0));
      close (fd);
    }
  verify_end (verifier, &summary);
  require (told == summary.findings && unsure == summary.unsure);
  require (summary.macs <= summary.records);
}

/* --- Any files --- */

static void
judge_any (struct feed *feed)
{
  unsigned how = feed_byte (feed);

  for (size_t i = 0; i < FILES; i++)
    {
      size_t length = i + 1 < FILES ? feed_left (feed) / (FILES - i)
                                    : feed_left (feed);

      buffer_append (&file[i], feed->at, length);
      feed->at += length;
    }
  sample.state.sequence = how >> 4;
  judge (how & 1, how >> 1 & 3, how & 8);
}

/* --- A good one, spoiled --- */

static void
spoil (struct feed *feed, struct buffer *line)
{
  size_t at = feed_byte (feed);

  if (!line->length)
    return;
  /* From both ends: what is in the middle is as good as the rest.  */
  at = at < 128 ? at % line->length
                : line->length - 1 - (at - 128) % line->length;
  line->bytes[at] = (char)(line->bytes[at] ^ feed_byte (feed));
}

static void
insert (struct feed *feed, size_t at, struct buffer line)
{
  (void)feed;
  if (sample.count == CHAINLOG_LINES)
    {
      buffer_release (&line);
      return;
    }
  memmove (&sample.line[at + 1], &sample.line[at],
           (sample.count - at) * sizeof line);
  sample.line[at] = line;
  sample.count++;
}

static struct buffer
take_out (size_t at)
{
  struct buffer line = sample.line[at];

  sample.count--;
  memmove (&sample.line[at], &sample.line[at + 1],
           (sample.count - at) * sizeof line);
  return line;
}

static struct buffer
copy_of (const char *bytes, size_t length)
{
  struct buffer copy = BUFFER_EMPTY;

  buffer_append (&copy, bytes, length);
  require (!buffer_error (&copy));
  return copy;
}

/* A record that somebody without the key made.  */
static struct buffer
forge (struct feed *feed)
{
  static const unsigned char zero[CHAIN_BYTES];
  unsigned char key[CHAIN_BYTES] = { 1 };
  unsigned char hash[CHAIN_BYTES];
  struct buffer line = BUFFER_EMPTY;
  char tail[CHAIN_TAIL];

  memcpy (hash, zero, CHAIN_BYTES);
  buffer_printf (&line, "{\"sequence\":%u,\"event\":\"x\"",
                 1 + feed_byte (feed) % 40);
  chain_step (hash, key, line.bytes, line.length, tail);
  buffer_append (&line, tail, CHAIN_TAIL);
  return line;
}

static void
change (struct feed *feed)
{
  unsigned what = feed_byte (feed);
  size_t at, length;
  const char *piece;
  struct buffer line;

  if (!sample.count)
    return;
  at = feed_byte (feed) % sample.count;
  switch (what % 7)
    {
    case 0:
      spoil (feed, &sample.line[at]);
      break;
    case 1:
      line = take_out (at);
      buffer_release (&line);
      break;
    case 2:
      line = take_out (at);
      insert (feed, feed_byte (feed) % (sample.count + 1), line);
      break;
    case 3:
      line = copy_of (sample.line[at].bytes, sample.line[at].length);
      insert (feed, feed_byte (feed) % (sample.count + 1), line);
      break;
    case 4:
      piece = feed_piece (feed, &length);
      line = copy_of (piece, length);
      insert (feed, at, line);
      break;
    case 5:
      length = feed_byte (feed);
      if (length < sample.line[at].length)
        sample.line[at].length -= length;
      break;
    default:
      insert (feed, at, forge (feed));
      break;
    }
}

/* Append the sample's lines to TEXT, or spread them over the files.  */
static void
write_out (struct buffer *text, size_t stride)
{
  for (size_t i = 0; i < sample.count; i++)
    buffer_append (text ? text : &file[i / stride % FILES],
                   sample.line[i].bytes, sample.line[i].length);
}

static void
judge_spoiled (struct feed *feed)
{
  size_t count = 1 + feed_byte (feed) % 24;
  struct buffer before = BUFFER_EMPTY;
  struct buffer after = BUFFER_EMPTY;
  bool same;

  chainlog_fill (&sample, count);
  write_out (&before, 1);
  for (int i = 0; i < 6 && feed_left (feed); i++)
    change (feed);
  write_out (&after, 1);
  same = before.length == after.length
         && !memcmp (before.bytes, after.bytes, before.length);
  write_out (NULL, (CHAINLOG_LINES + FILES - 1) / FILES);
  judge (1, 1, true);
  require (same == !summary.findings);
  if (same)
    require (summary.macs == count && summary.reached_state && !unsure);
  judge (0, 3, false);
  judge (1, 0, true);
  require (!same || !summary.findings);
  buffer_release (&before);
  buffer_release (&after);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  struct feed feed = { bytes, bytes + size };

  if (!gcry_control (GCRYCTL_INITIALIZATION_FINISHED_P))
    {
      gcry_check_version (NULL);
      gcry_control (GCRYCTL_DISABLE_SECMEM, 0);
      gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
    }
  chainlog_start (&sample);
  if (feed_byte (&feed) & 1)
    judge_any (&feed);
  else
    judge_spoiled (&feed);
  chainlog_release (&sample);
  for (size_t i = 0; i < FILES; i++)
    buffer_release (&file[i]);
  return 0;
}
