/* unit_name.h - the names of units of a service manager
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The rules are those of systemd.unit(5).  */

#ifndef REEVE_UNIT_NAME_H
#define REEVE_UNIT_NAME_H

#include <stddef.h>
#include <stdint.h>
#include <gpg-error.h>
#include "../base/machine.h"

/* The check and the names of the argument type "unit" (types.h).  A name
   without a suffix is that of a service: the text has room for it.  */
gpg_error_t unit_name_check (char *text, size_t *length, const char *choices,
                             int64_t *number, const char **r_wanted);

/* A unit's other names are links in the directories of units: where
   sshd.service leads to ssh.service, both are, with every name that leads
   there, one unit, and the file's name is the canonical one.  So it is with
   the instances of templates, and with links among init.d scripts
   (script_name.h).  Which of both runs the machine is not known here: what is
   one for either is one, but only what has no file of a unit has the canonical
   name of a script.  */
gpg_error_t unit_name_names (const struct machine *machine, const char *value,
                             void (*each) (void *context, const char *name),
                             void *context);

#endif /* REEVE_UNIT_NAME_H */
