/* step.c - steps of JOB: to give a job up, to forget it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "step.h"

#include <stdlib.h>
#include <string.h>

#include "../../job/store.h"

struct job_step
{
  enum step_action action;
  const struct machine *machine;
  char *identity;
  char *job;
  pid_t process;
  bool changed;
};

static gpg_error_t
step_describe (const void *detail, struct buffer *text)
{
  const struct job_step *step = detail;

  buffer_printf (text, "%s the job %s of %s\n",
                 step->action == STEP_CANCEL ? "cancel" : "forget", step->job,
                 step->identity);
  return 0;
}

static gpg_error_t
step_prepare (void *detail, const struct machine *machine,
              struct journal *journal, struct failure *failure)
{
  struct job_step *step = detail;

  (void)journal;
  (void)failure;
  step->machine = machine;
  return 0;
}

static gpg_error_t
step_perform (void *detail, struct failure *failure)
{
  struct job_step *step = detail;
  struct job_reader reader;
  gpg_error_t err;

  if (step->action == STEP_FORGET)
    {
      err = job_forget (step->machine, step->identity, step->job, failure);
      step->changed = !err;
      return err;
    }
  err = job_open (step->machine, step->identity, step->job, &reader, failure);
  if (err)
    return err;
  err = job_cancel (&reader, step->process, &step->changed, failure);
  job_close (&reader);
  return err;
}

/* Nothing is to be settled, and nothing can be put back: it is the only step,
   and failed without effect.  */
static gpg_error_t
step_nothing (void *detail, struct failure *failure)
{
  (void)detail;
  (void)failure;
  return 0;
}

static void
step_finish (void *detail)
{
  (void)detail;
}

static void
step_release (void *detail)
{
  struct job_step *step = detail;

  free (step->identity);
  free (step->job);
  free (step);
}

static const struct step_kind job_kind = { .name = "job",
                                           .describe = step_describe,
                                           .prepare = step_prepare,
                                           .perform = step_perform,
                                           .settle = step_nothing,
                                           .undo = step_nothing,
                                           .finish = step_finish,
                                           .release = step_release };

gpg_error_t
step_append (struct call *call, enum step_action action, const char *identity,
             pid_t process)
{
  const char *job = arg_text (call, "job");
  struct job_step *step = calloc (1, sizeof *step);

  if (!step)
    return gpg_error_from_syserror ();
  *step = (struct job_step){ .action = action,
                             .identity = strdup (identity),
                             .job = strdup (job),
                             .process = process };
  if (step->identity && step->job)
    return plan_append (call->plan, &job_kind, job, step);
  step_release (step);
  return gpg_error (GPG_ERR_ENOMEM);
}

bool
step_changed (const struct call *call)
{
  const struct job_step *step = plan_detail (call->plan, 0);

  return step->changed;
}

gpg_error_t
step_answer (struct call *call, bool changed)
{
  gpg_error_t err = writer_field_bool (call->out, "changed", changed);

  if (!err)
    err = writer_field (call->out, "job", "%s", arg_text (call, "job"));
  return err ? err : writer_record_end (call->out);
}
