/* audit_recover.c - finding the audit log's state again
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Repair: the state is of this boot.  A process died between its write and
   the state's change, or somebody changed the log behind our back.  What
   stands in the log behind the state's size is read and checked.

   Recovery: there is no state of this boot.  The copy on disk is older than
   the log's end by a second at most, or it is missing, and then the log's
   last record and a new key begin the state.  */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/memory.h"
#include "audit_inside.h"

static const char version[16] = "reeve-audit-1";

static void
count_begun (struct audit_shared *shared)
{
  shared->begun_count = 0;
  for (int i = 0; i < LOG_STATE_BEGUN_MOST; i++)
    if (atomic_load (&shared->begun[i].sequence))
      shared->begun_count++;
}

/* --- What was found, said --- */

static void
tell_recovered (struct audit *audit, uint64_t torn, bool lost)
{
  char text[96];

  if (!torn && !lost)
    return;
  if (lost)
    snprintf (text, sizeof text,
              "the key was lost: the records from here have a new one");
  else
    snprintf (text, sizeof text, "%ju bytes of a torn record were cut off",
              (uintmax_t)torn);
  gpgrt_log_info ("audit: %s\n", text);
  record_begin (&audit->note, "recovered");
  record_field (&audit->note, "text", text);
  audit_append_note (audit);
}

static void
tell_wrong (struct audit *audit, const struct audit_scan *scan)
{
  if (scan->gap_first)
    {
      gpgrt_log_error ("audit: the records %ju to %ju are not in the log\n",
                       (uintmax_t)scan->gap_first, (uintmax_t)scan->gap_last);
      record_begin (&audit->note, "gap");
      record_number (&audit->note, "first", scan->gap_first);
      record_number (&audit->note, "last", scan->gap_last);
      audit_append_note (audit);
    }
  if (scan->tampered)
    {
      gpgrt_log_error ("audit: record %ju is not what was written: do reeve "
                       "audit verify\n",
                       (uintmax_t)scan->tampered);
      record_begin (&audit->note, "tampered");
      record_number (&audit->note, "record", scan->tampered);
      record_number (&audit->note, "count", scan->wrong);
      audit_append_note (audit);
    }
}

/* --- Taking over --- */

/* The present file was read, from FROM on: take over what SCAN found.  The
   log stood at BEFORE.  */
static gpg_error_t
settle (struct audit *audit, struct audit_scan *scan, uint64_t from,
        const struct log_standing *before, bool lost)
{
  struct audit_shared *shared = audit->shared;
  struct log_standing *standing = &scan->standing;

  if (scan->torn && ftruncate (audit->log_fd, (off_t)scan->good))
    return gpg_error_from_syserror ();
  if (scan->last < before->sequence && before->sequence >= before->first)
    {
      scan->gap_first = scan->last ? scan->last + 1 : before->first;
      scan->gap_last = before->sequence;
    }
  if (!from)
    standing->first = scan->first ? scan->first : standing->sequence + 1;
  standing->size = scan->good;
  standing->file = audit->log_file;
  if (!standing->since_ms || !standing->size)
    standing->since_ms = audit_now ();
  shared->allocated = 0;
  audit_standing_set (shared, standing);
  atomic_store (&shared->busy, audit->pid);
  count_begun (shared);
  audit_make_room (audit, standing->size, shared->begun_count);
  memcpy (shared->boot, audit->boot, sizeof shared->boot);
  tell_recovered (audit, scan->torn, lost);
  tell_wrong (audit, scan);
  return 0;
}

/* --- Recovery --- */

/* Read the rotated files that have records behind SCAN's; without a copy of
   the state only the newest.  *R_LAST is the newest one's last record.  */
static gpg_error_t
scan_rotated (struct audit *audit, struct audit_scan *scan, uint64_t *r_last)
{
  auto_free struct log_file *files = NULL;
  size_t count = 0;
  gpg_error_t err = audit_files (audit, &files, &count);
  size_t i = scan->keyed || !count ? 0 : count - 1;

  *r_last = count ? files[count - 1].last : 0;
  for (; !err && i < count; i++)
    {
      auto_close int fd = -1;

      if (files[i].last <= scan->standing.sequence)
        continue;
      fd = openat (audit->log_directory_fd, files[i].name,
                   O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
      if (fd < 0)
        return gpg_error_from_syserror ();
      scan->last = 0;
      err = audit_scan_file (scan, fd, 0, audit->shared, 0);
      scan->first = 0;
      /* What it lost at its end is seen as a gap before the next.  */
    }
  return err;
}

/* Make what holds for every new state.  */
static void
clear_state (struct audit_shared *shared)
{
  memset (shared, 0, sizeof *shared);
  memcpy (shared->version, version, sizeof shared->version);
}

static gpg_error_t
recover (struct audit *audit)
{
  struct log_standing before = { 0 };
  struct audit_scan scan = { .keyed = true };
  struct stat stat;
  uint64_t rotated = 0;
  uint64_t from = 0;
  gpg_error_t err;

  clear_state (audit->shared);
  err = audit_durable_read (audit, &before);
  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND)
    {
      err = getentropy (before.key, CHAIN_BYTES) ? gpg_error_from_syserror ()
                                                 : 0;
      before.first = 1;
      scan.keyed = false;
      audit->new_key = true;
    }
  scan.standing = before;
  if (!err)
    err = audit_open_log (audit);
  if (!err)
    err = scan_rotated (audit, &scan, &rotated);
  if (!err && fstat (audit->log_fd, &stat))
    err = gpg_error_from_syserror ();
  if (!err)
    {
      scan.last = 0;
      if (before.file == audit->log_file
          && (uint64_t)stat.st_size >= before.size)
        {
          from = before.size;
          scan.last = before.sequence;
        }
      else if (rotated >= before.sequence)
        before.first = before.sequence + 1;
      err = audit_scan_file (&scan, audit->log_fd, from, audit->shared, 0);
    }
  if (!err)
    err = settle (audit, &scan, from, &before,
                  !scan.keyed && scan.standing.sequence);
  explicit_bzero (&before, sizeof before);
  explicit_bzero (&scan.standing, sizeof scan.standing);
  return err;
}

/* --- Repair --- */

/* The present file is not the one that STANDING tells of: was it rotated, and
   the process that did died before it could say so?  */
static bool
take_rotation (struct audit *audit, struct log_standing *standing)
{
  if (!audit_was_rotated (audit, standing))
    return false;
  standing->first = standing->sequence + 1;
  standing->size = 0;
  standing->file = audit->log_file;
  standing->since_ms = 0;
  return true;
}

static bool
is_of_this_boot (const struct audit *audit)
{
  const struct audit_shared *shared = audit->shared;

  return !memcmp (shared->version, version, sizeof version) && *shared->boot
         && !memcmp (shared->boot, audit->boot, sizeof shared->boot);
}

gpg_error_t
audit_repair (struct audit *audit)
{
  struct audit_shared *shared = audit->shared;
  struct audit_scan scan = { .keyed = true };
  struct log_standing before;
  uint64_t from = 0;
  struct stat stat;
  gpg_error_t err;

  if (!is_of_this_boot (audit))
    return recover (audit);
  before = *audit_standing (shared);
  err = audit_open_log (audit);
  if (!err && fstat (audit->log_fd, &stat))
    err = gpg_error_from_syserror ();
  if (err)
    return err;
  if (!atomic_load (&shared->busy) && before.file == audit->log_file
      && before.size == (uint64_t)stat.st_size)
    return 0; /* Another process has rotated it.  */
  explicit_bzero (shared->standing[!(atomic_load (&shared->current) & 1)].key,
                  CHAIN_BYTES);
  if ((before.file == audit->log_file || take_rotation (audit, &before))
      && (uint64_t)stat.st_size >= before.size)
    {
      from = before.size;
      scan.last = before.sequence;
    }
  scan.standing = before;
  count_begun (shared);
  err = audit_scan_file (&scan, audit->log_fd, from, shared,
                         atomic_load (&shared->busy));
  if (!err)
    err = settle (audit, &scan, from, &before, false);
  explicit_bzero (&before, sizeof before);
  explicit_bzero (&scan.standing, sizeof scan.standing);
  return err;
}
