/* gate.h - the gates that every call passes, in their order
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   identity, ceiling, policy; then the values that are asked for; policy
   again; the handler; and for a change the plan, between the two records of
   the audit.  A handler may assume that it is allowed.  */

#ifndef REEVE_GATE_H
#define REEVE_GATE_H

#include <gpg-error.h>
#include "../call/call.h"
#include "audit.h"
#include "policy.h"

/* What decides for a session.  */
struct gate
{
  const struct identity *identity; /* NULL before AUTH.  */
  enum effect ceiling;             /* Of the way in.  */

  /* Get the value of ITEM from the client, for value_free (wiped if SECRET,
     which is why it is not plain free).  */
  gpg_error_t (*ask) (void *context, const struct grammar_item *item,
                      char **r_bytes, size_t *r_length,
                      struct failure *failure);
  void *ask_context;

  /* What changes something is recorded there, before and after, or not done;
     NULL: nothing is recorded.  */
  struct audit *audit;
  const struct audit_subject *subject;
};

/* The lower one of the ceilings of GATE and its identity.  */
enum effect gate_ceiling (const struct gate *gate);

/* --- Why --- */

enum gate_reason
{
  GATE_ALLOWED,  /* By RULE; without one the verb needs none.  */
  GATE_STRANGER, /* There is no identity.  */
  GATE_EXPIRED,  /* The identity.  */
  GATE_CEILING,  /* Of the way in or of the identity.  */
  GATE_DENIED,   /* By RULE.  */
  GATE_NO_RULE   /* None allows it.  */
};

struct gate_verdict
{
  enum gate_reason reason;
  const struct rule *rule; /* Lives as long as the policy.  */
};

/* Call EACH with CALL and, where its options need the right to other verbs
   (verb.h, also), with what stands for a call of each of those: of such a one
   the noun, the verb, the machine and the arguments.  Its first error is the
   result.  With arguments CALL has a registry.  */
gpg_error_t gate_each_right (const struct call *call,
                             gpg_error_t (*each) (void *context,
                                                  const struct call *right),
                             void *context);

/* What GATE says to CALL alone, of which noun, verb, machine and arguments are
   looked at.  Without arguments: whether the verb may be used at all.  Values
   that are still to be asked for are taken for such as may be.  */
struct gate_verdict gate_explain (const struct gate *gate,
                                  const struct call *call);

/* The same for an object of a noun that is granted by effect; the names are
   those of call->may.  */
struct gate_verdict gate_explain_object (const struct gate *gate,
                                         const struct noun *noun,
                                         enum effect effect,
                                         const struct object_name *names,
                                         size_t count);

/* --- The gates --- */

/* Whether VERB may be called at all.  GPG_ERR_NO_AUTH, GPG_ERR_FORBIDDEN; the
   detail "rule" is a rule that would allow it.  */
gpg_error_t gate_check (const struct gate *gate, const struct noun *noun,
                        const struct verb *verb, struct failure *failure);

/* Whether CALL may be carried out with its arguments, and all that its options
   need the right for.  GPG_ERR_NO_AUTH, GPG_ERR_FORBIDDEN.  */
gpg_error_t gate_check_call (const struct gate *gate, const struct call *call,
                             struct failure *failure);

/* call->may of a call whose GATE is a struct gate.  */
gpg_error_t gate_may (const struct call *call, enum effect effect,
                      const struct object_name *names, size_t count,
                      struct failure *failure);

/* Take CALL, whose arguments are bound, through all gates and to its end.  On
   an error CALL->failure has the words.  */
gpg_error_t gate_run (const struct gate *gate, struct call *call);

/* The last of the gates, which CALL, whose plan is not empty, has come to: put
   on the record that it begins.  */
gpg_error_t gate_begin (const struct gate *gate, struct call *call);

/* What comes after it: carry CALL's plan out, record the end, let the verb
   answer.  */
gpg_error_t gate_carry_out (const struct gate *gate, struct call *call);

#endif /* REEVE_GATE_H */
