/* machine.h - the machine that reeve administers: everything below a root
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_MACHINE_H
#define REEVE_MACHINE_H

#include <stdbool.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "failure.h"

/* Where reeve's own things are, below the root.  The make files define the
   directories (--sysconfdir and so on).  */
#define OWN_CONFIG_DIR SYSCONFDIR "/reeve"
#define OWN_CONFIG_FILE OWN_CONFIG_DIR "/reeved.conf"
#define OWN_PVE_FILE OWN_CONFIG_DIR "/pve.conf"
#define OWN_POLICY_DIR OWN_CONFIG_DIR "/policy.d"
#define OWN_KEYS_DIR OWN_CONFIG_DIR "/keys"
#define OWN_RUN_DIR RUNSTATEDIR "/reeve"
#define OWN_SOCKET OWN_RUN_DIR "/S.reeve"
#define OWN_STATE_DIR LOCALSTATEDIR "/lib/reeve"
#define OWN_JOURNAL_DIR OWN_STATE_DIR "/journal"
#define OWN_LOG_DIR LOCALSTATEDIR "/log/reeve"

#define MACHINE_OWN 2 /* reeved.conf and the log, where options say.  */

struct machine
{
  char *root;  /* "" for the machine itself, else an absolute path without
                  a slash at its end, links resolved.  */
  int root_fd; /* O_PATH on that directory.  */
  char *own[MACHINE_OWN]; /* Paths of reeve's own beside the usual ones.  */
  uid_t uid; /* The daemon's effective uid.  Links and directories owned
                by it or by uid 0 are trusted.  */
  gid_t gid; /* Its group, 0 where it is root.  */
};

/* Open ROOT ("" or NULL: "/") into R_MACHINE.  */
gpg_error_t machine_open (const char *root, struct machine *r_machine,
                          struct failure *failure);

/* Close it.  */
void machine_close (struct machine *machine);

/* The path of PATH (absolute, below the root) for the operating system, for
   the caller to free; NULL when out of memory.  Only for reeve's own files:
   what a client names goes through file.h.  */
char *machine_path (const struct machine *machine, const char *path);

/* Count the file OS_PATH, a path for the operating system, among reeve's own;
   without effect if it is not below the root.  At most MACHINE_OWN.  */
gpg_error_t machine_add_own (struct machine *machine, const char *os_path);

/* Whether a file or directory owned by UID may point the way.  */
bool machine_trusts (const struct machine *machine, uid_t uid);

/* Whether the group GID may write to a directory that points the way: root's,
   and an ordinary user's own.  */
bool machine_trusts_group (const struct machine *machine, gid_t gid);

/* Whether PATH (absolute, below the root, canonical) is one of reeve's own:
   configuration, keys, socket, state, log, programs, units.  Such a path is
   never changed on behalf of a client, whatever policy says.  */
bool machine_owns (const struct machine *machine, const char *path);

#endif /* REEVE_MACHINE_H */
