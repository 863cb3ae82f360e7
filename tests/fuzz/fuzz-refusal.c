/* fuzz-refusal.c - refusals of Proxmox VE, and how its tasks ended
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What is found lies within the text, and has words.  */

#include "fuzz.h"
#include "../../protocol/limits.h"
#include "../../src/mod/pve/outcome.h"

/* Whether the LENGTH bytes at PART are none, or some of TEXT.  */
static bool
is_within (const char *part, size_t length, const char *text)
{
  return !length || (part >= text && part + length <= text + strlen (text));
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
  char *text = fuzz_string (bytes, size);
  struct failure failure = FAILURE_NONE;
  struct pve_refusal refusal;
  struct ending ending;
  bool found = refusal_find (text, &refusal);

  outcome_read (text, &ending);
  require ((ending.outcome == OUTCOME_REFUSED) == found);
  if (found)
    {
      require (is_within (refusal.path, refusal.path_length, text));
      require (is_within (refusal.privileges, refusal.privileges_length, text));
      require (is_within (refusal.reason, refusal.reason_length, text));
      require (!refusal.path_length == !refusal.privileges_length);
      require ((refusal.refused == REFUSED_RIGHT) == !!refusal.path_length);
      require (gpg_err_code (refusal_fail (&failure, &refusal))
               == GPG_ERR_FORBIDDEN);
      require (failure.text && strlen (failure.text) <= LIMIT_ERROR_TEXT);
      failure_release (&failure);
    }
  free (text);
  return 0;
}
