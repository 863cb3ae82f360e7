/* audit_state.h - what all processes know of the audit log
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The shared state is a file in OWN_RUN_DIR that all processes map.  Where
   the log stands is there twice: the standing that is not current is written,
   then they change places with one store.  A process that died between its
   write to the log and that store left the log longer than the state says;
   who takes the lock next finds BUSY set or the length different, and reads
   the rest.  */

#ifndef REEVE_AUDIT_STATE_H
#define REEVE_AUDIT_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "../../protocol/log_state.h"
#include "audit.h"

#define AUDIT_FLOODERS 64 /* Uids whose refusals are told apart.  */
#define AUDIT_BOOT 40     /* For the kernel's boot_id.  */

/* A change that was begun and has not ended.  While its process lives, that
   holds a lock on a byte of the state's file.  */
struct audit_begun
{
  _Atomic uint64_t sequence; /* Of its record; 0: the slot is free.  */
  int32_t pid;
  char call[LOG_STATE_NAME];
  char verb[LOG_STATE_NAME];
};

struct audit_flooder
{
  uint64_t owner; /* uid + 1; 0: free.  */
  int64_t second;
  uint32_t count;                /* In that second, ... */
  uint32_t held;                 /* ... of which so many were not told, ... */
  uint32_t gates[REFUSAL_COUNT]; /* ... by these gates.  */
};

struct audit_shared
{
  char version[16];
  char boot[AUDIT_BOOT];    /* "": not in use yet.  */
  _Atomic uint32_t current; /* Which standing holds.  */
  _Atomic int32_t busy;     /* The process that has the lock, or 0.  */
  struct log_standing standing[2];
  uint64_t allocated;          /* Up to there the file's blocks are ours.  */
  uint32_t begun_count;        /* Ends for which there is room.  */
  _Atomic bool scarce;         /* The disk is nearly full: what is left is for
                                  changes and refusals.  */
  _Atomic uint64_t missed;     /* Records that could not be written.  */
  _Atomic int64_t missed_told; /* When the operator was told, ms.  */
  _Atomic uint64_t durable;    /* The copy on disk holds this sequence.  */
  uint64_t durable_count;      /* Copies written.  */
  struct audit_begun begun[LOG_STATE_BEGUN_MOST];
  struct audit_flooder flooder[AUDIT_FLOODERS];
};

static inline const struct log_standing *
audit_standing (const struct audit_shared *shared)
{
  return &shared->standing[atomic_load (&shared->current) & 1];
}

/* Make NEXT current.  */
void audit_standing_set (struct audit_shared *shared,
                         const struct log_standing *next);

/* Fill a slot; empty it.  */
void audit_begun_set (struct audit_shared *shared, int index, uint64_t sequence,
                      pid_t pid, const char *call, const char *verb);
void audit_begun_clear (struct audit_shared *shared, int index);

/* The slot of the record SEQUENCE (0: a free one); -1 if there is none.  */
int audit_begun_find (const struct audit_shared *shared, uint64_t sequence);

#endif /* REEVE_AUDIT_STATE_H */
