/* tool.h - asking a tool, and having its answer taken apart
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_HW_TOOL_H
#define REEVE_HW_TOOL_H

#include "../../base/fenced.h"
#include "../../call/work.h"

struct tool
{
  const char *program;
  const char *const *arguments; /* Ends with NULL.  */
  fenced_function parse;
  const void *context; /* For PARSE.  */
};

/* Run it and have PARSE take apart what it wrote; *R_STATUS is its exit status,
   which is there when PARSE is called, and any is fine.  Errors: those of
   run_program and fenced_call; GPG_ERR_SERVER_FAILED: a signal ended it;
   GPG_ERR_TOO_LARGE: its answer is not whole.  R_ANSWER is for the caller to
   release.  */
gpg_error_t tool_ask (struct work *work, const struct tool *tool, int *r_status,
                      struct fenced_answer *r_answer);

#endif /* REEVE_HW_TOOL_H */
