/* policy.c - POLICY: who may do what, and since when
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "../../call/call.h"
#include "policy.h"

static gpg_error_t
policy_reload (struct call *call)
{
  return call->reload (call);
}

static const struct verb verbs[] = {
  { .name = "RELOAD",
    .args = "",
    .effect = EFFECT_WRITE,
    .run = policy_reload,
    .summary = "read configuration, policy and keys anew",
    .help = "As SIGHUP does.  All sessions take the new policy over before\n"
            "their next call.  CONFIGURATION: a file has a mistake, or others\n"
            "could have written it; the advice says which and where, and the\n"
            "old configuration stays in force.\n"
            "Example: POLICY RELOAD",
    .flags = VERB_DESPITE_CHANGES },
  { .name = NULL }
};

const struct noun policy_noun
    = { .name = "POLICY",
        .summary = "who may do what",
        .help = "The rules of this client, which of them decides about a\n"
                "command, and reading all of them anew.",
        .verbs = verbs };
