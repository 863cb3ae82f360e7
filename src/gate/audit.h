/* audit.h - what was asked, refused and done, provable afterwards
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   OWN_LOG_DIR/LOG_FILES_NAME has one JSON object a line, each chained to the
   one before (protocol/chain.h).  First sequence, time and event; then, each
   only where there is something to tell:

     call begin       call session identity uid gid pid executable verb
                      arguments{name:[values]} reason dry_run plan[]; a call,
                      too: outcome error{code text} duration_us
     end              call identity verb begin outcome error duration_us
     refused          the same up to verb, gate outcome error
     refusals         uid count gate{gate:count}: of one second, summed up;
                      "none" are calls that needed no rule
     aborted          call verb begin outcome: its process died, or could not
                      be sure that the begin record is on disk
     missed           count: records that could not be written before this
     recovered        text: what was put right after a crash
     gap              first last: numbers of records that are not there
     tampered         record: the number of a record with a wrong hash or mac
     removed          file: one that was older than those to be kept
     rekey            the key of the records behind this one is a new one
     any other        text, and who did it

   "begin" in an end or aborted record is the sequence of its begin record.

   A changing call's begin record is on disk before the first step; the room
   for its end is reserved then.  All processes of a machine append to one
   log: what they share is a file in OWN_RUN_DIR, and any of them may die at
   any instruction.  A NULL audit is allowed everywhere and keeps nothing.  */

#ifndef REEVE_AUDIT_H
#define REEVE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "../base/failure.h"
#include "../base/machine.h"
#include "../call/call.h"

#define AUDIT_END_MOST 4096 /* Bytes of an end record.  */

struct audit;

struct audit_options
{
  uint64_t size;     /* Bytes after which a new file is begun; 0: never.  */
  uint64_t age_ms;   /* Likewise by time.  */
  unsigned files;    /* Rotated files that are kept; 0: all.  */
  unsigned refusals; /* Of one uid in a second that have a record each; 0:
                        LIMIT_AUDIT_REFUSALS.  */
  bool journald;     /* Send each record to the system's journal, too.  */
};

/* Who asks.  Any may be NULL.  */
struct audit_subject
{
  const char *session;
  const char *call;
  const char *identity;
  const struct peer *peer;
  const char *executable;
  const char *reason; /* OPTION reason; a call's own goes before.  */
};

/* Open MACHINE's log, which is made if it is not there; find its state again
   after a crash; close what processes that died left begun.  MACHINE must
   outlive the result.  Processes forked later say audit_after_fork.  */
gpg_error_t audit_open (const struct machine *machine,
                        const struct audit_options *options,
                        struct audit **r_audit, struct failure *failure);
void audit_configure (struct audit *audit, const struct audit_options *options);
void audit_after_fork (struct audit *audit);

/* Whether audit_open made the log's first key, which nobody has seen: only one
   of audit_key_new proves records.  */
bool audit_has_new_key (const struct audit *audit);

/* Send this process's records to the journal no more: a session that is to have
   no socket but its client's.  */
void audit_leave_journald (struct audit *audit);

/* Make all durable and free AUDIT.  */
void audit_close (struct audit *audit);

/* CALL, with its plan, is about to change something: on success the record is
   on disk and the end will have room.  On an error (GPG_ERR_ENOSPC, ...) the
   change must not happen.  */
gpg_error_t audit_begin (struct audit *audit,
                         const struct audit_subject *subject,
                         const struct call *call, struct failure *failure);

/* What came of the call that was begun; CALL->failure has the words.  */
void audit_end (struct audit *audit, const struct audit_subject *subject,
                const struct call *call, gpg_error_t outcome,
                uint64_t duration_us);

/* A call that carried out no plan: it read, was a dry run, or failed before.
   Not made durable at once.  What cannot be written is counted, and told in
   the next record that can.  */
void audit_call (struct audit *audit, const struct audit_subject *subject,
                 const struct call *call, gpg_error_t outcome,
                 uint64_t duration_us);

/* Something was refused.  WHAT is its verb ("AUG SET") or "", TEXT what the
   client was told.  More of one uid in a second than the options say become
   one record a second.  */
void audit_refuse (struct audit *audit, const struct audit_subject *subject,
                   enum refusal gate, const char *what, gpg_error_t err,
                   const char *text);

/* EVENT happened: to the daemon ("start", "stop", "reload", ...; SUBJECT is
   NULL, and it is on disk afterwards) or to a client ("login").  */
void audit_event (struct audit *audit, const char *event,
                  const struct audit_subject *subject, const char *format, ...)
    __attribute__ ((format (printf, 4, 5)));

/* The process PID died: close what it left begun.  For the supervisor.  */
void audit_abort (struct audit *audit, pid_t pid);

/* Write what waits: summed up refusals, missed records, and make all durable.
   For the supervisor, about once a second while there are sessions.  Returns
   the milliseconds until something waits again, -1 if nothing does.  */
int audit_tick (struct audit *audit);

/* Make a new key and store it, as the operator shall keep it, at *R_TEXT (to
   be wiped and freed): the first one of a new log, or, where there is a log,
   that of the records from now on, whoever writes them.  */
gpg_error_t audit_key_new (const struct machine *machine, char **r_text,
                           struct failure *failure);

#endif /* REEVE_AUDIT_H */
