/* run_program.c - running a program of the machine to its end
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/buffer.h"
#include "protocol/link.h"
#include "protocol/memory.h"
#include "file.h"
#include "run.h"
#include "run_inside.h"

#define ARGUMENTS 64
#define ENVIRONMENT 16
#define SLICE_MS 100
#define READ_SIZE 16384
/* What is left in the pipes when the program has ended is read for so long: a
   daemon that it started may keep them open.  */
#define DRAIN_MS 200

static const char *const directories[] = { "/usr/sbin", "/usr/bin", "/sbin",
                                           "/bin" };

/* Whether FD is a program that nobody but MACHINE's masters could have put
   there.  */
static bool
is_trusted (const struct machine *machine, int fd)
{
  struct stat st;

  return !fstat (fd, &st) && S_ISREG (st.st_mode) && st.st_mode & 0111
         && machine_trusts (machine, st.st_uid) && !(st.st_mode & S_IWOTH)
         && (!(st.st_mode & S_IWGRP)
             || machine_trusts_group (machine, st.st_gid));
}

/* Open PATH, absolute, below MACHINE's root, if nobody else could have put
   another program there, be it by a link.  */
static int
open_place (const struct machine *machine, const char *path)
{
  struct place place;
  gpg_error_t err = place_find (machine, path, &place, NULL);
  int fd = -1;

  if (err)
    {
      errno = gpg_err_code (err) == GPG_ERR_FORBIDDEN ? EACCES
              : gpg_err_code_to_errno (gpg_err_code (err))
                  ? gpg_err_code_to_errno (gpg_err_code (err))
                  : ENOENT;
      return -1;
    }
  if (!place.exists)
    errno = ENOENT;
  else if (!place.trusted)
    errno = EACCES;
  else
    fd = openat (place.directory_fd, place.name,
                 O_PATH | O_NOFOLLOW | O_CLOEXEC);
  err = fd < 0 ? gpg_error_from_syserror () : 0;
  place_release (&place);
  if (err)
    errno = gpg_err_code_to_errno (gpg_err_code (err));
  return fd;
}

/* Open PATH, absolute, of MACHINE if BELOW, else of "/".  */
static int
open_program (const struct machine *machine, bool below, const char *path)
{
  int fd = below ? open_place (machine, path) : open (path, O_PATH | O_CLOEXEC);

  if (fd >= 0 && !is_trusted (machine, fd))
    {
      close (fd);
      errno = EACCES;
      return -1;
    }
  return fd;
}

static int
find_program (const struct machine *machine, const char *program, bool below)
{
  if (*program == '/')
    return open_program (machine, true, program);
  for (size_t i = 0; i < (below ? 1 : 2); i++)
    for (size_t j = 0; j < sizeof directories / sizeof *directories; j++)
      {
        char path[256];
        int fd;

        if (snprintf (path, sizeof path, "%s/%s", directories[j], program)
            >= (int)sizeof path)
          break;
        fd = open_program (machine, !i, path);
        if (fd >= 0 || errno != ENOENT)
          return fd;
      }
  errno = ENOENT;
  return -1;
}

bool
run_is_installed (const struct machine *machine, const char *name)
{
  auto_close int fd = find_program (machine, name, false);

  return fd >= 0;
}

/* --- The child --- */

/* PARENT is who forked.  */
static void
become_program (const struct run *run, pid_t parent, int program, int output,
                int errors)
{
  const char *argv[ARGUMENTS + 2] = { run->program };
  const char *environment[ENVIRONMENT + 4] = {
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/root"
  };
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  const char *slash = strrchr (run->program, '/');

  if (slash)
    argv[0] = slash + 1;
  for (size_t i = 0; run->arguments && run->arguments[i]; i++)
    {
      if (i == ARGUMENTS)
        return;
      argv[i + 1] = run->arguments[i];
    }
  for (size_t i = 0; run->environment && run->environment[i]; i++)
    {
      if (i == ENVIRONMENT)
        return;
      environment[i + 3] = run->environment[i];
    }
  setpgid (0, 0);
  run_default_signals ();
  /* One whose parent is killed is attended by nobody; a script that may leave
     a daemon behind goes on to its end.  */
  if (!run->leave
      && (prctl (PR_SET_PDEATHSIG, SIGKILL) || getppid () != parent))
    return;
  if (null < 0 || dup2 (null, 0) < 0 || dup2 (output, 1) < 0
      || dup2 (errors, 2) < 0)
    return;
  program = fcntl (program, F_DUPFD, 10);
  /* A script's interpreter opens the program by this descriptor's name, so it
     cannot be closed on the way.  */
  if (program < 0 || close_range (3, (unsigned)program - 1, 0)
      || close_range ((unsigned)program + 1, ~0U, 0))
    return;
  umask (022);
  if (chdir ("/"))
    return;
  fexecve (program, (char *const *)argv, (char *const *)environment);
}

/* --- The parent --- */

struct running
{
  const struct run *run;
  struct run_result *result;
  pid_t pid;
  struct pollfd end[3]; /* Output, errors, the pidfd.  */
  struct buffer kept[2];
};

static void
drain (struct running *running, size_t index)
{
  struct buffer *kept = running->kept + index;
  char bytes[READ_SIZE];
  ssize_t n = read (running->end[index].fd, bytes, sizeof bytes);
  size_t room = running->run->most - kept->length;

  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  if (n <= 0)
    {
      close (running->end[index].fd);
      running->end[index].fd = -1;
      return;
    }
  if ((size_t)n > room)
    running->result->cut = true;
  buffer_append (kept, bytes, (size_t)n < room ? (size_t)n : room);
}

/* Read until the program has ended, and what is then there.  */
static gpg_error_t
attend (struct running *running)
{
  const struct run *run = running->run;
  uint64_t deadline = link_now () + run->time_ms;
  uint64_t drained = 0;

  for (;;)
    {
      uint64_t now = link_now ();

      if (drained
          && (now >= drained
              || (running->end[0].fd < 0 && running->end[1].fd < 0)))
        return 0;
      if (!drained && now >= deadline)
        return gpg_error (GPG_ERR_TIMEOUT);
      if (!drained && run->give_up && run->give_up (run->context))
        return gpg_error (GPG_ERR_CANCELED);
      if (poll (running->end, 3, drained ? (int)(drained - now) : SLICE_MS) < 0
          && errno != EINTR)
        return gpg_error_from_syserror ();
      for (size_t i = 0; i < 2; i++)
        if (running->end[i].fd >= 0 && running->end[i].revents)
          drain (running, i);
      if (!drained && running->end[2].revents)
        {
          drained = link_now () + DRAIN_MS;
          running->end[2].fd = -1;
        }
    }
}

static void
take_status (struct run_result *result, int status)
{
  result->exit_status = WIFEXITED (status) ? WEXITSTATUS (status) : -1;
  result->signal = WIFSIGNALED (status) ? WTERMSIG (status) : 0;
}

/* Attend the program to its end, and end it if need be.  */
static gpg_error_t
see_to_end (struct running *running)
{
  auto_close int pidfd = (int)syscall (SYS_pidfd_open, running->pid, 0);
  struct run_result *result = running->result;
  gpg_error_t err;
  int status = 0;

  running->end[2] = (struct pollfd){ pidfd, POLLIN, 0 };
  err = pidfd < 0 ? gpg_error_from_syserror () : attend (running);
  if (err || !running->run->leave)
    kill (-running->pid, SIGKILL);
  if (err)
    kill (running->pid, SIGKILL);
  while (waitpid (running->pid, &status, 0) < 0 && errno == EINTR)
    ;
  take_status (result, status);
  for (size_t i = 0; i < 2; i++)
    {
      if (running->end[i].fd >= 0)
        close (running->end[i].fd);
      buffer_append (running->kept + i, "", 0);
      if (!err)
        err = buffer_error (running->kept + i);
    }
  if (!err)
    err = buffer_take (running->kept, &result->output, &result->output_length);
  if (!err)
    err = buffer_take (running->kept + 1, &result->errors,
                       &result->errors_length);
  buffer_release (running->kept);
  buffer_release (running->kept + 1);
  return err;
}

/* Start the program FD.  */
static gpg_error_t
start (struct running *running, int fd)
{
  int pipes[2][2] = { { -1, -1 }, { -1, -1 } };
  pid_t parent = getpid ();
  gpg_error_t err = 0;

  if (pipe2 (pipes[0], O_CLOEXEC) || pipe2 (pipes[1], O_CLOEXEC)
      || (running->pid = fork ()) < 0)
    err = gpg_error_from_syserror ();
  else if (!running->pid)
    {
      become_program (running->run, parent, fd, pipes[0][1], pipes[1][1]);
      _exit (127);
    }
  for (size_t i = 0; i < 2; i++)
    {
      if (pipes[i][1] >= 0)
        close (pipes[i][1]);
      if (err && pipes[i][0] >= 0)
        close (pipes[i][0]);
      running->end[i] = (struct pollfd){ err ? -1 : pipes[i][0], POLLIN, 0 };
    }
  /* The child does the same; whoever is first.  */
  if (!err)
    setpgid (running->pid, running->pid);
  return err;
}

gpg_error_t
run_program (const struct run *run, struct run_result *r_result,
             struct failure *failure)
{
  struct running running = { .run = run, .result = r_result };
  auto_close int fd = find_program (run->machine, run->program, run->below);
  gpg_error_t err;

  *r_result = (struct run_result){ 0 };
  if (fd < 0 && errno == ENOENT)
    return fail (failure, GPG_ERR_NOT_FOUND, "%s is not installed",
                 run->program);
  if (fd < 0 && errno == EACCES)
    return fail (failure, GPG_ERR_FORBIDDEN,
                 "%s is not run: it must be a program that only root can "
                 "change",
                 run->program);
  if (fd < 0)
    return fail_errno (failure, "%s", run->program);
  err = start (&running, fd);
  if (err)
    return fail (failure, gpg_err_code (err), "%s cannot be started",
                 run->program);
  err = see_to_end (&running);
  if (gpg_err_code (err) == GPG_ERR_TIMEOUT)
    return fail (failure, GPG_ERR_TIMEOUT, "%s did not end within %g s",
                 run->program, (double)run->time_ms / 1000);
  if (gpg_err_code (err) == GPG_ERR_CANCELED)
    return fail (failure, GPG_ERR_CANCELED, "%s was ended: the client gave up",
                 run->program);
  return err;
}

void
run_result_release (struct run_result *result)
{
  free (result->output);
  free (result->errors);
  *result = (struct run_result){ 0 };
}
