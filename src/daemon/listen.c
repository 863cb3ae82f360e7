/* listen.c - the sockets on which clients come in
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/memory.h"
#include "protocol/text.h"
#include "listen.h"

#define BACKLOG 128

/* The address of NAME in the directory DIRECTORY: through the descriptor, so
   that a path of any length fits.  */
static int
set_address (struct sockaddr_un *address, int directory, const char *name)
{
  int length;

  memset (address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  length = snprintf (address->sun_path, sizeof address->sun_path,
                     "/proc/self/fd/%d/%s", directory, name);
  if (length >= (int)sizeof address->sun_path)
    {
      errno = ENAMETOOLONG;
      return -1;
    }
  return 0;
}

/* Whether somebody accepts connections at ADDRESS, or would if he were not so
   busy.  */
static bool
is_served (const struct sockaddr_un *address)
{
  auto_close int fd = socket (AF_UNIX,
                              SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  return fd >= 0
         && (!connect (fd, (const struct sockaddr *)address, sizeof *address)
             || errno == EAGAIN);
}

/* Make the directory PATH and those above it that are not there.  */
static int
make_directories (char *path)
{
  for (char *slash = strchr (path + 1, '/'); slash;
       slash = strchr (slash + 1, '/'))
    {
      int rc;

      *slash = 0;
      rc = mkdir (path, 0755);
      *slash = '/';
      if (rc && errno != EEXIST)
        return -1;
    }
  return mkdir (path, 0755) && errno != EEXIST ? -1 : 0;
}

/* Open the directory that holds OS_PATH, made if it is not there and trusted
   to be nobody else's; *R_NAME is the last component.  OS_PATH is cut there. */
static gpg_error_t
open_directory (const struct daemon *daemon, char *os_path, int *r_fd,
                const char **r_name, struct failure *failure)
{
  char *slash = strrchr (os_path, '/');
  struct stat stat;

  *slash = 0;
  *r_name = slash + 1;
  if (make_directories (os_path))
    return fail_errno (failure, "cannot make %s", os_path);
  *r_fd = open (os_path, O_DIRECTORY | O_NOFOLLOW | O_RDONLY | O_CLOEXEC);
  if (*r_fd < 0 || fstat (*r_fd, &stat))
    return fail_errno (failure, "%s", os_path);
  if (!machine_trusts (&daemon->machine, stat.st_uid)
      || (stat.st_mode & 022 && !(stat.st_mode & S_ISVTX)))
    return fail (failure, GPG_ERR_FORBIDDEN,
                 "%s must belong to the daemon's user and be writable by "
                 "nobody else: chmod go-w %s",
                 os_path, os_path);
  return 0;
}

static gpg_error_t
bind_in (int fd, int directory, const char *name,
         const struct listen_option *option, struct failure *failure)
{
  struct sockaddr_un address;
  mode_t mask;
  int rc;

  if (!*name || set_address (&address, directory, name))
    return fail (failure, GPG_ERR_INV_NAME, "%s: the name is too long",
                 option->name);
  if (!is_served (&address))
    {
      struct stat stat;

      if (!fstatat (directory, name, &stat, AT_SYMLINK_NOFOLLOW)
          && S_ISSOCK (stat.st_mode))
        unlinkat (directory, name, 0);
    }
  else
    return fail (failure, GPG_ERR_EADDRINUSE,
                 "%s: a daemon already serves this socket", option->name);
  mask = umask (0777 & ~option->mode);
  rc = bind (fd, (const struct sockaddr *)&address, sizeof address);
  umask (mask);
  if (rc)
    return fail_errno (failure, "cannot bind %s", option->name);
  if (option->group != (gid_t)-1
      && fchownat (directory, name, (uid_t)-1, option->group,
                   AT_SYMLINK_NOFOLLOW))
    return fail_errno (failure, "cannot give %s to its group", option->name);
  return 0;
}

/* Bind the socket that OPTION describes.  */
static gpg_error_t
listener_bind (const struct daemon *daemon, const struct listen_option *option,
               struct listener *listener, struct failure *failure)
{
  auto_free char *path = NULL;
  auto_free char *os_path = NULL;
  auto_close int directory = -1;
  auto_close int fd = -1;
  const char *name;
  gpg_error_t err;

  path = text_format ("%s%s", *option->name == '/' ? "" : OWN_RUN_DIR "/",
                      option->name);
  if (!path)
    return gpg_error (GPG_ERR_ENOMEM);
  os_path = machine_path (&daemon->machine, path);
  if (!os_path)
    return gpg_error (GPG_ERR_ENOMEM);
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return fail_errno (failure, "cannot make a socket");
  err = open_directory (daemon, os_path, &directory, &name, failure);
  if (!err)
    err = bind_in (fd, directory, name, option, failure);
  if (!err && listen (fd, BACKLOG))
    err = fail_errno (failure, "cannot listen on %s", path);
  if (err)
    return err;
  listener->fd = take_fd (&fd);
  listener->server_uid = geteuid ();
  listener->ceiling = option->ceiling;
  listener->path = take (&path);
  return 0;
}

/* The ceiling of a passed socket called NAME (LENGTH bytes): that of the
   "listen" option of this name; none if it is "std" or no option has a
   ceiling.  */
static gpg_error_t
find_ceiling (const struct daemon *daemon, const char *name, size_t length,
              enum effect *r_ceiling, struct failure *failure)
{
  bool any = false;

  *r_ceiling = EFFECT_DESTROY;
  for (size_t i = 0; i < daemon->options.listen_count; i++)
    {
      const struct listen_option *option = daemon->options.listen + i;

      if (strlen (option->name) == length
          && !memcmp (option->name, name, length))
        {
          *r_ceiling = option->ceiling;
          return 0;
        }
      any |= option->ceiling != EFFECT_DESTROY;
    }
  if (!any || (length == 3 && !memcmp (name, "std", length)))
    return 0;
  return fail (failure, GPG_ERR_INV_NAME,
               "LISTEN_FDNAMES: no \"listen\" option is called %.*s, so its "
               "ceiling is not known: set FileDescriptorName= to a name of "
               "theirs, or to std for none",
               length < 60 ? (int)length : 60, name);
}

/* Take over the listening socket FD, called NAME.  */
static gpg_error_t
listener_adopt (const struct daemon *daemon, int fd, const char *name,
                size_t length, struct listener *listener,
                struct failure *failure)
{
  struct sockaddr_storage address;
  struct ucred credentials;
  socklen_t size = sizeof address;
  int listening = 0;
  int type = 0;
  gpg_error_t err;

  if (getsockname (fd, (struct sockaddr *)&address, &size)
      || address.ss_family != AF_UNIX
      || (size = sizeof listening,
          getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size))
      || getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &size) || !listening
      || type != SOCK_STREAM)
    return fail (failure, GPG_ERR_INV_ARG,
                 "LISTEN_FDS: descriptor %d is no listening Unix stream "
                 "socket: use ListenStream= with a path",
                 fd);
  size = sizeof credentials;
  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size))
    return fail_errno (failure, "LISTEN_FDS: descriptor %d", fd);
  fcntl (fd, F_SETFD, FD_CLOEXEC);
  fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) | O_NONBLOCK);
  err = find_ceiling (daemon, name, length, &listener->ceiling, failure);
  if (err)
    return err;
  listener->fd = fd;
  listener->server_uid = credentials.uid;
  return 0;
}

/* The whole number in the environment variable NAME, or -1.  */
static long
environment_number (const char *name)
{
  const char *value = getenv (name);
  char *end;
  long number;

  if (!value || *value < '0' || *value > '9')
    return -1;
  errno = 0;
  number = strtol (value, &end, 10);
  return errno || *end ? -1 : number;
}

int
listeners_passed (void)
{
  long count = environment_number ("LISTEN_FDS");

  if (environment_number ("LISTEN_PID") != getpid () || count < 0)
    return 0;
  return count < OPTIONS_LISTEN ? (int)count : OPTIONS_LISTEN;
}

static gpg_error_t
adopt_all (const struct daemon *daemon, struct listeners *listeners,
           struct failure *failure)
{
  long count = environment_number ("LISTEN_FDS");
  const char *names = getenv ("LISTEN_FDNAMES");
  gpg_error_t err = 0;

  if (environment_number ("LISTEN_PID") != getpid ())
    return fail (failure, GPG_ERR_INV_ARG,
                 "LISTEN_FDS is meant for another process (LISTEN_PID): unset "
                 "both to listen on the configured sockets");
  if (count < 1 || count > OPTIONS_LISTEN)
    return fail (failure, GPG_ERR_INV_ARG,
                 "LISTEN_FDS: from 1 to %d sockets can be passed",
                 OPTIONS_LISTEN);
  for (long i = 0; !err && i < count; i++)
    {
      size_t length = names ? strcspn (names, ":") : 0;

      err = listener_adopt (daemon, LISTENERS_FIRST + (int)i,
                            names ? names : "", length,
                            listeners->listener + listeners->count, failure);
      if (!err)
        listeners->count++;
      names = names && names[length] ? names + length + 1 : NULL;
    }
  return err;
}

gpg_error_t
listeners_open (const struct daemon *daemon, struct listeners *r_listeners,
                struct failure *failure)
{
  static char default_name[] = "S.reeve";
  static const struct listen_option usual = { default_name, 0666, (gid_t)-1,
                                              EFFECT_DESTROY };
  size_t count = daemon->options.listen_count;
  gpg_error_t err = 0;

  memset (r_listeners, 0, sizeof *r_listeners);
  if (getenv ("LISTEN_FDS"))
    err = adopt_all (daemon, r_listeners, failure);
  else
    for (size_t i = 0; !err && i < (count ? count : 1); i++)
      {
        err = listener_bind (
            daemon, count ? daemon->options.listen + i : &usual,
            r_listeners->listener + r_listeners->count, failure);
        if (!err)
          r_listeners->count++;
      }
  if (err)
    listeners_close (daemon, r_listeners);
  return err;
}

void
listeners_close (const struct daemon *daemon, struct listeners *listeners)
{
  for (size_t i = 0; i < listeners->count; i++)
    {
      struct listener *listener = listeners->listener + i;
      auto_free char *path = listener->path ? machine_path (&daemon->machine,
                                                            listener->path)
                                            : NULL;

      if (path)
        unlink (path);
      close (listener->fd);
      free (listener->path);
    }
  listeners->count = 0;
}
