/* audit_append.c - a record into the log, and the room that ends need
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   While changes are under way the log's blocks are allocated as far as their
   ends will need: any other record that would eat into that must get further
   blocks first, or is not written.  */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "audit_inside.h"

/* Blocks that are asked for beyond what is needed, so that not every record
   asks.  */
#define ROOM_AHEAD (64 * 1024)

gpg_error_t
audit_make_room (struct audit *audit, uint64_t end, unsigned count)
{
  struct audit_shared *shared = audit->shared;
  uint64_t start = audit_standing (shared)->size;
  uint64_t ahead = ROOM_AHEAD;

  if (!count)
    return 0;
  end += (uint64_t)count * AUDIT_END_MOST;
  while (end > shared->allocated)
    {
      if (!fallocate (audit->log_fd, FALLOC_FL_KEEP_SIZE, (off_t)start,
                      (off_t)(end + ahead - start))
          || errno == EOPNOTSUPP)
        shared->allocated = end + ahead;
      else if (errno != EINTR && !ahead)
        return gpg_error_from_syserror ();
      else if (errno != EINTR)
        ahead = 0;
    }
  return 0;
}

/* Write LENGTH bytes at the log's end; on an error none of them is there.  */
static gpg_error_t
write_whole (struct audit *audit, const char *bytes, size_t length)
{
  struct audit_shared *shared = audit->shared;
  uint64_t start = audit_standing (shared)->size;
  size_t done = 0;
  gpg_error_t err;

  while (done < length)
    {
      ssize_t n = pwrite (audit->log_fd, bytes + done, length - done,
                          (off_t)(start + done));

      if (n > 0)
        done += (size_t)n;
      else if (!n || errno != EINTR)
        break;
    }
  if (done == length)
    return 0;
  err = gpg_error_from_errno (errno ? errno : EIO);
  if (done)
    {
      /* This gives back the blocks behind, too.  */
      shared->allocated = 0;
      if (ftruncate (audit->log_fd, (off_t)start))
        gpgrt_log_error ("audit: a torn record stays in the log until the "
                         "next one: %s\n",
                         gpg_strerror (gpg_error_from_syserror ()));
      audit_make_room (audit, start, shared->begun_count);
    }
  return err;
}

/* Put the chain's tail behind the record whose body begins at BODY; NEXT
   becomes the standing behind it.  */
static gpg_error_t
close_record (struct buffer *record, const char *body,
              struct log_standing *next)
{
  size_t length;

  buffer_reserve (record, CHAIN_TAIL);
  if (buffer_error (record))
    return buffer_error (record);
  length = (size_t)(record->bytes + record->length - body);
  if (length > CHAIN_LINE_MOST - CHAIN_TAIL)
    return gpg_error (GPG_ERR_TOO_LARGE);
  chain_step (next->hash, next->key, body, length,
              record->bytes + record->length);
  record->length += CHAIN_TAIL;
  next->size += length + CHAIN_TAIL;
  return 0;
}

gpg_error_t
audit_append (struct audit *audit, struct buffer *record,
              const struct audit_turn *turn)
{
  struct audit_shared *shared = audit->shared;
  struct log_standing next = *audit_standing (shared);
  unsigned ends = shared->begun_count + (turn->opens >= 0);
  uint64_t start = next.size;
  const char *body;
  gpg_error_t err;

  if (turn->closes >= 0 && ends)
    ends--;
  next.sequence++;
  buffer_reserve (record, CHAIN_TAIL);
  if (buffer_error (record))
    return buffer_error (record);
  body = record_head (audit, record, next.sequence);
  err = close_record (record, body, &next);
  if (!err)
    err = audit_make_room (audit, next.size, ends);
  /* An end was promised its room; where nothing was promised (a file system
     without fallocate) it may still fit.  */
  if (turn->closes >= 0 && gpg_err_code (err) != GPG_ERR_TOO_LARGE)
    err = 0;
  if (!err)
    err = write_whole (audit, body, next.size - start);
  if (!err)
    {
      if (turn->key)
        memcpy (next.key, turn->key, CHAIN_BYTES);
      if (turn->opens >= 0)
        audit_begun_set (shared, turn->opens, next.sequence, audit->pid,
                         turn->call, turn->verb);
      if (turn->closes >= 0)
        audit_begun_clear (shared, turn->closes);
      audit_standing_set (shared, &next);
      if (audit->options.journald)
        audit_journald (audit, body, next.size - start);
    }
  explicit_bzero (next.key, CHAIN_BYTES);
  return err;
}

void
audit_append_note (struct audit *audit)
{
  const struct audit_turn none = AUDIT_TURN_NONE;
  gpg_error_t err = buffer_error (&audit->note);

  if (!err)
    err = audit_append (audit, &audit->note, &none);
  if (err)
    audit_miss (audit, err);
}

void
audit_tell_missed (struct audit *audit)
{
  const struct audit_turn none = AUDIT_TURN_NONE;
  struct audit_shared *shared = audit->shared;
  uint64_t count = atomic_load (&shared->missed);

  if (!count)
    return;
  record_begin (&audit->note, "missed");
  record_number (&audit->note, "count", count);
  if (!buffer_error (&audit->note)
      && !audit_append (audit, &audit->note, &none))
    {
      atomic_fetch_sub (&shared->missed, count);
      atomic_store (&shared->missed_told, 0);
    }
}
