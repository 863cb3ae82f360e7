/* confine_calls.h - the system calls that a session which only reads lacks
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_CONFINE_CALLS_H
#define REEVE_CONFINE_CALLS_H

#include <linux/filter.h>

/* Room for the filter.  */
#define CONFINE_FILTER 200

/* Write the filter for this process, which may signal none but itself, to
   FILTER; returns its length, 0 where the architecture is not known.  It is
   written by hand, not by libseccomp: each library that the daemon maps makes
   the fork of each session dearer.  */
unsigned short confine_filter (struct sock_filter filter[CONFINE_FILTER]);

#endif /* REEVE_CONFINE_CALLS_H */
