/* key_policy.c - changing the lines of keys in a policy file
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "../../protocol/text.h"
#include "key.h"

#define BLANKS " \t"

/* A policy file on its way.  */
struct rewriting
{
  const struct key_change *change;
  const char *path;
  struct stat was;
  struct buffer text, next; /* As it is, as it shall be.  */
};

static enum status
complain_changed (const char *path)
{
  complain ("%s was changed meanwhile: nothing was done; try again", path);
  return STATUS_CONFLICT;
}

static enum status
complain_file (const char *path)
{
  complain ("cannot change %s: %s%s", path, strerror (errno),
            errno == EACCES || errno == EPERM ? ": say it as root" : "");
  return STATUS_ERROR;
}

/* --- Lines --- */

/* The key of the change's identity in line LINE, or NULL; *R_LAST: behind it
   comes no other.  */
static const struct listed_key *
key_at (const struct key_change *change, unsigned line, bool *r_last)
{
  const struct listed_key *found = NULL;

  *r_last = true;
  for (size_t i = 0; i < change->list->count; i++)
    {
      const struct listed_key *key = change->list->key + i;

      if (strcmp (key->identity, change->identity))
        continue;
      if (key->line == line)
        found = key;
      if (key->line > line)
        *r_last = false;
    }
  return found;
}

/* The value in LINE ("key = panel.key ..."), or NULL.  */
static const char *
value_of (const char *line)
{
  const char *p = line + 3;

  if (strncmp (line, "key", 3))
    return NULL;
  p += strspn (p, BLANKS);
  if (*p++ != '=')
    return NULL;
  return p + strspn (p, BLANKS);
}

/* Put LINE, which is that of KEY, with the new expiry if that is earlier than
   its own.  Both are written in an order that strcmp knows.  */
static bool
put_line (struct rewriting *rewriting, const struct listed_key *key,
          const char *line)
{
  const struct key_change *change = rewriting->change;
  const char *value = value_of (line);
  size_t length = value ? strcspn (value, BLANKS) : 0;
  const char *own;

  if (!value || strlen (key->name) != length
      || memcmp (value, key->name, length))
    return false;
  own = strstr (value + length, "expires=");
  if ((change->name && strcmp (change->name, key->name))
      || (own
          && strncmp (own + 8, change->expires, strcspn (own + 8, BLANKS))
                 <= 0))
    buffer_string (&rewriting->next, line);
  else
    buffer_printf (&rewriting->next, "%.*s expires=%s",
                   (int)(value + length - line), line, change->expires);
  buffer_string (&rewriting->next, "\n");
  return true;
}

/* Make the next text of the present one.  */
static enum status
edit (struct rewriting *rewriting)
{
  const struct key_change *change = rewriting->change;
  char *rest = rewriting->text.bytes;
  unsigned number = 0;
  bool last = false;
  char *line;

  while (rest && *rest && (line = strsep (&rest, "\n")))
    {
      bool is_last;
      const struct listed_key *key = key_at (change, ++number, &is_last);

      if (!key)
        buffer_printf (&rewriting->next, "%s%s", line, rest ? "\n" : "");
      else if (!put_line (rewriting, key, line))
        return complain_changed (rewriting->path);
      if (key && is_last && change->added)
        buffer_printf (&rewriting->next, "%.*s%s\n",
                       (int)(value_of (line) - line), line, change->added);
      last |= key && is_last;
    }
  if (!last)
    return complain_changed (rewriting->path);
  return buffer_error (&rewriting->next) ? complain_memory () : STATUS_OK;
}

/* --- The file --- */

static enum status
read_text (struct rewriting *rewriting)
{
  auto_close int fd = open (rewriting->path, O_RDONLY | O_NOFOLLOW | O_NOCTTY
                                                 | O_NONBLOCK | O_CLOEXEC);
  char piece[4096];
  ssize_t count;

  if (fd < 0 || fstat (fd, &rewriting->was))
    return complain_file (rewriting->path);
  while ((count = read (fd, piece, sizeof piece)) > 0
         && rewriting->text.length <= LIMIT_CONFIG_FILE)
    buffer_append (&rewriting->text, piece, (size_t)count);
  if (count < 0)
    return complain_file (rewriting->path);
  if (count
      || memchr (rewriting->text.bytes ? rewriting->text.bytes : "", 0,
                 rewriting->text.length))
    return complain_changed (rewriting->path);
  return buffer_error (&rewriting->text) ? complain_memory () : STATUS_OK;
}

/* Whether the file is what was read.  */
static bool
is_as_it_was (const struct rewriting *rewriting)
{
  const struct stat *was = &rewriting->was;
  struct stat now;

  return !lstat (rewriting->path, &now) && now.st_dev == was->st_dev
         && now.st_ino == was->st_ino && now.st_size == was->st_size
         && now.st_ctim.tv_sec == was->st_ctim.tv_sec
         && now.st_ctim.tv_nsec == was->st_ctim.tv_nsec;
}

/* Write the next text to FD, for good; 0, or -1 and errno.  */
static int
write_text (const struct rewriting *rewriting, int fd)
{
  const struct buffer *next = &rewriting->next;
  size_t done = 0;

  while (done < next->length)
    {
      ssize_t count = write (fd, next->bytes + done, next->length - done);

      if (count < 0 && errno != EINTR)
        return -1;
      done += count > 0 ? (size_t)count : 0;
    }
  if (fchown (fd, rewriting->was.st_uid, rewriting->was.st_gid)
      || fchmod (fd, rewriting->was.st_mode & 07777))
    return -1;
  return fsync (fd);
}

/* Put the file NAME into DIRECTORY's file that it shall replace.  */
static enum status
replace (const struct rewriting *rewriting, const char *name,
         const char *directory)
{
  auto_close int fd = -1;

  if (!is_as_it_was (rewriting))
    return complain_changed (rewriting->path);
  if (rename (name, rewriting->path))
    return complain_file (rewriting->path);
  fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 && !fsync (fd))
    return STATUS_OK;
  complain ("%s was changed, but may not survive a crash: %s", rewriting->path,
            strerror (errno));
  return STATUS_OK;
}

/* Put the next text in the place of the present one.  */
static enum status
store (const struct rewriting *rewriting)
{
  auto_free char *directory = strdup (rewriting->path);
  auto_free char *name = NULL;
  auto_close int fd = -1;
  char *slash = directory ? strrchr (directory, '/') : NULL;
  enum status status = STATUS_OK;

  if (!slash)
    return complain_memory ();
  *slash = 0;
  /* The dot: it is no policy.  */
  name = text_format ("%s/.%s.XXXXXX", directory, slash + 1);
  if (!name)
    return complain_memory ();
  fd = mkostemp (name, O_CLOEXEC);
  if (fd < 0)
    return complain_file (rewriting->path);
  if (write_text (rewriting, fd))
    status = complain_file (rewriting->path);
  if (status == STATUS_OK)
    status = replace (rewriting, name, directory);
  if (status != STATUS_OK)
    unlink (name);
  return status;
}

enum status
key_policy_change (const struct key_change *change)
{
  struct rewriting rewriting = { .change = change };
  enum status status;

  for (size_t i = 0; i < change->list->count; i++)
    if (!strcmp (change->list->key[i].identity, change->identity))
      rewriting.path = change->list->key[i].file;
  status = read_text (&rewriting);
  if (status == STATUS_OK)
    status = edit (&rewriting);
  if (status == STATUS_OK)
    status = store (&rewriting);
  buffer_release (&rewriting.text);
  buffer_release (&rewriting.next);
  return status;
}
