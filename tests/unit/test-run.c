/* test-run.c - tests of src/base/run.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The program that is started is this one: it knows by its descriptor 3 that
   it is to tell what it finds.  */

#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/run.h"

#define NOBODY 65534

/* What the started program finds.  */
struct report
{
  char name[64];
  int arguments;
  int variables;
  char path[64];
  char locale[16];
  unsigned descriptors; /* Bit N: descriptor N is open.  */
  bool higher;          /* One from 32 on is.  */
  bool null[2];         /* Standard input, output.  */
  ino_t error_inode;
  bool no_new_privileges;
  int odd_signals; /* Ignored or blocked ones.  */
  uid_t uid[3];
  gid_t gid[3];
  int groups;
};

/* --- In the started program --- */

static bool
is_null (int fd)
{
  struct stat stat;

  return !fstat (fd, &stat) && S_ISCHR (stat.st_mode)
         && stat.st_rdev == makedev (1, 3);
}

static void
list_descriptors (struct report *report)
{
  DIR *stream = opendir ("/proc/self/fd");
  struct dirent *dirent;

  while (stream && (dirent = readdir (stream)))
    {
      int fd = atoi (dirent->d_name);

      if (*dirent->d_name == '.' || fd == dirfd (stream))
        continue;
      if (fd < 32)
        report->descriptors |= 1U << fd;
      else
        report->higher = true;
    }
  if (stream)
    closedir (stream);
}

static int
count_odd_signals (void)
{
  struct sigaction action;
  sigset_t blocked;
  int count = 0;

  sigprocmask (SIG_SETMASK, NULL, &blocked);
  for (int number = 1; number < 32; number++)
    count += sigismember (&blocked, number)
             || (!sigaction (number, NULL, &action)
                 && action.sa_handler == SIG_IGN);
  return count;
}

static int
tell (int argc, char **argv)
{
  struct report report = { .arguments = argc };
  struct stat stat;

  snprintf (report.name, sizeof report.name, "%s", argv[0]);
  for (char **variable = environ; *variable; variable++)
    report.variables++;
  snprintf (report.path, sizeof report.path, "%s", getenv ("PATH"));
  snprintf (report.locale, sizeof report.locale, "%s", getenv ("LC_ALL"));
  list_descriptors (&report);
  report.null[0] = is_null (0);
  report.null[1] = is_null (1);
  report.error_inode = fstat (2, &stat) ? 0 : stat.st_ino;
  report.no_new_privileges = prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  report.odd_signals = count_odd_signals ();
  getresuid (report.uid, report.uid + 1, report.uid + 2);
  getresgid (report.gid, report.gid + 1, report.gid + 2);
  report.groups = getgroups (0, NULL);
  return write (3, &report, sizeof report) == sizeof report ? 42 : 1;
}

static bool
is_started (void)
{
  int type = 0;
  socklen_t size = sizeof type;

  return !getsockopt (3, SOL_SOCKET, SO_TYPE, &type, &size)
         && type == SOCK_SEQPACKET;
}

/* --- In the test --- */

/* This program's own file name.  */
static const char *
own_name (void)
{
  static char path[4096];
  ssize_t length = readlink ("/proc/self/exe", path, sizeof path - 1);

  assert_true (length > 0);
  path[length] = 0;
  return strrchr (path, '/') + 1;
}

/* Start PROGRAM, wait for its end.  Returns its exit status.  */
static int
run_and_wait (const char *program, struct report *r_report)
{
  int ends[2];
  int status = 0;
  pid_t pid;

  memset (r_report, 0, sizeof *r_report);
  assert_int_equal (
      socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  assert_int_equal (run_helper (program, NULL, true, ends[1], &pid, NULL), 0);
  assert_true (pid > 0);
  close (ends[1]);
  if (read (ends[0], r_report, sizeof *r_report) != sizeof *r_report)
    memset (r_report, 0, sizeof *r_report);
  close (ends[0]);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static void
environment_is_clean (void **state)
{
  struct report report;

  (void)state;
  setenv ("REEVE_TEST_SECRET", "in the environment", 1);
  assert_int_equal (run_and_wait (own_name (), &report), 42);
  unsetenv ("REEVE_TEST_SECRET");
  assert_string_equal (report.name, own_name ());
  assert_int_equal (report.arguments, 1);
  assert_int_equal (report.variables, 2);
  assert_string_equal (report.path, "/usr/sbin:/usr/bin:/sbin:/bin");
  assert_string_equal (report.locale, "C.UTF-8");
}

static void
descriptors_are_its_own (void **state)
{
  int leak = open ("/dev/null", O_RDONLY);
  int high = fcntl (leak, F_DUPFD, 50);
  struct report report;
  struct stat stat;

  (void)state;
  assert_true (leak >= 0 && high >= 50);
  assert_int_equal (run_and_wait (own_name (), &report), 42);
  close (leak);
  close (high);
  assert_int_equal (report.descriptors, 0xf);
  assert_false (report.higher);
  assert_true (report.null[0] && report.null[1]);
  assert_int_equal (fstat (2, &stat), 0);
  assert_int_equal (report.error_inode, stat.st_ino);
}

static void
signals_are_the_default (void **state)
{
  struct sigaction ignored = { .sa_handler = SIG_IGN };
  struct sigaction before;
  struct report report;
  sigset_t blocked;
  sigset_t mask;

  (void)state;
  sigemptyset (&blocked);
  sigaddset (&blocked, SIGUSR1);
  sigaddset (&blocked, SIGTERM);
  sigprocmask (SIG_BLOCK, &blocked, &mask);
  sigaction (SIGPIPE, &ignored, &before);
  assert_true (count_odd_signals () >= 3); /* SIGHUP may be ignored, too.  */
  assert_int_equal (run_and_wait (own_name (), &report), 42);
  sigaction (SIGPIPE, &before, NULL);
  sigprocmask (SIG_SETMASK, &mask, NULL);
  assert_int_equal (report.odd_signals, 0);
}

static void
privileges_are_gone (void **state)
{
  static const gid_t some[] = { 1, 2 };
  bool root = !geteuid ();
  gid_t before[256];
  int count = getgroups (256, before);
  struct report report;

  (void)state;
  assert_true (count >= 0);
  if (root)
    assert_int_equal (setgroups (2, some), 0);
  assert_int_equal (run_and_wait (own_name (), &report), 42);
  if (root)
    assert_int_equal (setgroups ((size_t)count, before), 0);
  assert_true (report.no_new_privileges);
  assert_int_equal (prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
  for (int i = 0; i < 3; i++)
    {
      assert_int_equal (report.uid[i], root ? NOBODY : getuid ());
      assert_int_equal (report.gid[i], root ? NOBODY : getgid ());
    }
  if (root)
    assert_int_equal (report.groups, 0);
}

/* A directory can be opened, not executed.  */
static void
what_cannot_start_ends_with_127 (void **state)
{
  struct report report;

  (void)state;
  assert_int_equal (run_and_wait (".", &report), 127);
  assert_int_equal (report.arguments, 0);
}

static void
what_is_missing_is_named (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  char name[5000];
  pid_t pid = 0;

  (void)state;
  assert_code (run_helper ("reeve-no-such-helper", NULL, true, 0, &pid,
                           &failure),
               GPG_ERR_ENOENT);
  assert_int_equal (pid, -1);
  assert_non_null (strstr (failure.text, "reeve-no-such-helper is not "
                                         "installed in " PKGLIBEXECDIR));
  memset (name, 'x', sizeof name - 1);
  name[sizeof name - 1] = 0;
  assert_int_not_equal (run_helper (name, NULL, true, 0, &pid, NULL), 0);
  assert_int_equal (pid, -1);
}

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (environment_is_clean),
    cmocka_unit_test (descriptors_are_its_own),
    cmocka_unit_test (signals_are_the_default),
    cmocka_unit_test (privileges_are_gone),
    cmocka_unit_test (what_cannot_start_ends_with_127),
    cmocka_unit_test (what_is_missing_is_named),
  };

  if (is_started ())
    return tell (argc, argv);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
