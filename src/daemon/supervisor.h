/* supervisor.h - accept, fork, reap: the process that owns the sockets
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   It reads no byte that a client wrote.  */

#ifndef REEVE_SUPERVISOR_H
#define REEVE_SUPERVISOR_H

#include "daemon.h"
#include "listen.h"

/* Serve until SIGTERM (running calls end first; the third one does not wait)
   or SIGINT, or with --single until the one client leaves.  When all
   is ready a byte goes to READY_FD (-1: nobody waits).  ARGC and ARGV are for a
   reload.  Returns the exit status.  */
int supervisor_run (struct daemon *daemon, struct listeners *listeners,
                    int ready_fd, int argc, char **argv);

#endif /* REEVE_SUPERVISOR_H */
