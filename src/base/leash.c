/* leash.c - workers that end with their sessions
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../protocol/limits.h"
#include "../../protocol/link.h"
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

/* Where the watched descriptors of worker INDEX begin.  */
static struct pollfd *
watched (const struct leashes *leashes, size_t index)
{
  return leashes->watched + 1 + 2 * index;
}

static gpg_error_t
make_room (struct leashes *leashes)
{
  size_t room = leashes->room ? 2 * leashes->room : 16;
  struct pollfd *all;
  struct leash *leash;

  if (leashes->count < leashes->room)
    return 0;
  all = reallocarray (leashes->watched, 1 + 2 * room, sizeof *all);
  if (!all)
    return gpg_error (GPG_ERR_ENOMEM);
  leashes->watched = all;
  leash = reallocarray (leashes->leash, room, sizeof *leash);
  if (!leash)
    return gpg_error (GPG_ERR_ENOMEM);
  leashes->leash = leash;
  leashes->room = room;
  return 0;
}

static void
close_both (struct pollfd *both)
{
  close (both[0].fd);
  if (both[1].fd >= 0)
    close (both[1].fd);
}

gpg_error_t
leash_put (struct leashes *leashes, pid_t worker, pid_t session, int pidfd,
           int channel)
{
  struct pollfd both[2] = { { pidfd, POLLIN, 0 }, { channel, 0, 0 } };
  gpg_error_t err = make_room (leashes);

  if (err)
    {
      close_both (both);
      return err;
    }
  memcpy (watched (leashes, leashes->count), both, sizeof both);
  leashes->leash[leashes->count++] = (struct leash){ worker, session, false,
                                                     0 };
  return 0;
}

void
leash_drop (struct leashes *leashes, pid_t worker)
{
  for (size_t i = 0; i < leashes->count; i++)
    if (leashes->leash[i].worker == worker)
      {
        size_t behind = --leashes->count - i;

        close_both (watched (leashes, i));
        /* They stay in order.  */
        memmove (watched (leashes, i), watched (leashes, i + 1),
                 behind * 2 * sizeof *leashes->watched);
        memmove (leashes->leash + i, leashes->leash + i + 1,
                 behind * sizeof *leashes->leash);
        return;
      }
}

/* Its entry goes when it is reaped; one that was killed has no events.  */
static void
end_worker (struct leashes *leashes, size_t index)
{
  kill (leashes->leash[index].worker, SIGKILL);
  leashes->leash[index].killed = true;
  watched (leashes, index)->events = 0;
}

bool
leash_limit (struct leashes *leashes, pid_t session, size_t most)
{
  size_t all = 0, alive = 0, oldest = 0;

  for (size_t i = leashes->count; i--;)
    if (leashes->leash[i].session == session)
      {
        all++;
        if (!leashes->leash[i].killed)
          {
            alive++;
            oldest = i;
          }
      }
  if (alive >= most)
    end_worker (leashes, oldest);
  return all < 2 * most;
}

/* Look at what was seen of worker INDEX.  */
static void
look_at (struct leashes *leashes, size_t index)
{
  struct leash *leash = leashes->leash + index;
  struct pollfd *both = watched (leashes, index);

  if (both[1].fd >= 0 && both[1].revents)
    {
      close (both[1].fd);
      both[1].fd = -1;
      leash->end = link_now () + LIMIT_STOP_SECONDS * 1000;
    }
  if (!leash->killed
      && (both[0].revents || (leash->end && link_now () >= leash->end)))
    end_worker (leashes, index);
}

bool
leash_wait (struct leashes *leashes, int fd, int timeout)
{
  struct timespec time = { timeout / 1000, timeout % 1000 * 1000000L };
  struct pollfd alone;
  struct pollfd *all = leashes->count ? leashes->watched : &alone;
  sigset_t none;

  sigemptyset (&none);
  all[0] = (struct pollfd){ fd, POLLIN, 0 };
  if (ppoll (all, 1 + 2 * leashes->count, timeout < 0 ? NULL : &time, &none)
      < 0)
    return false;
  for (size_t i = 0; i < leashes->count; i++)
    look_at (leashes, i);
  return all[0].revents;
}

void
leash_release (struct leashes *leashes)
{
  for (size_t i = 0; i < leashes->count; i++)
    close_both (watched (leashes, i));
  free (leashes->watched);
  free (leashes->leash);
  *leashes = (struct leashes){ NULL, NULL, 0, 0 };
}
