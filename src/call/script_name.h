/* script_name.h - the names of init.d scripts
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_SCRIPT_NAME_H
#define REEVE_SCRIPT_NAME_H

#include <stdbool.h>
#include <gpg-error.h>
#include "../../protocol/limits.h"
#include "../base/machine.h"

#define INIT_SCRIPTS "/etc/init.d"

/* Entries of the directory of scripts that lead to one file, by links of
   either kind, are one script, and each entry is a name of it: that of NAME is
   the unit NAME.service.  The script's own name is the first entry that is no
   symbolic link, or else the first, in the order of the alphabet.

   Know the entries that MACHINE has now, for the two below.  After an error
   none is known.  */
gpg_error_t script_name_learn (const struct machine *machine);

/* Store the own name of the script that the unit NAME is at R_OWN, as a unit.
   Returns false if it is none.  */
bool script_name_own (const char *name, char r_own[LIMIT_UNIT_NAME]);

/* Tell all names of that script, in no order; nothing if it is none.  */
void script_name_names (const char *name,
                        void (*each) (void *context, const char *name),
                        void *context);

#endif /* REEVE_SCRIPT_NAME_H */
