/* file_step.c - the step that writes or removes a file
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "file_step.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gcrypt.h>

#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "../../protocol/record.h"
#include "attributes.h"
#include "diff.h"
#include "plan.h"

#define RANDOM_LETTERS 6

/* How far prepare came.  */
enum progress
{
  PROGRESS_NONE,
  PROGRESS_TEMPORARY, /* It may exist.  */
  PROGRESS_READY
};

struct file_step
{
  char *path;
  struct file_image before;
  char *bytes; /* NULL: remove it.  */
  size_t length;

  enum progress progress;
  struct place place;
  char temporary[NAME_MAX + 1];
  struct stat attributes; /* Of the old file, as they were copied.  */
  struct swap swap;
};

/* The directory that was made durable last, since the last change: steps in
   one directory follow each other, and it needs that once.  */
static struct
{
  dev_t device;
  ino_t inode;
} settled;

static void
file_step_release (void *detail)
{
  struct file_step *step = detail;

  file_image_release (&step->before);
  place_release (&step->place);
  free (step->path);
  free (step->bytes);
  free (step);
}

static gpg_error_t
file_step_describe (const void *detail, struct buffer *text)
{
  static const char none[] = "/dev/null";
  const struct file_step *step = detail;
  auto_buffer struct buffer name = BUFFER_EMPTY;
  struct diff_side old_side = { none, "", 0 };
  struct diff_side new_side = { none, "", 0 };
  gpg_error_t err;

  record_escape (&name, step->path, strlen (step->path));
  err = buffer_error (&name);
  if (err)
    return err;
  if (step->before.exists)
    old_side = (struct diff_side){ name.bytes, step->before.bytes,
                                   step->before.length };
  if (step->bytes)
    new_side = (struct diff_side){ name.bytes, step->bytes, step->length };
  if (!old_side.length && !new_side.length)
    buffer_printf (text, "--- %s\n+++ %s\n", old_side.name, new_side.name);
  return diff_unified (&old_side, &new_side, text);
}

/* Append a content's hash, or null where there is none.  */
static void
append_hash (struct buffer *json, const char *name, bool exists,
             const unsigned char hash[FILE_HASH])
{
  buffer_printf (json, ",\"%s\":%s", name, exists ? "\"sha256:" : "null");
  for (size_t i = 0; exists && i < FILE_HASH; i++)
    buffer_printf (json, "%02x", hash[i]);
  buffer_string (json, exists ? "\"" : "");
}

static gpg_error_t
file_step_evidence (const void *detail, struct buffer *json)
{
  const struct file_step *step = detail;
  unsigned char hash[FILE_HASH];

  buffer_string (json, "{\"kind\":\"file\",\"object\":");
  record_json (json, step->path, strlen (step->path));
  append_hash (json, "before", step->before.exists, step->before.hash);
  if (step->bytes)
    file_hash (step->bytes, step->length, hash);
  append_hash (json, "after", step->bytes, hash);
  buffer_string (json, "}");
  return buffer_error (json);
}

/* --- Preparing --- */

static gpg_error_t
changed (const struct file_step *step, struct failure *failure)
{
  failure_detail (failure, "file", "%s", step->place.path);
  return fail (failure, GPG_ERR_CONFLICT,
               "%s was changed by somebody else: load it again and repeat "
               "the change",
               step->place.path);
}

/* Check that the way to the file is safe, and that the file still is what the
   plan was made for.  */
static gpg_error_t
check_place (const struct file_step *step, const struct machine *machine,
             struct failure *failure)
{
  const struct place *place = &step->place;
  const struct stat *before = &step->before.stat;

  if (machine_owns (machine, place->path))
    return fail (failure, GPG_ERR_FORBIDDEN,
                 "%s is one of reeve's own files, which no client may change",
                 place->path);
  if (!place->trusted)
    return fail (failure, GPG_ERR_FORBIDDEN,
                 "%s: others than root may change the directory %s and lead "
                 "this astray",
                 place->path, place->suspect);
  if (place->exists != step->before.exists)
    return changed (step, failure);
  if (place->exists
      && (place->stat.st_dev != before->st_dev
          || place->stat.st_ino != before->st_ino))
    return changed (step, failure);
  return 0;
}

/* Choose the name of the temporary: the target's, as far as there is room,
   between a dot, which hides it, and a random ending.  */
static void
name_temporary (struct file_step *step)
{
  static const char letters[]
      = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const int room = NAME_MAX - RANDOM_LETTERS - 3 - SWAP_SUFFIX;
  unsigned char number[RANDOM_LETTERS];
  char ending[RANDOM_LETTERS + 1] = "";

  gcry_create_nonce (number, sizeof number);
  for (size_t i = 0; i < RANDOM_LETTERS; i++)
    ending[i] = letters[number[i] % (sizeof letters - 1)];
  snprintf (step->temporary, sizeof step->temporary, ".%.*s.%s~", room,
            step->place.name, ending);
}

static gpg_error_t
write_all (int fd, const char *bytes, size_t length)
{
  ssize_t n;

  while (length)
    {
      n = write (fd, bytes, length);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return gpg_error_from_syserror ();
      bytes += n;
      length -= (size_t)n;
    }
  return 0;
}

/* Give the new file at FD what it takes over from the old one, whose
   attributes are remembered.  */
static gpg_error_t
take_attributes (struct file_step *step, int fd, struct failure *failure)
{
  auto_close int old_fd = -1;
  const char *path = step->place.path;

  if (!step->before.exists)
    {
      if (fchmod (fd, 0644))
        return fail_errno (failure, "the mode of %s", path);
      return 0;
    }
  old_fd = openat (step->place.directory_fd, step->place.name,
                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (old_fd < 0 || fstat (old_fd, &step->attributes))
    return fail_errno (failure, "%s", path);
  if (step->attributes.st_ino != step->swap.old.inode)
    return changed (step, failure);
  return attributes_copy (old_fd, &step->attributes, fd, path, failure);
}

/* Make the new file under the temporary's name, durably.  */
static gpg_error_t
make_temporary (struct file_step *step, struct failure *failure)
{
  auto_close int fd = -1;
  struct stat stat;
  gpg_error_t err;

  fd = openat (step->place.directory_fd, step->temporary,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail_errno (failure, "a new file beside %s", step->place.path);
  err = write_all (fd, step->bytes, step->length);
  if (err)
    return fail (failure, gpg_err_code (err), "%s cannot be written: %s",
                 step->place.path, gpg_strerror (err));
  err = take_attributes (step, fd, failure);
  if (err)
    return err;
  if (fsync (fd) || fstat (fd, &stat))
    return fail_errno (failure, "%s cannot be written", step->place.path);
  step->swap.fresh.inode = stat.st_ino;
  step->swap.fresh.size = (off_t)step->length;
  file_hash (step->bytes, step->length, step->swap.fresh.hash);
  return 0;
}

static void
start_swap (struct file_step *step)
{
  struct swap *swap = &step->swap;

  memset (swap, 0, sizeof *swap);
  if (!step->bytes)
    swap->action = SWAP_REMOVE;
  else
    swap->action = step->before.exists ? SWAP_REPLACE : SWAP_CREATE;
  swap->directory_fd = step->place.directory_fd;
  swap->path = step->place.path;
  swap->name = step->place.name;
  swap->temporary = step->temporary;
  if (!step->before.exists)
    return;
  swap->old.inode = step->before.stat.st_ino;
  swap->old.size = (off_t)step->before.length;
  memcpy (swap->old.hash, step->before.hash, FILE_HASH);
}

static gpg_error_t
file_step_prepare (void *detail, const struct machine *machine,
                   struct journal *journal, struct failure *failure)
{
  struct file_step *step = detail;
  struct swap *swap = &step->swap;
  gpg_error_t err;

  err = place_find (machine, step->path, &step->place, failure);
  if (!err)
    err = check_place (step, machine, failure);
  if (err)
    return err;
  name_temporary (step);
  start_swap (step);
  if (swap->action != SWAP_CREATE)
    err = swap_check (swap, swap->name, &swap->old, failure);
  if (err)
    return err;
  if (swap->action != SWAP_REMOVE)
    {
      err = file_step_note_temporary (journal, swap);
      if (!err)
        {
          step->progress = PROGRESS_TEMPORARY;
          err = make_temporary (step, failure);
          if (err)
            return err;
        }
    }
  if (!err)
    err = file_step_note_ready (journal, swap);
  if (err)
    return fail (failure, gpg_err_code (err), "journal: %s",
                 gpg_strerror (err));
  step->progress = PROGRESS_READY;
  return 0;
}

/* --- Performing --- */

static gpg_error_t
file_step_perform (void *detail, struct failure *failure)
{
  struct file_step *step = detail;

  settled.inode = 0;
  return swap_perform (&step->swap, &step->attributes, failure);
}

static gpg_error_t
file_step_settle (void *detail, struct failure *failure)
{
  struct file_step *step = detail;
  struct stat stat;

  if (fstat (step->place.directory_fd, &stat))
    return fail_errno (failure, "directory of %s", step->place.path);
  if (stat.st_dev == settled.device && stat.st_ino == settled.inode)
    return 0;
  if (fsync (step->place.directory_fd))
    return fail_errno (failure, "directory of %s", step->place.path);
  settled.device = stat.st_dev;
  settled.inode = stat.st_ino;
  return 0;
}

static gpg_error_t
file_step_undo (void *detail, struct failure *failure)
{
  struct file_step *step = detail;
  enum progress progress = step->progress;

  step->progress = PROGRESS_NONE;
  if (progress == PROGRESS_READY)
    return swap_undo (&step->swap, failure);
  if (progress == PROGRESS_TEMPORARY
      && unlinkat (step->place.directory_fd, step->temporary, 0)
      && errno != ENOENT)
    return fail_errno (failure, "%s: its temporary %s", step->place.path,
                       step->temporary);
  return 0;
}

static void
file_step_finish (void *detail)
{
  struct file_step *step = detail;
  auto_failure struct failure reason = FAILURE_NONE;
  gpg_error_t err = swap_finish (&step->swap, &reason);

  if (err)
    gpgrt_log_error ("%s\n", failure_words (&reason, err));
}

static const struct step_kind file_kind = {
  .name = "file",
  .journaled = true,
  .describe = file_step_describe,
  .prepare = file_step_prepare,
  .perform = file_step_perform,
  .settle = file_step_settle,
  .undo = file_step_undo,
  .finish = file_step_finish,
  .release = file_step_release,
  .evidence = file_step_evidence,
};

/* --- Making one --- */

/* A copy of LENGTH BYTES with a NUL behind; NULL when out of memory.  */
static char *
copy_bytes (const char *bytes, size_t length)
{
  char *copy = malloc (length + 1);

  if (!copy)
    return NULL;
  if (length)
    memcpy (copy, bytes, length);
  copy[length] = 0;
  return copy;
}

/* Append a step for PATH; it owns BYTES (NULL: remove) from here.  */
static gpg_error_t
append (struct plan *plan, const char *path, const struct file_image *before,
        char *bytes, size_t length)
{
  struct file_step *step = calloc (1, sizeof *step);

  if (!step)
    {
      free (bytes);
      return gpg_error (GPG_ERR_ENOMEM);
    }
  step->place.directory_fd = -1;
  step->bytes = bytes;
  step->length = length;
  step->path = strdup (path);
  step->before = *before;
  step->before.bytes = before->exists
                           ? copy_bytes (before->bytes, before->length)
                           : NULL;
  if (!step->path || (before->exists && !step->before.bytes))
    {
      file_step_release (step);
      return gpg_error (GPG_ERR_ENOMEM);
    }
  return plan_append (plan, &file_kind, path, step);
}

gpg_error_t
plan_file_write (struct plan *plan, const char *path,
                 const struct file_image *before, const char *bytes,
                 size_t length)
{
  char *copy = copy_bytes (bytes, length);

  if (!copy)
    return gpg_error (GPG_ERR_ENOMEM);
  return append (plan, path, before, copy, length);
}

gpg_error_t
plan_file_remove (struct plan *plan, const char *path,
                  const struct file_image *before)
{
  return append (plan, path, before, NULL, 0);
}
