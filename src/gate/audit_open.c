/* audit_open.c - opening the audit log, closing it, and a new key
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/memory.h"
#include "../base/directory.h"
#include "audit_inside.h"

static gpg_error_t
open_directory (const struct machine *machine, const char *path, mode_t mode,
                int *r_fd, struct failure *failure)
{
  gpg_error_t err = directory_make (machine, path, mode, failure);

  return err ? err : directory_open (machine, path, mode, r_fd, failure);
}

/* What tells one start of the machine from another.  */
static void
read_boot (char r_boot[AUDIT_BOOT])
{
  auto_close int fd = open ("/proc/sys/kernel/random/boot_id",
                            O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read (fd, r_boot, AUDIT_BOOT - 1);

  if (n <= 0)
    memcpy (r_boot, "unknown", sizeof "unknown");
}

static void
audit_free (struct audit *audit)
{
  int fds[] = { audit->log_directory_fd, audit->run_directory_fd,
                audit->state_directory_fd, audit->log_fd, audit->journal_fd };

  audit_state_close (audit);
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
    if (fds[i] >= 0)
      close (fds[i]);
  buffer_release (&audit->record);
  buffer_release (&audit->note);
  free (audit);
}

/* Find the state; have a copy of it on disk.  */
static gpg_error_t
find_state (struct audit *audit, struct failure *failure)
{
  gpg_error_t err;

  audit_lock_durable (audit);
  err = audit_lock (audit);
  if (!err)
    {
      if (!audit->shared->durable_count || audit->new_key)
        err = audit_durable_write (audit);
      audit_unlock (audit);
    }
  audit_unlock_durable (audit);
  if (err)
    return fail (failure, gpg_err_code (err),
                 "audit: the log %s%s/%s cannot be used: %s",
                 audit->machine->root, OWN_LOG_DIR, LOG_FILES_NAME,
                 gpg_strerror (err));
  return 0;
}

static gpg_error_t
open_quietly (const struct machine *machine,
              const struct audit_options *options, struct audit **r_audit,
              struct failure *failure)
{
  struct audit *audit = calloc (1, sizeof *audit);
  gpg_error_t err;

  if (!audit)
    return gpg_error (GPG_ERR_ENOMEM);
  audit->machine = machine;
  audit->options = *options;
  audit->pid = getpid ();
  audit->log_directory_fd = audit->run_directory_fd = -1;
  audit->state_directory_fd = audit->state_fd = audit->log_fd = -1;
  audit->journal_fd = -1;
  read_boot (audit->boot);
  err = open_directory (machine, OWN_LOG_DIR, 0750, &audit->log_directory_fd,
                        failure);
  if (!err)
    err = open_directory (machine, OWN_RUN_DIR, 0755, &audit->run_directory_fd,
                          failure);
  if (!err)
    err = open_directory (machine, OWN_STATE_DIR, 0755,
                          &audit->state_directory_fd, failure);
  if (!err)
    err = audit_state_open (audit, failure);
  if (!err)
    err = find_state (audit, failure);
  if (err)
    audit_free (audit);
  else
    *r_audit = audit;
  return err;
}

gpg_error_t
audit_open (const struct machine *machine, const struct audit_options *options,
            struct audit **r_audit, struct failure *failure)
{
  gpg_error_t err;

  *r_audit = NULL;
  err = open_quietly (machine, options, r_audit, failure);
  if (err)
    return err;
  audit_reap (*r_audit);
  return 0;
}

bool
audit_has_new_key (const struct audit *audit)
{
  return audit && audit->new_key;
}

void
audit_configure (struct audit *audit, const struct audit_options *options)
{
  if (audit)
    audit->options = *options;
}

void
audit_after_fork (struct audit *audit)
{
  if (audit)
    audit->pid = getpid ();
}

void
audit_close (struct audit *audit)
{
  gpg_error_t err;

  if (!audit)
    return;
  err = audit_make_durable (audit, audit_standing (audit->shared)->sequence);
  if (err)
    gpgrt_log_error ("audit: the state cannot be saved: %s\n",
                     gpg_strerror (err));
  audit_free (audit);
}

/* Put KEY in the place of the next record's.  The locks are held.  */
static gpg_error_t
change_key (struct audit *audit, unsigned char key[CHAIN_BYTES])
{
  struct audit_turn turn = AUDIT_TURN_NONE;

  if (getentropy (key, CHAIN_BYTES))
    return gpg_error_from_syserror ();
  turn.key = key;
  record_begin (&audit->note, "rekey");
  record_field (&audit->note, "text",
                "the records from here on have a new key");
  return audit_append (audit, &audit->note, &turn);
}

static gpg_error_t
new_key (struct audit *audit, unsigned char key[CHAIN_BYTES],
         uint64_t *r_sequence)
{
  const struct log_standing *standing;
  gpg_error_t err;

  audit_lock_durable (audit);
  err = audit_lock (audit);
  if (!err)
    {
      standing = audit_standing (audit->shared);
      if (audit->new_key && !standing->sequence)
        memcpy (key, standing->key, CHAIN_BYTES);
      else
        err = change_key (audit, key);
      if (!err && fdatasync (audit->log_fd))
        err = gpg_error_from_syserror ();
      if (!err)
        err = audit_durable_write (audit);
      *r_sequence = audit_standing (audit->shared)->sequence + 1;
      audit_unlock (audit);
    }
  audit_unlock_durable (audit);
  return err;
}

gpg_error_t
audit_key_new (const struct machine *machine, char **r_text,
               struct failure *failure)
{
  const struct audit_options none = { 0 };
  unsigned char key[CHAIN_BYTES];
  struct audit *audit = NULL;
  uint64_t sequence = 0;
  gpg_error_t err;

  *r_text = NULL;
  err = open_quietly (machine, &none, &audit, failure);
  if (err)
    return err;
  err = new_key (audit, key, &sequence);
  if (err)
    fail (failure, gpg_err_code (err), "audit: no new key: %s",
          gpg_strerror (err));
  else if (!(*r_text = malloc (CHAIN_KEY_TEXT)))
    err = gpg_error (GPG_ERR_ENOMEM);
  else
    chain_key_format (sequence, key, *r_text);
  explicit_bzero (key, sizeof key);
  audit_free (audit);
  return err;
}
