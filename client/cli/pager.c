/* pager.c - long answers go to the person's pager
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../protocol/memory.h"
#include "cli.h"

/* What the shell says of a program that there is not.  */
#define STATUS_NO_PROGRAM 126

const char *
pager_command (void)
{
  const char *command = getenv ("REEVE_PAGER");

  if (!command)
    command = getenv ("PAGER");
  if (!command)
    command = "less";
  return *command && strcmp (command, "cat") ? command : NULL;
}

/* Colours show, what fits on the screen is not waited at, and it stays there:
   for the pager less where nobody said otherwise.  */
static char **
environment (void)
{
  static char less[] = "LESS=FRX";
  size_t count = 0;
  char **result;

  while (environ[count])
    count++;
  result = calloc (count + 2, sizeof *result);
  if (!result)
    return NULL;
  memcpy (result, environ, count * sizeof *result);
  if (!getenv ("LESS"))
    result[count] = less;
  return result;
}

/* The pager has the signals of a program that was started at the terminal.  */
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
    code = posix_spawnattr_setflags (attributes, POSIX_SPAWN_SETSIGMASK
                                                     | POSIX_SPAWN_SETSIGDEF);
  return code;
}

/* Run COMMAND with INPUT as its standard input.  */
static int
start (const char *command, int input, pid_t *r_pid)
{
  auto_free char **variables = environment ();
  const char *const argv[] = { "sh", "-c", command, NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int code;

  if (!variables)
    return ENOMEM;
  code = posix_spawn_file_actions_init (&actions);
  if (code)
    return code;
  code = posix_spawnattr_init (&attributes);
  if (!code)
    {
      code = set_signals (&attributes);
      if (!code)
        code = posix_spawn_file_actions_adddup2 (&actions, input, STDIN_FILENO);
      if (!code)
        code = posix_spawn (r_pid, "/bin/sh", &actions, &attributes,
                            (char *const *)argv, variables);
      posix_spawnattr_destroy (&attributes);
    }
  posix_spawn_file_actions_destroy (&actions);
  return code;
}

/* Write until all is written or the pager has ended.  */
static void
feed (int fd, const char *text, size_t length)
{
  while (length)
    {
      ssize_t n = write (fd, text, length);

      if (n < 0 && errno != EINTR)
        return;
      if (n > 0)
        {
          text += n;
          length -= (size_t)n;
        }
    }
}

bool
pager_show (const char *text, size_t length)
{
  static const int typed[] = { SIGINT, SIGQUIT };
  const char *command = pager_command ();
  struct sigaction before[2];
  int ends[2];
  int status = 0;
  pid_t pid;

  if (!command || pipe2 (ends, O_CLOEXEC))
    return false;

  /* What is typed while it runs is for the pager.  */
  for (int i = 0; i < 2; i++)
    sigaction (typed[i], &(struct sigaction){ .sa_handler = SIG_IGN },
               &before[i]);
  if (start (command, ends[0], &pid))
    status = STATUS_NO_PROGRAM << 8;
  close (ends[0]);
  if (!status)
    feed (ends[1], text, length);
  close (ends[1]);
  if (!status)
    while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
      continue;
  for (int i = 0; i < 2; i++)
    sigaction (typed[i], &before[i], NULL);
  return !WIFEXITED (status) || WEXITSTATUS (status) < STATUS_NO_PROGRAM;
}
