/* zone.c - SYSTEM TIMEZONE, in the machine worker
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "zone.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../protocol/memory.h"
#include "../../base/directory.h"
#include "settings.h"

#define TEMPORARY ".localtime.reeve"

static int
open_beneath (int directory, const char *path, int flags, unsigned resolve)
{
  struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC,
                          .resolve = resolve | RESOLVE_NO_MAGICLINKS };

  return (int)syscall (SYS_openat2, directory, path, &how, sizeof how);
}

/* --- The database --- */

gpg_error_t
zone_check (const struct machine *machine, const char *name,
            struct failure *failure)
{
  auto_close int directory = open_beneath (
      machine->root_fd, ZONE_DIRECTORY, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT);
  auto_close int fd = -1;
  struct stat st;
  char magic[4];

  if (directory < 0)
    return fail (failure, GPG_ERR_NOT_FOUND,
                 "this machine has no zone database (Debian: tzdata)");
  fd = open_beneath (directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY,
                     RESOLVE_BENEATH);
  if (fd < 0 || fstat (fd, &st) || !S_ISREG (st.st_mode)
      || pread (fd, magic, sizeof magic, 0) != sizeof magic
      || memcmp (magic, "TZif", sizeof magic) != 0)
    return fail (failure, GPG_ERR_NOT_FOUND, "the zone database has no zone %s",
                 name);
  return 0;
}

gpg_error_t
zone_now (const struct machine *machine, char **r_name)
{
  static const char part[] = "/zoneinfo/";
  char target[PATH_MAX];
  const char *name;
  ssize_t length;

  *r_name = NULL;
  length = readlinkat (machine->root_fd, "etc/localtime", target,
                       sizeof target - 1);
  if (length < 0 && errno != ENOENT)
    return 0;
  target[length < 0 ? 0 : length] = 0;
  name = strstr (target, part);
  if (length >= 0 && !name)
    return 0;
  *r_name = strdup (name ? name + strlen (part) : "");
  return *r_name ? 0 : gpg_error_from_syserror ();
}

/* --- Operations --- */

gpg_error_t
timezone_look (struct work *work)
{
  auto_free char *zone = NULL;
  bool systemd;
  const char *name = work_text (work, "zone");
  gpg_error_t err = zone_check (work->machine, name ? name : "",
                                &work->failure);

  if (!err)
    err = bus_text (work, &bus_timedated, "Timezone", &zone);
  systemd = zone;
  if (!err && !systemd)
    err = zone_now (work->machine, &zone);
  return err ? err : settings_write (work, systemd, "timezone", zone);
}

/* Make /etc/localtime a link to ZONE, or have it gone if ZONE is "".  */
static gpg_error_t
link_zone (struct work *work, const char *zone)
{
  char target[PATH_MAX];
  auto_close int etc = -1;
  gpg_error_t err = directory_open (work->machine, "/etc", 0755, &etc,
                                    &work->failure);

  if (err)
    return err;
  snprintf (target, sizeof target, "..%s/%s", ZONE_DIRECTORY, zone);
  if (!*zone)
    {
      if (unlinkat (etc, "localtime", 0) && errno != ENOENT)
        return fail_errno (&work->failure, "cannot remove /etc/localtime");
    }
  else if ((unlinkat (etc, TEMPORARY, 0) && errno != ENOENT)
           || symlinkat (target, etc, TEMPORARY)
           || renameat (etc, TEMPORARY, etc, "localtime"))
    {
      err = fail_errno (&work->failure, "cannot make the link /etc/localtime");
      unlinkat (etc, TEMPORARY, 0);
      return err;
    }
  fsync (etc);
  return 0;
}

static gpg_error_t
set (struct work *work, const char *zone)
{
  if (settings_by_systemd (work))
    return bus_call (work, &bus_timedated, "SetTimezone", "sb", zone, 0);
  return link_zone (work, zone);
}

gpg_error_t
timezone_set (struct work *work)
{
  const char *zone = work_text (work, "zone");
  gpg_error_t err = zone_check (work->machine, zone, &work->failure);

  return err ? err : set (work, zone);
}

gpg_error_t
timezone_undo (struct work *work)
{
  return set (work, work_text (work, "before"));
}
