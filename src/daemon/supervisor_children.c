/* supervisor_children.c - processes that end, and what follows from it
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gpg-error.h>

#include "protocol/link.h"
#include "protocol/memory.h"
#include "../plan/plan.h"
#include "session.h"
#include "supervisor_inside.h"

#define RESTART_MS 1000 /* Between two starts of a helper.  */

/* --- Sessions --- */

/* Put back what a session that was killed left half done; in a process of its
   own, since it opens files that clients name.  */
static void
recover_in_child (struct supervisor *supervisor)
{
  pid_t pid;

  supervisor->recover_again = supervisor->recovery;
  if (supervisor->recovery)
    return;
  pid = fork ();
  if (pid < 0)
    log_error ("recovery: cannot fork: %s\n", strerror (errno));
  else
    supervisor->recovery = pid;
  if (pid)
    return;
  supervisor_release_signals (supervisor);
  {
    auto_failure struct failure failure = FAILURE_NONE;
    gpg_error_t err = plan_recover (&supervisor->daemon->machine, NULL,
                                    &failure);

    if (err)
      log_error ("recovery: %s\n", failure_words (&failure, err));
  }
  _exit (0);
}

static void
reap_session (struct supervisor *supervisor, size_t index, int status)
{
  struct child child = supervisor->child[index];

  supervisor->child[index] = supervisor->child[--supervisor->count];
  metrics_set (supervisor->daemon->metrics, METRIC_CLIENTS, supervisor->count);
  if (child.pid == atomic_load (&supervisor->daemon->shared->single))
    supervisor->ending = true;
  /* Also one that went of its own accord may owe an end that could not be
     written.  */
  audit_abort (supervisor->daemon->audit, child.pid);
  if (!WIFSIGNALED (status))
    return;
  metrics_add (supervisor->daemon->metrics, METRIC_SESSIONS_KILLED);
  log_error ("session process %ld of uid %lu died by signal %d\n",
             (long)child.pid, (unsigned long)child.uid, WTERMSIG (status));
  recover_in_child (supervisor);
}

void
supervisor_reap (struct supervisor *supervisor, pid_t pid, int status)
{
  const struct registry *registry = &supervisor->daemon->registry;

  if (reload_reaped (&supervisor->reload, supervisor->daemon, pid, status))
    return;
  if (pid == supervisor->recovery)
    {
      supervisor->recovery = 0;
      if (supervisor->recover_again)
        recover_in_child (supervisor);
    }
  for (size_t i = 0; i < registry->count; i++)
    if (supervisor->helper[i].pid == pid)
      {
        log_error ("%s died\n", registry->noun[i].row->helper);
        metrics_add (supervisor->daemon->metrics, METRIC_HELPERS_DIED);
        supervisor->helper[i].pid = 0;
      }
  for (size_t i = 0; i < supervisor->count; i++)
    if (supervisor->child[i].pid == pid)
      {
        reap_session (supervisor, i, status);
        return;
      }
}

/* --- Jobs --- */

/* A job ends by leaving its slot: one that is gone and has it was killed.  */
static void
look_at_job (void *context, pid_t pid)
{
  struct supervisor *supervisor = context;
  struct daemon *daemon = supervisor->daemon;

  if (job_process_lives (pid) || !job_slots_free (&daemon->shared->jobs, pid))
    return;
  audit_abort (daemon->audit, pid);
  metrics_add (daemon->metrics, METRIC_SESSIONS_KILLED);
  log_error ("the process %ld of a job died: JOB LIST has it as interrupted\n",
             (long)pid);
  recover_in_child (supervisor);
}

size_t
supervisor_watch_jobs (struct supervisor *supervisor)
{
  struct job_slots *slots = &supervisor->daemon->shared->jobs;
  size_t count;

  job_slots_each (slots, look_at_job, supervisor);
  count = job_slots_each (slots, NULL, NULL);
  metrics_set (supervisor->daemon->metrics, METRIC_JOBS, count);
  return count;
}

/* --- Helpers --- */

gpg_error_t
supervisor_start_helpers (struct supervisor *supervisor,
                          struct failure *failure)
{
  struct daemon *daemon = supervisor->daemon;
  gpg_error_t err = 0;

  supervisor->helper = calloc (daemon->registry.count,
                               sizeof *supervisor->helper);
  if (!supervisor->helper)
    return gpg_error_from_syserror ();
  for (size_t i = 0; !err && i < daemon->registry.count; i++)
    {
      struct helper *helper = supervisor->helper + i;

      helper->started = link_now ();
      err = helper_start (daemon, i, &helper->receiver, &helper->pid, failure);
    }
  return err;
}

int
supervisor_restart_helpers (struct supervisor *supervisor)
{
  uint64_t now = link_now ();
  int wait = -1;

  for (size_t i = 0; i < supervisor->daemon->registry.count; i++)
    {
      struct helper *helper = supervisor->helper + i;
      auto_failure struct failure failure = FAILURE_NONE;

      if (helper->receiver < 0 || helper->pid > 0 || supervisor->ending)
        continue;
      if (now - helper->started < RESTART_MS)
        {
          wait = RESTART_MS;
          continue;
        }
      helper->started = now;
      if (helper_run (supervisor->daemon, i, helper->receiver, &helper->pid,
                      &failure))
        log_error ("%s\n", failure.text);
    }
  return wait;
}
