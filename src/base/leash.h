/* leash.h - workers that end with their sessions
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A worker sees the end of its session as the end of its input.  One that was
   taken over, or that a foreign text keeps busy, need not look, and could stay
   for ever.  So who forks workers watches each session's process and kills its
   workers when that is gone; and where it has the worker's end of the channel,
   too, sees that the session gave the worker up, who then has
   LIMIT_STOP_SECONDS to end.  */

#ifndef REEVE_LEASH_H
#define REEVE_LEASH_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <gpg-error.h>

struct leash
{
  pid_t worker;
  pid_t session;
  bool killed;
  uint64_t end; /* When it is killed, on the clock of link_now; 0: it may
                   stay.  */
};

/* Zeroed: nothing is watched.  */
struct leashes
{
  struct pollfd *watched; /* Behind that which leash_wait is asked for two of
                             each worker: the session's pidfd, and the
                             worker's end of the channel, or -1.  */
  struct leash *leash;    /* The oldest first.  */
  size_t count;
  size_t room;
};

/* Store at R_PID and R_PIDFD the number of, and a descriptor for, the process
   that made the socket pair of FD.  */
gpg_error_t leash_session (int fd, pid_t *r_pid, int *r_pidfd);

/* Kill WORKER, a child of this process, when the process SESSION ends, whose
   PIDFD belongs to LEASHES then, also after an error.  So does CHANNEL, the
   worker's end of a stream: the worker is also killed LIMIT_STOP_SECONDS after
   the other end was closed (-1: nothing is watched).  The session sees the
   worker's end only when leash_drop has closed it.  */
gpg_error_t leash_put (struct leashes *leashes, pid_t worker, pid_t session,
                       int pidfd, int channel);

/* Whether SESSION may have one more worker, where it may have MOST: the oldest
   one of more is killed for it, and if twice as many do not end, there is none.
   */
bool leash_limit (struct leashes *leashes, pid_t session, size_t most);

/* WORKER was reaped.  */
void leash_drop (struct leashes *leashes, pid_t worker);

/* Wait, TIMEOUT milliseconds at the most (-1: for ever), for something to read
   from FD, for a signal, also one that is blocked else, or for the end of a
   session or a channel.  Whose time is over is killed, so with channels this is
   to be called every second.  Returns whether FD can be read.  */
bool leash_wait (struct leashes *leashes, int fd, int timeout);

void leash_release (struct leashes *leashes);

#endif /* REEVE_LEASH_H */
