/* complete_list.h - completion by what LIST tells
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_COMPLETE_LIST_H
#define REEVE_COMPLETE_LIST_H

#include "call.h"

/* For a noun's "complete": write, as a list, the values of FIELD in the answer
   of the noun's verb LIST, through all gates, that begin with PREFIX.  */
gpg_error_t complete_list (struct call *call, const char *field,
                           const char *prefix);

#endif /* REEVE_COMPLETE_LIST_H */
