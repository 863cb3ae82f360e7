/* aug.h - the noun AUG: configuration files through libaugeas
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_AUG_H
#define REEVE_AUG_H

#include "../../call/verb.h"

extern const struct noun aug_noun;

#endif /* REEVE_AUG_H */
