/* policy.c - who may do what
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "protocol/handshake.h"
#include "protocol/limits.h"
#include "protocol/memory.h"
#include "../base/file.h"
#include "policy.h"

static struct rule everything = { true, (char *)"*", (char *)"*",
                                  (char *)"built in", 0 };
static const struct identity built_in[]
    = { { (char *)IDENTITY_OWNER, NULL, 0, NULL, 1, &everything },
        { (char *)IDENTITY_SPAWNER, NULL, 0, NULL, 1, &everything },
        { NULL, NULL, 0, NULL, 0, NULL } };

const struct identity *
identity_built_in (const char *name)
{
  for (const struct identity *identity = built_in; identity->name; identity++)
    if (!strcmp (identity->name, name))
      return identity;
  return NULL;
}

const struct identity *
policy_identity (const struct policy *policy, const char *name)
{
  for (size_t i = 0; i < policy->count; i++)
    if (!strcmp (policy->identity[i].name, name))
      return policy->identity + i;
  return NULL;
}

bool
identity_admits (const struct identity *identity, uid_t uid)
{
  if (!identity->peer_count)
    return true;
  for (size_t i = 0; i < identity->peer_count; i++)
    if (identity->peer[i] == uid)
      return true;
  return false;
}

bool
policy_admits (const struct policy *policy, uid_t uid)
{
  for (size_t i = 0; i < policy->count; i++)
    if (identity_admits (policy->identity + i, uid))
      return true;
  return false;
}

const char *
policy_verb_name (const struct noun *noun, const struct verb *verb)
{
  static const char *const effects[] = { "READ", "WRITE", "DESTROY" };

  return noun->flags & NOUN_GRANT_BY_EFFECT ? effects[verb->effect]
                                            : verb->name;
}

static bool
rule_matches (const struct rule *rule, const char *noun, const char *verb)
{
  return !fnmatch (rule->noun, noun, FNM_NOESCAPE)
         && !fnmatch (rule->verb, verb, FNM_NOESCAPE);
}

bool
identity_may (const struct identity *identity, const struct noun *noun,
              const struct verb *verb, const struct rule **r_rule)
{
  const char *verb_name = policy_verb_name (noun, verb);
  const struct rule *allow = NULL;

  if (r_rule)
    *r_rule = NULL;
  for (size_t i = 0; i < identity->rule_count; i++)
    {
      const struct rule *rule = identity->rule + i;

      if (!rule_matches (rule, noun->name, verb_name))
        continue;
      if (!rule->allow)
        {
          if (r_rule)
            *r_rule = rule;
          return false;
        }
      if (!allow)
        allow = rule;
    }
  if (r_rule)
    *r_rule = allow;
  return allow;
}

gpg_error_t
identity_open_key (const struct identity *identity,
                   const struct machine *machine, int *r_fd,
                   struct failure *failure)
{
  auto_free char *directory = machine_path (machine, OWN_KEYS_DIR);
  auto_free char *path = NULL;
  auto_close int fd = -1;
  struct stat stat;
  gpg_error_t err;

  *r_fd = -1;
  if (!directory || asprintf (&path, "%s/%s", directory, identity->key) < 0)
    {
      path = NULL;
      return gpg_error (GPG_ERR_ENOMEM);
    }
  err = file_open_own (machine, path, true, &fd, failure);
  if (err)
    return err;
  if (fstat (fd, &stat))
    return fail_errno (failure, "%s", path);
  if (stat.st_size < LIMIT_KEY_MIN)
    return fail (failure, GPG_ERR_TOO_SHORT,
                 "%s: a key has %d bytes or more; make one with reeve key new",
                 path, LIMIT_KEY_MIN);
  if (stat.st_size > LIMIT_KEY_MAX + 1)
    return fail (failure, GPG_ERR_TOO_LARGE,
                 "%s: a key has %d bytes at most; make one with reeve key new",
                 path, LIMIT_KEY_MAX);
  *r_fd = take_fd (&fd);
  return 0;
}

static void
identity_release (struct identity *identity)
{
  for (size_t i = 0; i < identity->rule_count; i++)
    {
      free (identity->rule[i].noun);
      free (identity->rule[i].verb);
      free (identity->rule[i].file);
    }
  free (identity->rule);
  free (identity->peer);
  free (identity->name);
  free (identity->key);
}

void
policy_release (struct policy *policy)
{
  for (size_t i = 0; i < policy->count; i++)
    identity_release (policy->identity + i);
  free (policy->identity);
  integrity_release (&policy->seen);
  memset (policy, 0, sizeof *policy);
}
