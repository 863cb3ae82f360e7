/* verify.h - judging the records of an audit log
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   protocol/chain.h says what a record is.  Files are read once, in order, with
   bounded memory, and may hold anything.  */

#ifndef REEVE_CLI_VERIFY_H
#define REEVE_CLI_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include "../../protocol/chain.h"
#include "../../protocol/log_state.h"

#define VERIFY_KEYS 16 /* Key texts at once.  */

enum finding_kind
{
  FINDING_CHANGED,    /* Content, hash and mac do not fit each other.  */
  FINDING_MISSING,    /* Numbers that nothing has.  */
  FINDING_CUT_OFF,    /* Missing at the end.  */
  FINDING_INSERTED,   /* Between two records that follow each other.  */
  FINDING_MOVED,      /* Behind records with higher numbers.  */
  FINDING_REPEATED,   /* A number that was there before.  */
  FINDING_UNREADABLE, /* No record at all.  */
  FINDING_REKEY,      /* The keys given do not reach further.  */
  FINDING_KEY,        /* No record fits the keys given.  */
  FINDING_STATE,      /* The machine's state is not that of this log.  */
  FINDING_UNSURE      /* Not wrong in itself, but nothing proves it.  */
};

/* "changed", "cut-off", ...  */
const char *finding_name (enum finding_kind kind);

/* Something wrong from LINE to LAST_LINE of FILE; FILE may be NULL and the
   lines 0 where it concerns the whole log.  FIRST to LAST are the numbers of
   the records, 0 if they have none.  TEXT says what is wrong.  */
struct finding
{
  enum finding_kind kind;
  const char *file;
  uint64_t line, last_line;
  uint64_t first, last;
  const char *text;
};

/* KEY is that of the record SEQUENCE.  */
struct verify_key
{
  uint64_t sequence;
  unsigned char key[CHAIN_BYTES];
};

/* Events that an operator wants to hear of, in the order of
   verify_event_names, which ends with NULL.  */
#define VERIFY_EVENTS 7
extern const char *const verify_event_names[VERIFY_EVENTS + 1];

struct verify_summary
{
  uint64_t records;     /* Lines that have the form of one.  */
  uint64_t first, last; /* Numbers of the first and the last good one.  */
  uint64_t macs;        /* Records that a key proved.  */
  uint64_t findings;    /* Those told, FINDING_UNSURE not counted.  */
  uint64_t unsure;      /* Those FINDING_UNSURE.  */
  bool unanchored;      /* What precedes the first record was not there.  */
  bool reached_state;   /* The log goes to the end that the state names, and
                           the key given leads to the state's key.  */
  uint64_t events[VERIFY_EVENTS];
  uint64_t removed; /* The records up to this one are not there since only some
                       files are kept, as the log itself tells; or 0.  */
};

typedef void (*verify_report_t) (void *opaque, const struct finding *finding);

struct verifier;

/* Begin to judge a log whose first record is FIRST (0: any).  The COUNT KEYS
   ascend; STATE may be NULL.  Both are copied into secure memory.  */
gpg_error_t verify_start (uint64_t first, const struct verify_key *keys,
                          size_t count, const struct log_state *state,
                          verify_report_t report, void *opaque,
                          struct verifier **r_verifier);

/* Judge what FD, open for reading, holds.  NAME must live until verify_end.
   LAST_RECORD is the number with which the file's name says it ends, 0 if it
   does not say.  Errors are those of reading.  */
gpg_error_t verify_file (struct verifier *verifier, const char *name, int fd,
                         uint64_t last_record);

/* Judge the end, tell the rest of the findings, free VERIFIER.  */
void verify_end (struct verifier *verifier, struct verify_summary *r_summary);

/* The same without judging.  */
void verify_release (struct verifier *verifier);

#endif /* REEVE_CLI_VERIFY_H */
