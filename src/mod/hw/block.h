/* block.h - the block devices of a machine and what is on them
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   From sysfs(5): /sys/block, in sectors of 512 bytes whatever the device's
   are.  Below a root that has a /sys/block of its own, that counts, and regular
   files in its /dev stand for the devices.  */

#ifndef REEVE_HW_BLOCK_H
#define REEVE_HW_BLOCK_H

#include "../../call/work.h"

#define BLOCK_TEXT 256

struct block
{
  char path[BLOCK_TEXT];   /* "/dev/sda1".  */
  char *os_path;           /* The same for the operating system.  */
  char parent[BLOCK_TEXT]; /* "/dev/sda" of a partition, or "".  */
  char model[BLOCK_TEXT];  /* "" where there is none, as in the next three. */
  char filesystem[BLOCK_TEXT];
  char uuid[BLOCK_TEXT];
  char label[BLOCK_TEXT];
  uint64_t size; /* Bytes.  */
  unsigned major, minor;
  bool removable; /* Made to be taken away: by its own word, or on USB or in a
                     card slot.  */
  bool read_only;
};

/* Call EACH for each device that has a size, in the order of names, until it
   returns an error, which is then returned.  What is on a device is found out
   behind a fence (blkid.c).  */
gpg_error_t block_each (struct work *work,
                        gpg_error_t (*each) (struct work *work,
                                             const struct block *block,
                                             void *context),
                        void *context);

/* Find out what is on BLOCK; nothing if it cannot be read.  */
void block_look (struct work *work, struct block *block);

gpg_error_t work_block (struct work *work);

#endif /* REEVE_HW_BLOCK_H */
