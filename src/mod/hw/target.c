/* target.c - where a file system is to be mounted
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../protocol/memory.h"
#include "mount.h"

/* Whether PATH lies below a directory that the setting allows.  */
static bool
is_allowed (const struct work *work, const char *path)
{
  const char *below = work_text (work, "mount-below");

  for (size_t i = 0; below; below = work_text_at (work, "mount-below", ++i))
    {
      size_t length = strlen (below);

      if (!strncmp (path, below, length) && path[length] == '/')
        return true;
    }
  return false;
}

/* Whether nobody but root can exchange what is in the directory FD.  */
static bool
is_trusted (const struct machine *machine, int fd)
{
  struct stat st;

  return !fstat (fd, &st) && machine_trusts (machine, st.st_uid)
         && (!(st.st_mode & S_IWGRP)
             || machine_trusts_group (machine, st.st_gid))
         && !(st.st_mode & S_IWOTH);
}

/* Step from the directory *FD into that called by the LENGTH bytes at NAME.  */
static gpg_error_t
step (struct work *work, int *fd, const char *name, size_t length)
{
  char component[NAME_MAX + 1];
  int next;

  if (length >= sizeof component)
    return fail (&work->failure, GPG_ERR_INV_NAME, "a name is too long");
  memcpy (component, name, length);
  component[length] = 0;
  next = openat (*fd, component, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (next < 0 && (errno == ENOTDIR || errno == ELOOP))
    return fail (&work->failure, GPG_ERR_FORBIDDEN,
                 "%.60s is no directory: nothing is mounted behind a link",
                 component);
  if (next < 0)
    return fail_errno (&work->failure, "%.60s", component);
  close (*fd);
  *fd = next;
  return is_trusted (work->machine, *fd)
             ? 0
             : fail (&work->failure, GPG_ERR_FORBIDDEN,
                     "%.60s can be changed by others than root: nothing is "
                     "mounted in it",
                     component);
}

gpg_error_t
target_find (struct work *work, struct target *r_target)
{
  const char *path = work_text (work, "target");
  const char *name = path;
  auto_close int fd = -1;
  gpg_error_t err = 0;

  *r_target = (struct target){ path, -1, -1, NULL };
  if (!is_allowed (work, path))
    return fail (&work->failure, GPG_ERR_FORBIDDEN,
                 "%.40s is not below a directory that mount-below in "
                 "reeved.conf names",
                 path);
  fd = fcntl (work->machine->root_fd, F_DUPFD_CLOEXEC, 0);
  if (fd < 0)
    return gpg_error_from_syserror ();
  for (;;)
    {
      size_t length = strcspn (++name, "/");

      if (!name[length])
        break;
      err = step (work, &fd, name, length);
      if (err)
        return err;
      name += length;
    }
  r_target->name = name;
  r_target->fd = openat (fd, name,
                         O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (r_target->fd < 0 && errno != ENOENT)
    return fail (&work->failure, GPG_ERR_FORBIDDEN,
                 "%.60s is no directory: nothing is mounted on it", path);
  r_target->parent_fd = take_fd (&fd);
  return 0;
}

void
target_release (struct target *target)
{
  if (target->parent_fd >= 0)
    close (target->parent_fd);
  if (target->fd >= 0)
    close (target->fd);
  target->parent_fd = target->fd = -1;
}
