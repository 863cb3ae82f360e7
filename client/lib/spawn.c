/* spawn.c - a server of one's own
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include <config.h>

#include "handle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../protocol/memory.h"

#define GRACE_MS 5000
#define KEY_FD 3

/* The environment without what tells an Assuan server of another connection
   than its standard input; for the caller to free.  */
static char **
clean_environment (void)
{
  size_t count = 0, kept = 0;
  char **result;

  while (environ[count])
    count++;
  result = calloc (count + 1, sizeof *result);
  if (!result)
    return NULL;
  for (size_t i = 0; i < count; i++)
    if (strncmp (environ[i], "_assuan_", 8))
      result[kept++] = environ[i];
  return result;
}

/* The program begins with no signal blocked or ignored, and in a process group
   of its own: what is typed at a terminal is for this program.  */
static int
set_signals (posix_spawnattr_t *attributes)
{
  sigset_t none, all;
  int code;

  sigemptyset (&none);
  sigfillset (&all);
  code = posix_spawnattr_setsigmask (attributes, &none);
  if (!code)
    code = posix_spawnattr_setsigdefault (attributes, &all);
  if (!code)
    code = posix_spawnattr_setpgroup (attributes, 0);
  if (!code)
    code = posix_spawnattr_setflags (attributes, POSIX_SPAWN_SETSIGMASK
                                                     | POSIX_SPAWN_SETSIGDEF
                                                     | POSIX_SPAWN_SETPGROUP);
  return code;
}

/* SOCKET and KEY (or -1) are above all descriptors that are set here.  */
static int
set_descriptors (posix_spawn_file_actions_t *actions, int socket, int key)
{
  int code;

  code = posix_spawn_file_actions_adddup2 (actions, socket, STDIN_FILENO);
  if (!code)
    code = posix_spawn_file_actions_adddup2 (actions, socket, STDOUT_FILENO);
  if (!code && key >= 0)
    code = posix_spawn_file_actions_adddup2 (actions, key, KEY_FD);
  if (!code)
    code = posix_spawn_file_actions_addclosefrom_np (
        actions, key >= 0 ? KEY_FD + 1 : KEY_FD);
  return code;
}

/* Run FILE; the result is an errno.  */
static int
spawn (const char *file, const char *const argv[], int socket, int key,
       pid_t *r_pid)
{
  auto_free char **environment = clean_environment ();
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int code;

  if (!environment)
    return ENOMEM;
  code = posix_spawn_file_actions_init (&actions);
  if (code)
    return code;
  code = posix_spawnattr_init (&attributes);
  if (!code)
    {
      code = set_signals (&attributes);
      if (!code)
        code = set_descriptors (&actions, socket, key);
      if (!code)
        code = posix_spawn (r_pid, file, &actions, &attributes,
                            (char *const *)argv, environment);
      posix_spawnattr_destroy (&attributes);
    }
  posix_spawn_file_actions_destroy (&actions);
  return code;
}

/* A duplicate of FD, -1 for -1, above the descriptors that the program
   gets.  */
static int
lift (int fd)
{
  return fd < 0 ? -1 : fcntl (fd, F_DUPFD_CLOEXEC, KEY_FD + 1);
}

gpg_error_t
reeve_open_spawn (reeve_t reeve, const char *file, const char *const argv[],
                  int key_fd)
{
  auto_close int own = -1, theirs = -1, lifted = -1, key = -1;
  gpg_error_t err;
  int pair[2];
  int code;

  err = open_check (reeve);
  if (err)
    return err;
  handle_limit (reeve, reeve->connect_ms);
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
    return gpg_error_from_syserror ();
  own = pair[0];
  theirs = pair[1];
  lifted = lift (theirs);
  key = lift (key_fd);
  if (lifted < 0 || (key_fd >= 0 && key < 0))
    return gpg_error_from_syserror ();
  code = spawn (file, argv, lifted, key, &reeve->pid);
  if (code)
    {
      reeve->pid = -1;
      handle_explain (reeve, "cannot start %s", file);
      return gpg_error_from_errno (code);
    }
  close (take_fd (&theirs));
  close (take_fd (&lifted));
  open_adopt (reeve, own, own);
  own = -1;
  handle_limit (reeve, reeve->connect_ms);
  return open_greeting (reeve);
}

/* Whether the process of PIDFD ended within the grace.  */
static bool
ended (int pidfd)
{
  struct pollfd poll_fd = { pidfd, POLLIN, 0 };
  uint64_t end = link_now () + GRACE_MS;
  uint64_t now;

  while ((now = link_now ()) < end)
    if (poll (&poll_fd, 1, (int)(end - now)) > 0)
      return true;
  return false;
}

void
spawn_reap (reeve_t reeve)
{
  auto_close int pidfd = -1;

  if (reeve->pid < 0)
    return;
  pidfd = pidfd_open (reeve->pid, 0);
  if (pidfd >= 0 && !ended (pidfd))
    {
      pidfd_send_signal (pidfd, SIGTERM, NULL, 0);
      if (!ended (pidfd) && pidfd_send_signal (pidfd, SIGKILL, NULL, 0))
        return; /* It became another user: not ours to end.  */
    }
  while (waitpid (reeve->pid, NULL, 0) < 0 && errno == EINTR)
    continue;
  reeve->pid = -1;
}
