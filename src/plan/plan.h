/* plan.h - what a change is: steps, and carrying them out whole or not at all
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A handler appends steps; the core shows them (dry-run) or carries them out
   (plan_run).  Any error undoes what was done, in reverse order.  After
   SIGKILL or a power failure plan_recover, at the next start, completes or
   undoes from the journal.  */

#ifndef REEVE_PLAN_H
#define REEVE_PLAN_H

#include <stdbool.h>
#include <gpg-error.h>
#include "../../protocol/buffer.h"
#include "../base/failure.h"
#include "../base/file.h"
#include "../base/machine.h"

struct plan;
struct step;
struct journal;

/* A kind of step.  DETAIL is what the step's maker gave to plan_append.

   The order for a plan of N steps: prepare 1..N, then the journal is made
   durable, then perform 1..N, then settle 1..N (make durable), then finish
   1..N.  An error before finish calls undo on N..1; undo must cope with a
   step that was only prepared or not even that.  Steps before the first
   journaled one are settled before the others are prepared.  */
struct step_kind
{
  const char *name; /* "file", ...; stands in the journal.  */

  /* Whether prepare gets a journal.  Plans with such steps are carried out one
     at a time on a machine, from the first of these on; others do not wait for
     each other.  What may take long and can be undone stands before them.  */
  bool journaled;

  /* Append to TEXT what would change: for a file a unified diff.  */
  gpg_error_t (*describe) (const void *detail, struct buffer *text);

  /* Check the precondition and make all ready without changing anything that
     others see, and note in JOURNAL (NULL unless JOURNALED) what recovery
     needs.  */
  gpg_error_t (*prepare) (void *detail, const struct machine *machine,
                          struct journal *journal, struct failure *failure);

  /* Change it.  */
  gpg_error_t (*perform) (void *detail, struct failure *failure);

  /* Make the change survive a power failure.  */
  gpg_error_t (*settle) (void *detail, struct failure *failure);

  /* Put back what was; without effect if nothing was done.  */
  gpg_error_t (*undo) (void *detail, struct failure *failure);

  /* Drop what undo would have needed: no way back from here.  */
  void (*finish) (void *detail);

  /* Free DETAIL, in whatever state.  */
  void (*release) (void *detail);

  /* Append to JSON an object that is proof of what changes, for the audit log:
     {"kind":"file","object":"/etc/hosts","before":"sha256:...","after":null}
     for a file, null where there is none.  May be NULL: then only kind and
     object are told.  */
  gpg_error_t (*evidence) (const void *detail, struct buffer *json);
};

/* Make an empty plan.  */
gpg_error_t plan_new (struct plan **r_plan);
void plan_release (struct plan *plan);

/* Append a step; PLAN owns DETAIL from here, also on an error.  OBJECT (kept
   as a copy) is what it changes, for people: a path, a unit.  Errors:
   GPG_ERR_ENOMEM, GPG_ERR_LIMIT_REACHED past LIMIT_PLAN_STEPS.  */
gpg_error_t plan_append (struct plan *plan, const struct step_kind *kind,
                         const char *object, void *detail);

/* How many steps there are, and what step INDEX changes, of what kind it
   is, and what its maker gave.  */
size_t plan_count (const struct plan *plan);
const char *plan_object (const struct plan *plan, size_t index);
const struct step_kind *plan_kind (const struct plan *plan, size_t index);
const void *plan_detail (const struct plan *plan, size_t index);

/* Append to TEXT what the plan would do.  */
gpg_error_t plan_describe (const struct plan *plan, struct buffer *text);

/* Append to JSON an array with the evidence of all steps.  */
gpg_error_t plan_evidence (const struct plan *plan, struct buffer *json);

/* Carry the plan out: all of it, or, on an error, nothing.  */
gpg_error_t plan_run (struct plan *plan, const struct machine *machine,
                      struct failure *failure);

/* Finish or undo what processes that died left in the journal.  Entries of
   living processes are left alone.  *R_COUNT (may be NULL) is the number of
   files put back or cleaned up; each is logged.  An entry that cannot be
   put back since somebody changed the file meanwhile is logged and left
   with its before-image named in the log.  */
gpg_error_t plan_recover (const struct machine *machine, unsigned *r_count,
                          struct failure *failure);

/* --- The file step (file_step.c) --- */

/* Append to PLAN: make PATH hold BYTES, provided that it then still is what
   BEFORE tells (existence, inode, content).  BEFORE is copied.  A file that
   did not exist is created with mode 0644 (less the umask 022).  */
gpg_error_t plan_file_write (struct plan *plan, const char *path,
                             const struct file_image *before, const char *bytes,
                             size_t length);

/* Append to PLAN: remove PATH on the same condition.  */
gpg_error_t plan_file_remove (struct plan *plan, const char *path,
                              const struct file_image *before);

#endif /* REEVE_PLAN_H */
