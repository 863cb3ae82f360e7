/* golden_work.c - PVE CREATE-GOLDEN: running pct
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   pct exits with 0 for a task that ended with OK or WARNINGS, else with 255 and
   the reason as the last line of standard error, behind which a wrong argument
   has a line on the usage.  Lines before it are noise.  */

#include "golden_work.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/limits.h"
#include "../../base/run.h"
#include "golden_words.h"

#define USAGE "pct create "

/* The last line of TEXT that says something; TEXT is cut up.  */
static const char *
last_line (char *text)
{
  const char *found = "";
  char *end;

  for (char *line = text; line; line = end ? end + 1 : NULL)
    {
      end = strchr (line, '\n');
      if (end)
        *end = 0;
      if (line[strspn (line, " \t\r")] && strncmp (line, USAGE, strlen (USAGE)))
        found = line;
    }
  return found;
}

static gpg_err_code_t
code_of (const char *reason)
{
  static const struct
  {
    const char *text;
    gpg_err_code_t code;
  } codes[] = { { " already exists on node ", GPG_ERR_EEXIST },
                { " does not exist", GPG_ERR_NOT_FOUND },
                { "type check (", GPG_ERR_INV_ARG } };

  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if (strstr (reason, codes[i].text))
      return codes[i].code;
  return GPG_ERR_GENERAL;
}

/* What came of it, by RESULT.  */
static gpg_error_t
judge (struct work *work, const struct golden_words *words,
       struct run_result *result)
{
  const char *reason;

  if (!result->exit_status)
    return 0;
  failure_detail (&work->failure, "exit_status", "%d", result->exit_status);
  if (result->exit_status < 0)
    return fail (&work->failure, GPG_ERR_SERVER_FAILED,
                 "pct was ended by signal %d: look whether %s is there and "
                 "whole",
                 result->signal, words->vmid);
  if (result->cut)
    return fail (&work->failure, GPG_ERR_GENERAL,
                 "pct could not create %s, and wrote more than %lu bytes",
                 words->vmid, LIMIT_PCT_OUTPUT);
  reason = last_line (result->errors);
  failure_detail (&work->failure, "message", "%s", reason);
  return fail (&work->failure, code_of (reason),
               "pct could not create %s: %.60s", words->vmid, reason);
}

static gpg_error_t
run_pct (struct work *work, const struct golden_words *words)
{
  /* Never the pct of a machine that is not the one meant.  */
  const struct run run = { .machine = work->machine,
                           .program = "pct",
                           .below = true,
                           .arguments = words->words,
                           .most = LIMIT_PCT_OUTPUT,
                           .time_ms = LIMIT_PCT_SECONDS * 1000,
                           .give_up = work_ended,
                           .context = work };
  struct run_result result;
  gpg_error_t err = run_program (&run, &result, &work->failure);

  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND)
    return fail (&work->failure, GPG_ERR_NOT_FOUND,
                 "pct (package pve-container) is not installed: this is no "
                 "node of Proxmox VE");
  /* Its task is a process of its own, which may go on.  */
  if (gpg_err_code (err) == GPG_ERR_TIMEOUT
      || gpg_err_code (err) == GPG_ERR_CANCELED)
    return fail (&work->failure, gpg_err_code (err),
                 "pct was ended before it was done: look whether %s is there "
                 "and whole",
                 words->vmid);
  if (err)
    return err;
  err = judge (work, words, &result);
  run_result_release (&result);
  return err;
}

gpg_error_t
work_create_golden (struct work *work)
{
  const struct golden golden = GOLDEN_OF (work, work);
  struct golden_words words;
  gpg_error_t err = golden_check (&golden, &work->failure);

  if (err)
    return err;
  golden_words (&golden, &words);
  err = run_pct (work, &words);
  if (!err)
    err = writer_field_bool (work->out, "changed", true);
  if (!err)
    err = writer_field_number (work->out, "vmid", golden.vmid);
  return err ? err : writer_record_end (work->out);
}

const struct work_operation golden_operations[] = {
  { "pve create-golden", work_create_golden, true }, { NULL, NULL, false }
};
