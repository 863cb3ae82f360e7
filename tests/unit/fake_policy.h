/* fake_policy.h - rules for objects, in place of the gate's
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TEST_FAKE_POLICY_H
#define REEVE_TEST_FAKE_POLICY_H

#include <string.h>
#include "../../src/call/call.h"

#define FAKE_RULES 8

/* A name without wildcards; "" is everything.  */
struct fake_rule
{
  bool deny;
  enum effect effect;
  const char *object; /* NULL ends the rules.  */
};

struct fake_policy
{
  struct fake_rule rules[FAKE_RULES];
  struct buffer *asked; /* If not NULL: the names that were asked for, a blank
                           between those of one object, a bar behind.  */
};

/* Whether NAME is OBJECT or below it.  */
static inline bool
fake_rule_covers (const char *object, const char *name)
{
  size_t length = strlen (object);

  return !strncmp (object, name, length)
         && (!length || !name[length] || name[length] == '/');
}

static inline void
fake_policy_note (const struct fake_policy *policy,
                  const struct object_name *names, size_t count)
{
  for (size_t i = 0; policy->asked && i < count; i++)
    buffer_printf (policy->asked, "%s%s", names[i].text,
                   i + 1 < count ? " " : "|");
}

static inline gpg_error_t
fake_policy_may (const struct call *call, enum effect effect,
                 const struct object_name *names, size_t count,
                 struct failure *failure)
{
  const struct fake_policy *policy = call->gate;
  bool allowed = false;
  bool denied = false;

  fake_policy_note (policy, names, count);
  for (const struct fake_rule *rule = policy->rules; rule->object; rule++)
    {
      if (rule->effect != effect)
        continue;
      if (!count)
        denied |= rule->deny;
      for (size_t i = 0; i < count && rule->deny; i++)
        denied |= fake_rule_covers (rule->object, names[i].text)
                  || (names[i].entire
                      && fake_rule_covers (names[i].text, rule->object));
      if (!rule->deny
          && (!count ? !*rule->object
                     : fake_rule_covers (rule->object, names[0].text)))
        allowed = true;
    }
  if (denied || !allowed)
    return fail (failure, GPG_ERR_FORBIDDEN, "policy: no %s for %s",
                 effect == EFFECT_READ ? "READ" : "WRITE",
                 count ? names[0].text : "all");
  return 0;
}

static inline void
fake_policy_set (struct call *call, const struct fake_policy *policy)
{
  call->may = fake_policy_may;
  call->gate = policy;
}

#define ALLOW(effect, object)                                                  \
  {                                                                            \
    false, EFFECT_##effect, object                                             \
  }
#define DENY(effect, object)                                                   \
  {                                                                            \
    true, EFFECT_##effect, object                                              \
  }

#endif /* REEVE_TEST_FAKE_POLICY_H */
