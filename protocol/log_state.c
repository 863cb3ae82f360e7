/* log_state.c - where the audit log stands, as the machine keeps it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include "log_state.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <gcrypt.h>

#define SLOT_MOST                                                              \
  (sizeof (struct log_state_slot) + LOG_STATE_BEGUN_MOST * LOG_STATE_BEGUN)

_Static_assert(sizeof (struct log_state_slot) == 168, "no padding");
_Static_assert(SLOT_MOST <= LOG_STATE_SLOT, "a slot has the room");

/* Read the slot INDEX into BYTES; whether it is whole.  */
static bool
read_slot (int fd, int index, unsigned char *bytes)
{
  static const char version[16] = LOG_STATE_VERSION;
  unsigned char check[CHAIN_BYTES];
  struct log_state_slot slot;
  ssize_t count = pread (fd, bytes, SLOT_MOST, (off_t)index * LOG_STATE_SLOT);
  size_t size;
  bool whole = false;

  if (count < (ssize_t)sizeof slot)
    return false;
  memcpy (&slot, bytes, sizeof slot);
  if (!memcmp (slot.version, version, sizeof version)
      && slot.begun <= LOG_STATE_BEGUN_MOST)
    {
      size = sizeof slot + slot.begun * LOG_STATE_BEGUN;
      if (size <= (size_t)count)
        {
          gcry_md_hash_buffer (GCRY_MD_SHA256, check, bytes + CHAIN_BYTES,
                               size - CHAIN_BYTES);
          whole = chain_equal (check, slot.check);
        }
    }
  explicit_bzero (&slot, sizeof slot);
  return whole;
}

gpg_error_t
log_state_read (int fd, struct log_state *r_state)
{
  unsigned char *bytes = malloc (SLOT_MOST);
  struct log_state_slot slot = { .number = 0 };
  struct log_state_slot best = { .number = 0 };
  bool any = false;

  if (!bytes)
    return gpg_error_from_syserror ();
  for (int i = 0; i < 2; i++)
    if (read_slot (fd, i, bytes))
      {
        memcpy (&slot, bytes, sizeof slot);
        if (!any || slot.number > best.number)
          best = slot;
        any = true;
      }
  if (any)
    {
      r_state->sequence = best.sequence;
      memcpy (r_state->hash, best.hash, CHAIN_BYTES);
      memcpy (r_state->next_key, best.key, CHAIN_BYTES);
    }
  explicit_bzero (bytes, SLOT_MOST);
  explicit_bzero (&slot, sizeof slot);
  explicit_bzero (&best, sizeof best);
  free (bytes);
  return any ? 0 : gpg_error (GPG_ERR_BAD_DATA);
}
