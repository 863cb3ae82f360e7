/* test-inherited.c - tests of src/daemon/inherited.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What changes the whole process is tried in a child.  */

#include <config.h>
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "src/daemon/inherited.h"

static void
a_connection_that_is_handed_over (void **state)
{
  static const struct
  {
    const char *value;
    int fd;
  } cases[] = { { "7", 7 },       { "0", 0 },         { "", -1 },
                { "-1", -1 },     { "7x", -1 },       { " 7", -1 },
                { "x", -1 },      { "99999999", -1 }, { "1048576", 1048576 },
                { "1048577", -1 } };

  (void)state;
  unsetenv ("_assuan_connection_fd");
  assert_int_equal (inherited_connection (), -1);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      setenv ("_assuan_connection_fd", cases[i].value, 1);
      assert_int_equal (inherited_connection (), cases[i].fd);
      assert_null (getenv ("_assuan_connection_fd"));
    }
}

/* What TRIED says in a child: 0, or which of its checks failed.  */
static int
in_child (int (*tried) (void))
{
  pid_t pid = fork ();
  int status;

  assert_true (pid >= 0);
  if (!pid)
    _exit (tried ());
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static bool
is_variable (const char *name, const char *value)
{
  const char *found = getenv (name);

  return found && !strcmp (found, value);
}

static int
clear_environment (void)
{
  static char secret[] = "TOKEN=hunter2";
  size_t count = 0;

  if (putenv (secret) || setenv ("TZ", "UTC", 1)
      || setenv ("LISTEN_FDS", "2", 1) || setenv ("LISTEN_PID", "1", 1)
      || setenv ("REEVE_PVE_USER", "somebody", 1)
      || setenv ("REEVE_PVE", "x", 1) || setenv ("TZDIR", "/x", 1)
      || setenv ("LC_ALL", "de_DE", 1) || setenv ("ASSUAN_DEBUG", "1", 1))
    return 1;
  unsetenv ("LISTEN_FDNAMES");
  inherited_clear_environment ();
  if (getenv ("TOKEN") || getenv ("ASSUAN_DEBUG") || getenv ("HOME")
      || getenv ("REEVE_PVE") || getenv ("TZDIR"))
    return 2;
  for (size_t i = 0; i < sizeof secret; i++)
    if (secret[i])
      return 3;
  if (!is_variable ("TZ", "UTC") || !is_variable ("LISTEN_FDS", "2")
      || !is_variable ("LISTEN_PID", "1") || !is_variable ("LC_ALL", "C.UTF-8")
      || !is_variable ("REEVE_PVE_USER", "somebody")
      || !is_variable ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"))
    return 4;
  inherited_forget_sockets ();
  while (environ[count])
    count++;
  if (count != 4)
    return 5;
  inherited_forget_overrides ();
  return environ[3] || getenv ("REEVE_PVE_USER") || !getenv ("PATH")
         || !getenv ("TZ") || !getenv ("LC_ALL");
}

static void
the_environment_is_cleared (void **state)
{
  (void)state;
  assert_int_equal (in_child (clear_environment), 0);
}

/* /proc/self/environ shows the strings that the process began with.  */
static int
look_at_environment (void)
{
  char text[65536];
  ssize_t count;
  int fd;

  inherited_clear_environment ();
  fd = open ("/proc/self/environ", O_RDONLY);
  count = read (fd, text, sizeof text);
  for (ssize_t i = 0; i < count; i++)
    if (text[i])
      return 1;
  return fd < 0 || count < 0;
}

static void
the_kernel_shows_nothing_of_it (void **state)
{
  (void)state;
  assert_int_equal (in_child (look_at_environment), 0);
}

static bool
is_open (int fd)
{
  return fcntl (fd, F_GETFD) >= 0;
}

/* Have descriptors 3 to 12 and 100, keep some, and find the rest closed.  */
static int
close_descriptors (void)
{
  char number[16];

  for (int fd = 3; fd <= 12; fd++)
    if (dup2 (STDIN_FILENO, fd) < 0)
      return 1;
  if (dup2 (STDIN_FILENO, 100) < 0)
    return 1;
  snprintf (number, sizeof number, "%d", getpid ());
  setenv ("LISTEN_PID", number, 1);
  setenv ("LISTEN_FDS", "2", 1);
  inherited_close (9, 7);
  for (int fd = 0; fd <= 12; fd++)
    if (is_open (fd) != (fd <= 4 || fd == 7 || fd == 9))
      return 10 + fd;
  if (is_open (100))
    return 2;
  /* Meant for another process.  */
  setenv ("LISTEN_PID", "1", 1);
  inherited_close (-1, 7);
  if (is_open (3) || is_open (9) || !is_open (7))
    return 3;
  inherited_close (-1, -1);
  return is_open (7) || !is_open (2) ? 4 : 0;
}

static void
descriptors_are_closed (void **state)
{
  (void)state;
  assert_int_equal (in_child (close_descriptors), 0);
}

static int
open_the_first (void)
{
  close (0);
  close (2);
  inherited_close (-1, -1);
  return !is_open (0) || !is_open (2) || is_open (3);
}

static void
the_first_three_are_open (void **state)
{
  (void)state;
  assert_int_equal (in_child (open_the_first), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_connection_that_is_handed_over),
    cmocka_unit_test (the_environment_is_cleared),
    cmocka_unit_test (the_kernel_shows_nothing_of_it),
    cmocka_unit_test (descriptors_are_closed),
    cmocka_unit_test (the_first_three_are_open),
  };

  return cmocka_run_group_tests_name ("inherited", tests, NULL, NULL);
}
