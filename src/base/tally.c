/* tally.c - events a uid, counted in memory that all processes share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "tally.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

/* How many uids are remembered; one more takes the place of the one whose
   last event is the oldest.  */
#define SLOTS 256

/* Times are those of the caller's clock, 0 is "no event".  */
struct slot
{
  _Atomic uint64_t newest;
  _Atomic uint64_t times[TALLY_EVENTS];
  _Atomic uint32_t next;
};

/* OWNERS has uid + 1 (0: free) of each slot, side by side so that a search
   stays within a few cache lines.  Two processes that add the first event of
   a uid at the same moment may take a slot each: readers sum over all.  A
   slot is emptied before it changes hands (a free one is empty), so an event
   that is added to it just then may be lost or, if more than SLOTS uids fight
   over it, count for the new owner.  */
struct tally
{
  _Atomic uint64_t owners[SLOTS];
  struct slot slots[SLOTS];
};

gpg_error_t
tally_new (struct tally **r_tally)
{
  void *memory;

  *r_tally = NULL;
  memory = mmap (NULL, sizeof (struct tally), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return gpg_error_from_syserror ();
  *r_tally = memory;
  return 0;
}

void
tally_release (struct tally *tally)
{
  if (tally)
    munmap (tally, sizeof *tally);
}

static void
slot_empty (struct slot *slot)
{
  size_t i;

  atomic_store (&slot->newest, 0);
  for (i = 0; i < TALLY_EVENTS; i++)
    atomic_store (&slot->times[i], 0);
}

/* The slot of UID, taken for it if it has none; NULL if another process was
   faster to take it.  */
static struct slot *
slot_for (struct tally *tally, uid_t uid)
{
  uint64_t wanted = (uint64_t)uid + 1;
  uint64_t owner;
  uint64_t age;
  uint64_t stalest_age = UINT64_MAX;
  uint64_t stalest_owner = 0;
  size_t stalest = 0;
  size_t i;

  for (i = 0; i < SLOTS; i++)
    {
      owner = atomic_load (&tally->owners[i]);
      if (owner == wanted)
        return &tally->slots[i];
      age = owner ? atomic_load (&tally->slots[i].newest) : 0;
      if (age < stalest_age)
        {
          stalest = i;
          stalest_age = age;
          stalest_owner = owner;
        }
    }
  if (stalest_owner)
    slot_empty (&tally->slots[stalest]);
  if (!atomic_compare_exchange_strong (&tally->owners[stalest], &stalest_owner,
                                       wanted))
    return NULL;
  return &tally->slots[stalest];
}

void
tally_add (struct tally *tally, uid_t uid, uint64_t now)
{
  struct slot *slot = NULL;
  uint32_t index;
  int tries;

  for (tries = 0; !slot && tries < SLOTS; tries++)
    slot = slot_for (tally, uid);
  if (!slot)
    return;
  index = atomic_fetch_add (&slot->next, 1) % TALLY_EVENTS;
  atomic_store (&slot->times[index], now);
  atomic_store (&slot->newest, now);
}

unsigned
tally_recent (const struct tally *tally, uid_t uid, uint64_t now,
              uint64_t window)
{
  uint64_t oldest = now > window ? now - window : 0;
  uint64_t when;
  unsigned count = 0;
  size_t i;
  size_t j;

  for (i = 0; i < SLOTS; i++)
    {
      if (atomic_load (&tally->owners[i]) != (uint64_t)uid + 1)
        continue;
      for (j = 0; j < TALLY_EVENTS; j++)
        {
          when = atomic_load (&tally->slots[i].times[j]);
          if (when && when >= oldest)
            count++;
        }
    }
  return count < TALLY_EVENTS ? count : TALLY_EVENTS;
}

void
tally_forget (struct tally *tally, uid_t uid)
{
  size_t i;

  for (i = 0; i < SLOTS; i++)
    if (atomic_load (&tally->owners[i]) == (uint64_t)uid + 1)
      slot_empty (&tally->slots[i]);
}
