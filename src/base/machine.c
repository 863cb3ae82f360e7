/* machine.c - the machine that reeve administers: everything below a root
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../../protocol/memory.h"
#include "../../protocol/text.h"

/* Files and directories of reeve's own; what is beneath is own as well.  */
static const char *const own_paths[]
    = { OWN_CONFIG_DIR,    OWN_RUN_DIR,     OWN_STATE_DIR, OWN_LOG_DIR,
        SBINDIR "/reeved", BINDIR "/reeve", PKGLIBEXECDIR };

/* Where the service manager looks for units.  What has a component beginning
   with "reeve" beneath is a unit of ours, its drop-ins, or what enables it. */
static const char *const unit_directories[] = { "/etc/systemd/system",
                                                "/etc/systemd/system.control",
                                                "/run/systemd/system",
                                                "/run/systemd/system.control",
                                                "/run/systemd/transient",
                                                "/run/systemd/generator",
                                                "/run/systemd/generator.late",
                                                "/run/systemd/generator.early",
                                                "/usr/local/lib/systemd/system",
                                                "/usr/lib/systemd/system",
                                                "/lib/systemd/system" };

#define COUNT_OF(array) (sizeof (array) / sizeof *(array))

gpg_error_t
machine_open (const char *root, struct machine *r_machine,
              struct failure *failure)
{
  auto_free char *resolved = NULL;
  auto_close int fd = -1;

  memset (r_machine, 0, sizeof *r_machine);
  r_machine->root_fd = -1;

  resolved = realpath (root && *root ? root : "/", NULL);
  if (!resolved)
    return fail_errno (failure, "root directory %s", root ? root : "/");
  fd = open (resolved, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return fail_errno (failure, "root directory %s", resolved);
  if (!strcmp (resolved, "/"))
    *resolved = 0;
  r_machine->root = take (&resolved);
  r_machine->root_fd = take_fd (&fd);
  r_machine->uid = geteuid ();
  r_machine->gid = r_machine->uid ? getegid () : 0;
  return 0;
}

void
machine_close (struct machine *machine)
{
  for (size_t i = 0; i < MACHINE_OWN; i++)
    {
      free (machine->own[i]);
      machine->own[i] = NULL;
    }
  free (machine->root);
  machine->root = NULL;
  if (machine->root_fd >= 0)
    close (machine->root_fd);
  machine->root_fd = -1;
}

char *
machine_path (const struct machine *machine, const char *path)
{
  return text_format ("%s%s", machine->root, path);
}

gpg_error_t
machine_add_own (struct machine *machine, const char *os_path)
{
  size_t length = strlen (machine->root);
  auto_free char *path = realpath (os_path, NULL);

  if (!path)
    return gpg_error_from_syserror ();
  if (strncmp (path, machine->root, length) || path[length] != '/')
    return 0;
  for (size_t i = 0; i < MACHINE_OWN; i++)
    if (!machine->own[i])
      {
        machine->own[i] = strdup (path + length);
        return machine->own[i] ? 0 : gpg_error (GPG_ERR_ENOMEM);
      }
  return gpg_error (GPG_ERR_LIMIT_REACHED);
}

bool
machine_trusts (const struct machine *machine, uid_t uid)
{
  return !uid || uid == machine->uid;
}

bool
machine_trusts_group (const struct machine *machine, gid_t gid)
{
  return !gid || gid == machine->gid;
}

/* Whether PATH is DIRECTORY or beneath it.  */
static bool
is_beneath (const char *path, const char *directory)
{
  size_t length = strlen (directory);

  return !strncmp (path, directory, length)
         && (!path[length] || path[length] == '/');
}

/* Store at R_STAT what PATH is, following links below the root.  */
static bool
stat_in_root (const struct machine *machine, const char *path,
              struct stat *r_stat)
{
  struct open_how how = { .flags = O_PATH | O_CLOEXEC,
                          .resolve = RESOLVE_IN_ROOT };
  auto_close int fd = -1;

  fd = syscall (SYS_openat2, machine->root_fd, path, &how, sizeof how);
  return fd >= 0 && !fstat (fd, r_stat);
}

static bool
owns_stat (const struct stat *own, size_t count, const struct stat *stat)
{
  size_t i;

  for (i = 0; i < count; i++)
    if (own[i].st_dev == stat->st_dev && own[i].st_ino == stat->st_ino)
      return true;
  return false;
}

/* Whether PATH or a directory above it is the very object that one of
   own_paths is, by whatever links or mounts either was reached.  */
static bool
owns_object (const struct machine *machine, const char *path)
{
  struct stat own[COUNT_OF (own_paths)];
  struct stat stat;
  auto_free char *prefix = strdup (path);
  size_t count = 0;
  char *slash;
  size_t i;

  if (!prefix)
    return true;
  for (i = 0; i < COUNT_OF (own_paths); i++)
    if (stat_in_root (machine, own_paths[i], &own[count]))
      count++;
  while (count && *prefix)
    {
      if (stat_in_root (machine, prefix, &stat)
          && owns_stat (own, count, &stat))
        return true;
      slash = strrchr (prefix, '/');
      if (!slash)
        break;
      *slash = 0;
    }
  return false;
}

/* Whether PATH is a unit of ours in DIRECTORY, or belongs to one, or is a
   drop-in of all services or sockets and so of ours.  */
static bool
is_own_unit (const char *path, const char *directory)
{
  const char *rest = path + strlen (directory);

  return is_beneath (path, directory)
         && (strstr (rest, "/reeve") || is_beneath (rest, "/service.d")
             || is_beneath (rest, "/socket.d"));
}

bool
machine_owns (const struct machine *machine, const char *path)
{
  size_t i;

  for (i = 0; i < COUNT_OF (own_paths); i++)
    if (is_beneath (path, own_paths[i]))
      return true;
  for (i = 0; i < MACHINE_OWN && machine->own[i]; i++)
    if (is_beneath (path, machine->own[i]))
      return true;
  for (i = 0; i < COUNT_OF (unit_directories); i++)
    if (is_own_unit (path, unit_directories[i]))
      return true;
  return owns_object (machine, path);
}
