/* supervisor.c - accept, fork, reap: the process that owns the sockets
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <gpg-error.h>

#include "protocol/limits.h"
#include "protocol/link.h"
#include "session.h"
#include "supervisor_inside.h"

#define TICK_MS 1000
#define DRAIN_MS 100 /* Between two looks whether a job has ended.  */

/* --- Signals --- */

static volatile sig_atomic_t caught_child, caught_term, caught_hup, caught_int;

static void
note_signal (int number)
{
  switch (number)
    {
    case SIGCHLD:
      caught_child = 1;
      break;
    case SIGTERM:
      caught_term++;
      break;
    case SIGHUP:
      caught_hup = 1;
      break;
    case SIGINT:
      caught_int = 1;
      break;
    }
}

static const int signals[] = { SIGCHLD, SIGTERM, SIGHUP, SIGINT, 0 };

/* Signals arrive only inside ppoll.  */
static void
catch_signals (struct supervisor *supervisor)
{
  sigset_t set;

  sigemptyset (&set);
  for (const int *number = signals; *number; number++)
    {
      sigaddset (&set, *number);
      sigaction (*number, &(struct sigaction){ .sa_handler = note_signal },
                 NULL);
    }
  sigprocmask (SIG_BLOCK, &set, &supervisor->signals);
}

void
supervisor_release_signals (const struct supervisor *supervisor)
{
  for (const int *number = signals; *number; number++)
    sigaction (*number, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
  sigprocmask (SIG_SETMASK, &supervisor->signals, NULL);
}

static void
signal_job (void *context, pid_t pid)
{
  if (job_process_lives (pid))
    kill (pid, *(int *)context);
}

static void
signal_sessions (const struct supervisor *supervisor, int number)
{
  for (size_t i = 0; i < supervisor->count; i++)
    kill (supervisor->child[i].pid, number);
  job_slots_each (&supervisor->daemon->shared->jobs, signal_job, &number);
}

static void
handle_signals (struct supervisor *supervisor)
{
  unsigned terms = (unsigned)caught_term;
  pid_t pid;
  int status;

  if (caught_child)
    {
      caught_child = 0;
      while ((pid = waitpid (-1, &status, WNOHANG)) > 0)
        supervisor_reap (supervisor, pid, status);
    }
  if (caught_hup)
    {
      caught_hup = 0;
      reload_start (&supervisor->reload, supervisor->daemon);
    }
  if (terms > supervisor->terms)
    supervisor->ending = true;
  if (caught_int || terms >= 3)
    {
      supervisor->ending = true;
      signal_sessions (supervisor, SIGKILL);
    }
  supervisor->terms = terms;
}

/* While ending: sessions end their calls, then nothing is left; those that
   do not end in time are killed, and what they left half done is put back: if
   that has no end either, at the next start.  Returns whether all is over.  */
static bool
drain_sessions (struct supervisor *supervisor)
{
  uint64_t now = link_now ();
  size_t jobs = supervisor_watch_jobs (supervisor);
  uint64_t since;
  int number = SIGTERM;

  if (!supervisor->ending_since)
    {
      supervisor->ending_since = now;
      signal_sessions (supervisor, SIGTERM);
      log_info ("ending; %zu sessions finish their calls\n", supervisor->count);
    }
  /* A session's last call may have made one.  */
  job_slots_each (&supervisor->daemon->shared->jobs, signal_job, &number);
  since = now - supervisor->ending_since;
  if (since > LIMIT_DRAIN_SECONDS * 1000)
    signal_sessions (supervisor, SIGKILL);
  if (since > 2 * LIMIT_DRAIN_SECONDS * 1000 && supervisor->recovery)
    kill (supervisor->recovery, SIGKILL);
  return !supervisor->count && !jobs && !supervisor->recovery;
}

/* --- The loop --- */

static void
wait_and_accept (struct supervisor *supervisor, int wait)
{
  const struct listeners *listeners = supervisor->listeners;
  struct pollfd poll[OPTIONS_LISTEN];
  struct timespec time = { .tv_sec = wait / 1000,
                           .tv_nsec = wait % 1000 * 1000000L };

  for (size_t i = 0; i < listeners->count; i++)
    poll[i] = (struct pollfd){ listeners->listener[i].fd, POLLIN, 0 };
  if (ppoll (poll, listeners->count, wait < 0 ? NULL : &time,
             &supervisor->signals)
      <= 0)
    return;
  for (size_t i = 0; i < listeners->count; i++)
    if (poll[i].revents)
      supervisor_accept (supervisor, listeners->listener + i);
}

/* Let the audit log write what waits, once a second while there is something
   or somebody.  Returns how long to wait, WAIT (-1: for ever) at the most.  */
static int
tick (struct supervisor *supervisor, int wait)
{
  uint64_t now = link_now ();

  if (!supervisor->tick_wanted && !supervisor->count)
    return wait;
  if (now - supervisor->ticked >= TICK_MS)
    {
      supervisor->ticked = now;
      supervisor->tick_wanted = audit_tick (supervisor->daemon->audit) >= 0
                                || supervisor->count;
      supervisor->tick_wanted |= supervisor_watch_jobs (supervisor) > 0;
    }
  else
    supervisor->tick_wanted = true;
  return wait < 0 || wait > TICK_MS ? TICK_MS : wait;
}

int
supervisor_run (struct daemon *daemon, struct listeners *listeners,
                int ready_fd, int argc, char **argv)
{
  struct supervisor supervisor = { .daemon = daemon,
                                   .listeners = listeners,
                                   .reload = { .argc = argc, .argv = argv } };
  auto_failure struct failure failure = FAILURE_NONE;
  gpg_error_t err;

  catch_signals (&supervisor);
  audit_event (daemon->audit, "start", NULL, "reeved %s", PACKAGE_VERSION);
  err = supervisor_start_helpers (&supervisor, &failure);
  if (err)
    log_error ("%s\n", failure_words (&failure, err));
  else if (ready_fd >= 0)
    {
      (void)!write (ready_fd, "", 1);
      close (ready_fd);
    }
  while (!err)
    {
      int wait;

      handle_signals (&supervisor);
      wait = supervisor_restart_helpers (&supervisor);
      if (supervisor.ending)
        {
          if (drain_sessions (&supervisor))
            break;
          wait = DRAIN_MS;
        }
      wait_and_accept (&supervisor, tick (&supervisor, wait));
    }
  audit_event (daemon->audit, "stop", NULL, "reeved %s", PACKAGE_VERSION);
  listeners_close (daemon, listeners);
  for (size_t i = 0; supervisor.helper && i < daemon->registry.count; i++)
    if (supervisor.helper[i].pid > 0)
      kill (supervisor.helper[i].pid, SIGTERM);
  free (supervisor.helper);
  free (supervisor.child);
  return err ? 1 : 0;
}
