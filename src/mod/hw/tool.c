/* tool.c - asking a tool, and having its answer taken apart
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "tool.h"

#include "../../base/run.h"

gpg_error_t
tool_ask (struct work *work, const struct tool *tool, int *r_status,
          struct fenced_answer *r_answer)
{
  const struct run run = { .machine = work->machine,
                           .program = tool->program,
                           .arguments = tool->arguments,
                           .most = LIMIT_HW_OUTPUT,
                           .time_ms = LIMIT_HW_SECONDS * 1000,
                           .give_up = work_ended,
                           .context = work };
  struct run_result result;
  gpg_error_t err = run_program (&run, &result, &work->failure);

  if (err)
    return err;
  *r_status = result.exit_status;
  if (result.exit_status < 0)
    err = fail (&work->failure, GPG_ERR_SERVER_FAILED,
                "%s was ended by signal %d", tool->program, result.signal);
  else if (result.cut)
    err = fail (&work->failure, GPG_ERR_TOO_LARGE,
                "%s wrote more than %lu bytes: its answer is not whole",
                tool->program, LIMIT_HW_OUTPUT);
  else
    err = fenced_call (tool->parse, tool->context, result.output,
                       result.output_length, r_answer, &work->failure);
  if (err)
    failure_detail (&work->failure, "exit_status", "%d", result.exit_status);
  run_result_release (&result);
  return err;
}
