/* policy.c - who may do what
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <string.h>

#include "policy.h"

gpg_error_t
policy_load (const struct machine *machine, const struct registry *registry,
             struct policy *r_policy, struct failure *failure)
{
  const struct policy_source source = { .machine = machine,
                                        .registry = registry };

  return policy_load_from (&source, r_policy, failure);
}

void
policy_release (struct policy *policy)
{
  for (size_t i = 0; i < policy->count; i++)
    identity_release (policy->identity + i);
  free (policy->identity);
  for (size_t i = 0; i < policy->file_count; i++)
    free (policy->file[i]);
  free (policy->file);
  integrity_release (&policy->seen);
  memset (policy, 0, sizeof *policy);
}

const struct identity *
policy_identity (const struct policy *policy, const char *name)
{
  for (size_t i = 0; i < policy->count; i++)
    if (!strcmp (policy->identity[i].name, name))
      return policy->identity + i;
  return NULL;
}

size_t
policy_keys_most (const struct policy *policy)
{
  size_t most = 1;

  for (size_t i = 0; i < policy->count; i++)
    if (policy->identity[i].key_count > most)
      most = policy->identity[i].key_count;
  return most;
}

bool
policy_admits (const struct policy *policy, uid_t uid, const gid_t *groups,
               size_t count)
{
  for (size_t i = 0; i < policy->count; i++)
    if (identity_admits (policy->identity + i, uid, groups, count))
      return true;
  return false;
}
