/* leash.c - workers that end with their sessions
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "leash.h"

gpg_error_t
leash_session (int fd, int *r_pidfd)
{
  struct ucred peer;
  socklen_t size = sizeof peer;

  *r_pidfd = -1;
  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
    return gpg_error_from_syserror ();
  *r_pidfd = (int)syscall (SYS_pidfd_open, peer.pid, 0);
  return *r_pidfd < 0 ? gpg_error_from_syserror () : 0;
}

/* The entry 0 is for what leash_wait is asked for.  */
static gpg_error_t
make_room (struct leashes *leashes)
{
  size_t room = leashes->room ? 2 * leashes->room : 16;
  struct pollfd *watched;
  pid_t *workers;

  if (leashes->count + 1 < leashes->room)
    return 0;
  watched = reallocarray (leashes->watched, room, sizeof *watched);
  if (!watched)
    return gpg_error (GPG_ERR_ENOMEM);
  leashes->watched = watched;
  workers = reallocarray (leashes->workers, room, sizeof *workers);
  if (!workers)
    return gpg_error (GPG_ERR_ENOMEM);
  leashes->workers = workers;
  leashes->room = room;
  return 0;
}

gpg_error_t
leash_put (struct leashes *leashes, pid_t worker, int pidfd)
{
  gpg_error_t err = make_room (leashes);

  if (err)
    {
      close (pidfd);
      return err;
    }
  leashes->count++;
  leashes->watched[leashes->count] = (struct pollfd){ pidfd, POLLIN, 0 };
  leashes->workers[leashes->count] = worker;
  return 0;
}

void
leash_drop (struct leashes *leashes, pid_t worker)
{
  for (size_t i = 1; i <= leashes->count; i++)
    if (leashes->workers[i] == worker)
      {
        close (leashes->watched[i].fd);
        leashes->watched[i] = leashes->watched[leashes->count];
        leashes->workers[i] = leashes->workers[leashes->count];
        leashes->count--;
        return;
      }
}

bool
leash_wait (struct leashes *leashes, int fd, int timeout)
{
  struct pollfd alone;
  struct pollfd *all = leashes->count ? leashes->watched : &alone;

  all[0] = (struct pollfd){ fd, POLLIN, 0 };
  if (poll (all, leashes->count + 1, timeout) <= 0)
    return false;
  for (size_t i = 1; i <= leashes->count; i++)
    if (all[i].revents)
      {
        kill (leashes->workers[i], SIGKILL);
        /* Its entry goes when it is reaped.  */
        all[i].events = 0;
      }
  return all[0].revents;
}

void
leash_release (struct leashes *leashes)
{
  for (size_t i = 1; i <= leashes->count; i++)
    close (leashes->watched[i].fd);
  free (leashes->watched);
  free (leashes->workers);
  *leashes = (struct leashes){ NULL, NULL, 0, 0 };
}
