/* identity.h - an identity and its rights
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_IDENTITY_H
#define REEVE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <gpg-error.h>
#include "../base/failure.h"
#include "../base/limits.h"
#include "../base/machine.h"
#include "rule.h"

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
  struct rate rate;
  bool dry_run;
  size_t rule_count;
  struct rule *rule;
};

/* An identity called NAME, static, that may do everything: what the process
   that started the daemon is to it.  */
const struct identity *identity_built_in (const char *name);

#define IDENTITY_OWNER "owner"     /* Pipe mode, same ordinary user.  */
#define IDENTITY_SPAWNER "spawner" /* Holds the key of --key-fd.  */

/* Free what IDENTITY has.  */
void identity_release (struct identity *identity);

/* Whether a peer of UID with the COUNT GROUPS (primary and supplementary) may
   be IDENTITY.  */
bool identity_admits (const struct identity *identity, uid_t uid,
                      const gid_t *groups, size_t count);

/* Whether the time EXPIRES of an identity or a key is over.  */
bool identity_expired (int64_t expires);

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

#endif /* REEVE_IDENTITY_H */
