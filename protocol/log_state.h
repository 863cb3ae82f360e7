/* log_state.h - where the audit log stands, as the machine keeps it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

   LOG_STATE_FILE has two slots of LOG_STATE_SLOT bytes, in the machine's
   own byte order, of which the whole one with the higher number holds.  */

#ifndef REEVE_LOG_STATE_H
#define REEVE_LOG_STATE_H

#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include "chain.h"

#define LOG_STATE_FILE "audit.key"
#define LOG_STATE_SLOT 65536
#define LOG_STATE_VERSION "reeve-key-1" /* And zeros.  */
#define LOG_STATE_BEGUN_MOST 256        /* Changes under way at once.  */
#define LOG_STATE_NAME 64               /* For a call's id, a verb.  */

/* Where the log stands.  */
struct log_standing
{
  uint64_t sequence; /* Of the last record; 0: none yet.  */
  uint64_t size;     /* Of the file that it is in, ... */
  uint64_t file;     /* ... its inode, ... */
  uint64_t first;    /* ... its first record, written or not, ... */
  int64_t since_ms;  /* ... and when it was begun.  */
  unsigned char hash[CHAIN_BYTES]; /* Of the last record.  */
  unsigned char key[CHAIN_BYTES];  /* Of the next one.  */
};

/* A change that was under way.  */
struct log_state_begun
{
  uint64_t sequence; /* Of its record.  */
  char call[LOG_STATE_NAME];
  char verb[LOG_STATE_NAME];
};

struct log_state_slot
{
  unsigned char check[CHAIN_BYTES]; /* The SHA-256 of all behind it.  */
  char version[16];
  uint64_t number; /* Of slots written.  */
  struct log_standing standing;
  uint64_t begun_count;
  struct log_state_begun begun[];
};

/* An empty slot with room for LOG_STATE_BEGUN_MOST, or NULL; its bytes.  */
struct log_state_slot *log_state_slot_new (void);
size_t log_state_slot_size (const struct log_state_slot *slot);

/* Set version and check: SLOT is to be written.  */
void log_state_slot_seal (struct log_state_slot *slot);

/* Wipe and free it.  */
void log_state_slot_release (struct log_state_slot *slot);

/* Read the slot that holds from FD into R_SLOT, which is new.
   GPG_ERR_BAD_DATA if none is whole.  */
gpg_error_t log_state_slot_read (int fd, struct log_state_slot *r_slot);

/* The last record, its hash, and the key of the one that will be next.  */
struct log_state
{
  uint64_t sequence;
  unsigned char hash[CHAIN_BYTES];
  unsigned char next_key[CHAIN_BYTES];
};

/* Read FD, which is to be a file, into R_STATE.  GPG_ERR_BAD_DATA if no slot
   is whole.  What was read beside is wiped.  */
gpg_error_t log_state_read (int fd, struct log_state *r_state);

#endif /* REEVE_LOG_STATE_H */
