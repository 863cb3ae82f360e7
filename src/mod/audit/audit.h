/* audit.h - AUDIT: what was asked, refused and done
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_MOD_AUDIT_H
#define REEVE_MOD_AUDIT_H

#include "../../call/verb.h"

extern const struct noun audit_noun;

#endif /* REEVE_MOD_AUDIT_H */
