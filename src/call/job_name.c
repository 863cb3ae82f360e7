/* job_name.c - the name of a job
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "job_name.h"

#include <string.h>

#define SESSION 16

bool
job_name_is (const char *text)
{
  const char *number = text + SESSION + 1;
  size_t digits;

  if (strspn (text, "0123456789abcdef") != SESSION || text[SESSION] != '.')
    return false;
  digits = strspn (number, "0123456789");
  return digits && !number[digits] && *number != '0'
         && SESSION + 1 + digits < JOB_NAME_ROOM;
}

gpg_error_t
job_name_check (char *text, size_t *length, const char *choices,
                int64_t *number, const char **r_wanted)
{
  (void)length;
  (void)choices;
  (void)number;
  *r_wanted = "a job, as JOB LIST names it";
  return job_name_is (text) ? 0 : gpg_error (GPG_ERR_INV_ARG);
}
