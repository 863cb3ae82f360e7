/* test-fence.c - tests of src/base/fence.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Sockets are the subject of test-fence_sockets.c.  */

#include <config.h>
#include "behind.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

static struct fenced
run_fenced (long (*attempt) (void))
{
  return run_behind (FENCE_COMPUTE, attempt);
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
  refuses_behind (FENCE_COMPUTE, what, attempt);
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

/* What no kind of fence lets through.  */
static void
each_kind_refuses (void **state)
{
  static const struct
  {
    const char *what;
    long (*attempt) (void);
  } attempts[] = {
    { "open", try_open },     { "openat2", try_openat2 },
    { "stat", try_stat },     { "io_uring_setup", try_io_uring },
    { "execve", try_exec },   { "fork", try_fork },
    { "clone", try_clone },   { "clone3", try_clone3 },
    { "kill", try_kill },     { "tgkill", try_tgkill },
    { "ptrace", try_ptrace }, { "mprotect PROT_EXEC", try_make_executable },
    { "setuid", try_setuid }
  };

  (void)state;
  for (int kind = FENCE_COMPUTE; kind <= FENCE_CONNECT; kind++)
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
      refuses_behind ((enum fence_kind)kind, attempts[i].what,
                      attempts[i].attempt);
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
    cmocka_unit_test (each_kind_refuses),
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
