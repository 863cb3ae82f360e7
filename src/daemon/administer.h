/* administer.h - what an administrator asks about policies and keys
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Modes of reeved that start nothing and, but for the last one, change
   nothing.  An ordinary user
   may use them as far as he may read the files.  They print on standard output
   and return an exit status.  */

#ifndef REEVE_ADMINISTER_H
#define REEVE_ADMINISTER_H

#include "daemon.h"

/* --lint-policy: read the policy (the COUNT files and directories PATH; 0: that
   of the machine) and print a line "FILE:LINE: what" for each mistake and each
   thing that is worth a look, then a summary.  1 if there was a mistake.  */
int administer_lint (const struct daemon *daemon, char *const *path,
                     size_t count);

/* --test-policy: compare what the policy PATH (NULL: that of the machine) says
   with the expectations in the file EXPECTED, one a line:

     allow IDENTITY NOUN VERB [--option]... argument...
     refuse IDENTITY ...

   in words as on the wire, or as POLICY EXPLAIN takes them; # begins a
   comment.  Prints which do not hold and why, then how many.  1 if one does
   not; 2 if the policy or EXPECTED cannot be read or has a mistake.  */
int administer_test (const struct daemon *daemon, const char *path,
                     const char *expected);

/* --list-keys: print the keys of all identities, a line each with a tab between
   its fields: identity, name of the key file, when it expires (or the identity,
   if that is earlier; "-": never), policy file, line, and valid, expired,
   missing, unreadable (for this user) or unusable (--check tells why).  1 if
   the policy cannot be read.  */
int administer_keys (const struct daemon *daemon);

/* --audit-init: begin a new key of the audit log and print it, for the operator
   to keep elsewhere; running daemons go on with it.  1 if that fails.  */
int administer_audit (const struct daemon *daemon);

#endif /* REEVE_ADMINISTER_H */
