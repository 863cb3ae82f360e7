/* gate.c - the gates that every call passes, in their order
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>

#include <gcrypt.h>

#include "protocol/memory.h"
#include "gate.h"

gpg_error_t
gate_check (const struct gate *gate, const struct noun *noun,
            const struct verb *verb, struct failure *failure)
{
  const struct rule *rule;

  if (!gate->identity)
    return fail (failure, GPG_ERR_NO_AUTH,
                 "say NONCE and AUTH first, or use reeve");
  if (verb->effect > gate->ceiling)
    return fail (failure, GPG_ERR_FORBIDDEN,
                 "ceiling: this socket admits %s at most, %s %s is %s",
                 effect_name (gate->ceiling), noun->name, verb->name,
                 effect_name (verb->effect));
  if (verb->flags & VERB_UNGRANTED
      || identity_may (gate->identity, noun, verb, &rule))
    return 0;
  if (rule)
    return fail (failure, GPG_ERR_FORBIDDEN,
                 "policy: a rule denies %s %s to %s", noun->name,
                 policy_verb_name (noun, verb), gate->identity->name);
  return fail (failure, GPG_ERR_FORBIDDEN, "policy: no rule allows %s %s to %s",
               noun->name, policy_verb_name (noun, verb), gate->identity->name);
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
        err = arguments_answer (call->arguments, i, bytes, length,
                                &call->failure);
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
gate_run (const struct gate *gate, struct call *call)
{
  bool asked = false;
  gpg_error_t err;

  err = gate_check (gate, call->noun, call->verb, &call->failure);
  if (!err)
    err = ask_values (gate, call, &asked);
  if (!err && asked)
    err = gate_check (gate, call->noun, call->verb, &call->failure);
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
  err = plan_run (call->plan, call->machine, &call->failure);
  return call->verb->done ? call->verb->done (call, err) : err;
}
