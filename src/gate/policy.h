/* policy.h - who may do what
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The files OWN_POLICY_DIR/NAME.policy, in the order of their names:

     [identity panel]
     key        = panel.key                in OWN_KEYS_DIR; may repeat
     key        = new.key expires=2027-01-31
     expires    = 2027-06-30T12:00:00Z     a day alone: as soon as it begins
     peer       = www-data                 a user's name or number, may repeat
     peer-group = adm                      likewise; without any peer line any
                                           user
     ceiling    = write                    read, write or destroy
     rate       = 100/60s
     dry-run    = yes
     allow      = AUG READ path=/files/etc/hosts     (rule.h)
     deny       = AUG WRITE

   One setting a line; comments (#) only at the beginning of a line; a line
   that begins with a blank is an error, so nothing continues by accident.
   First deny, then allow, else refused.  */

#ifndef REEVE_POLICY_H
#define REEVE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "../../protocol/limits.h"
#include "../base/failure.h"
#include "../base/machine.h"
#include "../call/registry.h"
#include "identity.h"
#include "integrity.h"

#define POLICY_IDENTITIES 256
#define POLICY_FILES 256
#define POLICY_RULES 1024 /* For one identity.  */
#define POLICY_PEERS 64   /* Users, and as many groups.  */
#define POLICY_KEYS LIMIT_KEYS

struct policy
{
  size_t count;
  struct identity *identity;
  size_t file_count;
  char **file;           /* Those that were read, for the operating system.  */
  struct integrity seen; /* The same, and the keys, as they were read.  */
};

/* What is read.  */
struct policy_source
{
  const struct machine *machine;
  const struct registry *registry;

  /* The COUNT files PATH, for the operating system, or directories with files
     NAME.policy; NULL: those in OWN_POLICY_DIR (a directory that is not there
     is an empty policy).  */
  const char *const *path;
  size_t count;

  /* To look at a policy that is not in force (lint): where owner, mode, a key
     file, a user or a link of this machine is not as it should be, which else
     is an error, COMPLAIN is called with "FILE:LINE: what".  It hears of each
     mistake in the files as well: these are still an error, the first one,
     when all is read.  Key files that may not be read are passed over.  NULL
     otherwise.  */
  void (*complain) (void *context, const char *text);
  void *context;
};

/* Load all of SOURCE.  Each file is checked for owner and mode, so is each key
   file that has not expired (its content is not read).  Any error names file
   and line and what to do.  R_POLICY is empty after an error.  */
gpg_error_t policy_load_from (const struct policy_source *source,
                              struct policy *r_policy, struct failure *failure);
gpg_error_t policy_load (const struct machine *machine,
                         const struct registry *registry,
                         struct policy *r_policy, struct failure *failure);
void policy_release (struct policy *policy);

/* The identity NAME, or NULL.  */
const struct identity *policy_identity (const struct policy *policy,
                                        const char *name);

/* The most keys that any identity has; at least 1.  */
size_t policy_keys_most (const struct policy *policy);

/* Whether a peer may be any identity; as identity_admits.  */
bool policy_admits (const struct policy *policy, uid_t uid, const gid_t *groups,
                    size_t count);

#endif /* REEVE_POLICY_H */
