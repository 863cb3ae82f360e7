/* run.c - starting programs: the only place that does
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "protocol/memory.h"
#include "privilege.h"
#include "run.h"
#include "run_inside.h"

#define ARGUMENTS 4

/* Open PROGRAM beside the running one, or where it is installed.  */
static int
open_program (const char *program)
{
  char path[PATH_MAX];
  ssize_t length = readlink ("/proc/self/exe", path, sizeof path - 1);
  char *slash;
  int fd = -1;

  if (length > 0)
    {
      path[length] = 0;
      slash = strrchr (path, '/');
      if (slash && (size_t)(slash - path) + strlen (program) + 2 < sizeof path)
        {
          memcpy (slash + 1, program, strlen (program) + 1);
          fd = open (path, O_PATH | O_CLOEXEC);
        }
    }
  if (fd >= 0)
    return fd;
  snprintf (path, sizeof path, "%s/%s", PKGLIBEXECDIR, program);
  return open (path, O_PATH | O_CLOEXEC);
}

/* In the child: descriptors 0 to 4 and no others; 4 is the program.  */
static int
arrange_descriptors (int program, int socket)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  int high_program = fcntl (program, F_DUPFD_CLOEXEC, 10);
  int high_socket = fcntl (socket, F_DUPFD_CLOEXEC, 10);

  if (null < 0 || high_program < 0 || high_socket < 0 || dup2 (null, 0) < 0
      || dup2 (null, 1) < 0 || dup2 (high_socket, 3) < 0
      || dup3 (high_program, 4, O_CLOEXEC) < 0)
    return -1;
  return close_range (5, ~0U, 0);
}

static int
become_nobody (void)
{
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    return -1;
  return privilege_drop (PRIVILEGE_NOBODY, PRIVILEGE_NOBODY, NULL, 0);
}

void
run_default_signals (void)
{
  sigset_t none;

  for (int number = 1; number < NSIG; number++)
    if (number != SIGKILL && number != SIGSTOP)
      sigaction (number, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

/* Put the environment of a program of ours together: room is for
   RUN_VARIABLES.  */
static void
fill_environment (char **environment)
{
  size_t count = 0;

  environment[count++] = (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  environment[count++] = (char *)"LC_ALL=C.UTF-8";
  for (char **one = environ; *one && count + 1 < RUN_VARIABLES; one++)
    if (!strncmp (*one, RUN_PASSED, strlen (RUN_PASSED)))
      environment[count++] = *one;
  environment[count] = NULL;
}

gpg_error_t
run_helper (const char *program, const char *const *arguments, bool foreign,
            int socket, pid_t *r_pid, struct failure *failure)
{
  char *environment[RUN_VARIABLES];
  const char *argv[ARGUMENTS + 2] = { program };
  auto_close int fd = open_program (program);
  pid_t pid;

  *r_pid = -1;
  for (size_t i = 0; arguments && arguments[i] && i < ARGUMENTS; i++)
    argv[i + 1] = arguments[i];
  if (fd < 0)
    return fail_errno (failure, "%s is not installed in %s", program,
                       PKGLIBEXECDIR);
  fill_environment (environment);
  pid = fork ();
  if (pid < 0)
    return fail_errno (failure, "cannot fork");
  if (!pid)
    {
      run_default_signals ();
      if (!arrange_descriptors (fd, socket) && (!foreign || !become_nobody ()))
        fexecve (4, (char *const *)argv, environment);
      _exit (127);
    }
  *r_pid = pid;
  return 0;
}
