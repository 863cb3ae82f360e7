/* inherited.h - what whoever starts the daemon leaves it with
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_INHERITED_H
#define REEVE_INHERITED_H

/* The value of the variable by which libassuan's pipe clients hand over a
   socket, or -1; the variable is gone then.  */
int inherited_connection (void);

/* Leave, as the environment, a PATH and a locale of ours, TZ, and what tells of
   sockets that systemd passes, which inherited_forget_sockets removes, and
   RUN_PASSED, which inherited_forget_overrides does: who has root's reeved
   started for himself is not to say where its token goes.  The old strings are
   wiped, so that /proc does not show them either.  */
void inherited_clear_environment (void);
void inherited_forget_sockets (void);
void inherited_forget_overrides (void);

/* Close all descriptors but 0 to 2 (/dev/null if they were closed), KEY_FD
   and CONNECTION_FD (-1: none), and the sockets that systemd passes to this
   process.  */
void inherited_close (int key_fd, int connection_fd);

#endif /* REEVE_INHERITED_H */
