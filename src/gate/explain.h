/* explain.h - what policy says to a command that nobody carries out
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   For POLICY EXPLAIN, and for those who test a policy before they use it.  */

#ifndef REEVE_EXPLAIN_H
#define REEVE_EXPLAIN_H

#include <gpg-error.h>
#include "../../protocol/words.h"
#include "../call/registry.h"
#include "gate.h"

/* One question that the gates would ask, and their answer.  */
struct explanation
{
  const char *question; /* "AUG WRITE path=/files/etc/hosts".  */
  struct gate_verdict verdict;
  const char *note; /* Not NULL: the verdict is that about all objects, or
                       about all that is below one, and this says when each
                       of them is asked about.  */
};

/* Whether the command gets beyond this question; a refusal may follow where
   there is a note.  */
bool explanation_allows (const struct explanation *explanation);

/* "allow", "deny", "no rule", "needs no rule", "ceiling", "expired", "no
   identity", "depends".  */
const char *explanation_reason (const struct explanation *explanation);

/* Ask GATE about the command that the COUNT words at WORD are: "NOUN VERB
   [--option]... argument...", or, where rights go by effect, "AUG WRITE
   path=OBJECT".  TAKE is called for each question; it is allowed if all are.
   Objects that depend on what the files have are asked about as a whole.
   Errors, with words for FAILURE: as for a call that is not well formed; what
   TAKE returns.  */
gpg_error_t
explain (const struct gate *gate, const struct registry *registry,
         const struct machine *machine, const struct word *word, size_t count,
         gpg_error_t (*take) (void *context, const struct explanation *one),
         void *context, struct failure *failure);

#endif /* REEVE_EXPLAIN_H */
