/* open.c - connecting, and the greeting
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include <config.h>

#include "handle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "../../protocol/memory.h"

#define SOCKET RUNSTATEDIR "/reeve/S.reeve"

gpg_error_t
open_check (reeve_t reeve)
{
  if (reeve->dead)
    return reeve->dead;
  if (reeve->in < 0)
    return 0;
  handle_explain (reeve, "this handle has a connection already");
  return gpg_error (GPG_ERR_CONFLICT);
}

gpg_error_t
open_greeting (reeve_t reeve)
{
  gpg_error_t refusal = 0;
  gpg_error_t err;
  const char *text;
  size_t length;
  char *line;

  do
    {
      err = line_read (reeve, &line, &length);
      if (err)
        return err;
    }
  while (*line == '#');

  if (!strncmp (line, "OK", 2) && (!line[2] || line[2] == ' '))
    {
      buffer_string (&reeve->hello, line + 2 + (line[2] == ' '));
      return 0;
    }
  if (strncmp (line, "ERR ", 4))
    return handle_abandon (reeve, GPG_ERR_INV_RESPONSE,
                           "what answers there is no Assuan server");
  err = line_verdict (reeve, line + 4, &refusal, &text);
  if (err)
    return err;
  line_explain (reeve, text);
  return handle_abandon (reeve, gpg_err_code (refusal),
                         "the server refuses this client: %s",
                         reeve_error_text (reeve));
}

/* A socket pair has no name; what a client connected to has one.  */
static bool
is_pair (int fd)
{
  struct sockaddr_un address;
  socklen_t size = sizeof address;

  return !getpeername (fd, (struct sockaddr *)&address, &size)
         && size <= sizeof (sa_family_t);
}

void
open_adopt (reeve_t reeve, int in, int out)
{
  struct ucred peer;
  socklen_t size = sizeof peer;

  reeve->in = in;
  reeve->out = out;
  link_init (&reeve->link, in, out);
  if (getsockopt (in, SOL_SOCKET, SO_PEERCRED, &peer, &size)
      || peer.uid == (uid_t)-1)
    return;
  reeve->server_uid = peer.uid;
  reeve->client_uid = is_pair (in) ? peer.uid : geteuid ();
}

gpg_error_t
reeve_open_fd (reeve_t reeve, int in, int out)
{
  auto_close int own_in = in;
  auto_close int own_out = out == in ? -1 : out;
  gpg_error_t err;

  err = open_check (reeve);
  if (err)
    return err;
  own_in = own_out = -1;
  open_adopt (reeve, in, out);
  handle_limit (reeve, reeve->connect_ms);
  return open_greeting (reeve);
}

/* Fill ADDRESS for PATH.  A path that does not fit goes through a descriptor
   of its directory, which is stored at R_DIRECTORY and must stay open until
   the connection stands.  */
static gpg_error_t
make_address (const char *path, struct sockaddr_un *address, int *r_directory)
{
  auto_free char *directory = NULL;
  const char *name = strrchr (path, '/');
  int length;

  address->sun_family = AF_UNIX;
  if (strlen (path) < sizeof address->sun_path)
    {
      memcpy (address->sun_path, path, strlen (path) + 1);
      return 0;
    }
  directory = name ? strndup (path, (size_t)(name - path) + 1) : strdup ("./");
  if (!directory)
    return gpg_error_from_syserror ();
  *r_directory = open (directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (*r_directory < 0)
    return gpg_error_from_syserror ();
  length = snprintf (address->sun_path, sizeof address->sun_path,
                     "/proc/self/fd/%d/%s", *r_directory,
                     name ? name + 1 : path);
  if (length < 0 || (size_t)length >= sizeof address->sun_path)
    return gpg_error (GPG_ERR_ENAMETOOLONG);
  return 0;
}

static gpg_error_t
connect_socket (const char *path, unsigned timeout_ms, int *r_fd)
{
  struct sockaddr_un address = { 0 };
  struct timeval timeo = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
  auto_close int directory = -1;
  auto_close int fd = -1;
  gpg_error_t err;

  err = make_address (path, &address, &directory);
  if (err)
    return err;
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return gpg_error_from_syserror ();

  /* Where the server's queue is full, this time-out ends connect.  */
  if (timeout_ms
      && setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &timeo, sizeof timeo))
    return gpg_error_from_syserror ();
  while (connect (fd, (struct sockaddr *)&address, sizeof address))
    if (errno == EAGAIN)
      return gpg_error (GPG_ERR_TIMEOUT);
    else if (errno != EINTR)
      return gpg_error_from_syserror ();
  *r_fd = take_fd (&fd);
  return 0;
}

gpg_error_t
reeve_open_socket (reeve_t reeve, const char *path)
{
  gpg_error_t err;
  int fd = -1;

  err = open_check (reeve);
  if (err)
    return err;
  handle_limit (reeve, reeve->connect_ms);
  if (!path)
    path = SOCKET;
  err = connect_socket (path, reeve->connect_ms, &fd);
  if (err)
    {
      handle_explain (reeve, "cannot connect to %s", path);
      return err;
    }
  open_adopt (reeve, fd, fd);
  handle_limit (reeve, reeve->connect_ms);
  return open_greeting (reeve);
}
