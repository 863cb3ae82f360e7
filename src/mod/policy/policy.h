/* policy.h - the noun POLICY: who may do what
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_MOD_POLICY_H
#define REEVE_MOD_POLICY_H

#include "../../call/verb.h"

extern const struct noun policy_noun;

#endif /* REEVE_MOD_POLICY_H */
