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

      if (fnmatch (rule->noun, noun, 0) || fnmatch (rule->verb, verb, 0))
        continue;
      if (!rule->allow)
        return false;
      allowed = true;
    }
  return allowed;
}

static void
check_identity (const struct identity *identity)
{
  require (identity->key && identity->name && *identity->name);
  require (!strchr (identity->key, '/') && *identity->key != '.');
  for (size_t i = 0; i < registry.count; i++)
    for (size_t j = 0; j < registry.noun[i].count; j++)
      {
        const struct noun *noun = registry.noun[i].row;
        const struct verb *verb = registry.noun[i].verb[j].row;

        if (verb->flags & VERB_UNGRANTED)
          continue;
        require (identity_may (identity, noun, verb, NULL)
                 == may (identity, noun->name, policy_verb_name (noun, verb)));
      }
}

/* Write POLICY as a file.  */
static void
write_policy (const struct policy *policy, struct buffer *text)
{
  for (size_t i = 0; i < policy->count; i++)
    {
      const struct identity *identity = &policy->identity[i];

      buffer_printf (text, "[identity %s]\nkey=%s\n", identity->name,
                     identity->key);
      for (size_t j = 0; j < identity->peer_count; j++)
        buffer_printf (text, "peer = %u\n", (unsigned)identity->peer[j]);
      for (size_t j = 0; j < identity->rule_count; j++)
        buffer_printf (text, "%s = %s %s\n",
                       identity->rule[j].allow ? "allow" : "deny",
                       identity->rule[j].noun, identity->rule[j].verb);
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
