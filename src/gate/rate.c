/* rate.c - how many calls a user and an identity may make in a while
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "rate.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

/* How many keys are counted apart at the same time: more than there can be
   clients at the usual limit.  */
#define SLOTS 1024
#define NEAR 16 /* A key's slot is one of so many.  */

#define NS 1000000ULL /* In a millisecond.  */

/* DUE is when the calls made so far would have come if they had come one by
   one, at the rate's pace, in nanoseconds.  One that is past says nothing any
   more: the slot is free for another key, which need not change it.  */
struct slot
{
  _Atomic uint64_t owner; /* 0: nobody's.  */
  _Atomic uint64_t due;
};

struct rates
{
  struct slot slots[SLOTS];
};

gpg_error_t
rates_new (struct rates **r_rates)
{
  void *memory;

  *r_rates = NULL;
  memory = mmap (NULL, sizeof (struct rates), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return gpg_error_from_syserror ();
  *r_rates = memory;
  return 0;
}

void
rates_release (struct rates *rates)
{
  if (rates)
    munmap (rates, sizeof *rates);
}

/* FNV-1a.  */
uint64_t
rate_key (const char *name)
{
  uint64_t key = 0xcbf29ce484222325ULL;

  for (; *name; name++)
    key = (key ^ (unsigned char)*name) * 0x100000001b3ULL;
  return key;
}

/* The number by which a slot knows KEY; never 0.  */
static uint64_t
owner_of (enum rate_kind kind, uint64_t key)
{
  return kind == RATE_UID ? key + 1 : key | 1ULL << 63;
}

/* The slot of OWNER, taken for it if it has none.  When all that it might have
   are in use, the one whose owner has the least to wait for changes hands and
   is emptied: so nobody gets rid of much, nor inherits anything, when the
   table is full.  NULL if another process was faster.  */
static struct slot *
find_slot (struct rates *rates, uint64_t owner, uint64_t now)
{
  size_t first = (size_t)((owner * 0x9e3779b97f4a7c15ULL) >> 32) % SLOTS;
  struct slot *best = rates->slots + first;
  uint64_t best_due = UINT64_MAX;
  uint64_t old;

  for (size_t i = 0; i < NEAR; i++)
    {
      struct slot *slot = rates->slots + (first + i) % SLOTS;
      uint64_t due = atomic_load (&slot->due);

      if (atomic_load (&slot->owner) == owner)
        return slot;
      if (due < best_due)
        {
          best = slot;
          best_due = due;
        }
    }
  old = atomic_load (&best->owner);
  if (old == owner)
    return best;
  if (!atomic_compare_exchange_strong (&best->owner, &old, owner))
    return NULL;
  if (best_due > now)
    atomic_compare_exchange_strong (&best->due, &best_due, 0);
  return best;
}

/* Count a call in SLOT; see rate_take.  */
static bool
take (struct slot *slot, const struct rate *rate, uint64_t now,
      uint64_t *r_wait_ms)
{
  uint64_t window = rate->window_ms * NS;
  uint64_t pace = window / rate->calls;
  uint64_t due = atomic_load (&slot->due);
  uint64_t next;

  do
    {
      /* Another rate, or another clock, was in force before.  */
      if (due > now + window
          && atomic_compare_exchange_strong (&slot->due, &due, now + window))
        due = now + window;
      next = (due > now ? due : now) + pace;
      if (next > now + window)
        {
          *r_wait_ms = (next - now - window + NS - 1) / NS;
          return false;
        }
    }
  while (!atomic_compare_exchange_weak (&slot->due, &due, next));
  return true;
}

bool
rate_take (struct rates *rates, enum rate_kind kind, uint64_t key,
           const struct rate *rate, uint64_t now, uint64_t *r_wait_ms)
{
  uint64_t owner = owner_of (kind, key);
  struct slot *slot = NULL;

  *r_wait_ms = 0;
  if (!rates || !rate->calls)
    return true;
  for (int tries = 0; !slot && tries < NEAR; tries++)
    slot = find_slot (rates, owner, now * NS);
  return !slot || take (slot, rate, now * NS, r_wait_ms);
}
