/* inherited.c - what whoever starts the daemon leaves it with
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inherited.h"
#include "listen.h"
#include "../base/run.h"

/* What survives, with its value, beside RUN_PASSED.  */
static const char *const kept[] = { "TZ", "LISTEN_PID", "LISTEN_FDS",
                                    "LISTEN_FDNAMES" };
#define FIRST_OF_SOCKETS 1
#define KEPT (sizeof kept / sizeof *kept)

int
inherited_connection (void)
{
  const char *value = getenv ("_assuan_connection_fd");
  char *end;
  long fd = -1;

  if (value && *value >= '0' && *value <= '9')
    {
      fd = strtol (value, &end, 10);
      if (*end || fd > 1 << 20)
        fd = -1;
    }
  unsetenv ("_assuan_connection_fd");
  return (int)fd;
}

/* Whether VARIABLE, "NAME=VALUE", survives.  */
static bool
is_kept (const char *variable)
{
  for (size_t i = 0; i < KEPT; i++)
    {
      size_t length = strlen (kept[i]);

      if (!strncmp (variable, kept[i], length) && variable[length] == '=')
        return true;
    }
  return !strncmp (variable, RUN_PASSED, strlen (RUN_PASSED));
}

void
inherited_clear_environment (void)
{
  char *variables[RUN_VARIABLES];
  size_t count = 0;

  for (char **variable = environ; variable && *variable; variable++)
    {
      char *copy = is_kept (*variable) && count < RUN_VARIABLES
                       ? strdup (*variable)
                       : NULL;

      if (copy)
        variables[count++] = copy;
      explicit_bzero (*variable, strlen (*variable));
    }
  clearenv ();
  setenv ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
  setenv ("LC_ALL", "C.UTF-8", 1);
  for (size_t i = 0; i < count; i++)
    {
      char *value = strchr (variables[i], '=');

      if (value)
        {
          *value++ = 0;
          setenv (variables[i], value, 1);
        }
      free (variables[i]);
    }
}

void
inherited_forget_sockets (void)
{
  for (size_t i = FIRST_OF_SOCKETS; i < KEPT; i++)
    unsetenv (kept[i]);
}

void
inherited_forget_overrides (void)
{
  char **to = environ;

  for (char **from = environ; from && *from; from++)
    if (strncmp (*from, RUN_PASSED, strlen (RUN_PASSED)))
      *to++ = *from;
  if (to)
    *to = NULL;
}

/* Close what is open from *NEXT on and below FD, and go on behind FD.  */
static void
close_up_to (unsigned *next, int fd)
{
  if (fd < 0 || (unsigned)fd < *next)
    return;
  if ((unsigned)fd > *next)
    close_range (*next, (unsigned)fd - 1, 0);
  *next = (unsigned)fd + 1;
}

void
inherited_close (int key_fd, int connection_fd)
{
  unsigned next = STDERR_FILENO + 1;
  int null = open ("/dev/null", O_RDWR);

  /* What is opened later must not take the place of one of these.  */
  while (null >= 0 && null < STDERR_FILENO)
    null = dup (null);
  for (int count = listeners_passed (), i = 0; i < count; i++)
    close_up_to (&next, LISTENERS_FIRST + i);
  close_up_to (&next, key_fd < connection_fd ? key_fd : connection_fd);
  close_up_to (&next, key_fd < connection_fd ? connection_fd : key_fd);
  close_range (next, ~0U, 0);
}
