/* supervisor_clients.c - who comes in: accept, check, fork
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <gpg-error.h>

#include "protocol/limits.h"
#include "protocol/memory.h"
#include "session.h"
#include "supervisor_inside.h"

#define ACCEPT_PAUSE_NS 100000000 /* When descriptors have run out.  */

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
  supervisor_release_signals (supervisor);
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

void
supervisor_accept (struct supervisor *supervisor,
                   const struct listener *listener)
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
