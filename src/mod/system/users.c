/* users.c - SYSTEM INFO: who is logged in
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-login.h>
#include <utmpx.h>

#include "../../../protocol/limits.h"
#include "../../../protocol/memory.h"
#include "describe.h"

/* Write a session.  Texts may be NULL; SINCE 0 is unknown.  */
static gpg_error_t
write_user (struct writer *out, const char *name, const char *terminal,
            const char *host, int64_t since)
{
  gpg_error_t err = writer_field (out, "kind", "user");

  if (!err)
    err = writer_field (out, "name", "%s", name);
  if (!err)
    err = describe_text (out, "terminal", terminal);
  if (!err)
    err = describe_text (out, "host", host);
  if (!err && since)
    err = describe_moment (out, "since", since);
  return err ? err : writer_record_end (out);
}

/* --- utmp --- */

/* Fields of utmp fill their room without a NUL.  */
static gpg_error_t
write_entry (struct writer *out, const struct utmpx *entry)
{
  char name[sizeof entry->ut_user + 1] = "";
  char terminal[sizeof entry->ut_line + 1] = "";
  char host[sizeof entry->ut_host + 1] = "";

  memcpy (name, entry->ut_user, sizeof entry->ut_user);
  memcpy (terminal, entry->ut_line, sizeof entry->ut_line);
  memcpy (host, entry->ut_host, sizeof entry->ut_host);
  return write_user (out, name, terminal, host, entry->ut_tv.tv_sec);
}

static int
open_utmp (const struct machine *machine)
{
  auto_free char *run = machine_path (machine, "/run/utmp");
  auto_free char *old = machine_path (machine, "/var/run/utmp");
  int fd = run ? open (run, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

  return fd >= 0 || !old ? fd : open (old, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static gpg_error_t
write_utmp (struct writer *out, int fd)
{
  struct utmpx entry;
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < LIMIT_USERS
                     && read (fd, &entry, sizeof entry) == sizeof entry;
       i++)
    if (entry.ut_type == USER_PROCESS && *entry.ut_user)
      err = write_entry (out, &entry);
  return err;
}

/* --- logind --- */

/* The name of UID in /etc/passwd, or its number, for the caller to free.  No
   other source of names is asked: it may be in a network.  */
static char *
user_name (uid_t uid)
{
  FILE *file = fopen ("/etc/passwd", "re");
  struct passwd *entry = NULL;
  char *name = NULL;

  while (file && (entry = fgetpwent (file)) && entry->pw_uid != uid)
    ;
  if (entry)
    name = strdup (entry->pw_name);
  else if (asprintf (&name, "%lu", (unsigned long)uid) < 0)
    name = NULL;
  if (file)
    fclose (file);
  return name;
}

static gpg_error_t
write_session (struct writer *out, const char *id)
{
  auto_free char *class = NULL;
  auto_free char *terminal = NULL;
  auto_free char *host = NULL;
  auto_free char *name = NULL;
  uid_t uid;

  /* Those that sessions need for themselves are no user's.  */
  if (sd_session_get_class (id, &class) < 0 || strcmp (class, "user")
      || sd_session_get_uid (id, &uid) < 0)
    return 0;
  name = user_name (uid);
  if (!name)
    return gpg_error_from_syserror ();
  if (sd_session_get_tty (id, &terminal) < 0)
    terminal = NULL;
  if (sd_session_get_remote_host (id, &host) < 0)
    host = NULL;
  return write_user (out, name, terminal, host, 0);
}

static gpg_error_t
write_sessions (struct writer *out)
{
  char **ids = NULL;
  int count = sd_get_sessions (&ids);
  gpg_error_t err = 0;

  for (int i = 0; i < count; i++)
    {
      if (!err && i < LIMIT_USERS)
        err = write_session (out, ids[i]);
      free (ids[i]);
    }
  free (ids);
  return err;
}

gpg_error_t
describe_users (struct work *work)
{
  auto_close int fd = open_utmp (work->machine);

  if (fd >= 0)
    return write_utmp (work->out, fd);
  /* libsystemd knows only the machine itself.  */
  return *work->machine->root ? 0 : write_sessions (work->out);
}
