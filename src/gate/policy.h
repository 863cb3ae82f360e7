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
#include <stdint.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "../base/failure.h"
#include "../base/machine.h"
#include "../call/registry.h"
#include "rule.h"

#define POLICY_IDENTITIES 256
#define POLICY_FILES 256
#define POLICY_RULES 1024 /* For one identity.  */
#define POLICY_PEERS 64   /* Users, and as many groups.  */
#define POLICY_KEYS 8
#define POLICY_RATE 1000000 /* Calls in a window.  */

/* Times are seconds since 1970, 0 is never.  */
struct identity_key
{
  char *file; /* Its name in OWN_KEYS_DIR.  */
  int64_t expires;
  unsigned line;
};

struct identity
{
  char *name;
  const char *file; /* Where it stands; the policy's.  */
  unsigned line;
  size_t key_count; /* 0 for one that is built in.  */
  struct identity_key *key;
  int64_t expires;
  size_t peer_count;
  uid_t *peer;
  size_t group_count;
  gid_t *group;
  enum effect ceiling;
  unsigned rate_calls; /* In each window; 0: no limit.  */
  uint64_t rate_ms;    /* The window.  */
  bool dry_run;
  size_t rule_count;
  struct rule *rule;
};

struct policy
{
  size_t count;
  struct identity *identity;
  size_t file_count;
  char **file; /* Those that were read, for the operating system.  */
};

/* What is read.  */
struct policy_source
{
  const struct machine *machine;
  const struct registry *registry;

  /* The COUNT files PATH, for the operating system; NULL: those in
     OWN_POLICY_DIR (a directory that is not there is an empty policy).  */
  const char *const *path;
  size_t count;

  /* To look at a policy that is not in force (lint): where owner, mode, a key
     file, a user or a link of this machine is not as it should be, which else
     is an error, COMPLAIN is called with "FILE:LINE: what".  Key files that
     may not be read are passed over.  NULL otherwise.  */
  void (*complain) (void *context, const char *text);
  void *context;
};

/* Load all of SOURCE.  Each file is checked for owner and mode, so is each key
   file that has not expired (its content is not read).  Any error names file
   and line and what to do.  R_POLICY is empty after an error.  */
gpg_error_t policy_load_from (const struct policy_source *source,
                              struct policy *r_policy,
                              struct failure *failure);
gpg_error_t policy_load (const struct machine *machine,
                         const struct registry *registry,
                         struct policy *r_policy, struct failure *failure);
void policy_release (struct policy *policy);

/* The identity NAME, or NULL.  */
const struct identity *policy_identity (const struct policy *policy,
                                        const char *name);

/* An identity called NAME, static, that may do everything: what the process
   that started the daemon is to it.  */
const struct identity *identity_built_in (const char *name);

#define IDENTITY_OWNER "owner"     /* Pipe mode, same ordinary user.  */
#define IDENTITY_SPAWNER "spawner" /* Holds the key of --key-fd.  */

/* The most keys that any identity has; at least 1.  */
size_t policy_keys_most (const struct policy *policy);

/* Whether a peer of UID with the COUNT GROUPS (primary and supplementary) may
   be IDENTITY; whether it may be any.  */
bool identity_admits (const struct identity *identity, uid_t uid,
                      const gid_t *groups, size_t count);
bool policy_admits (const struct policy *policy, uid_t uid, const gid_t *groups,
                    size_t count);

/* Whether the time EXPIRES of an identity or a key is over.  */
bool policy_expired (int64_t expires);

/* The open file of key INDEX of IDENTITY, checked.  */
gpg_error_t identity_open_key (const struct identity *identity, size_t index,
                               const struct machine *machine, int *r_fd,
                               struct failure *failure);

/* --- What the rules say; *R_RULE (may be NULL) is the one that decided --- */

/* Whether IDENTITY may use VERB of NOUN at all, with some arguments: no rule
   without conditions denies it, and one with whatever conditions allows it.  A
   verb that needs no rule is allowed by none.  Where rights go by effect, who
   may change something may use what reads.  */
bool identity_may (const struct identity *identity, const struct noun *noun,
                   const struct verb *verb, const struct rule **r_rule);

/* Whether it may make CALL with these arguments; see rule_matches for those
   that are not known yet.  Where rights go by effect, objects are judged by
   the next one.  */
bool identity_may_call (const struct identity *identity,
                        const struct call *call, const struct rule **r_rule);

/* As call->may, the ceiling left out.  */
bool identity_may_object (const struct identity *identity,
                          const struct noun *noun, enum effect effect,
                          const struct object_name *names, size_t count,
                          const struct rule **r_rule);

/* Append the rule that CALL lacks to OUT: "UNIT START unit=a.service", with
   those arguments that IDENTITY's rules for this verb tell apart.  */
void identity_write_missing (const struct identity *identity,
                             const struct call *call, struct buffer *out);

#endif /* REEVE_POLICY_H */
