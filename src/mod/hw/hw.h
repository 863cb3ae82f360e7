/* hw.h - HW: disks, sensors and file systems
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_HW_H
#define REEVE_HW_H

#include "../../call/verb.h"

extern const struct noun hw_noun;

#endif /* REEVE_HW_H */
