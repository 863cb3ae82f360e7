/* integrity.c - whether configuration, policy and keys still are what was
   loaded
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gcrypt.h>

#include "protocol/memory.h"
#include "protocol/text.h"
#include "../base/file.h"
#include "integrity.h"

/* Longer than a tick of the kernel's clock for files.  */
#define TICK_NS 20000000

static bool
same_time (const struct timespec *a, const struct timespec *b)
{
  return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
integrity_equal (const struct stat *a, const struct stat *b)
{
  if (!a->st_mode || !b->st_mode)
    return a->st_mode == b->st_mode;
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino
         && a->st_size == b->st_size && a->st_mode == b->st_mode
         && a->st_uid == b->st_uid && a->st_gid == b->st_gid
         && same_time (&a->st_mtim, &b->st_mtim)
         && same_time (&a->st_ctim, &b->st_ctim);
}

/* Whether STAT was changed less than a tick ago; if so, wait for one.  */
static bool
was_just_changed (const struct stat *stat)
{
  struct timespec now;
  int64_t age;

  clock_gettime (CLOCK_REALTIME, &now);
  age = (now.tv_sec - stat->st_ctim.tv_sec) * INT64_C (1000000000)
        + (now.tv_nsec - stat->st_ctim.tv_nsec);
  if (age < 0 || age >= TICK_NS)
    return false;
  clock_nanosleep (CLOCK_MONOTONIC, 0, &(struct timespec){ .tv_nsec = TICK_NS },
                   NULL);
  return true;
}

/* Without waiting.  */
static void
glance (const char *os_path, struct stat *r_stat)
{
  if (lstat (os_path, r_stat))
    memset (r_stat, 0, sizeof *r_stat);
}

void
integrity_look (const char *os_path, struct stat *r_stat)
{
  glance (os_path, r_stat);
  if (r_stat->st_mode && was_just_changed (r_stat))
    glance (os_path, r_stat);
}

bool
integrity_is_policy (const char *name)
{
  size_t length = strlen (name);

  return *name != '.' && length > 7 && !strcmp (name + length - 7, ".policy");
}

/* --- Noting --- */

/* Room for one more file, OS_PATH, whose stat the caller fills in.  */
static gpg_error_t
add_file (struct integrity *integrity, const char *os_path,
          struct integrity_file **r_file)
{
  size_t size = (integrity->count + 1) * sizeof *integrity->file;
  struct integrity_file *file = realloc (integrity->file, size);

  *r_file = NULL;
  if (!file)
    return gpg_error (GPG_ERR_ENOMEM);
  integrity->file = file;
  file += integrity->count;
  file->os_path = strdup (os_path);
  if (!file->os_path)
    return gpg_error (GPG_ERR_ENOMEM);
  integrity->count++;
  *r_file = file;
  return 0;
}

/* What the daemon never reads: its workers do, for each session and change.  */
static gpg_error_t
note_pve (struct integrity *integrity, const struct machine *machine)
{
  auto_free char *os_path = machine_path (machine, OWN_PVE_FILE);
  struct integrity_file *file;
  gpg_error_t err = os_path ? add_file (integrity, os_path, &file)
                            : gpg_error (GPG_ERR_ENOMEM);

  if (!err)
    integrity_look (os_path, &file->stat);
  return err;
}

gpg_error_t
integrity_begin (struct integrity *integrity, const struct machine *machine,
                 struct failure *failure)
{
  static const char *const own[] = { OWN_CONFIG_DIR, OWN_KEYS_DIR,
                                     OWN_POLICY_DIR };

  integrity_release (integrity);
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    {
      auto_free char *os_path = machine_path (machine, own[i]);
      auto_failure struct failure inner = FAILURE_NONE;
      gpg_error_t err;

      if (!os_path)
        return gpg_error (GPG_ERR_ENOMEM);
      err = file_check_own_directory (machine, os_path, &inner);
      if (err && gpg_err_code (err) != GPG_ERR_ENOENT)
        return fail (failure, gpg_err_code (err), "%s",
                     failure_words (&inner, err));
      failure_release (&inner);
      if (own[i] == own[2])
        {
          integrity_look (os_path, &integrity->directory_stat);
          integrity->directory = take (&os_path);
        }
    }
  return note_pve (integrity, machine);
}

gpg_error_t
integrity_seen (struct integrity *integrity, const char *os_path, int fd)
{
  struct stat seen;
  struct integrity_file *file;
  gpg_error_t err;

  if (fstat (fd, &seen) || (was_just_changed (&seen) && fstat (fd, &seen)))
    return gpg_error_from_syserror ();
  err = add_file (integrity, os_path, &file);
  if (!err)
    file->stat = seen;
  return err;
}

gpg_error_t
integrity_seen_key (struct integrity *integrity, const struct machine *machine,
                    const char *name, int fd)
{
  auto_free char *directory = machine_path (machine, OWN_KEYS_DIR);
  auto_free char *os_path = NULL;

  if (!directory || !(os_path = text_format ("%s/%s", directory, name)))
    return gpg_error (GPG_ERR_ENOMEM);
  return integrity_seen (integrity, os_path, fd);
}

void
integrity_release (struct integrity *integrity)
{
  for (size_t i = 0; i < integrity->count; i++)
    free (integrity->file[i].os_path);
  free (integrity->file);
  free (integrity->directory);
  memset (integrity, 0, sizeof *integrity);
}

/* --- Checking --- */

/* The words for what happened to OS_PATH.  */
static gpg_error_t
changed (struct failure *failure, const char *os_path, const char *what)
{
  const char *slash = strrchr (os_path, '/');

  failure_detail (failure, "file", "%s", os_path);
  return fail (failure, GPG_ERR_CONFIGURATION,
               "configuration: %.30s %s on disk since it was loaded: "
               "POLICY RELOAD",
               slash ? slash + 1 : os_path, what);
}

static gpg_error_t
check_file (const struct integrity_file *file, struct failure *failure)
{
  struct stat now;

  glance (file->os_path, &now);
  if (integrity_equal (&file->stat, &now))
    return 0;
  return changed (failure, file->os_path,
                  !now.st_mode         ? "was removed"
                  : file->stat.st_mode ? "changed"
                                       : "appeared");
}

static bool
was_seen (const struct integrity *integrity, const char *os_path)
{
  for (size_t i = 0; i < integrity->count; i++)
    if (!strcmp (integrity->file[i].os_path, os_path))
      return true;
  return false;
}

/* Something was made or removed in the directory; that matters if there is a
   policy file that was not read.  One that is gone shows by itself.  */
static gpg_error_t
check_names (const struct integrity *integrity, struct failure *failure)
{
  DIR *stream = opendir (integrity->directory);
  const struct dirent *entry;
  gpg_error_t err = 0;

  if (!stream)
    return integrity->directory_stat.st_mode || errno != ENOENT
               ? changed (failure, integrity->directory, "changed")
               : 0;
  while (!err && (entry = readdir (stream)))
    {
      auto_free char *os_path = NULL;

      if (!integrity_is_policy (entry->d_name))
        continue;
      os_path = text_format ("%s/%s", integrity->directory, entry->d_name);
      if (!os_path)
        err = gpg_error (GPG_ERR_ENOMEM);
      else if (!was_seen (integrity, os_path))
        err = changed (failure, os_path, "appeared");
    }
  closedir (stream);
  return err;
}

static gpg_error_t
check_directory (const struct integrity *integrity, struct failure *failure)
{
  const struct stat *then = &integrity->directory_stat;
  struct stat now;

  glance (integrity->directory, &now);
  if (integrity_equal (then, &now))
    return 0;
  if (then->st_mode
      && (then->st_mode != now.st_mode || then->st_uid != now.st_uid
          || then->st_gid != now.st_gid))
    return changed (failure, integrity->directory,
                    now.st_mode ? "changed" : "was removed");
  return check_names (integrity, failure);
}

gpg_error_t
integrity_check (const struct integrity *integrity,
                 const struct integrity_file *config, struct failure *failure)
{
  gpg_error_t err = 0;

  if (config->os_path)
    err = check_file (config, failure);
  for (size_t i = 0; !err && i < integrity->count; i++)
    err = check_file (integrity->file + i, failure);
  if (!err && integrity->directory)
    err = check_directory (integrity, failure);
  return err;
}

/* What integrity_equal compares.  */
struct seen
{
  dev_t device;
  ino_t inode;
  mode_t mode;
  uid_t uid;
  gid_t gid;
  off_t size;
  struct timespec changed;
};

void
integrity_digest (const struct integrity *integrity,
                  unsigned char r_digest[FILE_HASH])
{
  gcry_md_hd_t hash;

  memset (r_digest, 0, FILE_HASH);
  if (gcry_md_open (&hash, GCRY_MD_SHA256, 0))
    return;
  for (size_t i = 0; i < integrity->count; i++)
    {
      const struct integrity_file *file = integrity->file + i;
      struct seen seen;

      memset (&seen, 0, sizeof seen);
      seen.device = file->stat.st_dev;
      seen.inode = file->stat.st_ino;
      seen.mode = file->stat.st_mode;
      seen.uid = file->stat.st_uid;
      seen.gid = file->stat.st_gid;
      seen.size = file->stat.st_size;
      seen.changed = file->stat.st_ctim;
      gcry_md_write (hash, file->os_path, strlen (file->os_path) + 1);
      gcry_md_write (hash, &seen, sizeof seen);
    }
  memcpy (r_digest, gcry_md_read (hash, GCRY_MD_SHA256), FILE_HASH);
  gcry_md_close (hash);
}
