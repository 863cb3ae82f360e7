/* blkid.c - what is on a block device
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Whoever made a disk decided what stands on it.  libblkid takes it apart
   behind a fence, from a copy of the device's begin and end, where superblocks
   are: a process there can ask no device.  */

#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "../../base/fence.h"
#include "../../base/fenced.h"
#include "block.h"

#define COPY_SIZE (64 * KIB)

static const char *const names[] = { "TYPE", "UUID", "LABEL" };

#define NAMES (sizeof names / sizeof *names)

/* Behind the fence: say TYPE, UUID and LABEL, "" where there is none.  */
static gpg_error_t
probe (const void *context, struct channel *out, struct failure *failure)
{
  blkid_probe probe = blkid_new_probe ();
  int rc = -1;

  (void)context;
  if (probe && !blkid_probe_set_device (probe, FENCE_KEPT_FD, 0, 0))
    {
      blkid_probe_enable_superblocks (probe, 1);
      blkid_probe_set_superblocks_flags (
          probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL);
      rc = blkid_do_safeprobe (probe);
    }
  /* 1: nothing is known of it; -2: it is more than one thing at once.  */
  if (rc == -1)
    return fail (failure, GPG_ERR_BAD_DATA, "libblkid cannot read it");
  for (size_t i = 0; i < NAMES; i++)
    {
      const char *value = "";

      if (rc || blkid_probe_lookup_value (probe, names[i], &value, NULL))
        value = "";
      channel_string (out, value);
    }
  blkid_free_probe (probe);
  return 0;
}

/* Copy LENGTH bytes from OFFSET on; what cannot be read stays zero.  */
static void
copy (int from, int to, uint64_t offset, uint64_t length)
{
  char bytes[COPY_SIZE];

  while (length)
    {
      size_t want = length < sizeof bytes ? (size_t)length : sizeof bytes;
      ssize_t n = pread (from, bytes, want, (off_t)offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0 || pwrite (to, bytes, (size_t)n, (off_t)offset) != n)
        return;
      offset += (uint64_t)n;
      length -= (uint64_t)n;
    }
}

/* A file in memory as long as the device FD, with its begin and end.  */
static int
copy_device (int fd, uint64_t size)
{
  int image = memfd_create ("device", MFD_CLOEXEC);
  uint64_t first = size < LIMIT_BLOCK_BEGIN ? size : LIMIT_BLOCK_BEGIN;
  uint64_t last = size - first < LIMIT_BLOCK_END ? size - first
                                                 : LIMIT_BLOCK_END;

  if (image < 0)
    return -1;
  if (ftruncate (image, (off_t)size))
    {
      close (image);
      return -1;
    }
  copy (fd, image, 0, first);
  copy (fd, image, size - last, last);
  return image;
}

/* Take ITEM over, but for what no name has in it.  */
static void
take_text (const struct item *item, char text[BLOCK_TEXT])
{
  *text = 0;
  if (item->length >= BLOCK_TEXT || memchr (item->bytes, 0, item->length))
    return;
  memcpy (text, item->bytes, item->length);
  text[item->length] = 0;
}

void
block_look (struct work *work, struct block *block)
{
  auto_failure struct failure ignored = FAILURE_NONE;
  struct fenced_answer answer;
  auto_close int image = -1;
  auto_close int fd = open (block->os_path,
                            O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  struct stat st;

  if (fd < 0 || fstat (fd, &st)
      || (!S_ISBLK (st.st_mode)
          && !(S_ISREG (st.st_mode) && *work->machine->root)))
    return;
  image = copy_device (fd, block->size);
  if (image < 0 || fenced_read (probe, NULL, image, &answer, &ignored))
    return;
  if (answer.count == NAMES)
    {
      take_text (answer.items, block->filesystem);
      take_text (answer.items + 1, block->uuid);
      take_text (answer.items + 2, block->label);
    }
  fenced_release (&answer);
}
