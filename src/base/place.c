/* place.c - following a path hop by hop
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "../../protocol/text.h"

/* A path on its way: DIRECTORY_FD (O_PATH) is the directory RESOLVED ("" for
   the root), REST is what is still to follow.  */
struct walk
{
  const struct machine *machine;
  const char *asked;
  struct failure *failure;
  int directory_fd;
  struct stat directory;
  char *resolved;
  char *rest;
  char *suspect;
  unsigned links;
  unsigned hops;
};

#define auto_walk __attribute__ ((cleanup (walk_release)))

static void
walk_release (struct walk *walk)
{
  if (walk->directory_fd >= 0)
    close (walk->directory_fd);
  free (walk->resolved);
  free (walk->rest);
  free (walk->suspect);
}

/* Whether the directory FD (O_PATH) has an access control list, or may.  */
static bool
has_access_list (int fd)
{
  char path[32];

  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  return getxattr (path, "system.posix_acl_access", NULL, 0) >= 0
         || (errno != ENODATA && errno != ENOTSUP);
}

/* Whether none but trusted users can put something else in the place of what
   the directory FD has.  In a sticky one only its owner can, and the owner of
   what it has.  Where there is an access control list the group's bits are
   what anybody named there has at the most.  */
static bool
directory_is_safe (const struct machine *machine, int fd,
                   const struct stat *stat)
{
  if (!machine_trusts (machine, stat->st_uid))
    return false;
  if (stat->st_mode & S_ISVTX || !(stat->st_mode & (S_IWGRP | S_IWOTH)))
    return true;
  return !(stat->st_mode & S_IWOTH)
         && machine_trusts_group (machine, stat->st_gid)
         && !has_access_list (fd);
}

/* Make FD, which WALK owns from here, the present directory.  */
static gpg_error_t
walk_enter (struct walk *walk, int fd, const struct stat *stat)
{
  if (walk->directory_fd >= 0)
    close (walk->directory_fd);
  walk->directory_fd = fd;
  walk->directory = *stat;
  if (walk->suspect || directory_is_safe (walk->machine, fd, stat))
    return 0;
  walk->suspect = strdup (*walk->resolved ? walk->resolved : "/");
  return walk->suspect ? 0 : gpg_error (GPG_ERR_ENOMEM);
}

static gpg_error_t
walk_root (struct walk *walk)
{
  auto_close int fd = -1;
  struct stat stat;

  *walk->resolved = 0;
  fd = openat (walk->machine->root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &stat))
    return fail_errno (walk->failure, "root directory");
  return walk_enter (walk, take_fd (&fd), &stat);
}

/* Go on with HEAD (LENGTH bytes), a slash, and what was left to follow.  */
static gpg_error_t
walk_prepend (struct walk *walk, const char *head, size_t length)
{
  char *rest;

  if (length + 1 + strlen (walk->rest) > LIMIT_PATH)
    return fail (walk->failure, GPG_ERR_INV_NAME,
                 "%s: links make it longer than %d bytes", walk->asked,
                 LIMIT_PATH);
  rest = text_format ("%.*s/%s", (int)length, head, walk->rest);
  if (!rest)
    return gpg_error (GPG_ERR_ENOMEM);
  free (walk->rest);
  walk->rest = rest;
  return 0;
}

/* Take the next component, skipping "." and empty ones, into R_NAME; ""
   if none is left.  */
static gpg_error_t
walk_next (struct walk *walk, char r_name[NAME_MAX + 1])
{
  const char *start = walk->rest;
  size_t length;

  for (;;)
    {
      start += strspn (start, "/");
      length = strcspn (start, "/");
      if (length != 1 || *start != '.')
        break;
      start++;
    }
  if (length > NAME_MAX)
    return fail (walk->failure, GPG_ERR_INV_NAME,
                 "%s: a name in it is longer than %d bytes", walk->asked,
                 NAME_MAX);
  memcpy (r_name, start, length);
  r_name[length] = 0;
  start += length;
  memmove (walk->rest, start, strlen (start) + 1);
  return 0;
}

/* Whether no component is left to follow.  */
static bool
walk_at_end (const struct walk *walk)
{
  const char *rest = walk->rest;

  for (;;)
    {
      rest += strspn (rest, "/");
      if (rest[0] != '.' || (rest[1] && rest[1] != '/'))
        return !*rest;
      rest++;
    }
}

/* "..": what is resolved has no link in it, so its parent is its text less a
   component; it is walked and judged anew from the root, since the directory
   may have been moved elsewhere meanwhile.  */
static gpg_error_t
walk_up (struct walk *walk)
{
  char *slash = strrchr (walk->resolved, '/');
  gpg_error_t err;

  if (!slash)
    return 0;
  err = walk_prepend (walk, walk->resolved, (size_t)(slash - walk->resolved));
  return err ? err : walk_root (walk);
}

/* Go on with the target of the link NAME, open (O_PATH) at FD.  The target
   is followed as text like any other path, so a magic link of /proc leads
   nowhere that its text does not.  */
static gpg_error_t
walk_link (struct walk *walk, const char *name, int fd, const struct stat *stat)
{
  char target[PATH_MAX];
  ssize_t length;
  gpg_error_t err;

  if (!machine_trusts (walk->machine, stat->st_uid)
      || !directory_is_safe (walk->machine, walk->directory_fd,
                             &walk->directory))
    return fail (walk->failure, GPG_ERR_FORBIDDEN,
                 "%s/%s is a link that others than root may change: name the "
                 "file itself",
                 walk->resolved, name);
  if (++walk->links > LIMIT_LINKS)
    return fail (walk->failure, GPG_ERR_ELOOP, "%s: more than %d links",
                 walk->asked, LIMIT_LINKS);
  length = readlinkat (fd, "", target, sizeof target);
  if (length < 0)
    return fail_errno (walk->failure, "link %s/%s", walk->resolved, name);
  err = walk_prepend (walk, target, (size_t)length);
  if (!err && length && *target == '/')
    err = walk_root (walk);
  return err;
}

static gpg_error_t
walk_down (struct walk *walk, const char *name, int fd, const struct stat *stat)
{
  char *resolved;

  if (!S_ISDIR (stat->st_mode))
    {
      close (fd);
      return fail (walk->failure, GPG_ERR_ENOTDIR, "%s/%s is not a directory",
                   walk->resolved, name);
    }
  resolved = text_format ("%s/%s", walk->resolved, name);
  if (!resolved)
    {
      close (fd);
      return gpg_error (GPG_ERR_ENOMEM);
    }
  free (walk->resolved);
  walk->resolved = resolved;
  return walk_enter (walk, fd, stat);
}

/* The walk is over: NAME ("" for the root) in the present directory is what
   was asked for.  STAT is NULL if it does not exist.  */
static gpg_error_t
walk_arrive (struct walk *walk, const char *name, const struct stat *stat,
             struct place *place)
{
  auto_close int fd = -1;

  fd = openat (walk->directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return fail_errno (walk->failure, "directory %s/", walk->resolved);
  place->name = strdup (*name ? name : ".");
  if (!place->name
      || !(place->path = text_format ("%s/%s", walk->resolved, name)))
    {
      free (place->name);
      place->name = place->path = NULL;
      return gpg_error (GPG_ERR_ENOMEM);
    }
  place->directory_fd = take_fd (&fd);
  place->exists = stat != NULL;
  if (stat)
    place->stat = *stat;
  place->suspect = take (&walk->suspect);
  place->trusted = !place->suspect;
  return 0;
}

/* Follow one component; set *R_DONE when it was the last.  */
static gpg_error_t
walk_step (struct walk *walk, struct place *place, bool *r_done)
{
  char name[NAME_MAX + 1];
  struct stat stat;
  auto_close int fd = -1;
  gpg_error_t err;

  *r_done = false;
  err = walk_next (walk, name);
  if (err)
    return err;
  if (!*name)
    {
      *r_done = true;
      return walk_arrive (walk, name, &walk->directory, place);
    }
  if (!strcmp (name, ".."))
    return walk_up (walk);

  fd = openat (walk->directory_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT && walk_at_end (walk))
    {
      *r_done = true;
      return walk_arrive (walk, name, NULL, place);
    }
  if (fd < 0 || fstat (fd, &stat))
    return fail_errno (walk->failure, "%s/%s", walk->resolved, name);
  if (S_ISLNK (stat.st_mode))
    return walk_link (walk, name, fd, &stat);
  if (!walk_at_end (walk))
    return walk_down (walk, name, take_fd (&fd), &stat);
  *r_done = true;
  return walk_arrive (walk, name, &stat, place);
}

gpg_error_t
place_find (const struct machine *machine, const char *path,
            struct place *r_place, struct failure *failure)
{
  auto_walk struct walk walk = {
    .machine = machine, .asked = path, .failure = failure, .directory_fd = -1
  };
  bool done = false;
  gpg_error_t err;

  memset (r_place, 0, sizeof *r_place);
  r_place->directory_fd = -1;

  if (*path != '/')
    return fail (failure, GPG_ERR_INV_NAME,
                 "%s is not an absolute path: begin it with /", path);
  if (strlen (path) > LIMIT_PATH)
    return fail (failure, GPG_ERR_INV_NAME, "the path is longer than %d bytes",
                 LIMIT_PATH);
  walk.rest = strdup (path);
  walk.resolved = strdup ("");
  if (!walk.rest || !walk.resolved)
    return gpg_error (GPG_ERR_ENOMEM);

  err = walk_root (&walk);
  while (!err && !done)
    {
      if (++walk.hops > LIMIT_PATH)
        return fail (failure, GPG_ERR_ELOOP, "%s: more than %d hops", path,
                     LIMIT_PATH);
      err = walk_step (&walk, r_place, &done);
    }
  return err;
}

void
place_release (struct place *place)
{
  free (place->path);
  free (place->name);
  free (place->suspect);
  place->path = place->name = place->suspect = NULL;
  if (place->directory_fd >= 0)
    close (place->directory_fd);
  place->directory_fd = -1;
}
