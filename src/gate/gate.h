/* gate.h - the gates that every call passes, in their order
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   identity, ceiling, policy; then the values that are asked for; policy
   again; the handler; and for a change the plan.  A handler may assume that
   it is allowed.  */

#ifndef REEVE_GATE_H
#define REEVE_GATE_H

#include <gpg-error.h>
#include "../call/call.h"
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
};

/* Whether VERB may be called at all.  GPG_ERR_NO_AUTH, GPG_ERR_FORBIDDEN.  */
gpg_error_t gate_check (const struct gate *gate, const struct noun *noun,
                        const struct verb *verb, struct failure *failure);

/* Take CALL, whose arguments are bound, through all gates and to its end.  On
   an error CALL->failure has the words.  */
gpg_error_t gate_run (const struct gate *gate, struct call *call);

#endif /* REEVE_GATE_H */
