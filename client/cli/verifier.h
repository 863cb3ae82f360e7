/* verifier.h - between the files that judge an audit log
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   verify.c judges record after record, verify_keys.c has the keys, and
   verify_gaps.c keeps the account of numbers.  */

#ifndef REEVE_CLI_VERIFIER_H
#define REEVE_CLI_VERIFIER_H

#include "verify.h"

#define GAPS 32
#define CLAIMS 32

/* How far one record may be ahead of the one before to be believed; how many
   steps of keys may be in vain before only what is NEAR is tried.  */
#define FAR (UINT64_C (1) << 22)
#define NEAR 1024
#define IN_VAIN (UINT64_C (1) << 22)

/* The key text number INDEX, evolved for the record SEQUENCE.  */
struct evolved
{
  bool known;
  size_t index;
  uint64_t sequence;
  unsigned char key[CHAIN_BYTES];
};

/* Whether there is a key for a record.  */
enum keyed
{
  KEYED,
  KEYED_NOT,
  KEYED_TOO_FAR
};

/* Numbers that no good record has, yet.  The record MAKER at LINE of FILE was
   the first behind them.  PREVIOUS is the hash of the one before them.  */
struct gap
{
  uint64_t first, last;
  uint64_t maker;
  const char *file;
  uint64_t line;
  uint64_t unreadable; /* Lines that may be some of them.  */
  bool has_previous;
  unsigned char previous[CHAIN_BYTES];
  struct evolved key; /* Of FIRST.  */
};

/* Bad records behind the last good one, by the numbers they claim.  */
struct claims
{
  struct
  {
    uint64_t first, last;
  } range[CLAIMS];
  size_t count;
  bool overflow;
  uint64_t unreadable; /* Lines that claim nothing.  */

  /* What may be the hash of the last one.  */
  uint64_t last;
  unsigned char stated[CHAIN_BYTES];
  unsigned char computed[CHAIN_BYTES];
};

/* All in secure memory.  */
struct verifier
{
  verify_report_t report;
  void *opaque;
  struct verify_summary summary;
  struct finding held; /* If it has a text.  */
  const char *file;
  uint64_t line;
  uint64_t named_end; /* The last record that a file's name promises.  */

  struct verify_key key[VERIFY_KEYS];
  size_t key_count;
  struct evolved current; /* For the record EXPECTED, at the most.  */
  uint64_t rekeyed;       /* From here on only a later key text will do.  */
  uint64_t in_vain;
  uint64_t mac_misses;

  bool has_state;
  struct log_state state;
  bool key_compared, key_differs;
  bool hash_differs;

  uint64_t expected; /* The next record's number; 0: any.  */
  bool has_previous;
  unsigned char previous[CHAIN_BYTES];
  struct claims claims;
  uint64_t removed; /* Files up to this record were removed, say records.  */
  struct gap gap[GAPS];
  size_t gap_count;
  uint64_t since_gap; /* Records accepted since the newest was found.  */
};

/* --- verify.c --- */

/* Tell of a finding at the present line, or anywhere.  TEXT is static.  */
void verify_tell (struct verifier *verifier, enum finding_kind kind,
                  uint64_t sequence, const char *text);
void verify_tell_finding (struct verifier *verifier,
                          const struct finding *finding);

/* --- verify_keys.c --- */

/* Make R_KEY the key of the record SEQUENCE.  */
enum keyed key_of (struct verifier *verifier, uint64_t sequence,
                   struct evolved *r_key);

/* Let KEY, which is known and not beyond it, become that of SEQUENCE.  False
   if that is too far.  */
bool key_advance (struct verifier *verifier, struct evolved *key,
                  uint64_t sequence);

/* Whether KEY proves LINE.  */
bool key_proves (const struct evolved *key, const struct chain_line *line);

/* The good record SEQUENCE says that the next one has a new key.  */
void key_renewed (struct verifier *verifier, uint64_t sequence);

/* --- verify_gaps.c --- */

/* A bad record claims LINE's number; a line without one.  */
void claims_add (struct verifier *verifier, const struct chain_line *line);
void claims_clear (struct verifier *verifier);

/* The numbers from EXPECTED up to NEXT, which is good, are missing, unless bad
   records claim them.  */
void gaps_take (struct verifier *verifier, uint64_t next);

/* LINE has a number that is below what is expected.  */
void gaps_late (struct verifier *verifier, const struct chain_line *line);

/* Tell of all that is missing, up to LAST.  */
void gaps_tell (struct verifier *verifier, uint64_t last);

#endif /* REEVE_CLI_VERIFIER_H */
