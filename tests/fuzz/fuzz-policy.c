/* fuzz-policy.c - policy files
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "root.h"
#include <fnmatch.h>
#include <time.h>
#include "../../protocol/buffer.h"
#include "../../src/gate/policy.h"
#include "../../src/mod/aug/aug.h"
#include "../../src/mod/module/module.h"

#define KEY "0123456789abcdef0123456789abcdef\n"
#define FILE_NAME "/etc/reeve/policy.d/fuzz.policy"

static struct registry registry;

/* A file that was just written is read at once: here nobody changes it.  */
int
clock_nanosleep (clockid_t clock, int flags, const struct timespec *time,
                 struct timespec *rest)
{
  (void)clock;
  (void)flags;
  (void)time;
  (void)rest;
  return 0;
}

static void
set_up (void)
{
  static const struct noun *const nouns[] = { &aug_noun, &module_noun, NULL };

  root_make ();
  require (!registry_make (nouns, &registry, NULL));
  root_text ("/etc/reeve/policy.d/README", "");
  root_write (OWN_KEYS_DIR "/panel.key", KEY, strlen (KEY), 0400);
  root_write (OWN_KEYS_DIR "/x", KEY, strlen (KEY), 0400);
  root_write (OWN_KEYS_DIR "/open", KEY, strlen (KEY), 0644);
}

/* First deny, then allow, else refused: said once more, by hand.  */
static bool
may (const struct identity *identity, const char *noun, const char *verb)
{
  bool allowed = false;

  for (size_t i = 0; i < identity->rule_count; i++)
    {
      const struct rule *rule = &identity->rule[i];

      if (fnmatch (rule->noun, noun, FNM_NOESCAPE)
          || fnmatch (rule->verb, verb, FNM_NOESCAPE))
        continue;
      if (!rule->allow && !rule->count)
        return false;
      allowed |= rule->allow;
    }
  return allowed;
}

/* Who may do it with all objects may do it with each; who may not use the verb
   may do it with none.  */
static void
check_objects (const struct identity *identity, enum effect effect)
{
  static const struct object_name names[] = {
    { "/files/etc/hosts", 16, false },
    { "/files/etc/hosts/1/alias", 16, false },
    { "/files/etc/ssh/sshd_config/PermitRootLogin", 26, false },
    { "/files/etc/a\\/b/\\*", 15, false },
    { "/files", 6, false },
    { "/", 1, false },
  };
  bool all = identity_may_object (identity, &aug_noun, effect, NULL, 0, NULL);
  bool any = may (identity, "AUG", policy_effect_name (effect));

  require (any || !all);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      const struct rule *rule = NULL;
      bool one = identity_may_object (identity, &aug_noun, effect, names + i, 1,
                                      &rule);

      require (one >= all && one <= any && one == (rule && rule->allow));
      /* Another name can only make it less.  */
      require (one
               || !identity_may_object (identity, &aug_noun, effect, names + i,
                                        sizeof names / sizeof *names - i,
                                        NULL));
    }
}

static void
check_identity (const struct identity *identity)
{
  require (identity->key_count && identity->name && *identity->name);
  for (size_t i = 0; i < identity->key_count; i++)
    require (!strchr (identity->key[i].file, '/')
             && *identity->key[i].file != '.');
  for (size_t i = 0; i < registry.count; i++)
    for (size_t j = 0; j < registry.noun[i].count; j++)
      {
        const struct noun *noun = registry.noun[i].row;
        const struct verb *verb = registry.noun[i].verb[j].row;
        bool by_effect = noun->flags & NOUN_GRANT_BY_EFFECT;
        bool allowed = may (identity, noun->name,
                            policy_verb_name (noun, verb));

        if (verb->flags & VERB_UNGRANTED)
          continue;
        if (by_effect && verb->effect == EFFECT_READ)
          require (identity_may (identity, noun, verb, NULL) || !allowed);
        else
          require (identity_may (identity, noun, verb, NULL) == allowed);
      }
  for (enum effect effect = EFFECT_READ; effect <= EFFECT_DESTROY; effect++)
    check_objects (identity, effect);
}

static void
write_time (struct buffer *text, const char *name, int64_t seconds)
{
  char shown[40];
  time_t when = (time_t)seconds;

  if (!seconds)
    return;
  strftime (shown, sizeof shown, "%Y-%m-%dT%H:%M:%SZ", gmtime (&when));
  buffer_printf (text, "%s%s", name, shown);
}

/* Write POLICY as a file.  */
static void
write_policy (const struct policy *policy, struct buffer *text)
{
  for (size_t i = 0; i < policy->count; i++)
    {
      const struct identity *identity = &policy->identity[i];
      char rate[RATE_TEXT];

      buffer_printf (text, "[identity %s]\nceiling=%s\ndry-run=%s\n",
                     identity->name, effect_name (identity->ceiling),
                     identity->dry_run ? "yes" : "no");
      for (size_t j = 0; j < identity->key_count; j++)
        {
          buffer_printf (text, "key=%s", identity->key[j].file);
          write_time (text, " expires=", identity->key[j].expires);
          buffer_string (text, "\n");
        }
      write_time (text, "expires = ", identity->expires);
      buffer_string (text, "\n");
      if (identity->rate.calls)
        buffer_printf (text, "rate = %s\n", rate_text (&identity->rate, rate));
      for (size_t j = 0; j < identity->peer_count; j++)
        buffer_printf (text, "peer = %u\n", (unsigned)identity->peer[j]);
      for (size_t j = 0; j < identity->group_count; j++)
        buffer_printf (text, "peer-group = %u\n", (unsigned)identity->group[j]);
      for (size_t j = 0; j < identity->rule_count; j++)
        {
          rule_write (identity->rule + j, text);
          buffer_string (text, "\n");
        }
    }
  require (!buffer_error (text));
}

static void
check_policy (const struct policy *policy)
{
  struct buffer text = BUFFER_EMPTY;
  struct buffer again = BUFFER_EMPTY;
  struct failure failure = FAILURE_NONE;
  struct policy other;

  for (size_t i = 0; i < policy->count; i++)
    {
      check_identity (&policy->identity[i]);
      require (policy_identity (policy, policy->identity[i].name)
               == &policy->identity[i]);
    }
  write_policy (policy, &text);
  root_write (FILE_NAME, text.bytes ? text.bytes : "", text.length, 0644);
  require (!policy_load (&root_machine, &registry, &other, &failure));
  write_policy (&other, &again);
  require (text.length == again.length);
  require (!text.length || !memcmp (text.bytes, again.bytes, text.length));
  policy_release (&other);
  buffer_release (&text);
  buffer_release (&again);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  struct failure failure = FAILURE_NONE;
  struct policy policy;

  if (!registry.count)
    set_up ();
  root_write (FILE_NAME, bytes, size, 0644);
  if (policy_load (&root_machine, &registry, &policy, &failure))
    {
      require (!policy.count && !policy.identity && failure.text);
      require (strstr (failure.text, "fuzz.policy"));
    }
  else
    check_policy (&policy);
  policy_release (&policy);
  failure_release (&failure);
  return 0;
}
