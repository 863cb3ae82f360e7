/* recall.c - the lines that were typed before
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../protocol/buffer.h"
#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "../../protocol/text.h"
#include "recall.h"

/* Of a longer file only the end is looked at.  */
#define LONGEST (off_t) (4 * MIB)

/* Make the directories on the way to PATH.  */
static void
make_directories (char *path)
{
  for (char *slash = path; (slash = strchr (slash + 1, '/'));)
    {
      *slash = 0;
      mkdir (path, 0700); /* Where it fails, so will open.  */
      *slash = '/';
    }
}

static bool
is_own_directory (const char *path)
{
  struct stat stat_;

  return *path == '/' && !stat (path, &stat_) && S_ISDIR (stat_.st_mode)
         && stat_.st_uid == geteuid ();
}

char *
recall_path (void)
{
  const char *path = getenv ("REEVE_HISTORY");
  const char *state = getenv ("XDG_STATE_HOME");
  const char *home = getenv ("HOME");
  char *result;

  if (path)
    return *path ? strdup (path) : NULL;
  if (!home || !is_own_directory (home))
    return NULL;
  if (state && *state == '/')
    home = "";
  else
    state = "/.local/state";
  result = text_format ("%s%s/reeve/history", home, state);
  if (!result)
    return NULL;
  make_directories (result);
  return result;
}

/* Open PATH with FLAGS and lock it.  */
static gpg_error_t
open_locked (const char *path, int flags, int *r_fd)
{
  auto_close int fd = open (
      path, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
  struct stat stat;

  if (fd < 0)
    return gpg_error_from_syserror ();
  if (fstat (fd, &stat))
    return gpg_error_from_syserror ();
  if (!S_ISREG (stat.st_mode) || stat.st_uid != geteuid ())
    return gpg_error (GPG_ERR_EPERM);
  while (flock (fd, LOCK_EX))
    if (errno != EINTR)
      return gpg_error_from_syserror ();
  *r_fd = take_fd (&fd);
  return 0;
}

static gpg_error_t
read_all (int fd, struct buffer *text)
{
  ssize_t n;

  if (lseek (fd, 0, SEEK_END) > LONGEST)
    lseek (fd, -LONGEST, SEEK_END);
  else
    lseek (fd, 0, SEEK_SET);
  do
    {
      buffer_reserve (text, 64 * KIB);
      if (buffer_error (text))
        return buffer_error (text);
      n = read (fd, text->bytes + text->length, 64 * KIB);
      if (n > 0)
        text->length += (size_t)n;
    }
  while (n > 0 || (n < 0 && errno == EINTR));
  if (n < 0)
    return gpg_error_from_syserror ();
  text->bytes[text->length] = 0;
  return 0;
}

/* Where the last RECALL_LINES lines of TEXT begin.  */
static const char *
last_lines (const struct buffer *text)
{
  const char *start = text->bytes + text->length;
  size_t count = 0;

  while (start > text->bytes)
    {
      const char *before = memrchr (text->bytes, '\n',
                                    (size_t)(start - 1 - text->bytes));

      if (++count > RECALL_LINES)
        break;
      start = before ? before + 1 : text->bytes;
    }
  return start;
}

/* Leave only the lines from KEEP on in the file.  Who dies in between leaves
   some of them twice, and none missing.  */
static gpg_error_t
cut (int fd, const struct buffer *text, const char *keep)
{
  size_t length = (size_t)(text->bytes + text->length - keep);
  size_t done = 0;

  while (done < length)
    {
      ssize_t n = pwrite (fd, keep + done, length - done, (off_t)done);

      if (n < 0 && errno != EINTR)
        return gpg_error_from_syserror ();
      if (n > 0)
        done += (size_t)n;
    }
  return ftruncate (fd, (off_t)length) ? gpg_error_from_syserror () : 0;
}

gpg_error_t
recall_load (const char *path, void (*receive) (const char *line))
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  auto_close int fd = -1;
  gpg_error_t err = open_locked (path, O_RDWR, &fd);
  const char *keep;
  char *line, *end;

  if (gpg_err_code (err) == GPG_ERR_ENOENT)
    return 0;
  if (!err)
    err = read_all (fd, &text);
  if (err)
    return err;
  keep = last_lines (&text);
  if (keep > text.bytes)
    err = cut (fd, &text, keep);
  for (line = text.bytes + (keep - text.bytes); *line; line = end)
    {
      end = strchrnul (line, '\n');
      if (*end)
        *end++ = 0;
      receive (line);
    }
  return err;
}

gpg_error_t
recall_add (const char *path, const char *line)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  auto_close int fd = -1;
  gpg_error_t err = open_locked (path, O_WRONLY | O_APPEND | O_CREAT, &fd);

  buffer_string (&text, line);
  buffer_string (&text, "\n");
  if (!err)
    err = buffer_error (&text);
  if (!err && write (fd, text.bytes, text.length) < 0)
    err = gpg_error_from_syserror ();
  return err;
}
