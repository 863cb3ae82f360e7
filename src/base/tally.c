/* tally.c - events a uid, counted in memory that all processes share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "tally.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

/* How many uids are remembered; one more takes the place of the one with the
   fewest events of late, and of these the one whose last is the oldest: who
   has many gets rid of them only by means of as many uids with as many.  */
#define SLOTS 256
#define LATE_MS (10 * 60 * 1000)

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

/* How many events of SLOT are not older than OLDEST, which is not 0.  */
static unsigned
slot_count (const struct slot *slot, uint64_t oldest)
{
  unsigned count = 0;

  for (size_t i = 0; i < TALLY_EVENTS; i++)
    count += atomic_load (&slot->times[i]) >= oldest;
  return count;
}

/* The slot that one can do without, as SLOTS says.  */
static size_t
slot_spare (const struct tally *tally, uint64_t now)
{
  uint64_t oldest = now > LATE_MS ? now - LATE_MS : 1;
  uint64_t best_age = UINT64_MAX;
  unsigned best_count = UINT_MAX;
  size_t best = 0;

  for (size_t i = 0; i < SLOTS && best_age; i++)
    {
      bool owned = atomic_load (&tally->owners[i]);
      uint64_t age = owned ? atomic_load (&tally->slots[i].newest) : 0;
      unsigned count = age >= oldest ? slot_count (tally->slots + i, oldest)
                                     : 0;

      if (count > best_count || (count == best_count && age >= best_age))
        continue;
      best = i;
      best_count = count;
      best_age = age;
    }
  return best;
}

/* The slot of UID, taken for it if it has none; NULL if another process was
   faster to take it.  */
static struct slot *
slot_for (struct tally *tally, uid_t uid, uint64_t now)
{
  uint64_t wanted = (uint64_t)uid + 1;
  uint64_t owner;
  size_t spare;

  for (size_t i = 0; i < SLOTS; i++)
    if (atomic_load (&tally->owners[i]) == wanted)
      return &tally->slots[i];
  spare = slot_spare (tally, now);
  owner = atomic_load (&tally->owners[spare]);
  if (owner)
    slot_empty (&tally->slots[spare]);
  return atomic_compare_exchange_strong (&tally->owners[spare], &owner, wanted)
             ? &tally->slots[spare]
             : NULL;
}

void
tally_add (struct tally *tally, uid_t uid, uint64_t now)
{
  struct slot *slot = NULL;
  uint32_t index;
  int tries;

  for (tries = 0; !slot && tries < SLOTS; tries++)
    slot = slot_for (tally, uid, now);
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
