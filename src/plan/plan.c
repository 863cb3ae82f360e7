/* plan.c - carrying steps out whole or not at all
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "../../protocol/limits.h"
#include "../../protocol/memory.h"
#include "../../protocol/record.h"
#include "journal.h"

struct step
{
  const struct step_kind *kind;
  char *object;
  void *detail;
};

struct plan
{
  struct step *steps;
  size_t count;
  size_t allocated;
};

gpg_error_t
plan_new (struct plan **r_plan)
{
  *r_plan = calloc (1, sizeof **r_plan);
  return *r_plan ? 0 : gpg_error (GPG_ERR_ENOMEM);
}

void
plan_release (struct plan *plan)
{
  if (!plan)
    return;
  for (size_t i = 0; i < plan->count; i++)
    {
      plan->steps[i].kind->release (plan->steps[i].detail);
      free (plan->steps[i].object);
    }
  free (plan->steps);
  free (plan);
}

static gpg_error_t
plan_make_room (struct plan *plan)
{
  size_t more = plan->allocated ? 2 * plan->allocated : 8;
  struct step *steps;

  if (plan->count >= LIMIT_PLAN_STEPS)
    return gpg_error (GPG_ERR_LIMIT_REACHED);
  if (plan->count < plan->allocated)
    return 0;
  steps = reallocarray (plan->steps, more, sizeof *steps);
  if (!steps)
    return gpg_error (GPG_ERR_ENOMEM);
  plan->steps = steps;
  plan->allocated = more;
  return 0;
}

gpg_error_t
plan_append (struct plan *plan, const struct step_kind *kind,
             const char *object, void *detail)
{
  auto_free char *copy = NULL;
  gpg_error_t err;

  err = plan_make_room (plan);
  if (!err && !(copy = strdup (object)))
    err = gpg_error (GPG_ERR_ENOMEM);
  if (err)
    {
      kind->release (detail);
      return err;
    }
  plan->steps[plan->count++] = (struct step){ kind, take (&copy), detail };
  return 0;
}

size_t
plan_count (const struct plan *plan)
{
  return plan->count;
}

const char *
plan_object (const struct plan *plan, size_t index)
{
  return index < plan->count ? plan->steps[index].object : NULL;
}

const struct step_kind *
plan_kind (const struct plan *plan, size_t index)
{
  return index < plan->count ? plan->steps[index].kind : NULL;
}

const void *
plan_detail (const struct plan *plan, size_t index)
{
  return index < plan->count ? plan->steps[index].detail : NULL;
}

gpg_error_t
plan_describe (const struct plan *plan, struct buffer *text)
{
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < plan->count; i++)
    err = plan->steps[i].kind->describe (plan->steps[i].detail, text);
  return err ? err : buffer_error (text);
}

static void
append_string (struct buffer *json, const char *name, const char *text)
{
  buffer_printf (json, "\"%s\":", name);
  record_json (json, text, strlen (text));
}

gpg_error_t
plan_evidence (const struct plan *plan, struct buffer *json)
{
  gpg_error_t err = 0;

  buffer_string (json, "[");
  for (size_t i = 0; !err && i < plan->count; i++)
    {
      const struct step *step = &plan->steps[i];

      if (i)
        buffer_string (json, ",");
      if (step->kind->evidence)
        err = step->kind->evidence (step->detail, json);
      else
        {
          buffer_string (json, "{");
          append_string (json, "kind", step->kind->name);
          buffer_string (json, ",");
          append_string (json, "object", step->object);
          buffer_string (json, "}");
        }
    }
  buffer_string (json, "]");
  return err ? err : buffer_error (json);
}

/* Undo all steps, the last one first.  What cannot be put back is logged, and
   told in FAILURE beside the reason why the plan failed.  */
static void
plan_undo (struct plan *plan, struct failure *failure)
{
  for (size_t i = plan->count; i--;)
    {
      auto_failure struct failure reason = FAILURE_NONE;
      struct step *step = &plan->steps[i];
      gpg_error_t err = step->kind->undo (step->detail, &reason);
      const char *text = failure_words (&reason, err);

      if (!err)
        continue;
      gpgrt_log_error ("a %s step cannot be undone: %s\n", step->kind->name,
                       text);
      failure_detail (failure, "not-undone", "%s", text);
    }
}

/* Steps FIRST to END, the latter not counted, up to the point of no return.  */
static gpg_error_t
plan_carry_out (struct step *first, const struct step *end,
                const struct machine *machine, struct journal *journal,
                struct failure *failure)
{
  struct step *step;
  gpg_error_t err = 0;

  for (step = first; !err && step < end; step++)
    err = step->kind->prepare (step->detail, machine,
                               step->kind->journaled ? journal : NULL, failure);
  if (!err && journal)
    err = journal_ready (journal, failure);
  for (step = first; !err && step < end; step++)
    err = step->kind->perform (step->detail, failure);
  for (step = first; !err && step < end; step++)
    err = step->kind->settle (step->detail, failure);
  return err;
}

gpg_error_t
plan_run (struct plan *plan, const struct machine *machine,
          struct failure *failure)
{
  struct step *end = plan->steps + plan->count;
  struct step *journaled = plan->steps;
  struct journal *journal = NULL;
  bool begun = false;
  gpg_error_t err = 0;

  while (journaled < end && !journaled->kind->journaled)
    journaled++;
  if (journaled < end)
    err = journal_open (machine, &journal, failure);
  if (err)
    return err;
  err = plan_carry_out (plan->steps, journaled, machine, NULL, failure);
  if (!err && journal)
    {
      journal_begin (journal);
      begun = true;
      err = plan_carry_out (journaled, end, machine, journal, failure);
    }
  if (err)
    plan_undo (plan, failure);
  else
    for (size_t i = 0; i < plan->count; i++)
      plan->steps[i].kind->finish (plan->steps[i].detail);
  if (begun)
    journal_end (journal);
  return err;
}
