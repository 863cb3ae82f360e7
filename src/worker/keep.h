/* keep.h - a helper: it forks workers for sessions and sees to their end
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_KEEP_H
#define REEVE_KEEP_H

#include <gpg-error.h>

/* Where sessions ask a helper, by messages WORK_REQUEST (../call/work.h) that
   carry the socket of a worker; a worker that changes something has the socket
   of its one session there.  */
#define KEEP_FD 3

/* For all processes of a helper: what they know is for nobody else's eyes, and
   a session that is gone is no reason to die.  */
gpg_error_t keep_prepare (void);

/* Fork a process for each session that asks, which calls SERVE (it gets the
   session's socket and CONTEXT) and ends.  A session gets LIMIT_WORKERS, and
   none stays when it is gone, nor longer than LIMIT_STOP_SECONDS when it has
   closed its end of the socket.  Returns when nobody can ask any more.  */
gpg_error_t keep_workers (void (*serve) (int fd, void *context), void *context);

#endif /* REEVE_KEEP_H */
