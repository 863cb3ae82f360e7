/* supervisor.c - accept, fork, reap: the process that owns the sockets
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <gpg-error.h>

#include "protocol/limits.h"
#include "protocol/link.h"
#include "protocol/memory.h"
#include "../plan/plan.h"
#include "session.h"
#include "supervisor.h"

#define TICK_MS 1000
#define RESTART_MS 1000           /* Between two starts of a helper.  */
#define ACCEPT_PAUSE_NS 100000000 /* When descriptors have run out.  */

/* A session's process.  */
struct child
{
  pid_t pid;
  uid_t uid;
};

/* A noun's helper process; RECEIVER is kept so that a new one can go on where
   the old one died.  */
struct helper
{
  pid_t pid;
  int receiver; /* -1: the noun has no helper.  */
  uint64_t started;
};

struct supervisor
{
  struct daemon *daemon;
  struct listeners *listeners;
  struct child *child; /* COUNT of them, room for ROOM.  */
  size_t count;
  size_t room;
  struct helper *helper; /* One for each noun.  */
  struct reload reload;
  pid_t recovery;     /* 0: none.  */
  bool recover_again; /* A session died after that had begun.  */
  unsigned terms;     /* How often SIGTERM came.  */
  bool ending;
  uint64_t ending_since;
  uint64_t ticked;  /* When audit_tick was called last.  */
  bool tick_wanted; /* It has something left to do.  */
  sigset_t signals; /* As they were before.  */
};

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

/* In a child: signals as they were.  */
static void
release_signals (const struct supervisor *supervisor)
{
  for (const int *number = signals; *number; number++)
    sigaction (*number, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
  sigprocmask (SIG_SETMASK, &supervisor->signals, NULL);
}

/* --- Clients --- */

/* Say in the hello why not, and in the audit log; never waits.  */
static void
refuse_client (const struct supervisor *supervisor,
               const struct entrance *entrance, enum refusal refusal,
               gpg_err_code_t code, const char *why)
{
  struct audit_subject subject = { .peer = &entrance->peer };
  gpg_error_t err = gpg_err_make (GPG_ERR_SOURCE_USER_1, code);
  char executable[PATH_MAX];
  char line[300];
  int length = snprintf (line, sizeof line, "ERR %u %s <%s> - %s\n", err,
                         gpg_strerror (err), gpg_strsource (err), why);

  metrics_refusal (supervisor->daemon->metrics, refusal);
  (void)!send (entrance->in, line, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
  account_executable (entrance->peer.pid, executable);
  subject.executable = *executable ? executable : NULL;
  audit_refuse (supervisor->daemon->audit, &subject, refusal, "", err, why);
}

static unsigned
count_uid (const struct supervisor *supervisor, uid_t uid)
{
  unsigned count = 0;

  for (size_t i = 0; i < supervisor->count; i++)
    count += supervisor->child[i].uid == uid;
  return count;
}

/* Whether the client at ENTRANCE may come in; says why not.  */
static bool
check_client (const struct supervisor *supervisor,
              const struct entrance *entrance)
{
  const struct daemon *daemon = supervisor->daemon;
  uid_t uid = entrance->peer.uid;
  char why[LIMIT_ERROR_TEXT + 1];

  if (supervisor->ending)
    refuse_client (supervisor, entrance, REFUSAL_LIMIT, GPG_ERR_TRY_LATER,
                   "the daemon is ending");
  else if (supervisor->count >= daemon->options.limits.clients)
    refuse_client (supervisor, entrance, REFUSAL_LIMIT, GPG_ERR_LIMIT_REACHED,
                   "too many clients: try later, or raise max-clients");
  else if (count_uid (supervisor, uid)
           >= daemon->options.limits.clients_per_uid)
    refuse_client (supervisor, entrance, REFUSAL_LIMIT, GPG_ERR_LIMIT_REACHED,
                   "too many clients of this user: close some, or raise "
                   "max-clients-per-uid");
  else if (atomic_load (&daemon->shared->single))
    refuse_client (supervisor, entrance, REFUSAL_PEER, GPG_ERR_FORBIDDEN,
                   "this daemon serves one client and has it");
  else if (!daemon->key
           && !policy_admits (&daemon->policy, uid, entrance->groups.gid,
                              entrance->groups.count))
    {
      snprintf (why, sizeof why, "policy: no identity admits peer uid %lu",
                (unsigned long)uid);
      refuse_client (supervisor, entrance, REFUSAL_PEER, GPG_ERR_FORBIDDEN,
                     why);
    }
  else
    return true;
  return false;
}

/* In the child: be the session of the client at ENTRANCE.  */
static void __attribute__ ((noreturn))
become_session (struct supervisor *supervisor, const struct entrance *entrance,
                pid_t parent)
{
  struct daemon *daemon = supervisor->daemon;

  /* Without a supervisor a session ends as at SIGTERM.  */
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  if (getppid () != parent)
    _exit (0);
  for (size_t i = 0; i < supervisor->listeners->count; i++)
    close (supervisor->listeners->listener[i].fd);
  for (size_t i = 0; i < daemon->registry.count; i++)
    if (supervisor->helper[i].receiver >= 0)
      close (supervisor->helper[i].receiver);
  release_signals (supervisor);
  /* Meant for the supervisor, when they come to all processes of the name or
     of the terminal.  */
  sigaction (SIGHUP, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
  sigaction (SIGINT, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
  audit_after_fork (daemon->audit);
  session_run (daemon, entrance);
  session_exit ();
}

static gpg_error_t
make_room (struct supervisor *supervisor)
{
  size_t room = supervisor->room ? 2 * supervisor->room : 16;
  struct child *larger;

  if (supervisor->count < supervisor->room)
    return 0;
  larger = reallocarray (supervisor->child, room, sizeof *larger);
  if (!larger)
    return gpg_error_from_syserror ();
  supervisor->child = larger;
  supervisor->room = room;
  return 0;
}

static void
start_session (struct supervisor *supervisor, const struct entrance *entrance)
{
  pid_t parent = getpid ();
  pid_t pid;

  if (make_room (supervisor))
    {
      refuse_client (supervisor, entrance, REFUSAL_LIMIT, GPG_ERR_ENOMEM,
                     "out of memory: try later");
      return;
    }
  pid = fork ();
  if (pid < 0)
    refuse_client (supervisor, entrance, REFUSAL_LIMIT, GPG_ERR_TRY_LATER,
                   "cannot fork: try later");
  else if (!pid)
    become_session (supervisor, entrance, parent);
  else
    supervisor->child[supervisor->count++]
        = (struct child){ pid, entrance->peer.uid };
  metrics_set (supervisor->daemon->metrics, METRIC_CLIENTS, supervisor->count);
}

static void
accept_client (struct supervisor *supervisor, const struct listener *listener)
{
  auto_close int fd = accept4 (listener->fd, NULL, NULL, SOCK_CLOEXEC);
  struct entrance entrance = { .in = fd,
                               .out = fd,
                               .server_uid = listener->server_uid,
                               .ceiling = listener->ceiling,
                               .socket_name = listener->path };

  if (fd < 0)
    {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
        {
          log_error ("cannot accept: %s\n", strerror (errno));
          /* The client stays in the queue: do not spin.  */
          nanosleep (&(struct timespec){ .tv_nsec = ACCEPT_PAUSE_NS }, NULL);
        }
      return;
    }
  if (peer_find (fd, &entrance.peer, &entrance.groups))
    return;
  metrics_add (supervisor->daemon->metrics, METRIC_CONNECTIONS);
  if (check_client (supervisor, &entrance))
    start_session (supervisor, &entrance);
  peer_groups_release (&entrance.groups);
}

/* --- Children --- */

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
  release_signals (supervisor);
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

static void
reap (struct supervisor *supervisor, pid_t pid, int status)
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

/* Start again each helper that died, but not more often than once in
   RESTART_MS.  Returns how long to wait for the next one, or -1.  */
static int
restart_helpers (struct supervisor *supervisor)
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

/* --- Signals --- */

static void
signal_sessions (const struct supervisor *supervisor, int number)
{
  for (size_t i = 0; i < supervisor->count; i++)
    kill (supervisor->child[i].pid, number);
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
        reap (supervisor, pid, status);
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
  uint64_t since;

  if (!supervisor->ending_since)
    {
      supervisor->ending_since = now;
      signal_sessions (supervisor, SIGTERM);
      log_info ("ending; %zu sessions finish their calls\n", supervisor->count);
    }
  since = now - supervisor->ending_since;
  if (since > LIMIT_DRAIN_SECONDS * 1000)
    signal_sessions (supervisor, SIGKILL);
  if (since > 2 * LIMIT_DRAIN_SECONDS * 1000 && supervisor->recovery)
    kill (supervisor->recovery, SIGKILL);
  return !supervisor->count && !supervisor->recovery;
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
      accept_client (supervisor, listeners->listener + i);
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
    }
  else
    supervisor->tick_wanted = true;
  return wait < 0 || wait > TICK_MS ? TICK_MS : wait;
}

static gpg_error_t
start_helpers (struct supervisor *supervisor, struct failure *failure)
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
  err = start_helpers (&supervisor, &failure);
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
      wait = restart_helpers (&supervisor);
      if (supervisor.ending)
        {
          if (drain_sessions (&supervisor))
            break;
          wait = 1000;
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
