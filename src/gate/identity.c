/* identity.c - an identity and its rights
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "protocol/limits.h"
#include "protocol/memory.h"
#include "protocol/text.h"
#include "../base/file.h"
#include "identity.h"

static struct rule everything = {
  .allow = true, .noun = (char *)"*", .verb = (char *)"*", .file = "built in"
};
static const struct identity built_in[] = { { .name = (char *)IDENTITY_OWNER,
                                              .file = "built in",
                                              .ceiling = EFFECT_DESTROY,
                                              .rule_count = 1,
                                              .rule = &everything },
                                            { .name = (char *)IDENTITY_SPAWNER,
                                              .file = "built in",
                                              .ceiling = EFFECT_DESTROY,
                                              .rule_count = 1,
                                              .rule = &everything },
                                            { .name = NULL } };

const struct identity *
identity_built_in (const char *name)
{
  for (const struct identity *identity = built_in; identity->name; identity++)
    if (!strcmp (identity->name, name))
      return identity;
  return NULL;
}

void
identity_release (struct identity *identity)
{
  for (size_t i = 0; i < identity->rule_count; i++)
    rule_release (identity->rule + i);
  for (size_t i = 0; i < identity->key_count; i++)
    free (identity->key[i].file);
  free (identity->rule);
  free (identity->key);
  free (identity->peer);
  free (identity->group);
  free (identity->name);
}

bool
identity_admits (const struct identity *identity, uid_t uid,
                 const gid_t *groups, size_t count)
{
  if (!identity->peer_count && !identity->group_count)
    return true;
  for (size_t i = 0; i < identity->peer_count; i++)
    if (identity->peer[i] == uid)
      return true;
  for (size_t i = 0; i < identity->group_count; i++)
    for (size_t j = 0; j < count; j++)
      if (identity->group[i] == groups[j])
        return true;
  return false;
}

bool
identity_expired (int64_t expires)
{
  return expires && (int64_t)time (NULL) >= expires;
}

gpg_error_t
identity_open_key (const struct identity *identity, size_t index,
                   const struct machine *machine, int *r_fd,
                   struct failure *failure)
{
  auto_free char *directory = machine_path (machine, OWN_KEYS_DIR);
  auto_free char *path = NULL;
  auto_close int fd = -1;
  struct stat stat;
  gpg_error_t err;

  *r_fd = -1;
  if (!directory
      || !(path = text_format ("%s/%s", directory, identity->key[index].file)))
    return gpg_error (GPG_ERR_ENOMEM);
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

/* --- What the rules say --- */

/* Store RULE at R_RULE, which may be NULL; whether it allows.  */
static bool
decide (const struct rule *rule, const struct rule **r_rule)
{
  if (r_rule)
    *r_rule = rule;
  return rule && rule->allow;
}

/* The rule that decides whether VERB_NAME may be used at all, or NULL.  */
static const struct rule *
find_rule (const struct identity *identity, const struct noun *noun,
           const char *verb_name)
{
  const struct rule *allow = NULL;

  for (size_t i = 0; i < identity->rule_count; i++)
    {
      const struct rule *rule = identity->rule + i;

      if (!rule_names (rule, noun, verb_name))
        continue;
      if (!rule->allow && !rule->count)
        return rule;
      if (rule->allow && !allow)
        allow = rule;
    }
  return allow;
}

bool
identity_may (const struct identity *identity, const struct noun *noun,
              const struct verb *verb, const struct rule **r_rule)
{
  const struct rule *rule = find_rule (identity, noun,
                                       policy_verb_name (noun, verb));

  if (!rule && verb->flags & VERB_UNGRANTED)
    return !decide (NULL, r_rule);
  if (!rule && noun->flags & NOUN_GRANT_BY_EFFECT
      && verb->effect == EFFECT_READ)
    for (enum effect effect = EFFECT_WRITE; effect <= EFFECT_DESTROY; effect++)
      {
        rule = find_rule (identity, noun, policy_effect_name (effect));
        if (rule && rule->allow)
          break;
        rule = NULL;
      }
  return decide (rule, r_rule);
}

/* The rule that decides about SUBJECT, a call of NOUN, or NULL.  */
static const struct rule *
find_call_rule (const struct identity *identity, const struct noun *noun,
                const char *verb_name, struct subject *subject)
{
  const struct rule *allow = NULL;

  for (size_t i = 0; i < identity->rule_count; i++)
    {
      const struct rule *rule = identity->rule + i;

      if ((rule->allow && allow) || !rule_names (rule, noun, verb_name)
          || !rule_matches (rule, subject))
        continue;
      if (!rule->allow)
        return rule;
      allow = rule;
    }
  return allow;
}

bool
identity_may_call (const struct identity *identity, const struct call *call,
                   const struct rule **r_rule)
{
  const struct rule *rule;
  struct subject *subject;

  if (call->noun->flags & NOUN_GRANT_BY_EFFECT)
    return identity_may (identity, call->noun, call->verb, r_rule);
  if (subject_new (call, &subject))
    return decide (NULL, r_rule);
  rule = find_call_rule (identity, call->noun,
                         policy_verb_name (call->noun, call->verb), subject);
  subject_release (subject);
  if (!rule && call->verb->flags & VERB_UNGRANTED)
    return !decide (NULL, r_rule);
  return decide (rule, r_rule);
}

/* The rule that decides about EFFECT on the object with these names, or on all
   objects if COUNT is 0.  */
static const struct rule *
find_object_rule (const struct identity *identity, const struct noun *noun,
                  enum effect effect, const struct node_name *names,
                  size_t count)
{
  const char *verb_name = policy_effect_name (effect);
  const struct rule *allow = NULL;

  for (size_t i = 0; i < identity->rule_count; i++)
    {
      const struct rule *rule = identity->rule + i;

      if ((rule->allow && allow) || !rule_names (rule, noun, verb_name))
        continue;
      /* Any exception makes it not all.  */
      if (count ? !rule_matches_object (rule, effect, names, count)
                : rule->allow && rule->count)
        continue;
      if (!rule->allow)
        return rule;
      allow = rule;
    }
  return allow;
}

bool
identity_may_object (const struct identity *identity, const struct noun *noun,
                     enum effect effect, const struct object_name *names,
                     size_t count, const struct rule **r_rule)
{
  struct node_name *taken = calloc (count + 1, sizeof *taken);
  const struct rule *rule = NULL;
  gpg_error_t err = taken ? 0 : gpg_error_from_syserror ();

  for (size_t i = 0; !err && i < count; i++)
    err = node_name_make (names + i, taken + i);
  if (!err)
    rule = find_object_rule (identity, noun, effect, taken, count);
  for (size_t i = 0; taken && i < count; i++)
    node_name_release (taken + i);
  free (taken);
  return decide (rule, r_rule);
}

/* --- The rule that is missing --- */

#define MISSING_VALUE 200 /* Bytes of a value that is written out.  */

/* Whether a rule that could allow this call tells ARGUMENT's values apart: all
   of them (*R_POSITION is 0), or value POSITION.  */
static bool
is_told_apart (const struct identity *identity, const struct call *call,
               const char *argument, unsigned position, unsigned *r_position)
{
  const char *verb_name = policy_verb_name (call->noun, call->verb);
  bool found = false;

  for (size_t i = 0; i < identity->rule_count; i++)
    {
      const struct rule *rule = identity->rule + i;

      if (!rule_names (rule, call->noun, verb_name))
        continue;
      for (size_t j = 0; j < rule->count; j++)
        if (!strcmp (rule->term[j].argument, argument)
            && (!rule->term[j].position || rule->term[j].position == position))
          {
            *r_position = rule->term[j].position;
            found = true;
            if (!*r_position)
              return true;
          }
    }
  return found;
}

void
identity_write_missing (const struct identity *identity,
                        const struct call *call, struct buffer *out)
{
  struct subject *subject = NULL;
  const char *last = "";
  unsigned position = 0;

  buffer_printf (out, "%s %s", call->noun->name,
                 policy_verb_name (call->noun, call->verb));
  if (!call->arguments || call->noun->flags & NOUN_GRANT_BY_EFFECT
      || subject_new (call, &subject))
    return;
  for (size_t i = 0; i < arguments_count (call->arguments); i++)
    {
      const struct grammar_item *item
          = arguments_value (call->arguments, i)->item;
      const char *name;
      unsigned told;

      position = strcmp (last, item->name) ? 1 : position + 1;
      last = item->name;
      if (!is_told_apart (identity, call, item->name, position, &told))
        continue;
      name = subject_name (subject, i);
      if (name && strlen (name) <= MISSING_VALUE)
        rule_write_term (out, item->name, told, item->type->pattern, name);
    }
  subject_release (subject);
}
