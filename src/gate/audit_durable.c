/* audit_durable.c - the copy of the audit state that survives the machine's end
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   OWN_STATE_DIR/LOG_STATE_FILE has two slots that are written in turn, in
   place, each with a check over itself: a copy that is torn leaves the one
   before. In place, since a key that is superseded shall not stay in blocks
   that a file system has freed; it is also one synchronous write and no change
   of a directory.  */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "protocol/memory.h"
#include "audit_inside.h"

/* Open the file, made if MAKE.  */
static gpg_error_t
open_file (const struct audit *audit, bool make, int *r_fd)
{
  auto_close int fd = openat (
      audit->state_directory_fd, LOG_STATE_FILE,
      O_RDWR | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
  struct stat stat;

  if (fd < 0 || fstat (fd, &stat))
    return gpg_error_from_syserror ();
  if (!S_ISREG (stat.st_mode) || !machine_trusts (audit->machine, stat.st_uid)
      || (stat.st_mode & (S_IRWXG | S_IRWXO)))
    return gpg_error (GPG_ERR_EPERM);
  if (make && !stat.st_size && fsync (audit->state_directory_fd))
    return gpg_error_from_syserror ();
  *r_fd = take_fd (&fd);
  return 0;
}

/* --- Writing --- */

static void
fill_slot (const struct audit_shared *shared, struct log_state_slot *slot)
{
  slot->number = shared->durable_count + 1;
  slot->standing = *audit_standing (shared);
  for (size_t i = 0; i < LOG_STATE_BEGUN_MOST; i++)
    {
      const struct audit_begun *begun = &shared->begun[i];
      struct log_state_begun *to = &slot->begun[slot->begun_count];

      to->sequence = atomic_load (&begun->sequence);
      if (!to->sequence)
        continue;
      memcpy (to->call, begun->call, sizeof to->call);
      memcpy (to->verb, begun->verb, sizeof to->verb);
      slot->begun_count++;
    }
  log_state_slot_seal (slot);
}

/* Write SLOT and make it durable, then take the key of the one before away,
   which needs not be durable at once.  */
static gpg_error_t
write_slot (struct audit *audit, const struct log_state_slot *slot)
{
  static const char zeros[sizeof *slot];
  auto_close int fd = -1;
  off_t where = (off_t)(slot->number & 1) * LOG_STATE_SLOT;
  size_t size = log_state_slot_size (slot);
  gpg_error_t err = open_file (audit, true, &fd);
  ssize_t n;

  if (err)
    return err;
  n = pwrite (fd, slot, size, where);
  if (n >= 0 && (size_t)n != size)
    errno = ENOSPC;
  if (n != (ssize_t)size || fdatasync (fd))
    return gpg_error_from_syserror ();
  if (pwrite (fd, zeros, sizeof zeros, LOG_STATE_SLOT - where) < 0)
    gpgrt_log_error ("audit: an old key stays in %s/%s\n", OWN_STATE_DIR,
                     LOG_STATE_FILE);
  audit->shared->durable_count = slot->number;
  atomic_store (&audit->shared->durable, slot->standing.sequence);
  return 0;
}

gpg_error_t
audit_durable_write (struct audit *audit)
{
  struct log_state_slot *slot = log_state_slot_new ();
  gpg_error_t err;

  if (!slot)
    return gpg_error_from_syserror ();
  fill_slot (audit->shared, slot);
  err = write_slot (audit, slot);
  log_state_slot_release (slot);
  return err;
}

/* With the lock of the copy held: the log, then the copy.  */
static gpg_error_t
make_durable (struct audit *audit, struct log_state_slot *slot)
{
  gpg_error_t err = audit_lock (audit);

  if (err)
    return err;
  fill_slot (audit->shared, slot);
  audit_unlock (audit);
  return fdatasync (audit->log_fd) ? gpg_error_from_syserror ()
                                   : write_slot (audit, slot);
}

gpg_error_t
audit_make_durable (struct audit *audit, uint64_t sequence)
{
  struct log_state_slot *slot;
  gpg_error_t err = 0;

  if (atomic_load (&audit->shared->durable) >= sequence)
    return 0;
  slot = log_state_slot_new ();
  if (!slot)
    return gpg_error_from_syserror ();
  audit_lock_durable (audit);
  /* Whoever had the lock may have done it for this one, too.  */
  if (atomic_load (&audit->shared->durable) < sequence)
    err = make_durable (audit, slot);
  audit_unlock_durable (audit);
  log_state_slot_release (slot);
  return err;
}

/* --- Reading --- */

static void
take_slot (const struct log_state_slot *slot, struct audit_shared *shared,
           struct log_standing *r_standing)
{
  *r_standing = slot->standing;
  shared->durable_count = slot->number;
  for (size_t i = 0; i < slot->begun_count; i++)
    audit_begun_set (shared, (int)i, slot->begun[i].sequence, 0,
                     slot->begun[i].call, slot->begun[i].verb);
}

gpg_error_t
audit_durable_read (struct audit *audit, struct log_standing *r_standing)
{
  auto_close int fd = -1;
  gpg_error_t err = open_file (audit, false, &fd);
  struct log_state_slot *slot;

  if (gpg_err_code (err) == GPG_ERR_ENOENT)
    return gpg_error (GPG_ERR_NOT_FOUND);
  if (err)
    return err;
  slot = log_state_slot_new ();
  err = slot ? log_state_slot_read (fd, slot) : gpg_error_from_syserror ();
  if (gpg_err_code (err) == GPG_ERR_BAD_DATA)
    err = gpg_error (GPG_ERR_NOT_FOUND);
  if (!err)
    take_slot (slot, audit->shared, r_standing);
  log_state_slot_release (slot);
  return err;
}
