/* test-fence.c - tests of src/base/fence.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Each attempt is made by a process of its own behind the fence, which tells
   over its one descriptor what came of it.  */

#include <config.h>
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "protocol/limits.h"
#include "src/base/fence.h"

#define OPEN_FD 77 /* Open before the fence, to be closed by it.  */

struct fenced
{
  int error; /* errno of the attempt, 0: it worked.  */
  char report[100];
};

/* What ATTEMPT (returns -1 and errno on failure) comes to behind the
   fence.  */
static struct fenced
run_fenced (long (*attempt) (void))
{
  struct fenced result = { -1, "" };
  struct fence fence;
  char *report;
  int ends[2];
  pid_t pid;

  assert_int_equal (fence_make (FENCE_COMPUTE, &fence), 0);
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), 0);
  assert_int_equal (dup2 (ends[0], OPEN_FD), OPEN_FD);
  pid = fork ();
  assert_true (pid >= 0);
  if (!pid)
    {
      if (!fence_enter (&fence, ends[1], -1, LIMIT_AUG_MEMORY, &report))
        {
          strncpy (result.report, report, sizeof result.report - 1);
          errno = 0;
          result.error = attempt () == -1 ? errno : 0;
          if (write (FENCE_FD, &result, sizeof result) != sizeof result)
            _exit (2);
        }
      _exit (0);
    }
  close (OPEN_FD);
  close (ends[1]);
  assert_int_equal (read (ends[0], &result, sizeof result), sizeof result);
  close (ends[0]);
  assert_int_equal (waitpid (pid, NULL, 0), pid);
  fence_release (&fence);
  return result;
}

static long
try_open (void)
{
  return open ("/etc/hosts", O_RDONLY);
}

static long
try_openat2 (void)
{
  return syscall (SYS_openat2, AT_FDCWD, "/etc/hosts", NULL, 0);
}

static long
try_create (void)
{
  return syscall (SYS_creat, "/tmp/reeve-fence", 0600);
}

static long
try_unlink (void)
{
  return unlink ("/tmp/reeve-fence");
}

static long
try_stat (void)
{
  struct stat st;

  return stat ("/etc/hosts", &st);
}

static long
try_memfd (void)
{
  return memfd_create ("x", 0);
}

static long
try_socket (void)
{
  return socket (AF_INET, SOCK_STREAM, 0);
}

static long
try_socketpair (void)
{
  int ends[2];

  return socketpair (AF_UNIX, SOCK_STREAM, 0, ends);
}

static long
try_exec (void)
{
  char *const none[] = { NULL };

  return execve ("/bin/true", none, none);
}

static long
try_kill (void)
{
  return kill (getppid (), 0);
}

static long
try_tgkill (void)
{
  return syscall (SYS_tgkill, 1, 1, SIGTERM);
}

static long
try_ptrace (void)
{
  return ptrace (PTRACE_TRACEME, 0, NULL, NULL);
}

static long
try_fork (void)
{
  long pid = syscall (SYS_fork);

  if (!pid)
    _exit (0);
  return pid;
}

static long
try_clone (void)
{
  long pid = syscall (SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

  if (!pid)
    _exit (0);
  return pid;
}

static long
try_clone3 (void)
{
  return syscall (SYS_clone3, NULL, 0);
}

static long
try_executable_memory (void)
{
  return mmap (NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
               -1,
               0) == MAP_FAILED
             ? -1
             : 0;
}

static long
try_make_executable (void)
{
  void *memory = mmap (NULL, 4096, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return mprotect (memory, 4096, PROT_READ | PROT_EXEC);
}

static long
try_prctl (void)
{
  return prctl (PR_SET_DUMPABLE, 1);
}

static long
try_setuid (void)
{
  return (long)syscall (SYS_setuid, 0);
}

static long
try_limit_of_parent (void)
{
  struct rlimit limit;

  return prlimit (1, RLIMIT_CPU, NULL, &limit);
}

static long
try_move_parent (void)
{
  cpu_set_t set;

  CPU_ZERO (&set);
  CPU_SET (0, &set);
  return sched_setaffinity (1, sizeof set, &set);
}

static long
try_io_uring (void)
{
  return syscall (SYS_io_uring_setup, 1, NULL);
}

static long
try_work (void)
{
  struct timespec now;
  struct rlimit limit = { 60, RLIM_INFINITY };
  char *memory = malloc (1 << 20);

  if (!memory)
    return -1;
  memset (memory, 1, 1 << 20);
  free (memory);
  if (setrlimit (RLIMIT_CPU, &limit))
    return -1;
  return syscall (SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &now);
}

static long
try_other_descriptor (void)
{
  char byte;

  return read (OPEN_FD, &byte, 1);
}

static void
refuses (const char *what, long (*attempt) (void))
{
  int error = run_fenced (attempt).error;

  if (error != EPERM)
    print_error ("%s: %s\n", what, strerror (error));
  assert_int_equal (error, EPERM);
}

static void
files_cannot_be_reached (void **state)
{
  (void)state;
  refuses ("open", try_open);
  refuses ("openat2", try_openat2);
  refuses ("creat", try_create);
  refuses ("unlink", try_unlink);
  refuses ("stat", try_stat);
  refuses ("memfd_create", try_memfd);
  refuses ("io_uring_setup", try_io_uring);
}

static void
nobody_can_be_talked_to (void **state)
{
  (void)state;
  refuses ("socket", try_socket);
  refuses ("socketpair", try_socketpair);
}

static void
no_other_process (void **state)
{
  (void)state;
  refuses ("execve", try_exec);
  refuses ("fork", try_fork);
  refuses ("clone", try_clone);
  refuses ("clone3", try_clone3);
  refuses ("kill", try_kill);
  refuses ("tgkill", try_tgkill);
  refuses ("ptrace", try_ptrace);
  refuses ("prlimit of another", try_limit_of_parent);
  refuses ("sched_setaffinity of another", try_move_parent);
}

static void
no_code_is_made (void **state)
{
  (void)state;
  refuses ("mmap PROT_EXEC", try_executable_memory);
  refuses ("mprotect PROT_EXEC", try_make_executable);
}

static void
nothing_is_undone (void **state)
{
  (void)state;
  refuses ("prctl", try_prctl);
  refuses ("setuid", try_setuid);
}

static void
work_goes_on (void **state)
{
  (void)state;
  assert_int_equal (run_fenced (try_work).error, 0);
}

static void
descriptors_are_closed (void **state)
{
  (void)state;
  assert_int_equal (run_fenced (try_other_descriptor).error, EBADF);
}

#ifndef REEVE_SANITIZE
static long
try_too_much_memory (void)
{
  return malloc (2 * LIMIT_AUG_MEMORY) ? 0 : -1;
}
#endif

static void
memory_is_limited (void **state)
{
  (void)state;
#ifdef REEVE_SANITIZE
  print_message ("machine: a sanitizer needs its own address space\n");
  skip ();
#else
  assert_int_equal (run_fenced (try_too_much_memory).error, ENOMEM);
#endif
}

static void
the_report_tells_what_holds (void **state)
{
  struct fenced result = run_fenced (try_work);

  (void)state;
  assert_non_null (strstr (result.report, "no_new_privs seccomp"));
  /* This process is not nobody.  */
  if (getuid () != 65534)
    assert_null (strstr (result.report, "nobody"));
  if (getuid ())
    assert_non_null (strstr (result.report, "no_capabilities"));
#ifndef REEVE_SANITIZE
  assert_non_null (strstr (result.report, "memory"));
#endif
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (files_cannot_be_reached),
    cmocka_unit_test (nobody_can_be_talked_to),
    cmocka_unit_test (no_other_process),
    cmocka_unit_test (no_code_is_made),
    cmocka_unit_test (nothing_is_undone),
    cmocka_unit_test (work_goes_on),
    cmocka_unit_test (descriptors_are_closed),
    cmocka_unit_test (memory_is_limited),
    cmocka_unit_test (the_report_tells_what_holds),
  };

  return cmocka_run_group_tests_name ("fence", tests, NULL, NULL);
}
