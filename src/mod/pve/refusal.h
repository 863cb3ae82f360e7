/* refusal.h - what Proxmox VE says when it forbids something
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   "Permission check failed", with or without what is missing behind it in
   parentheses.  It comes as the answer to a request (status 403), and within
   the exit status of a task that began and was refused only then.  The shapes
   are those of PVE::RPCEnvironment, PVE::API2::LXC and PVE::API2::Qemu.  */

#ifndef REEVE_PVE_REFUSAL_H
#define REEVE_PVE_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <gpg-error.h>
#include "../../base/failure.h"

enum refused
{
  REFUSED_RIGHT,  /* A privilege on a path is missing.  */
  REFUSED_ROOT,   /* Only root@pam itself may; its tokens may not.  */
  REFUSED_TICKET, /* Only who logged in by a password may.  */
  REFUSED_UNSAID  /* None of these is said.  */
};

/* The texts are parts of the one that was looked through.  */
struct pve_refusal
{
  enum refused refused;
  const char *path; /* "/vms/100"; "" if REFUSED is another.  */
  size_t path_length;
  const char *privileges; /* "A|B" means any of these; "" likewise.  */
  size_t privileges_length;
  const char *reason; /* What the parentheses hold; "" without them.  */
  size_t reason_length;
};

/* Whether TEXT has a refusal somewhere; the first one is stored.  */
bool refusal_find (const char *text, struct pve_refusal *r_refusal);

/* Set words and the details "privilege" and "path", where they are known.
   Returns GPG_ERR_FORBIDDEN.  */
gpg_error_t refusal_fail (struct failure *failure,
                          const struct pve_refusal *refusal);

#endif /* REEVE_PVE_REFUSAL_H */
