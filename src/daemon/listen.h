/* listen.h - the sockets on which clients come in
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_LISTEN_H
#define REEVE_LISTEN_H

#include <stddef.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "daemon.h"

struct listener
{
  int fd;
  uid_t server_uid; /* As a client's SO_PEERCRED shows it.  */
  enum effect ceiling;
  char *path; /* Below the root; NULL if somebody handed it over.  */
};

struct listeners
{
  size_t count;
  struct listener listener[OPTIONS_LISTEN];
};

/* The first descriptor of those that systemd passes (sd_listen_fds(3)), and how
   many it passes to this process.  */
#define LISTENERS_FIRST 3
int listeners_passed (void);

/* Bind all sockets of the options (the default one if they name none), or
   take those that systemd passes (LISTEN_FDS): then none is bound, and the
   name of each (LISTEN_FDNAMES), where it is that of a "listen" option,
   decides its ceiling.  A socket file that nobody serves any more is
   replaced.  */
gpg_error_t listeners_open (const struct daemon *daemon,
                            struct listeners *r_listeners,
                            struct failure *failure);

/* Close all; remove the files of those that were bound here.  */
void listeners_close (const struct daemon *daemon, struct listeners *listeners);

#endif /* REEVE_LISTEN_H */
