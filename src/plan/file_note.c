/* file_note.c - how a file step stands in the journal
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "file_step.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HASH_DIGITS (2 * FILE_HASH)
#define IMAGE_LENGTH (HASH_DIGITS + 48)
#define NO_IMAGE "-"

static const char *const actions[] = { "replace", "create", "remove" };

static void
image_print (const struct swap_file *file, char r_text[IMAGE_LENGTH])
{
  int length;

  if (!file->inode)
    {
      memcpy (r_text, NO_IMAGE, sizeof NO_IMAGE);
      return;
    }
  length = snprintf (r_text, IMAGE_LENGTH, "%ju:%jd:", (uintmax_t)file->inode,
                     (intmax_t)file->size);
  for (size_t i = 0; i < FILE_HASH; i++)
    length += snprintf (r_text + length, 3, "%02x", file->hash[i]);
}

static gpg_error_t
image_parse (const char *text, struct swap_file *r_file)
{
  uintmax_t inode;
  intmax_t size;
  char hash[HASH_DIGITS + 1];
  char again[IMAGE_LENGTH];

  memset (r_file, 0, sizeof *r_file);
  if (!strcmp (text, NO_IMAGE))
    return 0;
  if (sscanf (text, "%ju:%jd:%64[0-9a-f]", &inode, &size, hash) != 3
      || strlen (hash) != HASH_DIGITS)
    return gpg_error (GPG_ERR_BAD_DATA);
  r_file->inode = (ino_t)inode;
  r_file->size = (off_t)size;
  for (size_t i = 0; i < FILE_HASH; i++)
    sscanf (hash + 2 * i, "%2hhx", &r_file->hash[i]);
  image_print (r_file, again);
  return strcmp (text, again) ? gpg_error (GPG_ERR_BAD_DATA) : 0;
}

gpg_error_t
file_step_note_temporary (struct journal *journal, const struct swap *swap)
{
  const char *const values[] = { swap->path, swap->temporary };

  return journal_note (journal, FILE_STEP_TEMPORARY, values, 2);
}

gpg_error_t
file_step_note_ready (struct journal *journal, const struct swap *swap)
{
  char old[IMAGE_LENGTH];
  char fresh[IMAGE_LENGTH];
  const char *const values[] = { actions[swap->action], swap->path,
                                 swap->temporary, old, fresh };

  image_print (&swap->old, old);
  image_print (&swap->fresh, fresh);
  return journal_note (journal, FILE_STEP_READY, values, 5);
}

gpg_error_t
file_step_parse_ready (const char *const *values, size_t count,
                       struct swap *r_swap)
{
  gpg_error_t err;

  memset (r_swap, 0, sizeof *r_swap);
  r_swap->directory_fd = -1;
  if (count != 5)
    return gpg_error (GPG_ERR_BAD_DATA);
  while (strcmp (values[0], actions[r_swap->action]))
    if (++r_swap->action > SWAP_REMOVE)
      return gpg_error (GPG_ERR_BAD_DATA);
  r_swap->path = values[1];
  r_swap->temporary = values[2];
  err = image_parse (values[3], &r_swap->old);
  if (!err)
    err = image_parse (values[4], &r_swap->fresh);
  if (!err
      && (!r_swap->old.inode != (r_swap->action == SWAP_CREATE)
          || !r_swap->fresh.inode != (r_swap->action == SWAP_REMOVE)))
    err = gpg_error (GPG_ERR_BAD_DATA);
  return err;
}
