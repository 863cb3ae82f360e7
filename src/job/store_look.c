/* store_look.c - what is known of each job: those who look
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../protocol/handshake.h"
#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "../../protocol/text.h"
#include "../base/directory.h"
#include "../call/job_name.h"
#include "store_inside.h"

/* Bytes of a line: the answer has more than any other.  */
#define LINE_MOST (LIMIT_JOB_ANSWER + KIB)

static gpg_error_t
not_found (const char *job, struct failure *failure)
{
  return fail (failure, GPG_ERR_NOT_FOUND,
               "there is no job %.60s: JOB LIST tells yours", job);
}

/* --- Directories --- */

gpg_error_t
job_directory (const struct machine *machine, const char *identity, bool make,
               int *r_fd, struct failure *failure)
{
  auto_free char *path = text_format (OWN_JOBS_DIR "/%s", identity);
  gpg_error_t err = 0;

  *r_fd = -1;
  if (!path)
    return gpg_error_from_syserror ();
  if (make)
    err = directory_make (machine, OWN_JOBS_DIR, 0700, failure);
  if (!err && make)
    err = directory_make (machine, path, 0700, failure);
  return err ? err : directory_open (machine, path, 0700, r_fd, failure);
}

/* A file of a job, and when it was written last.  */
struct entry
{
  char name[JOB_NAME_ROOM];
  struct timespec time;
};

struct entries
{
  struct entry *entry;
  size_t count;
  size_t room;
};

static int
compare_entries (const void *a, const void *b)
{
  const struct entry *one = a, *other = b;

  if (one->time.tv_sec != other->time.tv_sec)
    return one->time.tv_sec < other->time.tv_sec ? -1 : 1;
  if (one->time.tv_nsec != other->time.tv_nsec)
    return one->time.tv_nsec < other->time.tv_nsec ? -1 : 1;
  return strcmp (one->name, other->name);
}

static gpg_error_t
add_entry (struct entries *entries, int directory, const char *name)
{
  struct entry *entry;
  struct stat stat;

  if (!job_name_is (name)
      || fstatat (directory, name, &stat, AT_SYMLINK_NOFOLLOW)
      || !S_ISREG (stat.st_mode))
    return 0;
  if (entries->count == entries->room)
    {
      size_t room = entries->room ? 2 * entries->room : 64;

      entry = reallocarray (entries->entry, room, sizeof *entry);
      if (!entry)
        return gpg_error_from_syserror ();
      entries->entry = entry;
      entries->room = room;
    }
  entry = entries->entry + entries->count++;
  snprintf (entry->name, sizeof entry->name, "%s", name);
  entry->time = stat.st_mtim;
  return 0;
}

/* Call EACH for the names in DIRECTORY.  */
static gpg_error_t
each_name (int directory,
           gpg_error_t (*each) (void *context, int directory, const char *name),
           void *context)
{
  int copy = openat (directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = copy < 0 ? NULL : fdopendir (copy);
  struct dirent *found;
  gpg_error_t err = 0;

  if (!stream)
    {
      err = gpg_error_from_syserror ();
      if (copy >= 0)
        close (copy);
      return err;
    }
  while (!err && (found = readdir (stream)))
    err = each (context, directory, found->d_name);
  closedir (stream);
  return err;
}

static gpg_error_t
take_entry (void *context, int directory, const char *name)
{
  return add_entry (context, directory, name);
}

/* The jobs in DIRECTORY, the oldest first; R_ENTRIES->entry is for free.  */
static gpg_error_t
list_entries (int directory, struct entries *r_entries)
{
  gpg_error_t err;

  *r_entries = (struct entries){ NULL, 0, 0 };
  err = each_name (directory, take_entry, r_entries);
  if (r_entries->count)
    qsort (r_entries->entry, r_entries->count, sizeof *r_entries->entry,
           compare_entries);
  return err;
}

/* Whether the process of the job in FD lives.  */
static bool
is_locked (int fd)
{
  bool locked = flock (fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

  if (!locked)
    flock (fd, LOCK_UN);
  return locked;
}

/* Open the file NAME of a job; -1 and errno, which is ENOENT also if it is no
   file.  */
static int
open_file (int directory, const char *name)
{
  int fd = openat (directory, name,
                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat stat;

  if (fd < 0 && errno == ELOOP)
    errno = ENOENT;
  if (fd >= 0 && (fstat (fd, &stat) || !S_ISREG (stat.st_mode)))
    {
      close (fd);
      fd = -1;
      errno = ENOENT;
    }
  return fd;
}

/* Remove NAME unless it runs; GPG_ERR_ENOENT, GPG_ERR_EBUSY.  */
static gpg_error_t
remove_ended (int directory, const char *name)
{
  auto_close int fd = open_file (directory, name);

  if (fd >= 0 && is_locked (fd))
    return gpg_error (GPG_ERR_EBUSY);
  return fd < 0 || unlinkat (directory, name, 0) ? gpg_error_from_syserror ()
                                                 : 0;
}

void
job_prune (int directory, uint64_t kept)
{
  struct entries entries;
  size_t left;

  list_entries (directory, &entries);
  left = entries.count;
  for (size_t i = 0; i < entries.count && left >= kept; i++)
    left -= !remove_ended (directory, entries.entry[i].name);
  free (entries.entry);
}

/* --- One job --- */

static gpg_error_t
open_directory (const struct machine *machine, const char *identity,
                const char *job, int *r_fd, struct failure *failure)
{
  gpg_error_t err = job_directory (machine, identity, false, r_fd, failure);

  return gpg_err_code (err) == GPG_ERR_ENOENT ? not_found (job, failure) : err;
}

gpg_error_t
job_open (const struct machine *machine, const char *identity, const char *job,
          struct job_reader *r_reader, struct failure *failure)
{
  auto_close int directory = -1;
  gpg_error_t err;

  *r_reader = (struct job_reader){ .fd = -1 };
  err = open_directory (machine, identity, job, &directory, failure);
  if (err)
    return err;
  r_reader->fd = open_file (directory, job);
  if (r_reader->fd < 0)
    return errno == ENOENT ? not_found (job, failure)
                           : fail_errno (failure, "job %s", job);
  line_reader_start (&r_reader->lines, r_reader->fd, LINE_MOST);
  return 0;
}

void
job_close (struct job_reader *reader)
{
  line_reader_release (&reader->lines);
  if (reader->fd >= 0)
    close (reader->fd);
  reader->fd = -1;
}

bool
job_lives (const struct job_reader *reader)
{
  return is_locked (reader->fd);
}

/* What kind of line LINE is.  */
static bool
find_kind (const char *line, enum job_line *r_kind)
{
  static const char *const kinds[] = { [JOB_HEAD] = "{\"job\":",
                                       [JOB_STATUS] = "{\"status\":",
                                       [JOB_ANSWER] = "{\"answer\":",
                                       [JOB_DETAIL] = "{\"detail\":",
                                       [JOB_END] = "{\"end\":" };

  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (!strncmp (line, kinds[i], strlen (kinds[i])))
      {
        *r_kind = (enum job_line)i;
        return true;
      }
  return false;
}

gpg_error_t
job_read (struct job_reader *reader,
          gpg_error_t (*each) (void *context, enum job_line kind,
                               const char *line, size_t length),
          void *context)
{
  enum line_state state;
  enum job_line kind;
  size_t length;
  char *line;
  gpg_error_t err;

  while (!(err = line_reader_next (&reader->lines, &state, &line, &length))
         && (state == LINE_WHOLE || state == LINE_TOO_LONG))
    {
      if (state == LINE_TOO_LONG || !find_kind (line, &kind))
        continue;
      err = each (context, kind, line, length);
      if (err)
        return err;
    }
  return err;
}

gpg_error_t
job_forget (const struct machine *machine, const char *identity,
            const char *job, struct failure *failure)
{
  auto_close int directory = -1;
  gpg_error_t err;

  err = open_directory (machine, identity, job, &directory, failure);
  if (err)
    return err;
  err = remove_ended (directory, job);
  switch (gpg_err_code (err))
    {
    case GPG_ERR_ENOENT:
      return not_found (job, failure);
    case GPG_ERR_EBUSY:
      return fail (failure, GPG_ERR_EBUSY,
                   "the job runs: JOB CANCEL it, or JOB WAIT");
    default:
      return err;
    }
}

gpg_error_t
job_cancel (const struct job_reader *reader, pid_t pid, bool *r_told,
            struct failure *failure)
{
  auto_close int pidfd = (int)syscall (SYS_pidfd_open, pid, 0);

  *r_told = false;
  if (pidfd < 0 && errno != ESRCH)
    return fail_errno (failure, "the job's process");
  /* What holds the lock is that process: no other got its number so far.  */
  if (pidfd < 0 || !job_lives (reader))
    return 0;
  if (!syscall (SYS_pidfd_send_signal, pidfd, JOB_CANCEL_SIGNAL, NULL, 0))
    *r_told = true;
  else if (errno != ESRCH)
    return fail_errno (failure, "the job's process");
  return 0;
}

/* --- All jobs --- */

/* Those who want to know of each job.  */
struct seeker
{
  const struct machine *machine;
  gpg_error_t (*each) (void *context, const char *identity, const char *job);
  void *context;
  struct failure *failure;
};

static gpg_error_t
each_of_identity (const struct seeker *seeker, const char *identity)
{
  auto_close int directory = -1;
  struct entries entries;
  gpg_error_t err = job_directory (seeker->machine, identity, false, &directory,
                                   seeker->failure);

  if (err)
    return gpg_err_code (err) == GPG_ERR_ENOENT ? 0 : err;
  err = list_entries (directory, &entries);
  for (size_t i = 0; !err && i < entries.count; i++)
    err = seeker->each (seeker->context, identity, entries.entry[i].name);
  free (entries.entry);
  return err;
}

static gpg_error_t
take_identity (void *context, int directory, const char *name)
{
  (void)directory;
  return handshake_is_identity (name) ? each_of_identity (context, name) : 0;
}

gpg_error_t
job_each (const struct machine *machine, const char *identity,
          gpg_error_t (*each) (void *context, const char *identity,
                               const char *job),
          void *context, struct failure *failure)
{
  struct seeker seeker = { machine, each, context, failure };
  auto_close int directory = -1;
  gpg_error_t err;

  if (identity)
    return each_of_identity (&seeker, identity);
  err = directory_open (machine, OWN_JOBS_DIR, 0700, &directory, failure);
  if (err)
    return gpg_err_code (err) == GPG_ERR_ENOENT ? 0 : err;
  return each_name (directory, take_identity, &seeker);
}
