/* run_script.h - what carries a script out and what prints its answers
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_AUG_RUN_SCRIPT_H
#define REEVE_AUG_RUN_SCRIPT_H

#include <stdbool.h>
#include "script.h"
#include "../../call/call.h"
#include "../../../protocol/buffer.h"

struct run
{
  struct call *call; /* RUN itself.  */
  const struct statement *statement;
  struct buffer answer; /* Of the verb that was carried out last.  */
  bool unsaved;         /* A statement edited since the last save.  */
};

/* Carry VERB out and take its answer, in the text form.  Whole lines of one
   that is printed as it stands are printed at once.  */
gpg_error_t run_perform (struct run *run, const char *verb,
                         const char *const *arguments, size_t count);

/* The answer as a string.  */
const char *run_answer (const struct run *run);

/* --- run_print.c --- */

/* Print what augtool prints for RUN's statement, whose verb ended with ERR:
   that there is no value is no error then.  */
gpg_error_t run_print (struct run *run, gpg_error_t err);

/* Whether ERR says only that there is no value; it is then forgotten.  */
bool run_is_absence (struct run *run, gpg_error_t err);

/* Print each whole line of the answer and keep the rest; at its END that,
   too.  */
gpg_error_t run_print_lines (struct run *run, bool end);

#endif /* REEVE_AUG_RUN_SCRIPT_H */
