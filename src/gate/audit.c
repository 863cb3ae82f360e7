/* audit.c - what was asked, refused and done, provable afterwards
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "protocol/memory.h"
#include "audit_inside.h"

#define TICK_MS 1000
#define RESERVE_PART 16 /* Of a small disk: this part of it.  */

/* Append AUDIT's record, with what goes before it.  The lock is held.  */
static gpg_error_t
put (struct audit *audit, const struct audit_turn *turn)
{
  gpg_error_t err = buffer_error (&audit->record);

  if (err)
    return err;
  audit_rotate (audit, audit->record.length + CHAIN_TAIL);
  audit_tell_missed (audit);
  return audit_append (audit, &audit->record, turn);
}

/* The same where a loss is only counted, and with the lock.  Stores the
   record's number at R_SEQUENCE, 0 if there is none.  */
static void
put_alone (struct audit *audit, uint64_t *r_sequence)
{
  const struct audit_turn none = AUDIT_TURN_NONE;
  gpg_error_t err = audit_lock (audit);

  *r_sequence = 0;
  if (!err)
    {
      err = put (audit, &none);
      if (!err)
        *r_sequence = audit_standing (audit->shared)->sequence;
      audit_unlock (audit);
    }
  if (err)
    audit_miss (audit, err);
}

/* --- Changes --- */

/* Say in FAILURE why CALL must not change anything.  */
static gpg_error_t
refuse_change (gpg_error_t err, struct failure *failure)
{
  switch (gpg_err_code (err))
    {
    case GPG_ERR_ENOSPC:
    case GPG_ERR_EDQUOT:
      return fail (failure, GPG_ERR_ENOSPC,
                   "audit: no room to record a change: free some for %s",
                   OWN_LOG_DIR);
    case GPG_ERR_TOO_LARGE:
      return fail (failure, GPG_ERR_TOO_LARGE,
                   "audit: too much to record at once: save fewer files");
    case GPG_ERR_LIMIT_REACHED:
      return fail (failure, GPG_ERR_LIMIT_REACHED,
                   "audit: too many changes at once: try again");
    default:
      return fail (failure, gpg_err_code (err),
                   "audit: a change cannot be recorded: %s",
                   gpg_strerror (err));
    }
}

/* Append an aborted record for the slot INDEX.  The lock is held.  */
static gpg_error_t
put_aborted (struct audit *audit, int index)
{
  const struct audit_begun *begun = &audit->shared->begun[index];
  struct audit_turn turn = AUDIT_TURN_NONE;

  turn.closes = index;
  record_begin (&audit->record, "aborted");
  record_field (&audit->record, "call", *begun->call ? begun->call : NULL);
  record_field (&audit->record, "verb", begun->verb);
  record_number (&audit->record, "begin", atomic_load (&begun->sequence));
  record_field (&audit->record, "outcome", "aborted");
  return put (audit, &turn);
}

/* Append the begin record, already composed, into a slot; *R_INDEX.  */
static gpg_error_t
put_begin (struct audit *audit, const struct audit_subject *subject,
           const struct call *call, int *r_index)
{
  struct audit_turn turn = AUDIT_TURN_NONE;
  char verb[LOG_STATE_NAME];
  gpg_error_t err = audit_lock (audit);

  if (err)
    return err;
  turn.opens = *r_index = audit_begun_find (audit->shared, 0);
  turn.call = subject->call;
  turn.verb = verb;
  record_verb_name (call, verb);
  if (turn.opens < 0)
    err = gpg_error (GPG_ERR_LIMIT_REACHED);
  else
    err = audit_begun_hold (audit, turn.opens);
  if (!err)
    {
      err = put (audit, &turn);
      if (err)
        audit_begun_drop (audit, turn.opens);
    }
  audit_unlock (audit);
  return err;
}

gpg_error_t
audit_begin (struct audit *audit, const struct audit_subject *subject,
             const struct call *call, struct failure *failure)
{
  gpg_error_t err;
  int index;

  if (!audit)
    return 0;
  record_begin (&audit->record, "begin");
  record_call (&audit->record, subject, call);
  err = put_begin (audit, subject, call, &index);
  if (err)
    return refuse_change (err, failure);
  if (!fdatasync (audit->log_fd))
    return 0;
  err = refuse_change (gpg_error_from_syserror (), failure);
  if (!audit_lock (audit))
    {
      if (!put_aborted (audit, index))
        audit_begun_drop (audit, index);
      audit_unlock (audit);
    }
  return err;
}

/* The slot that this process began last for CALL and VERB; -1: none.  */
static int
find_begun (const struct audit *audit, const char *call, const char *verb)
{
  uint64_t latest = 0;
  int index = -1;

  for (int i = 0; i < LOG_STATE_BEGUN_MOST; i++)
    {
      const struct audit_begun *begun = &audit->shared->begun[i];
      uint64_t sequence = atomic_load (&begun->sequence);

      if (sequence > latest && begun->pid == audit->pid
          && !strncmp (begun->call, call ? call : "", LOG_STATE_NAME - 1)
          && !strcmp (begun->verb, verb))
        {
          latest = sequence;
          index = i;
        }
    }
  return index;
}

/* Append the end of CALL.  The lock is held.  */
static gpg_error_t
put_end (struct audit *audit, const struct audit_subject *subject,
         const struct call *call, gpg_error_t outcome, uint64_t duration_us)
{
  struct buffer *record = &audit->record;
  struct audit_turn turn = AUDIT_TURN_NONE;
  char verb[LOG_STATE_NAME];
  gpg_error_t err;

  record_verb_name (call, verb);
  turn.closes = find_begun (audit, subject->call, verb);
  record_begin (record, "end");
  record_field (record, "call", subject->call);
  record_field (record, "identity", subject->identity);
  record_field (record, "verb", verb);
  if (turn.closes >= 0)
    record_number (record, "begin",
                   atomic_load (&audit->shared->begun[turn.closes].sequence));
  record_outcome (record, call, outcome, duration_us);
  err = put (audit, &turn);
  if (!err && turn.closes >= 0)
    audit_begun_drop (audit, turn.closes);
  return err;
}

void
audit_end (struct audit *audit, const struct audit_subject *subject,
           const struct call *call, gpg_error_t outcome, uint64_t duration_us)
{
  uint64_t sequence = 0;
  gpg_error_t err;

  if (!audit)
    return;
  err = audit_lock (audit);
  if (!err)
    {
      err = put_end (audit, subject, call, outcome, duration_us);
      sequence = audit_standing (audit->shared)->sequence;
      audit_unlock (audit);
    }
  if (err)
    audit_miss (audit, err);
  else
    audit_save (audit, sequence);
}

/* Close what was begun by PID, or, with PID 0, by processes that are no more;
   make that durable.  */
static void
abort_begun (struct audit *audit, pid_t pid)
{
  uint64_t sequence = 0;
  gpg_error_t err = audit_lock (audit);

  if (err)
    {
      audit_miss (audit, err);
      return;
    }
  for (int i = 0; !err && i < LOG_STATE_BEGUN_MOST; i++)
    {
      const struct audit_begun *begun = &audit->shared->begun[i];

      if (!atomic_load (&begun->sequence)
          || (pid ? begun->pid != pid : audit_begun_lives (audit, i)))
        continue;
      err = put_aborted (audit, i);
      sequence = audit_standing (audit->shared)->sequence;
    }
  audit_unlock (audit);
  if (err)
    audit_miss (audit, err);
  if (sequence)
    audit_save (audit, sequence);
}

void
audit_abort (struct audit *audit, pid_t pid)
{
  if (audit)
    abort_begun (audit, pid);
}

void
audit_reap (struct audit *audit)
{
  abort_begun (audit, 0);
}

/* --- All else --- */

void
audit_save (struct audit *audit, uint64_t sequence)
{
  gpg_error_t err = audit_make_durable (audit, sequence);

  if (err)
    gpgrt_log_error ("audit: the log is not safe on disk: %s\n",
                     gpg_strerror (err));
}

/* Whom audit_flood_take knows SUBJECT as.  */
static uint64_t
flooder_of (const struct audit_subject *subject)
{
  return subject && subject->peer ? (uint64_t)subject->peer->uid + 1
                                  : UINT64_MAX;
}

void
audit_call (struct audit *audit, const struct audit_subject *subject,
            const struct call *call, gpg_error_t outcome, uint64_t duration_us)
{
  const struct audit_turn none = AUDIT_TURN_NONE;
  gpg_error_t err;

  if (!audit)
    return;
  if (atomic_load (&audit->shared->scarce))
    {
      audit_miss (audit, gpg_error (GPG_ERR_ENOSPC));
      return;
    }
  record_begin (&audit->record, "call");
  record_call (&audit->record, subject, call);
  record_outcome (&audit->record, call, outcome, duration_us);
  err = audit_lock (audit);
  if (!err)
    {
      if (!(call->verb->flags & VERB_UNGRANTED)
          || audit_flood_take (audit, flooder_of (subject), REFUSAL_NONE))
        err = put (audit, &none);
      audit_unlock (audit);
    }
  if (err)
    audit_miss (audit, err);
}

void
audit_refuse (struct audit *audit, const struct audit_subject *subject,
              enum refusal gate, const char *what, gpg_error_t err,
              const char *text)
{
  const struct audit_turn none = AUDIT_TURN_NONE;
  gpg_error_t wrong;

  if (!audit)
    return;
  record_begin (&audit->record, "refused");
  record_subject (&audit->record, subject);
  record_field (&audit->record, "verb", *what ? what : NULL);
  record_field (&audit->record, "gate", refusal_name (gate));
  record_field (&audit->record, "outcome", "refused");
  record_error (&audit->record, err, text);
  wrong = audit_lock (audit);
  if (!wrong)
    {
      if (audit_flood_take (audit, flooder_of (subject), (int)gate))
        wrong = put (audit, &none);
      audit_unlock (audit);
    }
  if (wrong)
    audit_miss (audit, wrong);
}

void
audit_event (struct audit *audit, const char *event,
             const struct audit_subject *subject, const char *format, ...)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  va_list arguments;
  uint64_t sequence;

  if (!audit)
    return;
  va_start (arguments, format);
  buffer_vprintf (&text, format, arguments);
  va_end (arguments);
  record_begin (&audit->record, event);
  record_subject (&audit->record, subject);
  record_field (&audit->record, "text", text.length ? text.bytes : NULL);
  put_alone (audit, &sequence);
  if (sequence && !subject)
    audit_save (audit, sequence);
}

/* Whether the log's name still leads to the file that is open.  */
static bool
is_in_place (const struct audit *audit)
{
  struct stat stat;

  return !fstatat (audit->log_directory_fd, LOG_FILES_NAME, &stat,
                   AT_SYMLINK_NOFOLLOW)
         && stat.st_ino == audit->log_file;
}

/* Whether the disk of the log is so full that reads must leave the rest to
   what matters more: whoever may read something could else keep all others
   from changing anything.  */
static bool
is_scarce (const struct audit *audit)
{
  struct statvfs disk;
  uint64_t total, left;

  if (audit->log_fd < 0 || fstatvfs (audit->log_fd, &disk))
    return false;
  total = (uint64_t)disk.f_blocks * disk.f_frsize;
  left = (uint64_t)disk.f_bavail * disk.f_frsize;
  return left < LIMIT_AUDIT_RESERVE && left < total / RESERVE_PART;
}

int
audit_tick (struct audit *audit)
{
  uint64_t sequence;
  bool waits;

  if (!audit)
    return -1;
  /* Rotated by one of us or taken away by somebody: the lock's holder will
     see.  */
  if (audit->log_fd >= 0 && !is_in_place (audit))
    {
      close (audit->log_fd);
      audit->log_fd = -1;
    }
  if (audit_lock (audit))
    return TICK_MS;
  atomic_store (&audit->shared->scarce, is_scarce (audit));
  waits = audit_flood_tell (audit);
  audit_tell_missed (audit);
  waits |= atomic_load (&audit->shared->missed) != 0;
  sequence = audit_standing (audit->shared)->sequence;
  audit_unlock (audit);
  audit_save (audit, sequence);
  return waits ? TICK_MS : -1;
}
