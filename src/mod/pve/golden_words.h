/* golden_words.h - what "pct create" is told for PVE CREATE-GOLDEN
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Used by both sides: the session plans with it, and the machine worker, which
   runs as root, believes nobody and checks again.  */

#ifndef REEVE_PVE_GOLDEN_WORDS_H
#define REEVE_PVE_GOLDEN_WORDS_H

#include <stdint.h>
#include <gpg-error.h>
#include "../../../protocol/limits.h"
#include "../../base/failure.h"

#define GOLDEN_UNSET (-1) /* A number that was not given.  */

/* What is asked for.  The texts are the caller's.  */
struct golden
{
  int64_t vmid;
  const char *template; /* "local:vztmpl/debian-12.tar.zst" */
  const char *storage;
  int64_t size; /* Bytes of its root file system.  */
  int64_t cores;
  int64_t memory;       /* Bytes.  */
  const char *hostname; /* NULL: not given.  */
};

/* What FROM asks for, a call by arg, or by work a worker's request: both have
   functions of the same names.  */
#define GOLDEN_OF(by, from)                                                    \
  {                                                                            \
    .vmid = by##_number (from, "vmid", 0),                                     \
    .template = by##_text (from, "template"),                                  \
    .storage = by##_text (from, "storage"),                                    \
    .size = by##_number (from, "size", 0),                                     \
    .cores = by##_number (from, "cores", GOLDEN_UNSET),                        \
    .memory = by##_number (from, "memory", GOLDEN_UNSET),                      \
    .hostname = by##_text (from, "hostname"),                                  \
  }

#define GOLDEN_WORDS 16
#define GOLDEN_NUMBER 24 /* Bytes of a number's digits and a NUL.  */

/* The words behind "pct", some of which are those of struct golden.  */
struct golden_words
{
  const char *words[GOLDEN_WORDS]; /* Ends with NULL.  */
  char vmid[GOLDEN_NUMBER];
  char rootfs[LIMIT_STORAGE_NAME + GOLDEN_NUMBER];
  char cores[GOLDEN_NUMBER];
  char memory[GOLDEN_NUMBER];
};

/* Whether each of GOLDEN's values is what its option of pct takes, and can be
   nothing else to pct: no option, no path, no second part of a rootfs.  That
   the number is free and the template there is pct's to find out.
   GPG_ERR_INV_ARG with words that say what would be right.  */
gpg_error_t golden_check (const struct golden *golden, struct failure *failure);

/* Store the words for GOLDEN, which golden_check has let through and which must
   outlive them, at R_WORDS, which must not be moved.  */
void golden_words (const struct golden *golden, struct golden_words *r_words);

#endif /* REEVE_PVE_GOLDEN_WORDS_H */
