/* gate.c - the gates that every call passes, in their order
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>

#include <gcrypt.h>

#include "protocol/link.h"
#include "protocol/memory.h"
#include "gate.h"

enum effect
gate_ceiling (const struct gate *gate)
{
  return gate->identity && gate->identity->ceiling < gate->ceiling
             ? gate->identity->ceiling
             : gate->ceiling;
}

/* --- Why --- */

/* What comes before any rule; GATE_ALLOWED: nothing is in the way of EFFECT. */
static enum gate_reason
look_at_identity (const struct gate *gate, enum effect effect)
{
  if (!gate->identity)
    return GATE_STRANGER;
  if (identity_expired (gate->identity->expires))
    return GATE_EXPIRED;
  return effect > gate_ceiling (gate) ? GATE_CEILING : GATE_ALLOWED;
}

/* What the rules said: ALLOWED, and RULE decided.  */
static struct gate_verdict
rule_verdict (bool allowed, const struct rule *rule)
{
  return (struct gate_verdict){ allowed ? GATE_ALLOWED
                                : rule  ? GATE_DENIED
                                        : GATE_NO_RULE,
                                rule };
}

struct gate_verdict
gate_explain (const struct gate *gate, const struct call *call)
{
  enum gate_reason reason = look_at_identity (gate, call->verb->effect);
  const struct rule *rule = NULL;
  bool allowed;

  if (reason != GATE_ALLOWED)
    return (struct gate_verdict){ reason, NULL };
  if (call->arguments)
    allowed = identity_may_call (gate->identity, call, &rule);
  else
    allowed = identity_may (gate->identity, call->noun, call->verb, &rule);
  return rule_verdict (allowed, rule);
}

struct gate_verdict
gate_explain_object (const struct gate *gate, const struct noun *noun,
                     enum effect effect, const struct object_name *names,
                     size_t count)
{
  enum gate_reason reason = look_at_identity (gate, effect);
  const struct rule *rule = NULL;
  bool allowed;

  if (reason != GATE_ALLOWED)
    return (struct gate_verdict){ reason, NULL };
  allowed = identity_may_object (gate->identity, noun, effect, names, count,
                                 &rule);
  return rule_verdict (allowed, rule);
}

/* --- Refusals --- */

static gpg_error_t
refuse_ceiling (const struct gate *gate, const char *what, enum effect effect,
                struct failure *failure)
{
  if (effect > gate->ceiling)
    return fail (failure, GPG_ERR_FORBIDDEN,
                 "ceiling: this socket admits %s at most, %s is %s",
                 effect_name (gate->ceiling), what, effect_name (effect));
  return fail (failure, GPG_ERR_FORBIDDEN,
               "ceiling: %s may %s at most, %s is %s", gate->identity->name,
               effect_name (gate->identity->ceiling), what,
               effect_name (effect));
}

/* The words for VERDICT about what MISSING says, which is a rule that would
   allow it; WHAT has EFFECT.  */
static gpg_error_t
refuse (const struct gate *gate, const struct gate_verdict *verdict,
        enum effect effect, const char *what, struct buffer *missing,
        struct failure *failure)
{
  gpg_error_t err = buffer_error (missing);

  if (err)
    return err;
  switch (verdict->reason)
    {
    case GATE_ALLOWED:
      return 0;
    case GATE_STRANGER:
      err = fail (failure, GPG_ERR_NO_AUTH,
                  "say NONCE and AUTH first, or use reeve");
      return failure_refuse (failure, REFUSAL_IDENTITY, err);
    case GATE_EXPIRED:
      err = fail (failure, GPG_ERR_FORBIDDEN,
                  "the identity %s has expired: it needs another \"expires\"",
                  gate->identity->name);
      return failure_refuse (failure, REFUSAL_IDENTITY, err);
    case GATE_CEILING:
      err = refuse_ceiling (gate, what, effect, failure);
      return failure_refuse (failure, REFUSAL_CEILING, err);
    case GATE_DENIED:
      err = fail (failure, GPG_ERR_FORBIDDEN, "policy: a rule denies %s to %s",
                  missing->bytes, gate->identity->name);
      return failure_refuse (failure, REFUSAL_POLICY, err);
    case GATE_NO_RULE:
      break;
    }
  failure_detail (failure, "rule", "%s", missing->bytes);
  err = fail (failure, GPG_ERR_FORBIDDEN, "policy: no rule allows %s to %s",
              missing->bytes, gate->identity->name);
  return failure_refuse (failure, REFUSAL_POLICY, err);
}

/* Whether an option of ARGUMENTS needs the right that ALSO tells of.  */
static bool
is_needed (const struct arguments *arguments, const struct registry_also *also)
{
  for (size_t i = 0; i < arguments_count (arguments); i++)
    {
      const struct argument_value *value = arguments_value (arguments, i);

      if (value->item->option
          && !strcmp (value->item->name, also->option->name))
        return also->value
                   ? value->length == also->length
                         && !memcmp (value->text, also->value, also->length)
                   : value->number != 0;
    }
  return false;
}

gpg_error_t
gate_each_right (const struct call *call,
                 gpg_error_t (*each) (void *context, const struct call *right),
                 void *context)
{
  const struct registry_verb *verb;
  gpg_error_t err = each (context, call);

  if (err || !call->arguments || !call->verb->also)
    return err;
  verb = registry_verb (registry_noun (call->registry, call->noun->name),
                        call->verb->name);
  for (size_t i = 0; !err && i < verb->also_count; i++)
    {
      const struct registry_verb *other = verb->also[i].verb;
      struct call right = { .noun = call->noun,
                            .verb = other->row,
                            .machine = call->machine };

      if (!is_needed (call->arguments, verb->also + i))
        continue;
      err = arguments_lend (call->arguments, &other->grammar, &right.arguments);
      if (!err)
        err = each (context, &right);
      arguments_release (right.arguments);
    }
  return err;
}

/* Who asks for a right, and what is said to that.  */
struct asking
{
  const struct gate *gate;
  struct failure *failure;
};

static gpg_error_t
check_right (void *context, const struct call *call)
{
  struct asking *asking = context;
  const struct gate *gate = asking->gate;
  struct gate_verdict verdict = gate_explain (gate, call);
  auto_buffer struct buffer missing = BUFFER_EMPTY;
  auto_buffer struct buffer what = BUFFER_EMPTY;

  if (verdict.reason == GATE_ALLOWED)
    return 0;
  if (gate->identity)
    identity_write_missing (gate->identity, call, &missing);
  buffer_printf (&what, "%s %s", call->noun->name, call->verb->name);
  return refuse (gate, &verdict, call->verb->effect,
                 buffer_error (&what) ? "this" : what.bytes, &missing,
                 asking->failure);
}

/* --- The gates --- */

gpg_error_t
gate_check_call (const struct gate *gate, const struct call *call,
                 struct failure *failure)
{
  struct asking asking = { gate, failure };

  return gate_each_right (call, check_right, &asking);
}

gpg_error_t
gate_check (const struct gate *gate, const struct noun *noun,
            const struct verb *verb, struct failure *failure)
{
  const struct call call = { .noun = noun, .verb = verb };

  return gate_check_call (gate, &call, failure);
}

gpg_error_t
gate_may (const struct call *call, enum effect effect,
          const struct object_name *names, size_t count,
          struct failure *failure)
{
  const struct gate *gate = call->gate;
  struct gate_verdict verdict = gate_explain_object (gate, call->noun, effect,
                                                     names, count);
  auto_buffer struct buffer missing = BUFFER_EMPTY;

  if (verdict.reason == GATE_ALLOWED)
    return 0;
  buffer_printf (&missing, "%s %s", call->noun->name,
                 policy_effect_name (effect));
  if (count && call->noun->object)
    rule_write_term (&missing, call->noun->object, 0, PATTERN_TREE,
                     names[0].text);
  return refuse (gate, &verdict, effect, "this", &missing, failure);
}

/* Ask for each value that the line left open, in declared order; *R_ASKED
   tells whether there was any.  */
static gpg_error_t
ask_values (const struct gate *gate, struct call *call, bool *r_asked)
{
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < arguments_count (call->arguments); i++)
    {
      const struct argument_value *value = arguments_value (call->arguments, i);
      char *bytes = NULL;
      size_t length = 0;

      if (value->text)
        continue;
      *r_asked = true;
      err = gate->ask (gate->ask_context, value->item, &bytes, &length,
                       &call->failure);
      if (!err)
        {
          err = arguments_answer (call->arguments, i, bytes, length,
                                  &call->failure);
          if (err)
            failure_refuse (&call->failure, REFUSAL_PARSE, err);
        }
      if (bytes && value->item->type->flags & TYPE_SECRET)
        explicit_bzero (bytes, length);
      free (bytes);
    }
  return err;
}

static gpg_error_t
show_plan (struct call *call)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  gpg_error_t err = plan_describe (call->plan, &text);

  if (!err)
    err = buffer_error (&text);
  return err ? err : writer_value (call->out, text.bytes, text.length);
}

gpg_error_t
gate_begin (const struct gate *gate, struct call *call)
{
  gpg_error_t err = audit_begin (gate->audit, gate->subject, call,
                                 &call->failure);

  if (!err)
    call->recorded = gate->audit;
  return err;
}

gpg_error_t
gate_carry_out (const struct gate *gate, struct call *call)
{
  gpg_error_t err = plan_run (call->plan, call->machine, &call->failure);

  audit_end (gate->audit, gate->subject, call, err,
             link_now_us () - call->started_us);
  return call->verb->done ? call->verb->done (call, err) : err;
}

gpg_error_t
gate_run (const struct gate *gate, struct call *call)
{
  bool asked = false;
  gpg_error_t err;

  err = gate_check_call (gate, call, &call->failure);
  if (!err)
    err = ask_values (gate, call, &asked);
  if (!err && asked)
    err = gate_check_call (gate, call, &call->failure);
  if (!err)
    err = call->verb->run (call);
  if (err || !plan_count (call->plan))
    return err;
  /* A ceiling and a rule for reading hold against a wrong row as well.  */
  if (call->verb->effect == EFFECT_READ)
    return fail (&call->failure, GPG_ERR_INTERNAL,
                 "%s %s only reads but planned a change: nothing was done",
                 call->noun->name, call->verb->name);
  if (call->dry_run)
    return show_plan (call);
  if (call->hand_over && !(call->verb->flags & VERB_AT_ONCE))
    return call->hand_over (call);
  err = gate_begin (gate, call);
  return err ? err : gate_carry_out (gate, call);
}
