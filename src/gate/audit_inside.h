/* audit_inside.h - what the files of the audit log share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

     audit.c          what audit.h offers for calls
     audit_append.c   a record into the log, and the room that ends need
     audit_durable.c  the copy of the state that survives the machine's end
     audit_flood.c    refusals, summed up where there are too many
     audit_journald.c the same records for the system's journal
     audit_open.c     opening, closing, a new key
     audit_recover.c  finding the state again
     audit_rotate.c   the files of the log
     audit_state.c    the shared state and its lock  */

#ifndef REEVE_AUDIT_INSIDE_H
#define REEVE_AUDIT_INSIDE_H

#include <time.h>
#include "../../protocol/buffer.h"
#include "../../protocol/limits.h"
#include "../../protocol/log_files.h"
#include "audit_record.h"
#include "audit_scan.h"
#include "audit_state.h"

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
  int opens;        /* A slot of the begun, or -1, ... */
  const char *call; /* ... and what stands in it.  */
  const char *verb;
  int closes;               /* Likewise.  */
  const unsigned char *key; /* The next record's, not the one that follows. */
};

#define AUDIT_TURN_NONE                                                        \
  {                                                                            \
    -1, NULL, NULL, -1, NULL                                                   \
  }

/* --- The state --- */

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

/* Mark a slot of the begun as that of this process; whether the process of a
   slot lives.  */
gpg_error_t audit_begun_hold (struct audit *audit, int index);
void audit_begun_drop (struct audit *audit, int index);
bool audit_begun_lives (struct audit *audit, int index);

/* Milliseconds since 1970.  */
int64_t audit_now (void);

/* Count a record that ERR kept from being written; now and then log that.  */
void audit_miss (struct audit *audit, gpg_error_t err);

/* The state is not known, or not that of the log: put it right.  The lock is
   held.  */
gpg_error_t audit_repair (struct audit *audit);

/* --- Appending, with the lock held --- */

/* Append the record, which is whole but for head and tail.  */
gpg_error_t audit_append (struct audit *audit, struct buffer *record,
                          const struct audit_turn *turn);

/* Append audit->note, whose loss is only counted.  */
void audit_append_note (struct audit *audit);

/* Tell of missed records, if there are any.  */
void audit_tell_missed (struct audit *audit);

/* Have blocks for the log up to END and COUNT ends behind it.  */
gpg_error_t audit_make_room (struct audit *audit, uint64_t end, unsigned count);

/* Count a refusal of the uid OWNER - 1; whether it has a record of its own.
   Tell the sums of the seconds before: whether any still waits.  */
bool audit_flood_take (struct audit *audit, uint64_t owner, int gate);
bool audit_flood_tell (struct audit *audit);

/* Send the LINE of LENGTH bytes, which ends with LF.  */
void audit_journald (struct audit *audit, const char *line, size_t length);

/* --- What is durable --- */

/* Make the log up to the record SEQUENCE and the state durable; audit_save
   logs an error.  */
gpg_error_t audit_make_durable (struct audit *audit, uint64_t sequence);
void audit_save (struct audit *audit, uint64_t sequence);

/* Write the copy of the state.  Both locks are held.  */
gpg_error_t audit_durable_write (struct audit *audit);

/* Read it into R_STANDING and the begun.  GPG_ERR_NOT_FOUND if there is
   none.  */
gpg_error_t audit_durable_read (struct audit *audit,
                                struct log_standing *r_standing);

/* Close what processes that are no more left begun.  */
void audit_reap (struct audit *audit);

/* --- The files --- */

/* Open the present file, made if it is not there.  */
gpg_error_t audit_open_log (struct audit *audit);

/* Begin a new file if LENGTH more bytes or its age make it due.  The lock is
   held.  */
void audit_rotate (struct audit *audit, uint64_t length);

/* Whether a rotation of the file of STANDING was interrupted: it has its new
   name already.  */
bool audit_was_rotated (struct audit *audit,
                        const struct log_standing *standing);

/* All rotated files, oldest first, for free.  */
gpg_error_t audit_files (struct audit *audit, struct log_file **r_files,
                         size_t *r_count);

#endif /* REEVE_AUDIT_INSIDE_H */
