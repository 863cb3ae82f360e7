/* recover.c - finishing or undoing what processes that were killed left
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   An entry that was not ready changed nothing: its temporaries go.  Of one
   that was ready each file is looked at (swap_look).  Steps are performed
   from the first to the last, undone from the last to the first, and
   finished only when all are performed.  So the plan was complete if the
   last step is performed or finished and none is seen not to be: then the
   before-images go.  Else what was performed is put back.  Either may be
   interrupted again at any point: looking anew gives the same answer.  */

#include "plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "../../protocol/record.h"
#include "file_step.h"

/* Bytes of a journal: far more than the longest plan needs.  */
#define JOURNAL_SIZE (128 * MIB)

struct item
{
  char *path;
  char *temporary;
  struct place place;
  struct swap swap;
  bool ready; /* SWAP is known.  */
  bool found; /* PLACE is where it was.  */
};

struct entry
{
  struct item *items;
  size_t count;
  size_t allocated;
};

#define auto_entry __attribute__ ((cleanup (entry_release)))

static void
entry_release (struct entry *entry)
{
  for (size_t i = 0; i < entry->count; i++)
    {
      place_release (&entry->items[i].place);
      free (entry->items[i].path);
      free (entry->items[i].temporary);
    }
  free (entry->items);
}

/* Log MESSAGE about PATH, which may hold any byte.  */
static void
tell (const char *path, const char *message)
{
  auto_buffer struct buffer name = BUFFER_EMPTY;

  record_escape (&name, path, strlen (path));
  if (!buffer_error (&name))
    gpgrt_log_info ("%s: %s\n", name.bytes, message);
}

/* --- Reading an entry --- */

static gpg_error_t
item_new (struct entry *entry, const char *path, const char *temporary,
          struct item **r_item)
{
  struct item *item;

  if (entry->count == entry->allocated)
    {
      size_t more = entry->allocated ? 2 * entry->allocated : 16;
      struct item *items = reallocarray (entry->items, more, sizeof *items);

      if (!items)
        return gpg_error (GPG_ERR_ENOMEM);
      entry->items = items;
      entry->allocated = more;
    }
  item = &entry->items[entry->count];
  memset (item, 0, sizeof *item);
  item->place.directory_fd = -1;
  item->path = strdup (path);
  item->temporary = strdup (temporary);
  entry->count++;
  *r_item = item;
  return item->path && item->temporary ? 0 : gpg_error (GPG_ERR_ENOMEM);
}

/* Whether NAME can be a temporary's.  */
static bool
is_temporary (const char *name)
{
  size_t length = strlen (name);

  return length > 2 && length <= NAME_MAX - SWAP_SUFFIX && name[0] == '.'
         && name[length - 1] == '~' && !strchr (name, '/');
}

static gpg_error_t
take_line (void *context, const char *name, const char *const *values,
           size_t count)
{
  struct entry *entry = context;
  struct item *item = entry->count ? &entry->items[entry->count - 1] : NULL;
  struct swap swap;
  gpg_error_t err;

  if (!strcmp (name, FILE_STEP_TEMPORARY) && count == 2
      && is_temporary (values[1]))
    return item_new (entry, values[0], values[1], &item);
  if (strcmp (name, FILE_STEP_READY)
      || file_step_parse_ready (values, count, &swap)
      || !is_temporary (swap.temporary))
    return gpg_error (GPG_ERR_BAD_DATA);
  if (swap.action == SWAP_REMOVE)
    {
      err = item_new (entry, swap.path, swap.temporary, &item);
      if (err)
        return err;
    }
  if (!item || item->ready || strcmp (item->path, swap.path)
      || strcmp (item->temporary, swap.temporary))
    return gpg_error (GPG_ERR_BAD_DATA);
  item->swap = swap;
  item->ready = true;
  return 0;
}

/* Whether ENTRY lacks a line that a ready one has.  */
static bool
is_damaged (const struct entry *entry, bool ready)
{
  for (size_t i = 0; ready && i < entry->count; i++)
    if (!entry->items[i].ready)
      return true;
  return false;
}

/* Whether PLACE still is where the step worked: a way that others may have
   bent since leads elsewhere.  */
static void
find_item (struct item *item, const struct machine *machine)
{
  if (!place_find (machine, item->path, &item->place, NULL))
    item->found = item->place.trusted && !strcmp (item->place.path, item->path);
  if (!item->found)
    tell (item->path, "the way to it has changed since a change of it was "
                      "interrupted: it is left as it is");
  item->swap.path = item->path;
  item->swap.temporary = item->temporary;
  item->swap.name = item->place.name;
  item->swap.directory_fd = item->place.directory_fd;
}

/* --- Acting on it --- */

/* Whether the temporary of ITEM is there, and what it is.  */
static bool
has_temporary (const struct item *item, struct stat *r_stat)
{
  return item->found
         && !fstatat (item->place.directory_fd, item->temporary, r_stat,
                      AT_SYMLINK_NOFOLLOW);
}

/* Remove the temporary of a step that was never ready.  */
static gpg_error_t
discard (const struct item *item, unsigned *count)
{
  struct stat stat;

  if (!has_temporary (item, &stat) || !S_ISREG (stat.st_mode))
    return 0;
  if (unlinkat (item->place.directory_fd, item->temporary, 0))
    return gpg_error_from_syserror ();
  tell (item->path, "a change of it was interrupted before it began");
  ++*count;
  return 0;
}

/* Go on with one step, forward if COMPLETE, else back.  What somebody changed
   meanwhile is told and done with; other errors are returned.  */
static gpg_error_t
go_on (const struct item *item, bool complete, unsigned *count)
{
  auto_failure struct failure reason = FAILURE_NONE;
  struct stat stat;
  bool performed;
  gpg_error_t err;

  if (!has_temporary (item, &stat))
    return 0;
  performed = swap_look (&item->swap) == SWAP_PERFORMED;
  err = complete ? swap_finish (&item->swap, &reason)
                 : swap_undo (&item->swap, &reason);
  if (err)
    tell (item->path, failure_words (&reason, err));
  else if (complete)
    tell (item->path, "an interrupted change of it was complete");
  else if (performed)
    tell (item->path, "an interrupted change of it is undone");
  else
    tell (item->path, "an interrupted change of it had not begun");
  if (!err)
    ++*count;
  return gpg_err_code (err) == GPG_ERR_CONFLICT ? 0 : err;
}

static bool
is_complete (const struct entry *entry)
{
  enum swap_state state = SWAP_UNKNOWN;

  for (size_t i = 0; i < entry->count; i++)
    {
      const struct item *item = &entry->items[i];

      state = item->found ? swap_look (&item->swap) : SWAP_UNKNOWN;
      if (state == SWAP_READY)
        return false;
    }
  return state == SWAP_PERFORMED || state == SWAP_FINISHED;
}

static gpg_error_t
recover_entry (struct entry *entry, bool ready, const struct machine *machine,
               unsigned *count)
{
  gpg_error_t first = 0;
  gpg_error_t err;
  bool complete;

  for (size_t i = 0; i < entry->count; i++)
    find_item (&entry->items[i], machine);
  complete = ready && is_complete (entry);
  for (size_t i = 0; i < entry->count; i++)
    {
      size_t index = complete ? i : entry->count - 1 - i;

      err = ready ? go_on (&entry->items[index], complete, count)
                  : discard (&entry->items[index], count);
      if (!first)
        first = err;
    }
  return first;
}

/* --- The journals --- */

static gpg_error_t
read_journal (int fd, struct buffer *text)
{
  char bytes[16 * KIB];
  ssize_t n;

  while ((n = read (fd, bytes, sizeof bytes)))
    {
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return gpg_error_from_syserror ();
      if (text->length + (size_t)n > JOURNAL_SIZE)
        return gpg_error (GPG_ERR_TOO_LARGE);
      buffer_append (text, bytes, (size_t)n);
    }
  return buffer_error (text);
}

/* Whether FD is a journal that nobody uses; it is locked then.  */
static bool
is_left_over (int fd, const struct machine *machine)
{
  struct stat stat;

  return fd >= 0 && !fstat (fd, &stat) && S_ISREG (stat.st_mode)
         && machine_trusts (machine, stat.st_uid)
         && !(stat.st_mode & (S_IWGRP | S_IWOTH))
         && !flock (fd, LOCK_EX | LOCK_NB) && !fstat (fd, &stat)
         && stat.st_nlink;
}

static void
recover_journal (const struct machine *machine, int directory_fd,
                 const char *name, unsigned *count)
{
  auto_entry struct entry entry = { NULL, 0, 0 };
  auto_buffer struct buffer text = BUFFER_EMPTY;
  auto_close int fd = -1;
  bool ready = false;
  gpg_error_t err;

  fd = openat (directory_fd, name,
               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (!is_left_over (fd, machine))
    return;
  err = read_journal (fd, &text);
  if (!err)
    err = journal_parse (text.bytes, text.length, take_line, &entry, &ready);
  if (!err && is_damaged (&entry, ready))
    err = gpg_error (GPG_ERR_BAD_DATA);
  if (err)
    {
      gpgrt_log_error ("journal %s%s/%s cannot be read (%s): nothing is done "
                       "about it; look at the files that it names, then "
                       "remove it\n",
                       machine->root, OWN_JOURNAL_DIR, name,
                       gpg_strerror (err));
      return;
    }
  err = recover_entry (&entry, ready, machine, count);
  if (!err && unlinkat (directory_fd, name, 0))
    err = gpg_error_from_syserror ();
  if (err)
    gpgrt_log_error ("journal %s%s/%s is kept for the next start: %s\n",
                     machine->root, OWN_JOURNAL_DIR, name, gpg_strerror (err));
}

gpg_error_t
plan_recover (const struct machine *machine, unsigned *r_count,
              struct failure *failure)
{
  struct failure reason = FAILURE_NONE;
  struct dirent *dirent;
  unsigned count = 0;
  gpg_error_t err;
  DIR *directory;
  int fd;

  if (r_count)
    *r_count = 0;
  err = journal_directory (machine, false, &fd, &reason);
  if (err && gpg_err_code (err) != GPG_ERR_ENOENT)
    fail (failure, gpg_err_code (err), "%s", failure_words (&reason, err));
  failure_release (&reason);
  if (err)
    return gpg_err_code (err) == GPG_ERR_ENOENT ? 0 : err;

  directory = fdopendir (fd);
  if (!directory)
    {
      err = fail_errno (failure, "journal directory %s", OWN_JOURNAL_DIR);
      close (fd);
      return err;
    }
  while (flock (dirfd (directory), LOCK_EX) && errno == EINTR)
    ;
  while ((dirent = readdir (directory)))
    if (*dirent->d_name != '.')
      recover_journal (machine, dirfd (directory), dirent->d_name, &count);
  closedir (directory);
  if (r_count)
    *r_count = count;
  return 0;
}
