/* log_state.h - where the audit log stands, as the machine keeps it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

   The file audit.key has two slots of LOG_STATE_SLOT bytes, of which the whole
   one with the higher number holds.  A slot begins, in the machine's own byte
   order, with the fields of struct log_state_slot; then come BEGUN entries of
   LOG_STATE_BEGUN bytes.  CHECK is the SHA-256 of all behind it.  */

#ifndef REEVE_LOG_STATE_H
#define REEVE_LOG_STATE_H

#include <stdint.h>
#include <gpg-error.h>
#include "chain.h"

#define LOG_STATE_SLOT 65536
#define LOG_STATE_VERSION "reeve-key-1" /* And zeros.  */
#define LOG_STATE_BEGUN 136
#define LOG_STATE_BEGUN_MOST 256

struct log_state_slot
{
  unsigned char check[CHAIN_BYTES];
  char version[16];
  uint64_t number;
  uint64_t sequence;               /* Of the last record; 0: there is none.  */
  uint64_t size;                   /* Of the file that it is in, ... */
  uint64_t file;                   /* ... its inode, ... */
  uint64_t first;                  /* ... its first record, ... */
  int64_t since_ms;                /* ... and when it was begun.  */
  unsigned char hash[CHAIN_BYTES]; /* Of the last record.  */
  unsigned char key[CHAIN_BYTES];  /* Of the next one.  */
  uint64_t begun;
};

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
