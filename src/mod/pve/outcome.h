/* outcome.h - how a task of Proxmox VE ended
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A task that is over has an exit status, which is a text; PVE::Tools and
   PVE::RESTEnvironment write it.  */

#ifndef REEVE_PVE_OUTCOME_H
#define REEVE_PVE_OUTCOME_H

#include <stdint.h>
#include "refusal.h"

enum outcome
{
  OUTCOME_OK,
  OUTCOME_WARNINGS, /* A success too, as PVE itself counts it.  */
  OUTCOME_FAILED,
  OUTCOME_REFUSED, /* It began, and then a right was missing.  */
  OUTCOME_ABORTED  /* It was stopped, or died.  */
};

struct ending
{
  enum outcome outcome;
  uint64_t warnings;          /* With OUTCOME_WARNINGS.  */
  struct pve_refusal refusal; /* With OUTCOME_REFUSED; its texts are parts of
                                 the exit status.  */
};

/* What EXITSTATUS means.  */
enum outcome outcome_read (const char *exitstatus, struct ending *r_ending);

#endif /* REEVE_PVE_OUTCOME_H */
