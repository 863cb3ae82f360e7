/* policy.h - who may do what
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The files OWN_POLICY_DIR/NAME.policy, in the order of their names:

     [identity panel]
     key   = panel.key       in OWN_KEYS_DIR
     peer  = www-data        a user's name or number; may repeat; without
                             it any user
     allow = AUG *           a pattern for the noun and one for the verb, or
                             a lone * for everything
     deny  = AUG WRITE

   One setting a line; comments (#) only at the beginning of a line; a line
   that begins with a blank is an error, so nothing continues by accident.
   First deny, then allow, else refused.  A noun that is granted by effect
   (AUG) knows the verbs READ, WRITE and DESTROY in rules.  */

#ifndef REEVE_POLICY_H
#define REEVE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "../base/failure.h"
#include "../base/machine.h"
#include "../call/registry.h"
#include "integrity.h"

#define POLICY_IDENTITIES 256
#define POLICY_RULES 1024 /* For one identity.  */
#define POLICY_PEERS 64

struct rule
{
  bool allow;
  char *noun; /* Pattern.  */
  char *verb; /* Pattern.  */
  char *file; /* Where it stands.  */
  unsigned line;
};

struct identity
{
  char *name;
  char *key; /* File name in OWN_KEYS_DIR; NULL for one that is built in.  */
  size_t peer_count;
  uid_t *peer;
  size_t rule_count;
  struct rule *rule;
};

struct policy
{
  size_t count;
  struct identity *identity;
  struct integrity seen; /* The files that it was made of.  */
};

/* Load all files.  Each is checked for owner and mode, each key file too (its
   content is not read).  Any error names file and line and what to do; a
   directory that is not there is an empty policy.  */
gpg_error_t policy_load (const struct machine *machine,
                         const struct registry *registry,
                         struct policy *r_policy, struct failure *failure);
void policy_release (struct policy *policy);

/* The identity NAME, or NULL.  */
const struct identity *policy_identity (const struct policy *policy,
                                        const char *name);

/* Whether a peer of UID may be IDENTITY; whether it may be any.  */
bool identity_admits (const struct identity *identity, uid_t uid);
bool policy_admits (const struct policy *policy, uid_t uid);

/* Whether IDENTITY may use VERB of NOUN.  *R_RULE (may be NULL) is the rule
   that decided, NULL if none did.  */
bool identity_may (const struct identity *identity, const struct noun *noun,
                   const struct verb *verb, const struct rule **r_rule);

/* The name under which rules know VERB: its own, or its effect's.  */
const char *policy_verb_name (const struct noun *noun, const struct verb *verb);

/* The open key file of IDENTITY, checked.  */
gpg_error_t identity_open_key (const struct identity *identity,
                               const struct machine *machine, int *r_fd,
                               struct failure *failure);

/* An identity called NAME, static, that may do everything: what the process
   that started the daemon is to it.  */
const struct identity *identity_built_in (const char *name);

#define IDENTITY_OWNER "owner"     /* Pipe mode, same ordinary user.  */
#define IDENTITY_SPAWNER "spawner" /* Holds the key of --key-fd.  */

#endif /* REEVE_POLICY_H */
