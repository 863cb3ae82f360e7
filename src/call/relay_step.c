/* relay_step.c - steps of a plan that a worker carries out
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Each step has a worker of its own, which may change something and ends with
   it.  A client that gives up has the worker put in order what it began; the
   step then ends with what came of it, and the plan is undone.  */

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../protocol/link.h"
#include "../../protocol/memory.h"
#include "../../protocol/record.h"
#include "../base/run.h"
#include "metrics.h"
#include "relay_inside.h"

struct relay_step
{
  struct call *call; /* It outlives its plan.  */
  const struct step_kind *kind;
  const char *program;
  char *object;
  char *description;
  char *before;
  char *after;
  char *operation;
  char *undo;
  char **more;
  bool reports;
  bool tried; /* It was done, or nobody knows.  An operation that fails has
                 put back what it could.  */
  struct relay_kept answer;
};

/* --- The worker --- */

struct worker
{
  struct call *call;
  struct channel channel;
  pid_t pid;
  bool may_stop;
  bool may_leave; /* What it does goes on elsewhere, without it.  */
  bool stopped;
  bool late;         /* It was stopped since the time was up.  */
  uint64_t patience; /* When it must have ended, once it was stopped.  */
};

/* The channel's give_up: not before the worker had its time to end well.  */
static bool
ran_out (void *context)
{
  struct worker *worker = context;
  struct call *call = worker->call;
  uint64_t now = link_now ();

  if (!worker->stopped && worker->may_stop)
    {
      bool leave = worker->may_leave && call->ending
                   && call->ending (call->client);

      worker->late = call->deadline && now >= call->deadline;
      worker->stopped = leave || worker->late
                        || (call->canceled && call->canceled (call->client));
      if (worker->stopped)
        {
          worker->patience = now + LIMIT_STOP_SECONDS * 1000;
          channel_begin (&worker->channel, leave ? WORK_LEAVE : WORK_STOP, 0);
          channel_end (&worker->channel);
          send (worker->channel.fd, worker->channel.out.bytes,
                worker->channel.out.length, MSG_NOSIGNAL | MSG_DONTWAIT);
          worker->channel.out.length = 0;
        }
    }
  return worker->stopped && now >= worker->patience;
}

static gpg_error_t
start_worker (struct worker *worker, const char *program,
              struct failure *failure)
{
  const struct machine *machine = worker->call->machine;
  const char *const arguments[] = { machine->root, "--change", NULL };
  int ends[2];
  gpg_error_t err;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
    return fail_errno (failure, "cannot make a socket");
  err = run_helper (program, arguments, false, ends[1], &worker->pid, failure);
  close (ends[1]);
  channel_init (&worker->channel, ends[0]);
  worker->channel.deadline = RELAY_FOR_EVER;
  worker->channel.give_up = ran_out;
  worker->channel.give_up_context = worker;
  if (err)
    close (ends[0]);
  return err;
}

/* Its input has ended, so it ends; if not, it is ended.  */
static void
end_worker (struct worker *worker)
{
  struct pollfd gone = { (int)syscall (SYS_pidfd_open, worker->pid, 0), POLLIN,
                         0 };

  close (worker->channel.fd);
  channel_release (&worker->channel);
  if (gone.fd < 0 || poll (&gone, 1, LIMIT_STOP_SECONDS * 1000) <= 0)
    kill (worker->pid, SIGKILL);
  if (gone.fd >= 0)
    close (gone.fd);
  while (waitpid (worker->pid, NULL, 0) < 0 && errno == EINTR)
    ;
}

/* Have a worker carry out OPERATION for STEP.  */
static gpg_error_t
have_done (struct relay_step *step, const char *operation, bool may_stop,
           struct failure *failure)
{
  struct call *call = step->call;
  struct worker worker = { .call = call,
                           .may_stop = may_stop,
                           .may_leave = step->kind == &relay_api };
  struct writer out = { .sink = relay_keep (&step->answer),
                        .output = call->out->output };
  gpg_error_t err = start_worker (&worker, step->program, failure);
  bool lost = true;

  if (err)
    return err;
  err = relay_send (call, &worker.channel, operation, out.output,
                    (const char *const *)step->more);
  if (!err)
    err = relay_receive (&worker.channel, &out, failure, &lost);
  if (lost)
    err = relay_lost (call->metrics, step->program, err, failure);
  step->tried = lost;
  writer_release (&out);
  end_worker (&worker);
  if (gpg_err_code (err) == GPG_ERR_CANCELED && worker.late)
    return fail (failure, GPG_ERR_TIMEOUT,
                 "%s %s took too long: it was given "
                 "up",
                 operation, step->object);
  return err;
}

/* --- The step --- */

static gpg_error_t
step_describe (const void *detail, struct buffer *text)
{
  const struct relay_step *step = detail;

  buffer_string (text, step->description);
  return 0;
}

static gpg_error_t
step_prepare (void *detail, const struct machine *machine,
              struct journal *journal, struct failure *failure)
{
  (void)detail;
  (void)machine;
  (void)journal;
  (void)failure;
  return 0;
}

static gpg_error_t
step_perform (void *detail, struct failure *failure)
{
  struct relay_step *step = detail;

  gpg_error_t err = have_done (step, step->operation, true, failure);

  step->tried |= !err;
  return err;
}

static gpg_error_t
step_settle (void *detail, struct failure *failure)
{
  (void)detail;
  (void)failure;
  return 0;
}

static gpg_error_t
step_undo (void *detail, struct failure *failure)
{
  struct relay_step *step = detail;
  struct call *call = step->call;
  uint64_t deadline = call->deadline;
  gpg_error_t err;

  if (!step->tried)
    return 0;
  if (!step->undo)
    return fail (failure, GPG_ERR_NOT_SUPPORTED,
                 "%s of %s has no way back: look what state it is in",
                 step->operation, step->object);
  /* Also where the time is up: that may be why it is to be put back.  */
  call->deadline = link_now () + LIMIT_UNDO_SECONDS * 1000;
  err = have_done (step, step->undo, false, failure);
  call->deadline = deadline;
  return err;
}

static void
step_finish (void *detail)
{
  (void)detail;
}

static void
step_release (void *detail)
{
  struct relay_step *step = detail;

  if (!step)
    return;
  for (size_t i = 0; step->more && step->more[i]; i++)
    free (step->more[i]);
  free (step->more);
  free (step->object);
  free (step->description);
  free (step->before);
  free (step->after);
  free (step->operation);
  free (step->undo);
  buffer_release (&step->answer.text);
  free (step);
}

static void
append_member (struct buffer *json, const char *name, const char *text)
{
  buffer_printf (json, ",\"%s\":", name);
  if (text)
    record_json (json, text, strlen (text));
  else
    buffer_string (json, "null");
}

static gpg_error_t
step_evidence (const void *detail, struct buffer *json)
{
  const struct relay_step *step = detail;

  buffer_printf (json, "{\"kind\":\"%s\"", step->kind->name);
  append_member (json, "object", step->object);
  append_member (json, "before", step->before);
  append_member (json, "after", step->after);
  buffer_string (json, "}");
  return 0;
}

/* A kind only has a name of its own.  */
#define KIND(name)                                                             \
  {                                                                            \
    name, false, step_describe, step_prepare, step_perform, step_settle,       \
        step_undo, step_finish, step_release, step_evidence                    \
  }

const struct step_kind relay_unit = KIND ("unit");
const struct step_kind relay_tool = KIND ("tool");
const struct step_kind relay_mount = KIND ("mount");
const struct step_kind relay_setting = KIND ("setting");
const struct step_kind relay_api = KIND ("api");

/* --- For handlers --- */

static gpg_error_t
copy (const char *text, char **r_text)
{
  if (!text)
    return 0;
  *r_text = strdup (text);
  return *r_text ? 0 : gpg_error_from_syserror ();
}

static gpg_error_t
copy_list (const char *const *list, char ***r_list)
{
  size_t count = 0;
  gpg_error_t err = 0;

  while (list && list[count])
    count++;
  *r_list = calloc (count + 1, sizeof **r_list);
  if (!*r_list)
    return gpg_error_from_syserror ();
  for (size_t i = 0; !err && i < count; i++)
    err = copy (list[i], *r_list + i);
  return err;
}

gpg_error_t
relay_append (struct call *call, const struct relay_change *change)
{
  struct relay_step *step = calloc (1, sizeof *step);
  gpg_error_t err;

  if (!step)
    return gpg_error_from_syserror ();
  step->call = call;
  step->kind = change->kind;
  step->program = change->program ? change->program : call->noun->helper;
  step->reports = change->reports;
  step->answer.out = call->out;
  err = copy (change->object, &step->object);
  if (!err)
    err = copy (change->description, &step->description);
  if (!err)
    err = copy (change->before, &step->before);
  if (!err)
    err = copy (change->after, &step->after);
  if (!err)
    err = copy (change->operation, &step->operation);
  if (!err)
    err = copy (change->undo, &step->undo);
  if (!err)
    err = copy_list (change->more, &step->more);
  if (!err)
    return plan_append (call->plan, change->kind, change->object, step);
  step_release (step);
  return err;
}

gpg_error_t
relay_done (struct call *call, gpg_error_t err)
{
  struct writer *out = call->out;
  gpg_error_t told = 0;

  for (size_t i = 0; !told && i < plan_count (call->plan); i++)
    {
      const struct relay_step *step = plan_detail (call->plan, i);

      if (plan_kind (call->plan, i)->perform != step_perform
          || !step->answer.text.length || (err && !step->reports))
        continue;
      out->any_record = true;
      out->written += step->answer.text.length;
      told = out->sink.data (out->sink.context, step->answer.text.bytes,
                             step->answer.text.length);
    }
  return err ? err : told;
}
