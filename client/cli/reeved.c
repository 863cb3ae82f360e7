/* reeved.c - running reeved for what needs no connection
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../protocol/memory.h"
#include "cli.h"

extern char **environ;

/* Store the program at R_PROGRAM and its arguments, COUNT OPTIONS behind --root
   if need be, at R_ARGV, all for the caller to free.  */
static enum status
prepare (const struct settings *settings, char *const *options, size_t count,
         char **r_program, char ***r_argv)
{
  char **argv = calloc (count + 4, sizeof *argv);
  size_t used = 0;

  if (!argv)
    return complain_memory ();
  *r_argv = argv;
  argv[used++] = (char *)"reeved";
  if (settings->root)
    {
      argv[used++] = (char *)"--root";
      argv[used++] = (char *)settings->root;
    }
  memcpy (argv + used, options, count * sizeof *options);
  *r_program = connect_reeved (settings);
  if (*r_program)
    return STATUS_OK;
  complain ("%s: %s", settings->reeved ? settings->reeved : "reeved",
            strerror (errno));
  return STATUS_ERROR;
}

enum status
reeved_become (const struct settings *settings, char *const *options,
               size_t count)
{
  auto_free char *program = NULL;
  auto_free char **argv = NULL;
  enum status status = prepare (settings, options, count, &program, &argv);

  if (status != STATUS_OK)
    return status;
  execv (program, argv);
  complain ("cannot run %s: %s", program, strerror (errno));
  return STATUS_ERROR;
}

/* Start PROGRAM with OUT as its standard output; returns an errno.  */
static int
spawn (const char *program, char *const *argv, int out, pid_t *r_pid)
{
  posix_spawn_file_actions_t actions;
  int code = posix_spawn_file_actions_init (&actions);

  if (code)
    return code;
  code = posix_spawn_file_actions_adddup2 (&actions, out, STDOUT_FILENO);
  if (!code)
    code = posix_spawn (r_pid, program, &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy (&actions);
  return code;
}

enum status
reeved_start (const struct settings *settings, char *const *options,
              size_t count, int *r_fd, pid_t *r_pid)
{
  auto_free char *program = NULL;
  auto_free char **argv = NULL;
  auto_close int from = -1, to = -1;
  int ends[2], code;
  enum status status = prepare (settings, options, count, &program, &argv);

  if (status != STATUS_OK)
    return status;
  if (pipe2 (ends, O_CLOEXEC))
    {
      complain ("cannot make a pipe: %s", strerror (errno));
      return STATUS_ERROR;
    }
  from = ends[0];
  to = ends[1];
  code = spawn (program, argv, to, r_pid);
  if (code)
    {
      complain ("cannot run %s: %s", program, strerror (code));
      return STATUS_ERROR;
    }
  *r_fd = take_fd (&from);
  return STATUS_OK;
}

enum status
reeved_end (pid_t pid)
{
  int wait_status = 0;

  while (waitpid (pid, &wait_status, 0) < 0 && errno == EINTR)
    continue;
  return wait_status ? STATUS_ERROR : STATUS_OK;
}

/* Append all that comes from FD to OUT; returns an errno.  */
static int
read_all (int fd, struct buffer *out)
{
  char piece[4096];
  ssize_t count;

  while ((count = read (fd, piece, sizeof piece)))
    if (count > 0)
      buffer_append (out, piece, (size_t)count);
    else if (errno != EINTR)
      return errno;
  return buffer_error (out) ? ENOMEM : 0;
}

enum status
reeved_read (const struct settings *settings, char *const *options,
             size_t count, struct buffer *out)
{
  auto_close int fd = -1;
  pid_t pid;
  int code;
  enum status ended, status;

  status = reeved_start (settings, options, count, &fd, &pid);
  if (status != STATUS_OK)
    return status;
  code = read_all (fd, out);
  ended = reeved_end (pid);
  if (!code)
    return ended;
  complain ("cannot read what reeved prints: %s", strerror (code));
  return STATUS_ERROR;
}
