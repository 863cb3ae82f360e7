/* preflight.h - whether the token has all rights that a verb needs
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A help for who sets up a token, not a gate: the server judges each request by
   itself.  The rights are those that the API's schema and PVE::API2 name; where
   any of several will do all are named, "VM.Snapshot|VM.Snapshot.Rollback".  */

#ifndef REEVE_PVE_PREFLIGHT_H
#define REEVE_PVE_PREFLIGHT_H

#include <stdbool.h>
#include <gpg-error.h>
#include <jansson.h>
#include "../../call/work.h"

/* The operation: check what the argument "verb" needs, with the others.
   GPG_ERR_FORBIDDEN names all that is missing; details privilege and path, for
   each.  */
gpg_error_t preflight_check (struct work *work);

/* The INDEX-th, from 0, of what verbs need: PRIVILEGES, of which any will do.
   False past the end.  */
bool preflight_need (size_t index, const char **r_verb,
                     const char **r_privileges);

/* Whether RIGHTS, a member for each privilege that the token has on a path, has
   any of PRIVILEGES ("A|B").  */
bool preflight_has_any (const json_t *rights, const char *privileges);

#define PREFLIGHT_ROOT "root@pam"

/* The privileges that changing the setting NAME of a container or a virtual
   machine needs; PREFLIGHT_ROOT: no token may change it.  */
const char *preflight_setting (const char *name, bool container);

#endif /* REEVE_PVE_PREFLIGHT_H */
