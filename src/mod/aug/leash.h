/* leash.h - workers that end with their sessions
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A worker sees the end of its session as the end of its input.  One that was
   taken over need not look, and could stay for ever.  So the keeper watches
   each session's process and kills the worker when that is gone.  */

#ifndef REEVE_AUG_LEASH_H
#define REEVE_AUG_LEASH_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <gpg-error.h>

/* Zeroed: nothing is watched.  */
struct leashes
{
  struct pollfd *watched; /* Pidfds of sessions, ...  */
  pid_t *workers;         /* ... and the worker of each.  */
  size_t count;
  size_t room;
};

/* Store at R_PIDFD a descriptor for the process that made the socket pair of
   FD.  */
gpg_error_t leash_session (int fd, int *r_pidfd);

/* Kill WORKER, a child of this process, when the process of PIDFD ends.  PIDFD
   belongs to LEASHES then, also after an error.  */
gpg_error_t leash_put (struct leashes *leashes, pid_t worker, int pidfd);

/* WORKER was reaped.  */
void leash_drop (struct leashes *leashes, pid_t worker);

/* Wait, TIMEOUT milliseconds at the most (-1: for ever), for something to read
   from FD, for a signal, or for the end of a session, whose worker is killed.
   Returns whether FD can be read.  */
bool leash_wait (struct leashes *leashes, int fd, int timeout);

void leash_release (struct leashes *leashes);

#endif /* REEVE_AUG_LEASH_H */
