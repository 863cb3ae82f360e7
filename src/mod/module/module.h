/* module.h - MODULE: what this daemon can do
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_MODULE_H
#define REEVE_MODULE_H

#include "../../call/verb.h"

extern const struct noun module_noun;

#endif /* REEVE_MODULE_H */
