/* audit_inside.h - what the files of the audit log share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   audit.c          what audit.h offers for calls
   audit_append.c   a record into the log, and the room that ends need
   audit_durable.c  the copy of the state that survives the machine's end
   audit_flood.c    refusals, summed up where there are too many
   audit_journald.c the same records for the system's journal
   audit_open.c     opening, closing, a new key
   audit_record.c   a record's text
   audit_recover.c  finding the state again
   audit_rotate.c   the files of the log
   audit_scan.c     reading records back
   audit_state.c    the shared state and its lock

   The shared state is a file in OWN_RUN_DIR that all processes map.  Where
   the log stands (struct audit_standing) is there twice: the one that is not
   current is written, then they change places with one store.  A process that
   died between its write to the log and that store left the log longer than
   the state says; who takes the lock next finds BUSY set or the length
   different and reads the rest.  */

#ifndef REEVE_AUDIT_INSIDE_H
#define REEVE_AUDIT_INSIDE_H

#include <stdatomic.h>
#include <time.h>
#include "../../protocol/buffer.h"
#include "../../protocol/chain.h"
#include "audit.h"

#define AUDIT_STATE_NAME "audit.state" /* In OWN_RUN_DIR.  */
#define AUDIT_KEY_NAME "audit.key"     /* In OWN_STATE_DIR.  */
#define AUDIT_BEGUN 256                /* Changes under way at once.  */
#define AUDIT_FLOODERS 64              /* Uids that refusals are told for.  */
#define AUDIT_NAME_ROOM 64             /* For a call's id, a verb.  */
#define AUDIT_BOOT 40

/* Where the log stands.  */
struct audit_standing
{
  uint64_t sequence; /* Of the last record; 0: none yet.  */
  uint64_t size;     /* Of the file.  */
  uint64_t file;     /* Its inode.  */
  uint64_t first;    /* Number of its first record, written or not.  */
  int64_t since_ms;  /* When the file was begun.  */
  unsigned char hash[CHAIN_BYTES]; /* Of the last record.  */
  unsigned char key[CHAIN_BYTES];  /* Of the next one.  */
};

/* A change that was begun and has not ended.  While its process lives it holds
   a lock on the byte AUDIT_BEGUN_BYTE + its index of the state's file.  */
struct audit_begun
{
  _Atomic uint64_t sequence; /* Of its record; 0: the slot is free.  */
  int32_t pid;
  char call[AUDIT_NAME_ROOM];
  char verb[AUDIT_NAME_ROOM];
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
  char boot[AUDIT_BOOT];    /* The kernel's boot_id; "": not in use yet.  */
  _Atomic uint32_t current; /* Which standing holds.  */
  _Atomic int32_t busy;     /* The process that has the lock, or 0.  */
  struct audit_standing standing[2];
  uint64_t allocated;          /* Up to there the file's blocks are ours.  */
  uint32_t begun_count;        /* Ends for which there is room.  */
  _Atomic uint64_t missed;     /* Records that could not be written.  */
  _Atomic int64_t missed_told; /* When the operator was told, ms.  */
  _Atomic uint64_t durable;    /* The copy on disk holds this sequence.  */
  uint64_t durable_count;      /* Copies written.  */
  struct audit_begun begun[AUDIT_BEGUN];
  struct audit_flooder flooder[AUDIT_FLOODERS];
};

struct audit
{
  const struct machine *machine;
  struct audit_options options;
  pid_t pid;
  char boot[AUDIT_BOOT];
  int log_directory_fd;
  int run_directory_fd;
  int state_directory_fd;
  int state_fd;
  int log_fd;        /* The file of which ... */
  uint64_t log_file; /* ... this is the inode.  */
  struct audit_shared *shared;
  struct buffer record; /* The caller's, ... */
  struct buffer note;   /* ... and one that goes before it.  */
  time_t second;        /* That SECOND_TEXT tells.  */
  char second_text[24];
  int64_t rotate_after_ms; /* Not tried before, after a failure.  */
  int journal_fd;
  bool journal_told;
  bool new_key; /* Nobody knows the key: it was made just now.  */
};

/* What appending a record changes beside the chain.  */
struct audit_turn
{
  int opens;  /* A slot of the begun, or -1; CALL and VERB name it.  */
  int closes; /* Likewise.  */
  const char *call;
  const char *verb;
  const unsigned char *key; /* The next record's, instead of the next one. */
};

#define AUDIT_TURN_NONE                                                        \
  {                                                                            \
    -1, -1, NULL, NULL, NULL                                                   \
  }

/* --- audit_state.c --- */

/* Map the file of the state, made if it is not there.  */
gpg_error_t audit_state_open (struct audit *audit, struct failure *failure);
void audit_state_close (struct audit *audit);

/* Lock it, so that the log can be appended to: with the log open, its state
   right.  On an error it is not locked.  */
gpg_error_t audit_lock (struct audit *audit);
void audit_unlock (struct audit *audit);

/* The lock of the durable copy, which is taken before the other one.  */
void audit_lock_durable (struct audit *audit);
void audit_unlock_durable (struct audit *audit);

/* Mark the slot INDEX of the begun as that of this process; whether the
   process of a slot lives.  */
gpg_error_t audit_begun_hold (struct audit *audit, int index);
void audit_begun_drop (struct audit *audit, int index);
bool audit_begun_lives (struct audit *audit, int index);

/* Fill a slot; empty it.  */
void audit_begun_set (struct audit_shared *shared, int index, uint64_t sequence,
                      pid_t pid, const char *call, const char *verb);
void audit_begun_clear (struct audit_shared *shared, int index);

/* The slot of the record SEQUENCE (0: a free one); -1 if there is none.  */
int audit_begun_find (const struct audit_shared *shared, uint64_t sequence);

static inline const struct audit_standing *
audit_standing (const struct audit_shared *shared)
{
  return &shared->standing[atomic_load (&shared->current) & 1];
}

/* Make NEXT current.  */
void audit_standing_set (struct audit_shared *shared,
                         const struct audit_standing *next);

/* Milliseconds since 1970.  */
int64_t audit_now (void);

/* Count a record that ERR kept from being written; now and then log that.  */
void audit_miss (struct audit *audit, gpg_error_t err);

/* --- audit_record.c --- */

/* Bytes that a record's buffer begins with, for its head.  */
#define AUDIT_HEAD 96

/* Begin a record of EVENT; append to it.  The values may be NULL: then there
   is no such field.  */
void record_begin (struct buffer *record, const char *event);
void record_field (struct buffer *record, const char *name, const char *text);
void record_number (struct buffer *record, const char *name, uint64_t number);
void record_subject (struct buffer *record,
                     const struct audit_subject *subject);
void record_call (struct buffer *record, const struct audit_subject *subject,
                  const struct call *call);
void record_outcome (struct buffer *record, const struct call *call,
                     gpg_error_t outcome, uint64_t duration_us);
void record_error (struct buffer *record, gpg_error_t err, const char *text);

/* Store "NOUN VERB" at R_NAME.  */
void record_verb_name (const struct call *call, char r_name[AUDIT_NAME_ROOM]);

/* Put sequence and time before it; returns where BODY begins.  */
char *record_head (struct audit *audit, struct buffer *record,
                   uint64_t sequence);

/* --- audit_append.c --- */

/* Append the record, which is whole but for head and tail.  The lock is
   held.  audit_append_note writes a record of ours (audit->note), for which
   no other goes before and whose loss is only counted.  */
gpg_error_t audit_append (struct audit *audit, struct buffer *record,
                          const struct audit_turn *turn);
void audit_append_note (struct audit *audit);

/* Write waiting notes of missed records.  The lock is held.  */
void audit_tell_missed (struct audit *audit);

/* Have blocks for the log up to END and COUNT ends behind it.  */
gpg_error_t audit_make_room (struct audit *audit, uint64_t end, unsigned count);

/* --- audit_durable.c --- */

/* Make the log up to the record SEQUENCE and the state durable.  */
gpg_error_t audit_make_durable (struct audit *audit, uint64_t sequence);

/* Write the copy.  Both locks are held.  */
gpg_error_t audit_durable_write (struct audit *audit);

/* Read it into R_STANDING and the begun of SHARED.  GPG_ERR_NOT_FOUND if
   there is none.  */
gpg_error_t audit_durable_read (struct audit *audit,
                                struct audit_standing *r_standing);

/* --- audit_scan.c --- */

/* What reading a file of the log found.  STANDING goes in as it was before
   and comes out as it is behind the last record read.  */
struct audit_scan
{
  struct audit_standing standing;
  bool keyed;         /* Check hashes and macs.  */
  uint64_t last;      /* The last number seen in the file; 0: none.  */
  uint64_t first;     /* The first one.  */
  uint64_t good;      /* Bytes that are whole lines.  */
  uint64_t torn;      /* Bytes behind them.  */
  uint64_t tampered;  /* The first record that is wrong, 0: none; ... */
  uint64_t wrong;     /* ... how many.  */
  uint64_t rubbish;   /* Lines since the last record that are none.  */
  uint64_t gap_first; /* Numbers that are not there.  */
  uint64_t gap_last;
};

/* Read the file at FD from the byte FROM on.  Records up to the standing's
   are skipped; what others begin and end is put into SHARED, for PID.  */
gpg_error_t audit_scan_file (struct audit_scan *scan, int fd, uint64_t from,
                             struct audit_shared *shared, pid_t pid);

/* --- audit_recover.c --- */

/* The state is not known, or not that of the log: put it right.  The lock is
   held.  */
gpg_error_t audit_repair (struct audit *audit);

/* --- audit_rotate.c --- */

/* Begin a new file if LENGTH more bytes or its age make it due.  */
void audit_rotate (struct audit *audit, uint64_t length);

/* Open the present file, made if it is not there.  */
gpg_error_t audit_open_log (struct audit *audit);

/* Whether a rotation of the file of STANDING was interrupted: it has its new
   name already.  */
bool audit_was_rotated (struct audit *audit,
                        const struct audit_standing *standing);

/* A rotated file, and all of them, oldest first (for free).  */
struct audit_file
{
  uint64_t first; /* Number of its first record, ... */
  uint64_t last;  /* ... and of its last one.  */
};
gpg_error_t audit_files (struct audit *audit, struct audit_file **r_files,
                         size_t *r_count);

/* Store a rotated file's name at R_NAME.  */
#define AUDIT_FILE_ROOM 64
void audit_file_name (const struct audit_file *file,
                      char r_name[AUDIT_FILE_ROOM]);

/* --- audit_journald.c --- */

/* Send the LINE of LENGTH bytes, which ends with LF.  */
void audit_journald (struct audit *audit, const char *line, size_t length);

/* --- audit_flood.c --- */

/* Count a refusal of the uid OWNER - 1; whether it may have a record of its
   own.  Tell the sums of the seconds before NOW.  The lock is held.  */
bool audit_flood_take (struct audit *audit, uint64_t owner, int gate);
bool audit_flood_tell (struct audit *audit);

/* --- audit.c --- */

/* Make durable, or log why not.  */
void audit_save (struct audit *audit, uint64_t sequence);

/* Close what processes that are no more left begun.  */
void audit_reap (struct audit *audit);

#endif /* REEVE_AUDIT_INSIDE_H */
