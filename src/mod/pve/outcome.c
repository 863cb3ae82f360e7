/* outcome.c - how a task of Proxmox VE ended
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "outcome.h"

#include <stdlib.h>
#include <string.h>

#define WARNINGS "WARNINGS: "

/* Whether TEXT tells a number of warnings.  */
static bool
read_warnings (const char *text, uint64_t *r_warnings)
{
  const char *digits = text + strlen (WARNINGS);

  if (strncmp (text, WARNINGS, strlen (WARNINGS)) || !*digits
      || digits[strspn (digits, "0123456789")])
    return false;
  *r_warnings = strtoull (digits, NULL, 10);
  return true;
}

enum outcome
outcome_read (const char *exitstatus, struct ending *r_ending)
{
  *r_ending = (struct ending){ .outcome = OUTCOME_FAILED };
  if (!strcmp (exitstatus, "OK"))
    r_ending->outcome = OUTCOME_OK;
  else if (read_warnings (exitstatus, &r_ending->warnings))
    r_ending->outcome = OUTCOME_WARNINGS;
  else if (!strcmp (exitstatus, "unexpected status"))
    r_ending->outcome = OUTCOME_ABORTED;
  else if (refusal_find (exitstatus, &r_ending->refusal))
    r_ending->outcome = OUTCOME_REFUSED;
  return r_ending->outcome;
}
