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

/* The rule that decides about VERB_NAME of NOUN, of those that MATCHES with
   CONTEXT: the first that denies, or else the first that allows; NULL if there
   is none.  */
static const struct rule *
find_rule (const struct identity *identity, const struct noun *noun,
           const char *verb_name,
           bool (*matches) (const struct rule *rule, void *context),
           void *context)
{
  const struct rule *allow = NULL;

  for (size_t i = 0; i < identity->rule_count; i++)
    {
      const struct rule *rule = identity->rule + i;

      if ((rule->allow && allow) || !rule_names (rule, noun, verb_name)
          || !matches (rule, context))
        continue;
      if (!rule->allow)
        return rule;
      allow = rule;
    }
  return allow;
}

/* Whether RULE says something about some call.  */
static bool
matches_some (const struct rule *rule, void *context)
{
  (void)context;
  return rule->allow || !rule->count;
}

bool
identity_may (const struct identity *identity, const struct noun *noun,
              const struct verb *verb, const struct rule **r_rule)
{
  const struct rule *rule = find_rule (
      identity, noun, policy_verb_name (noun, verb), matches_some, NULL);

  if (!rule && verb->flags & VERB_UNGRANTED)
    return !decide (NULL, r_rule);
  if (!rule && noun->flags & NOUN_GRANT_BY_EFFECT
      && verb->effect == EFFECT_READ)
    for (enum effect effect = EFFECT_WRITE; effect <= EFFECT_DESTROY; effect++)
      {
        rule = find_rule (identity, noun, policy_effect_name (effect),
                          matches_some, NULL);
        if (rule && rule->allow)
          break;
        rule = NULL;
      }
  return decide (rule, r_rule);
}

static bool
matches_call (const struct rule *rule, void *context)
{
  return rule_matches (rule, context);
}

/* Whether CALL has an argument that a rule must name.  */
static bool
needs_naming (const struct call *call)
{
  for (size_t i = 0; i < arguments_count (call->arguments); i++)
    {
      const struct argument_value *value = arguments_value (call->arguments, i);

      if (value->item->type->flags & TYPE_NAMED && value->number)
        return true;
    }
  return false;
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
  rule = find_rule (identity, call->noun,
                    policy_verb_name (call->noun, call->verb), matches_call,
                    subject);
  subject_release (subject);
  if (!rule && call->verb->flags & VERB_UNGRANTED && !needs_naming (call))
    return !decide (NULL, r_rule);
  return decide (rule, r_rule);
}

/* The object with these names, or all objects if COUNT is 0.  */
struct object
{
  enum effect effect;
  const struct node_name *names;
  size_t count;
};

static bool
matches_object (const struct rule *rule, void *context)
{
  const struct object *object = context;

  /* Any exception makes it not all.  */
  return object->count ? rule_matches_object (rule, object->effect,
                                              object->names, object->count)
                       : !rule->allow || !rule->count;
}

bool
identity_may_object (const struct identity *identity, const struct noun *noun,
                     enum effect effect, const struct object_name *names,
                     size_t count, const struct rule **r_rule)
{
  struct node_name *taken = calloc (count + 1, sizeof *taken);
  struct object object = { effect, taken, count };
  const struct rule *rule = NULL;
  gpg_error_t err = taken ? 0 : gpg_error_from_syserror ();

  for (size_t i = 0; !err && i < count; i++)
    err = node_name_make (names + i, taken + i);
  if (!err)
    rule = find_rule (identity, noun, policy_effect_name (effect),
                      matches_object, &object);
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

/* The canonical name of value INDEX, NULL if it is not written out.  */
static const char *
told_name (struct subject *subject, size_t index)
{
  const char *name = subject_name (subject, index);

  return name && strlen (name) <= MISSING_VALUE ? name : NULL;
}

/* Whether each value of ITEM that is known is written out: a rule that named
   only some of them would not allow the call.  */
static bool
all_are_told (const struct call *call, struct subject *subject,
              const struct grammar_item *item)
{
  for (size_t i = 0; i < arguments_count (call->arguments); i++)
    {
      const struct argument_value *value = arguments_value (call->arguments, i);

      if (value->item == item && value->text && !told_name (subject, i))
        return false;
    }
  return true;
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
      const struct argument_value *value = arguments_value (call->arguments, i);
      const struct grammar_item *item = value->item;
      const char *name;
      unsigned told = 0;

      position = strcmp (last, item->name) ? 1 : position + 1;
      last = item->name;
      if (!(item->type->flags & TYPE_NAMED && value->number)
          && (!is_told_apart (identity, call, item->name, position, &told)
              || (!told && !all_are_told (call, subject, item))))
        continue;
      name = told_name (subject, i);
      if (name)
        rule_write_term (out, item->name, told, item->type->pattern, name);
    }
  subject_release (subject);
}
