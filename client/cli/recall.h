/* recall.h - the lines that were typed before
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   One file for all sessions of a user, a line each, the last RECALL_LINES of
   them.  Each session adds lines at its end, under a lock.  */

#ifndef REEVE_CLI_RECALL_H
#define REEVE_CLI_RECALL_H

#include <gpg-error.h>

#define RECALL_LINES 1000

/* The file: what REEVE_HISTORY says, else reeve/history below XDG_STATE_HOME
   or ~/.local/state, whose directories are made.  For the caller to free; NULL
   if lines are not to be kept: REEVE_HISTORY is empty, there is no home, or it
   is another user's (root with the home of who became root).  */
char *recall_path (void);

/* Hand each line that PATH has to RECEIVE, the oldest first, and cut what is
   too much off the file.  No file is no error.  GPG_ERR_EPERM: it is no plain
   file of this user's.  */
gpg_error_t recall_load (const char *path, void (*receive) (const char *line));

/* Add LINE to PATH.  */
gpg_error_t recall_add (const char *path, const char *line);

#endif /* REEVE_CLI_RECALL_H */
