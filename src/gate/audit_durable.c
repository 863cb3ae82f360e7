/* audit_durable.c - the copy of the audit state that survives the machine's end
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   OWN_STATE_DIR/audit.key has two slots that are written in turn, in place,
   each with a check over itself: a copy that is torn leaves the one before.
   In place, since a key that is superseded shall not stay in blocks that a
   file system has freed; it is also one synchronous write and no change of a
   directory.  */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <gcrypt.h>

#include "protocol/memory.h"
#include "audit_inside.h"

#define KEY_NAME "audit.key"

struct copy_begun
{
  uint64_t sequence;
  char call[AUDIT_NAME_ROOM];
  char verb[AUDIT_NAME_ROOM];
};

struct copy
{
  unsigned char check[CHAIN_BYTES]; /* Of what follows.  */
  char version[16];
  uint64_t number; /* Of copies; its last bit says which slot.  */
  struct audit_standing standing;
  uint64_t begun_count;
  struct copy_begun begun[AUDIT_BEGUN];
};

#define SLOT 65536 /* Bytes; a copy is shorter.  */
_Static_assert(sizeof (struct copy) <= SLOT, "a copy fits");

static const char version[16] = "reeve-key-1";

static size_t
copy_size (const struct copy *copy)
{
  return offsetof (struct copy, begun)
         + copy->begun_count * sizeof copy->begun[0];
}

static void
copy_check (const struct copy *copy, unsigned char r_check[CHAIN_BYTES])
{
  gcry_md_hash_buffer (GCRY_MD_SHA256, r_check,
                       (const char *)copy + CHAIN_BYTES,
                       copy_size (copy) - CHAIN_BYTES);
}

static void
copy_free (struct copy *copy)
{
  if (copy)
    explicit_bzero (copy, sizeof *copy);
  free (copy);
}

/* Open the file, made if MAKE.  */
static gpg_error_t
open_copy (const struct audit *audit, bool make, int *r_fd)
{
  auto_close int fd = openat (
      audit->state_directory_fd, KEY_NAME,
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
fill_copy (const struct audit_shared *shared, struct copy *copy)
{
  memcpy (copy->version, version, sizeof version);
  copy->number = shared->durable_count + 1;
  copy->standing = *audit_standing (shared);
  copy->begun_count = 0;
  for (size_t i = 0; i < AUDIT_BEGUN; i++)
    {
      const struct audit_begun *begun = &shared->begun[i];
      struct copy_begun *to = &copy->begun[copy->begun_count];

      to->sequence = atomic_load (&begun->sequence);
      if (!to->sequence)
        continue;
      memcpy (to->call, begun->call, sizeof to->call);
      memcpy (to->verb, begun->verb, sizeof to->verb);
      copy->begun_count++;
    }
  copy_check (copy, copy->check);
}

/* Write COPY and make it durable, then take the key of the one before away,
   which needs not be durable at once.  */
static gpg_error_t
write_copy (const struct audit *audit, const struct copy *copy)
{
  static const char zeros[offsetof (struct copy, begun)];
  auto_close int fd = -1;
  off_t where = (off_t)(copy->number & 1) * SLOT;
  size_t size = copy_size (copy);
  gpg_error_t err = open_copy (audit, true, &fd);
  ssize_t n;

  if (err)
    return err;
  n = pwrite (fd, copy, size, where);
  if (n >= 0 && (size_t)n != size)
    errno = ENOSPC;
  if (n != (ssize_t)size || fdatasync (fd))
    return gpg_error_from_syserror ();
  if (pwrite (fd, zeros, sizeof zeros, SLOT - where) < 0)
    gpgrt_log_error ("audit: an old key stays in %s/%s\n", OWN_STATE_DIR,
                     KEY_NAME);
  return 0;
}

gpg_error_t
audit_durable_write (struct audit *audit)
{
  struct audit_shared *shared = audit->shared;
  struct copy *copy = calloc (1, sizeof *copy);
  gpg_error_t err;

  if (!copy)
    return gpg_error (GPG_ERR_ENOMEM);
  fill_copy (shared, copy);
  err = write_copy (audit, copy);
  if (!err)
    {
      shared->durable_count = copy->number;
      atomic_store (&shared->durable, copy->standing.sequence);
    }
  copy_free (copy);
  return err;
}

/* With the lock of the copy held: the log, then the copy.  */
static gpg_error_t
make_durable (struct audit *audit, struct copy *copy)
{
  struct audit_shared *shared;
  gpg_error_t err = audit_lock (audit);

  if (err)
    return err;
  shared = audit->shared;
  fill_copy (shared, copy);
  audit_unlock (audit);
  if (fdatasync (audit->log_fd))
    return gpg_error_from_syserror ();
  err = write_copy (audit, copy);
  if (err)
    return err;
  shared->durable_count = copy->number;
  atomic_store (&shared->durable, copy->standing.sequence);
  return 0;
}

gpg_error_t
audit_make_durable (struct audit *audit, uint64_t sequence)
{
  struct copy *copy;
  gpg_error_t err = 0;

  if (atomic_load (&audit->shared->durable) >= sequence)
    return 0;
  copy = calloc (1, sizeof *copy);
  if (!copy)
    return gpg_error (GPG_ERR_ENOMEM);
  audit_lock_durable (audit);
  /* Whoever had the lock may have done it for this one, too.  */
  if (atomic_load (&audit->shared->durable) < sequence)
    err = make_durable (audit, copy);
  audit_unlock_durable (audit);
  copy_free (copy);
  return err;
}

/* --- Reading --- */

/* Read the slot INDEX into COPY; whether it is a whole copy.  */
static bool
read_slot (int fd, int index, struct copy *copy)
{
  unsigned char check[CHAIN_BYTES];
  ssize_t n = pread (fd, copy, sizeof *copy, (off_t)index * SLOT);

  if (n < (ssize_t)offsetof (struct copy, begun)
      || memcmp (copy->version, version, sizeof version)
      || copy->begun_count > AUDIT_BEGUN || copy_size (copy) > (size_t)n)
    return false;
  copy_check (copy, check);
  return chain_equal (check, copy->check);
}

static void
take_copy (const struct copy *copy, struct audit_shared *shared,
           struct audit_standing *r_standing)
{
  *r_standing = copy->standing;
  shared->durable_count = copy->number;
  for (size_t i = 0; i < copy->begun_count; i++)
    {
      const struct copy_begun *begun = &copy->begun[i];

      audit_begun_set (shared, (int)i, begun->sequence, 0, begun->call,
                       begun->verb);
    }
}

gpg_error_t
audit_durable_read (struct audit *audit, struct audit_standing *r_standing)
{
  auto_close int fd = -1;
  gpg_error_t err = open_copy (audit, false, &fd);
  struct copy *copies;
  bool whole[2];

  if (gpg_err_code (err) == GPG_ERR_ENOENT)
    return gpg_error (GPG_ERR_NOT_FOUND);
  if (err)
    return err;
  copies = calloc (2, sizeof *copies);
  if (!copies)
    return gpg_error (GPG_ERR_ENOMEM);
  for (int i = 0; i < 2; i++)
    whole[i] = read_slot (fd, i, &copies[i]);
  if (!whole[0] && !whole[1])
    err = gpg_error (GPG_ERR_NOT_FOUND);
  else
    take_copy (
        &copies[!whole[0] || (whole[1] && copies[1].number > copies[0].number)],
        audit->shared, r_standing);
  explicit_bzero (copies, 2 * sizeof *copies);
  free (copies);
  return err;
}
