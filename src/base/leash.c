/* leash.c - workers that end with their sessions
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "leash.h"

gpg_error_t
leash_session (int fd, pid_t *r_pid, int *r_pidfd)
{
  struct ucred peer;
  socklen_t size = sizeof peer;

  *r_pid = 0;
  *r_pidfd = -1;
  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
    return gpg_error_from_syserror ();
  *r_pid = peer.pid;
  *r_pidfd = (int)syscall (SYS_pidfd_open, peer.pid, 0);
  return *r_pidfd < 0 ? gpg_error_from_syserror () : 0;
}

/* The entry 0 is for what leash_wait is asked for.  */
static gpg_error_t
make_room (struct leashes *leashes)
{
  size_t room = leashes->room ? 2 * leashes->room : 16;
  struct pollfd *watched;
  pid_t *numbers;

  if (leashes->count + 1 < leashes->room)
    return 0;
  watched = reallocarray (leashes->watched, room, sizeof *watched);
  if (!watched)
    return gpg_error (GPG_ERR_ENOMEM);
  leashes->watched = watched;
  numbers = reallocarray (leashes->workers, room, sizeof *numbers);
  if (!numbers)
    return gpg_error (GPG_ERR_ENOMEM);
  leashes->workers = numbers;
  numbers = reallocarray (leashes->sessions, room, sizeof *numbers);
  if (!numbers)
    return gpg_error (GPG_ERR_ENOMEM);
  leashes->sessions = numbers;
  leashes->room = room;
  return 0;
}

gpg_error_t
leash_put (struct leashes *leashes, pid_t worker, pid_t session, int pidfd)
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
  leashes->sessions[leashes->count] = session;
  return 0;
}

void
leash_drop (struct leashes *leashes, pid_t worker)
{
  for (size_t i = 1; i <= leashes->count; i++)
    if (leashes->workers[i] == worker)
      {
        size_t behind = leashes->count - i;

        close (leashes->watched[i].fd);
        /* They stay in order: the oldest first.  */
        memmove (leashes->watched + i, leashes->watched + i + 1,
                 behind * sizeof *leashes->watched);
        memmove (leashes->workers + i, leashes->workers + i + 1,
                 behind * sizeof *leashes->workers);
        memmove (leashes->sessions + i, leashes->sessions + i + 1,
                 behind * sizeof *leashes->sessions);
        leashes->count--;
        return;
      }
}

/* Its entry goes when it is reaped; one that was killed has no events.  */
static void
end_worker (struct leashes *leashes, size_t index)
{
  kill (leashes->workers[index], SIGKILL);
  leashes->watched[index].events = 0;
}

bool
leash_limit (struct leashes *leashes, pid_t session, size_t most)
{
  size_t all = 0, alive = 0, oldest = 0;

  for (size_t i = leashes->count; i; i--)
    if (leashes->sessions[i] == session)
      {
        all++;
        if (leashes->watched[i].events)
          {
            alive++;
            oldest = i;
          }
      }
  if (alive >= most)
    end_worker (leashes, oldest);
  return all < 2 * most;
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
      end_worker (leashes, i);
  return all[0].revents;
}

void
leash_release (struct leashes *leashes)
{
  for (size_t i = 1; i <= leashes->count; i++)
    close (leashes->watched[i].fd);
  free (leashes->watched);
  free (leashes->workers);
  free (leashes->sessions);
  *leashes = (struct leashes){ NULL, NULL, NULL, 0, 0 };
}
