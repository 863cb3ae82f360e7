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
  (sizeof (struct log_state_slot)                                              \
   + LOG_STATE_BEGUN_MOST * sizeof (struct log_state_begun))

_Static_assert(sizeof (struct log_state_slot) == 168, "no padding");
_Static_assert(sizeof (struct log_state_begun) == 136, "no padding");
_Static_assert(SLOT_MOST <= LOG_STATE_SLOT, "a slot has the room");

static const char version[16] = LOG_STATE_VERSION;

struct log_state_slot *
log_state_slot_new (void)
{
  return calloc (1, SLOT_MOST);
}

size_t
log_state_slot_size (const struct log_state_slot *slot)
{
  return sizeof *slot + slot->begun_count * sizeof *slot->begun;
}

static void
compute_check (const struct log_state_slot *slot,
               unsigned char r_check[CHAIN_BYTES])
{
  gcry_md_hash_buffer (GCRY_MD_SHA256, r_check,
                       (const char *)slot + CHAIN_BYTES,
                       log_state_slot_size (slot) - CHAIN_BYTES);
}

void
log_state_slot_seal (struct log_state_slot *slot)
{
  memcpy (slot->version, version, sizeof version);
  compute_check (slot, slot->check);
}

void
log_state_slot_release (struct log_state_slot *slot)
{
  if (slot)
    explicit_bzero (slot, SLOT_MOST);
  free (slot);
}

/* Read the slot INDEX into SLOT; whether it is whole.  */
static bool
read_slot (int fd, int index, struct log_state_slot *slot)
{
  unsigned char check[CHAIN_BYTES];
  ssize_t count = pread (fd, slot, SLOT_MOST, (off_t)index * LOG_STATE_SLOT);

  if (count < (ssize_t)sizeof *slot
      || memcmp (slot->version, version, sizeof version)
      || slot->begun_count > LOG_STATE_BEGUN_MOST
      || log_state_slot_size (slot) > (size_t)count)
    return false;
  compute_check (slot, check);
  return chain_equal (check, slot->check);
}

gpg_error_t
log_state_slot_read (int fd, struct log_state_slot *r_slot)
{
  struct log_state_slot *second = log_state_slot_new ();
  gpg_error_t err = 0;
  bool first;

  if (!second)
    return gpg_error_from_syserror ();
  first = read_slot (fd, 0, r_slot);
  if (read_slot (fd, 1, second) && (!first || second->number > r_slot->number))
    memcpy (r_slot, second, log_state_slot_size (second));
  else if (!first)
    err = gpg_error (GPG_ERR_BAD_DATA);
  log_state_slot_release (second);
  return err;
}

gpg_error_t
log_state_read (int fd, struct log_state *r_state)
{
  struct log_state_slot *slot = log_state_slot_new ();
  gpg_error_t err = slot ? log_state_slot_read (fd, slot)
                         : gpg_error_from_syserror ();

  if (!err)
    {
      r_state->sequence = slot->standing.sequence;
      memcpy (r_state->hash, slot->standing.hash, CHAIN_BYTES);
      memcpy (r_state->next_key, slot->standing.key, CHAIN_BYTES);
    }
  log_state_slot_release (slot);
  return err;
}
