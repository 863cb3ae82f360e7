/* job.c - JOB: what is carried out while nobody waits
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "job.h"

#include <stdlib.h>
#include <string.h>

#include "../../../protocol/json.h"
#include "../../../protocol/memory.h"
#include "../../call/call.h"
#include "../../call/complete_list.h"
#include "../../call/json_answer.h"
#include "../../call/pause.h"
#include "step.h"
#include "view.h"

/* Between two looks at a job: at first, and at most.  */
#define WAIT_FIRST_MS 5
#define WAIT_MOST_MS 200

/* --- Whose jobs --- */

/* What to look for, and where it was found.  */
struct search
{
  const char *job;
  char *identity;
};

static gpg_error_t
compare (void *context, const char *identity, const char *job)
{
  struct search *search = context;

  if (search->identity || strcmp (job, search->job))
    return 0;
  search->identity = strdup (identity);
  return search->identity ? 0 : gpg_error_from_syserror ();
}

/* Open the job that CALL names.  It is the client's own, or that of anybody
   with the option others, which policy has let pass.  *R_IDENTITY, whose it
   is, is for the caller to free.  */
static gpg_error_t
open_named (struct call *call, struct job_reader *r_reader, char **r_identity)
{
  struct search search = { arg_text (call, "job"), NULL };
  gpg_error_t err = 0;

  if (arg_number (call, "others", 0))
    err = job_each (call->machine, NULL, compare, &search, &call->failure);
  if (!err && !search.identity && !(search.identity = strdup (call->identity)))
    err = gpg_error_from_syserror ();
  if (!err)
    err = job_open (call->machine, search.identity, search.job, r_reader,
                    &call->failure);
  if (err)
    free (search.identity);
  else
    *r_identity = search.identity;
  return err;
}

/* --- Looking --- */

static gpg_error_t
list_one (void *context, const char *identity, const char *job)
{
  struct call *call = context;
  auto_view struct view view = VIEW_NONE;
  struct job_reader reader;
  gpg_error_t err = job_open (call->machine, identity, job, &reader, NULL);

  /* Another one may forget it meanwhile.  */
  if (err)
    return gpg_err_code (err) == GPG_ERR_NOT_FOUND ? 0 : err;
  err = view_read (&view, &reader);
  if (!err && view.head.length)
    err = view_write (&view, call->out, false);
  job_close (&reader);
  return err;
}

static gpg_error_t
job_list (struct call *call)
{
  bool others = arg_number (call, "others", 0);

  return job_each (call->machine, others ? NULL : call->identity, list_one,
                   call, &call->failure);
}

/* Open the job that CALL names, and read all of it.  */
static gpg_error_t
read_named (struct call *call, struct view *view, struct job_reader *r_reader,
            char **r_identity)
{
  gpg_error_t err = open_named (call, r_reader, r_identity);

  if (err)
    return err;
  err = view_read (view, r_reader);
  if (err)
    job_close (r_reader);
  return err;
}

static gpg_error_t
job_status (struct call *call)
{
  auto_view struct view view = VIEW_NONE;
  auto_free char *identity = NULL;
  struct job_reader reader;
  gpg_error_t err = read_named (call, &view, &reader, &identity);

  if (err)
    return err;
  err = view_write (&view, call->out, true);
  job_close (&reader);
  return err;
}

/* --- Waiting --- */

struct waiting
{
  struct call *call;
  struct view view;
};

static gpg_error_t
pass_status (struct writer *out, const char *line, size_t length)
{
  auto_buffer struct buffer keyword = BUFFER_EMPTY;
  auto_buffer struct buffer text = BUFFER_EMPTY;

  if (!view_string (line, length, "status", &keyword) || !keyword.length)
    return 0;
  view_string (line, length, "text", &text);
  if (buffer_error (&keyword) || buffer_error (&text))
    return gpg_error (GPG_ERR_ENOMEM);
  return out->sink.status (out->sink.context, keyword.bytes,
                           text.length ? text.bytes : "");
}

/* Write a line of the answer, which is the only field of LINE.  */
static gpg_error_t
pass_answer (struct writer *out, const char *line, size_t length)
{
  static const char *const all[] = { NULL };
  struct json_scan scan;
  struct json_field field;
  bool found;
  gpg_error_t err;

  json_start (&scan, line, length);
  err = json_next (&scan, &field, &found);
  if (err || !found)
    return err;
  if (field.kind == JSON_OBJECT)
    return json_answer_record (out, field.text, field.length, all);
  if (field.kind == JSON_STRING)
    {
      auto_buffer struct buffer text = BUFFER_EMPTY;

      json_append_string (&field, &text);
      err = buffer_error (&text);
      return err ? err
                 : writer_item (out, text.length ? text.bytes : "",
                                text.length);
    }
  return 0;
}

static gpg_error_t
pass (void *context, enum job_line kind, const char *line, size_t length)
{
  struct waiting *waiting = context;
  struct writer *out = waiting->call->out;
  gpg_error_t err = view_take (&waiting->view, kind, line, length);

  if (!err && kind == JOB_STATUS)
    err = pass_status (out, line, length);
  if (!err && kind == JOB_ANSWER)
    err = pass_answer (out, line, length);
  return err;
}

/* The job has ended: CALL does so in the same way.  */
static gpg_error_t
conclude (struct call *call, struct view *view)
{
  if (!view->end.length)
    {
      if (view->task.length)
        failure_detail (&call->failure, "task", "%s", view->task.bytes);
      return fail (&call->failure, GPG_ERR_SERVER_FAILED,
                   "the job was interrupted: JOB STATUS tells what it was to "
                   "do, look how far that is done");
    }
  failure_release (&call->failure);
  call->failure = view->failure;
  view->failure = (struct failure)FAILURE_NONE;
  return call->failure.code;
}

/* It has not, and ERR ends CALL.  A job may end with the same code: only the
   detail tells one from the other.  */
static gpg_error_t
leave (struct call *call, gpg_error_t err)
{
  gpg_err_code_t code = gpg_err_code (err);

  if (code != GPG_ERR_TIMEOUT
      && (code != GPG_ERR_CANCELED
          || (call->ending && call->ending (call->client))))
    return err;
  failure_detail (&call->failure, "state", "running");
  return fail (
      &call->failure, code, "%s, but the job goes on: JOB WAIT waits again",
      code == GPG_ERR_TIMEOUT ? "the time is over" : "the client gave up");
}

static gpg_error_t
job_wait (struct call *call)
{
  struct waiting waiting = { call, VIEW_NONE };
  struct view *view = &waiting.view;
  auto_free char *identity = NULL;
  struct job_reader reader;
  int ms = WAIT_FIRST_MS;
  gpg_error_t err = open_named (call, &reader, &identity);

  if (err)
    return err;
  for (;; ms = 2 * ms < WAIT_MOST_MS ? 2 * ms : WAIT_MOST_MS)
    {
      view->lives = job_lives (&reader);
      err = job_read (&reader, pass, &waiting);
      /* Not when it told its end: whoever waited may then forget it.  */
      if (err || !view->lives)
        break;
      err = leave (call, pause_call (call, ms));
      if (err)
        break;
    }
  if (!err)
    err = conclude (call, view);
  job_close (&reader);
  view_release (view);
  return err;
}

/* --- Changing --- */

static gpg_error_t
job_cancel_it (struct call *call)
{
  auto_view struct view view = VIEW_NONE;
  auto_free char *identity = NULL;
  struct job_reader reader;
  bool runs;
  gpg_error_t err = read_named (call, &view, &reader, &identity);

  if (err)
    return err;
  job_close (&reader);
  runs = view.lives && !view.end.length;
  if (runs)
    return step_append (call, STEP_CANCEL, identity, view_process (&view));
  return step_answer (call, false);
}

static gpg_error_t
job_forget_it (struct call *call)
{
  auto_free char *identity = NULL;
  struct job_reader reader;
  gpg_error_t err = open_named (call, &reader, &identity);

  if (err)
    return err;
  if (job_lives (&reader))
    err = fail (&call->failure, GPG_ERR_EBUSY,
                "the job runs: JOB CANCEL it, or JOB WAIT");
  job_close (&reader);
  return err ? err : step_append (call, STEP_FORGET, identity, 0);
}

static gpg_error_t
job_done (struct call *call, gpg_error_t err)
{
  return err ? err : step_answer (call, step_changed (call));
}

/* --- Completion --- */

static gpg_error_t
job_complete (struct call *call, const char *type, const char *prefix)
{
  return strcmp (type, "job") ? 0 : complete_list (call, "job", prefix);
}

/* --- Rows --- */

#define ONE "[--others=<others:permit>] <job:job>"
#define OTHERS                                                                 \
  "With --others the job may be any identity's; a rule must name others=1.\n"
#define NOT_FOUND "NOT_FOUND: there is no such job.\n"
#define CHANGED "Answers a record: changed (yes or no) and job.\n"

static const struct verb verbs[] = {
  { .name = "LIST",
    .args = "[--others=<others:permit>]",
    .effect = EFFECT_READ,
    .run = job_list,
    .summary = "your jobs, in the order in which they last wrote something",
    .help = "Answers a record for each that is known: job, state, identity,\n"
            "verb, started, ended (UTC), task, error.  The state is\n"
            "  running      it is being carried out\n"
            "  done         it was\n"
            "  failed       it was not: error tells the class of failure\n"
            "  canceled     it was given up\n"
            "  interrupted  its process was killed before it could tell\n"
            "With --others the jobs of all identities, one identity after the\n"
            "other; a rule must name others=1.\n"
            "Example: JOB LIST",
    .flags = VERB_UNGRANTED },
  { .name = "STATUS",
    .args = ONE,
    .effect = EFFECT_READ,
    .run = job_status,
    .summary = "what is known of a job",
    .help = "Answers a record as LIST does, and in it uid, executable,\n"
            "arguments, reason and plan, as in the audit log, progress (the\n"
            "last line of it), and of an error advice and each detail.\n" OTHERS
                NOT_FOUND "Example: JOB STATUS 0123456789abcdef.7",
    .flags = VERB_UNGRANTED },
  { .name = "WAIT",
    .args = ONE,
    .effect = EFFECT_READ,
    .run = job_wait,
    .summary = "wait for a job, and answer as its call would have",
    .help
    = "Status lines, answer and error are those of the job's call, from\n"
      "its beginning, also when it has ended already.  CANCEL and the\n"
      "time limit end the waiting, not the job.\n" OTHERS NOT_FOUND
      "TIMEOUT: the waiting ended, and the job goes on, if there is a detail\n"
      "state; without one it was the job that ended so.\n"
      "CANCELED: likewise.\n"
      "SERVER_FAILED: its process was killed; the detail task names the task\n"
      "of Proxmox VE that it had started.\n"
      "Example: JOB WAIT --timeout=30s 0123456789abcdef.7",
    .flags = VERB_UNGRANTED },
  { .name = "CANCEL",
    .args = ONE,
    .effect = EFFECT_WRITE,
    .run = job_cancel_it,
    .done = job_done,
    .summary = "give a job up",
    .help = CHANGED
    "What the job does ends as by CANCEL in a session: it is undone where\n"
    "that can be; a task of Proxmox VE goes on unless the call had\n"
    "--stop-on-cancel.  WAIT tells what came of it.\n" OTHERS NOT_FOUND
    "Example: JOB CANCEL 0123456789abcdef.7",
    .flags = VERB_UNGRANTED | VERB_AT_ONCE },
  { .name = "FORGET",
    .args = ONE,
    .effect = EFFECT_WRITE,
    .run = job_forget_it,
    .done = job_done,
    .summary = "forget a job that has ended",
    .help = CHANGED "The audit log still knows it.\n" OTHERS NOT_FOUND
                    "EBUSY: it runs.\n"
                    "Example: JOB FORGET 0123456789abcdef.7",
    .flags = VERB_UNGRANTED | VERB_AT_ONCE },
  { .name = NULL }
};

const struct noun job_noun
    = { .name = "JOB",
        .summary = "what is carried out while nobody waits",
        .help = "A call with --async, or under OPTION async=1, that changes\n"
                "something is a job as soon as it has passed all gates: the\n"
                "answer is its name, the call's id.  It goes on when the\n"
                "session ends; --timeout of the call is its time limit.  What\n"
                "only reads, has nothing to change, or is a dry run answers\n"
                "at once, and so do AUG SAVE and POLICY RELOAD.",
        .verbs = verbs,
        .complete = job_complete };
