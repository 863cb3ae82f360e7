/* fuzz-block.c - what is on a block device
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The first byte is the device's size in units of 64 KiB, the second tells how
   much more, in such units and one byte, its driver claims.  Then come pieces
   of it: two bytes with where it stands, in units of 64 bytes, low one first,
   and the piece.

   What stands behind the fence elsewhere (the library that knows superblocks)
   is called here as it is.  */

#include "root.h"
#include "../../src/base/fence.h"
#include "../../src/base/fenced.h"
#include "../../src/mod/hw/block.h"

#define UNIT (64 * KIB)

gpg_error_t __wrap_fenced_read (fenced_reader function, const void *context,
                                int fd, struct fenced_answer *r_answer,
                                struct failure *failure);

/* The reader that block_look has.  */
static fenced_reader reader;

gpg_error_t
__wrap_fenced_read (fenced_reader function, const void *context, int fd,
                    struct fenced_answer *r_answer, struct failure *failure)
{
  struct channel *channel = &r_answer->channel;
  struct message message;
  size_t used;
  gpg_error_t err;

  reader = function;
  channel_init (channel, -1);
  channel_begin (channel, 1, 0);
  require (dup2 (fd, FENCE_KEPT_FD) == FENCE_KEPT_FD);
  err = function (context, channel, failure);
  close (FENCE_KEPT_FD);
  if (err)
    {
      channel_release (channel);
      return err;
    }
  channel_end (channel);
  require (!channel_parse (channel, channel->out.bytes, channel->out.length,
                           &message, &used));
  require (used == channel->out.length);
  r_answer->items = message.items;
  r_answer->count = message.count;
  return 0;
}

/* Lay the pieces of FEED out in the file FD of SIZE bytes.  */
static void
lay_out (int fd, size_t size, struct feed *feed)
{
  require (!ftruncate (fd, 0) && !ftruncate (fd, (off_t)size));
  while (feed_left (feed))
    {
      size_t at = feed_byte (feed);
      const char *piece;
      size_t length;

      at = (at | (size_t)feed_byte (feed) << 8) * 64;
      piece = feed_piece (feed, &length);
      if (at < size && length <= size - at)
        require (pwrite (fd, piece, length, (off_t)at) == (ssize_t)length);
    }
}

static void
check_text (const struct fenced_answer *whole, size_t index, const char *text)
{
  const struct item *item = whole->items + index;

  require (memchr (text, 0, BLOCK_TEXT));
  require (item->length >= BLOCK_TEXT || item_is (item, text));
}

/* Where the copy has all of the device, it tells what the device FD does.  */
static void
check_whole (int fd, const struct block *block)
{
  struct fenced_answer whole = { 0 };
  struct failure failure = FAILURE_NONE;

  if (reader && !__wrap_fenced_read (reader, NULL, fd, &whole, &failure))
    {
      require (whole.count == 3);
      check_text (&whole, 0, block->filesystem);
      check_text (&whole, 1, block->uuid);
      check_text (&whole, 2, block->label);
    }
  fenced_release (&whole);
  failure_release (&failure);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  static char path[sizeof root_directory + 10];
  static int fd = -1;
  struct feed feed = { bytes, bytes + size };
  struct work work = { .machine = &root_machine };
  struct block block = { .os_path = path };
  size_t length, more;

  if (fd < 0)
    {
      root_make ();
      snprintf (path, sizeof path, "%s/disk", root_directory);
      root_write ("/disk", "", 0, 0600);
      fd = open (path, O_RDWR | O_CLOEXEC);
      require (dup2 (fd, 100) == 100 && !close (fd));
      fd = 100;
      require (fcntl (FENCE_KEPT_FD, F_GETFD) < 0);
    }
  length = feed_byte (&feed) * UNIT;
  more = feed_byte (&feed);
  block.size = length + (more ? more * UNIT + 1 : 0);
  lay_out (fd, length, &feed);
  block_look (&work, &block);
  if (!more && length <= LIMIT_BLOCK_BEGIN + LIMIT_BLOCK_END)
    check_whole (fd, &block);
  return 0;
}
