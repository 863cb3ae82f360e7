/* audit_state.c - what all processes know of the audit log, and its lock
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The lock is one of fcntl: it belongs to the process, a child does not
   inherit it, and the kernel lifts it when the process dies.  It is also
   lifted when the process closes any descriptor of the file: so the file is
   opened once.  */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "protocol/memory.h"
#include "audit_inside.h"

#define STATE_NAME "audit.state" /* In OWN_RUN_DIR.  */

/* Bytes of the state's file that are locked.  */
#define LOG_BYTE 0
#define DURABLE_BYTE 1
#define BEGUN_BYTE 16

/* How long a loss of records goes on between two words about it.  */
#define TELL_MS 60000

/* --- The file --- */

gpg_error_t
audit_state_open (struct audit *audit, struct failure *failure)
{
  auto_close int fd = -1;
  struct stat stat;
  void *memory;

  fd = openat (audit->run_directory_fd, STATE_NAME,
               O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0 || fstat (fd, &stat))
    return fail_errno (failure, "audit: %s/%s", OWN_RUN_DIR, STATE_NAME);
  if (!S_ISREG (stat.st_mode) || !machine_trusts (audit->machine, stat.st_uid)
      || (stat.st_mode & (S_IRWXG | S_IRWXO)))
    return fail (failure, GPG_ERR_EPERM,
                 "audit: others may use %s%s/%s: remove it",
                 audit->machine->root, OWN_RUN_DIR, STATE_NAME);
  /* Blocks, not only a length: a store into a hole of a full file system
     would be a signal.  */
  if (stat.st_size != sizeof (struct audit_shared)
      && ((fallocate (fd, 0, 0, sizeof (struct audit_shared))
           && errno != EOPNOTSUPP)
          || ftruncate (fd, sizeof (struct audit_shared))))
    return fail_errno (failure, "audit: %s/%s", OWN_RUN_DIR, STATE_NAME);
  memory = mmap (NULL, sizeof (struct audit_shared), PROT_READ | PROT_WRITE,
                 MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED)
    return fail_errno (failure, "audit: %s/%s", OWN_RUN_DIR, STATE_NAME);
  /* The key is in it.  An ordinary user may lack the right to lock: then it
     is swapped like all that he has.  */
  mlock (memory, sizeof (struct audit_shared));
  madvise (memory, sizeof (struct audit_shared), MADV_DONTDUMP);
  audit->shared = memory;
  audit->state_fd = take_fd (&fd);
  return 0;
}

void
audit_state_close (struct audit *audit)
{
  if (audit->shared)
    munmap (audit->shared, sizeof *audit->shared);
  audit->shared = NULL;
  if (audit->state_fd >= 0)
    close (audit->state_fd);
  audit->state_fd = -1;
}

/* --- Locks --- */

static int
set_lock (const struct audit *audit, int command, short type, off_t byte)
{
  struct flock lock
      = { .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
  int rc;

  do
    rc = fcntl (audit->state_fd, command, &lock);
  while (rc && errno == EINTR);
  return rc;
}

/* Whether somebody removed the state's file under us and others made
   another.  */
static bool
state_is_gone (const struct audit *audit)
{
  struct stat stat;

  return fstat (audit->state_fd, &stat) || !stat.st_nlink;
}

static gpg_error_t
lock_state (struct audit *audit)
{
  if (set_lock (audit, F_SETLKW, F_WRLCK, LOG_BYTE))
    return gpg_error_from_syserror ();
  return 0;
}

/* Use the file that is there now, and lock it.  On an error the old one stays
   mapped.  */
static gpg_error_t
change_state (struct audit *audit)
{
  struct audit old = *audit;
  gpg_error_t err = audit_state_open (audit, NULL);

  if (err)
    return err;
  audit_state_close (&old);
  return lock_state (audit);
}

/* Whether the log is what the state says, and the last one who wrote lived
   until he was done.  */
static bool
is_right (const struct audit *audit)
{
  const struct log_standing *standing = audit_standing (audit->shared);
  struct stat stat;

  return audit->log_fd >= 0 && audit->log_file == standing->file
         && !atomic_load (&audit->shared->busy) && *audit->shared->boot
         && !fstat (audit->log_fd, &stat) && stat.st_nlink
         && (uint64_t)stat.st_size == standing->size;
}

gpg_error_t
audit_lock (struct audit *audit)
{
  gpg_error_t err = lock_state (audit);

  if (err)
    return err;
  if (!is_right (audit))
    {
      if (state_is_gone (audit))
        err = change_state (audit);
      if (!err)
        err = audit_repair (audit);
      if (err)
        {
          set_lock (audit, F_SETLK, F_UNLCK, LOG_BYTE);
          return err;
        }
    }
  atomic_store (&audit->shared->busy, audit->pid);
  return 0;
}

void
audit_unlock (struct audit *audit)
{
  atomic_store (&audit->shared->busy, 0);
  set_lock (audit, F_SETLK, F_UNLCK, LOG_BYTE);
}

void
audit_lock_durable (struct audit *audit)
{
  set_lock (audit, F_SETLKW, F_WRLCK, DURABLE_BYTE);
}

void
audit_unlock_durable (struct audit *audit)
{
  set_lock (audit, F_SETLK, F_UNLCK, DURABLE_BYTE);
}

/* --- What is begun --- */

gpg_error_t
audit_begun_hold (struct audit *audit, int index)
{
  if (set_lock (audit, F_SETLK, F_WRLCK, BEGUN_BYTE + index))
    return gpg_error_from_syserror ();
  return 0;
}

void
audit_begun_drop (struct audit *audit, int index)
{
  set_lock (audit, F_SETLK, F_UNLCK, BEGUN_BYTE + index);
}

bool
audit_begun_lives (struct audit *audit, int index)
{
  struct flock lock = { .l_type = F_WRLCK,
                        .l_whence = SEEK_SET,
                        .l_start = BEGUN_BYTE + index,
                        .l_len = 1 };

  return audit->shared->begun[index].pid == audit->pid
         || fcntl (audit->state_fd, F_GETLK, &lock) || lock.l_type != F_UNLCK;
}

static void
copy_name (char to[LOG_STATE_NAME], const char *from)
{
  size_t length = from ? strnlen (from, LOG_STATE_NAME - 1) : 0;

  memset (to, 0, LOG_STATE_NAME);
  if (length)
    memcpy (to, from, length);
}

void
audit_begun_set (struct audit_shared *shared, int index, uint64_t sequence,
                 pid_t pid, const char *call, const char *verb)
{
  struct audit_begun *begun = &shared->begun[index];

  begun->pid = pid;
  copy_name (begun->call, call);
  copy_name (begun->verb, verb);
  atomic_store (&begun->sequence, sequence);
  shared->begun_count++;
}

void
audit_begun_clear (struct audit_shared *shared, int index)
{
  atomic_store (&shared->begun[index].sequence, 0);
  shared->begun_count--;
}

int
audit_begun_find (const struct audit_shared *shared, uint64_t sequence)
{
  for (int i = 0; i < LOG_STATE_BEGUN_MOST; i++)
    if (atomic_load (&shared->begun[i].sequence) == sequence)
      return i;
  return -1;
}

/* --- Where the log stands --- */

void
audit_standing_set (struct audit_shared *shared,
                    const struct log_standing *next)
{
  uint32_t old = atomic_load (&shared->current) & 1;

  shared->standing[!old] = *next;
  atomic_store (&shared->current, !old);
  explicit_bzero (shared->standing[old].key, CHAIN_BYTES);
}

int64_t
audit_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
audit_miss (struct audit *audit, gpg_error_t err)
{
  struct audit_shared *shared = audit->shared;
  uint64_t count = atomic_fetch_add (&shared->missed, 1) + 1;
  int64_t now = audit_now ();
  int64_t told = atomic_load (&shared->missed_told);

  if (told && now >= told && now - told < TELL_MS)
    return;
  atomic_store (&shared->missed_told, now);
  gpgrt_log_error ("audit: %ju records could not be written to %s%s/%s: %s: "
                   "make room there\n",
                   (uintmax_t)count, audit->machine->root, OWN_LOG_DIR,
                   LOG_FILES_NAME, gpg_strerror (err));
}
