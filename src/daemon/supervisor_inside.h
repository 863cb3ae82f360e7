/* supervisor_inside.h - what the files of the supervisor share
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   supervisor.c has the loop and the signals, supervisor_clients.c those who
   come in, supervisor_children.c those processes that end.  */

#ifndef REEVE_SUPERVISOR_INSIDE_H
#define REEVE_SUPERVISOR_INSIDE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "supervisor.h"

/* A session's process.  */
struct child
{
  pid_t pid;
  uid_t uid;
};

/* A noun's helper process; RECEIVER is kept so that a new one can go on where
   the old one died.  */
struct helper
{
  pid_t pid;
  int receiver; /* -1: the noun has no helper.  */
  uint64_t started;
};

struct supervisor
{
  struct daemon *daemon;
  struct listeners *listeners;
  struct child *child; /* COUNT of them, room for ROOM.  */
  size_t count;
  size_t room;
  struct helper *helper; /* One for each noun.  */
  struct reload reload;
  pid_t recovery;     /* 0: none.  */
  bool recover_again; /* A session died after that had begun.  */
  unsigned terms;     /* How often SIGTERM came.  */
  bool ending;
  uint64_t ending_since;
  uint64_t ticked;  /* When audit_tick was called last.  */
  bool tick_wanted; /* It has something left to do.  */
  sigset_t signals; /* As they were before.  */
};

/* In a child: signals as they were.  */
void supervisor_release_signals (const struct supervisor *supervisor);

/* Accept the client that waits at LISTENER, if it still does: a session for
   it, or a refusal.  */
void supervisor_accept (struct supervisor *supervisor,
                        const struct listener *listener);

/* The child PID has ended with STATUS.  */
void supervisor_reap (struct supervisor *supervisor, pid_t pid, int status);

/* Look whether a job's process died, and put right what it left; how many jobs
   there are.  */
size_t supervisor_watch_jobs (struct supervisor *supervisor);

/* Start the helpers of all nouns.  */
gpg_error_t supervisor_start_helpers (struct supervisor *supervisor,
                                      struct failure *failure);

/* Start again each helper that died, but not more often than once a second.
   Returns how long to wait for the next one, in ms, or -1.  */
int supervisor_restart_helpers (struct supervisor *supervisor);

#endif /* REEVE_SUPERVISOR_INSIDE_H */
