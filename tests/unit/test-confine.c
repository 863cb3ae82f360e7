/* test-confine.c - tests of src/base/confine.c and confine_calls.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Each attempt is made by a confined child, which tells what came of it.  */

#include <config.h>
#include "check.h"
#include "scratch.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <utime.h>
#include "protocol/memory.h"
#include "src/base/confine.h"
#include "src/base/confine_calls.h"

/* Files of the scratch machine: LOG is for making, STATE for writing what is
   there, ETC for reading.  */
#define LOG "/log"
#define STATE "/run"
#define ETC "/etc"

static struct scratch *scratch;

/* What the attempts need, from before.  */
static char file[4096];  /* ETC/file.  */
static char other[4096]; /* ETC/other, which is not there.  */
static int file_fd;      /* To read FILE.  */
static int unconnected;  /* A socket.  */
static pid_t bystander;  /* A process of this user.  */
static int bystander_fd; /* Its pidfd.  */

static int
setup (void **state)
{
  static const char *const paths[] = { LOG "/old", STATE "/state", ETC "/file",
                                       ETC "/key" };

  if (scratch_setup (state))
    return -1;
  scratch = *state;
  scratch_mkdir (scratch, LOG);
  scratch_mkdir (scratch, STATE);
  scratch_mkdir (scratch, ETC);
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    scratch_write (scratch, paths[i], "old text\n");
  snprintf (file, sizeof file, "%s", scratch_path (scratch, ETC "/file"));
  snprintf (other, sizeof other, "%s", scratch_path (scratch, ETC "/other"));
  file_fd = open (file, O_RDONLY | O_CLOEXEC);
  unconnected = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bystander = fork ();
  if (!bystander)
    for (;;)
      pause ();
  bystander_fd = (int)syscall (SYS_pidfd_open, bystander, 0);
  return file_fd < 0 || bystander < 0 || bystander_fd < 0 ? -1 : 0;
}

static int
teardown (void **state)
{
  kill (bystander, SIGKILL);
  waitpid (bystander, NULL, 0);
  close (bystander_fd);
  close (file_fd);
  return scratch_teardown (state);
}

static gpg_error_t
confine (void)
{
  const struct confine_place places[]
      = { { scratch_path (scratch, LOG), true },
          { scratch_path (scratch, STATE), false },
          { scratch_path (scratch, ETC "/key"), false },
          { scratch_path (scratch, "/none"), true } };
  auto_failure struct failure failure = FAILURE_NONE;
  gpg_error_t err = confine_enter (places, sizeof places / sizeof *places,
                                   &failure);

  if (err)
    fprintf (stderr, "%s\n", failure.text);
  return err;
}

/* The errno of ATTEMPT (-1: it failed) in a confined child, 0 if it worked.
   Errors of the test itself are 1000.  */
static int
confined (long (*attempt) (void))
{
  int ends[2];
  int error = 1000;
  pid_t pid;

  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  pid = fork ();
  assert_true (pid >= 0);
  if (!pid)
    {
      if (!confine ())
        {
          errno = 0;
          error = attempt () == -1 ? errno : 0;
        }
      _exit (write (ends[1], &error, sizeof error) != sizeof error);
    }
  close (ends[1]);
  if (read (ends[0], &error, sizeof error) != sizeof error)
    error = 1000;
  close (ends[0]);
  waitpid (pid, NULL, 0);
  return error;
}

static long
landlock (void)
{
  return syscall (SYS_landlock_create_ruleset, NULL, 0,
                  LANDLOCK_CREATE_RULESET_VERSION);
}

/* --- Refused by the filter --- */

#define ATTEMPT(name, expression)                                              \
  static long name (void) { return (long)(expression); }

static char *const none[] = { NULL };
static const struct sockaddr_un address = { AF_UNIX, "/run/dbus/socket" };

ATTEMPT (try_execve, execve ("/bin/true", none, none))
ATTEMPT (try_execveat,
         syscall (SYS_execveat, AT_FDCWD, "/bin/true", none, none, 0))
#ifndef REEVE_SANITIZE /* Its filter leaves these to the leak checker.  */
ATTEMPT (try_ptrace, ptrace (PTRACE_TRACEME, 0, NULL, NULL))
ATTEMPT (try_clone, syscall (SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL))
ATTEMPT (try_clone3, syscall (SYS_clone3, NULL, 0))
ATTEMPT (try_namespace,
         syscall (SYS_clone, SIGCHLD | CLONE_NEWUSER, NULL, NULL, NULL, NULL))
#endif
ATTEMPT (try_unshare, unshare (CLONE_NEWUSER))
ATTEMPT (try_setns, setns (file_fd, 0))
ATTEMPT (try_mount, mount ("none", "/mnt", "tmpfs", 0, NULL))
ATTEMPT (try_umount, umount2 ("/mnt", 0))
ATTEMPT (try_pivot_root, syscall (SYS_pivot_root, "/", "/"))
ATTEMPT (try_chroot, chroot ("/"))
ATTEMPT (try_fsopen, syscall (SYS_fsopen, "tmpfs", 0))
ATTEMPT (try_open_tree, syscall (SYS_open_tree, AT_FDCWD, "/", 0))
ATTEMPT (try_module, syscall (SYS_finit_module, file_fd, "", 0))
ATTEMPT (try_init_module, syscall (SYS_init_module, NULL, 0, ""))
ATTEMPT (try_delete_module, syscall (SYS_delete_module, "x", 0))
ATTEMPT (try_kexec, syscall (SYS_kexec_load, 0, 0, NULL, 0))
ATTEMPT (try_bpf, syscall (SYS_bpf, 0, NULL, 0))
ATTEMPT (try_perf, syscall (SYS_perf_event_open, NULL, 0, -1, -1, 0))
ATTEMPT (try_io_uring, syscall (SYS_io_uring_setup, 1, NULL))
ATTEMPT (try_handle, syscall (SYS_open_by_handle_at, AT_FDCWD, NULL, 0))
ATTEMPT (try_key, syscall (SYS_keyctl, 0, 0, 0, 0, 0))
ATTEMPT (try_inet, socket (AF_INET, SOCK_STREAM, 0))
ATTEMPT (try_inet6, socket (AF_INET6, SOCK_DGRAM, 0))
ATTEMPT (try_netlink, socket (AF_NETLINK, SOCK_RAW, 0))
ATTEMPT (try_packet, socket (AF_PACKET, SOCK_RAW, 0))
ATTEMPT (try_unix, socket (AF_UNIX, SOCK_DGRAM, 0))
ATTEMPT (try_datagrams, socketpair (AF_UNIX, SOCK_DGRAM, 0, (int[2]){ 0, 0 }))
ATTEMPT (try_raw, socketpair (AF_UNIX, SOCK_RAW, 0, (int[2]){ 0, 0 }))
ATTEMPT (try_connect, connect (unconnected, (const struct sockaddr *)&address,
                               sizeof address))
ATTEMPT (try_kill, kill (bystander, 0))
ATTEMPT (try_tkill, syscall (SYS_tkill, bystander, 0))
ATTEMPT (try_tgkill, syscall (SYS_tgkill, bystander, bystander, 0))
ATTEMPT (try_sigqueue, sigqueue (bystander, 0, (union sigval){ 0 }))
ATTEMPT (try_pidfd_open, syscall (SYS_pidfd_open, bystander, 0))
ATTEMPT (try_pidfd_signal,
         syscall (SYS_pidfd_send_signal, bystander_fd, SIGKILL, NULL, 0))
ATTEMPT (try_pidfd_getfd, syscall (SYS_pidfd_getfd, bystander_fd, 0, 0))
ATTEMPT (try_own_file, fcntl (file_fd, F_SETOWN, bystander))
ATTEMPT (try_signal_of_file, fcntl (file_fd, F_SETSIG, SIGKILL))
ATTEMPT (try_process_memory,
         syscall (SYS_process_vm_readv, bystander, NULL, 0, NULL, 0, 0))
ATTEMPT (try_limit,
         prlimit (bystander, RLIMIT_CPU, NULL, &(struct rlimit){ 0, 0 }))
ATTEMPT (try_priority, setpriority (PRIO_PROCESS, (id_t)bystander, 19))
ATTEMPT (try_chmod, chmod (file, 0666))
ATTEMPT (try_fchmod, fchmod (file_fd, 04755))
ATTEMPT (try_fchmodat2, syscall (452, AT_FDCWD, file, 0666, 0))
ATTEMPT (try_chown, chown (file, getuid (), getgid ()))
ATTEMPT (try_fchown, fchown (file_fd, getuid (), getgid ()))
ATTEMPT (try_setxattr, setxattr (file, "user.x", "", 0, 0))
ATTEMPT (try_fsetxattr, fsetxattr (file_fd, "user.x", "", 0, 0))
ATTEMPT (try_removexattr, removexattr (file, "user.x"))
ATTEMPT (try_utime, utime (file, NULL))
ATTEMPT (try_utimens, futimens (file_fd, NULL))
ATTEMPT (try_truncate, truncate (file, 0))
ATTEMPT (try_ioctl,
         ioctl (file_fd, 0x40086602 /* FS_IOC_SETFLAGS */, &(long){ 0 }))
ATTEMPT (try_link, link (file, other))
ATTEMPT (try_symlink, symlink ("/", other))
ATTEMPT (try_mkdir, mkdir (other, 0700))
ATTEMPT (try_mknod, mknod (other, S_IFIFO | 0600, 0))

static const struct
{
  const char *name;
  long (*attempt) (void);
} refused[] = { { "execve", try_execve },
                { "execveat", try_execveat },
#ifndef REEVE_SANITIZE
                { "ptrace", try_ptrace },
                { "clone", try_clone },
                { "clone3", try_clone3 },
                { "a namespace", try_namespace },
#endif
                { "unshare", try_unshare },
                { "setns", try_setns },
                { "mount", try_mount },
                { "umount2", try_umount },
                { "pivot_root", try_pivot_root },
                { "chroot", try_chroot },
                { "fsopen", try_fsopen },
                { "open_tree", try_open_tree },
                { "finit_module", try_module },
                { "init_module", try_init_module },
                { "delete_module", try_delete_module },
                { "kexec_load", try_kexec },
                { "bpf", try_bpf },
                { "perf_event_open", try_perf },
                { "io_uring_setup", try_io_uring },
                { "open_by_handle_at", try_handle },
                { "keyctl", try_key },
                { "AF_INET", try_inet },
                { "AF_INET6", try_inet6 },
                { "AF_NETLINK", try_netlink },
                { "AF_PACKET", try_packet },
                { "AF_UNIX", try_unix },
                { "socketpair", try_datagrams },
                { "socketpair, raw", try_raw },
                { "connect", try_connect },
                { "kill", try_kill },
                { "tkill", try_tkill },
                { "tgkill", try_tgkill },
                { "sigqueue", try_sigqueue },
                { "pidfd_open", try_pidfd_open },
                { "pidfd_send_signal", try_pidfd_signal },
                { "pidfd_getfd", try_pidfd_getfd },
                { "F_SETOWN", try_own_file },
                { "F_SETSIG", try_signal_of_file },
                { "process_vm_readv", try_process_memory },
                { "prlimit", try_limit },
                { "setpriority", try_priority },
                { "chmod", try_chmod },
                { "fchmod", try_fchmod },
                { "fchmodat2", try_fchmodat2 },
                { "chown", try_chown },
                { "fchown", try_fchown },
                { "setxattr", try_setxattr },
                { "fsetxattr", try_fsetxattr },
                { "removexattr", try_removexattr },
                { "utime", try_utime },
                { "futimens", try_utimens },
                { "truncate", try_truncate },
                { "ioctl", try_ioctl },
                { "link", try_link },
                { "symlink", try_symlink },
                { "mkdir", try_mkdir },
                { "mknod", try_mknod } };

static void
calls_are_refused (void **state)
{
  unsigned wrong = 0;

  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    {
      int error = confined (refused[i].attempt);

      if (error != EPERM)
        {
          print_error ("%s: %s\n", refused[i].name, strerror (error));
          wrong++;
        }
    }
  assert_int_equal (wrong, 0);
}

#ifdef __x86_64__
/* The entry for 32-bit programs, with getpid, and with execve.  */
static long
old_entry (long number)
{
  long result;

  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "0"(number), "b"(0), "c"(0), "d"(0)
                   : "memory", "r8", "r9", "r10", "r11");
  if (result < 0 && result > -4096)
    {
      errno = (int)-result;
      return -1;
    }
  return result;
}

ATTEMPT (try_old_execve, old_entry (11))
ATTEMPT (try_old_getpid, old_entry (20))
ATTEMPT (try_x32, syscall (0x40000000 + 39))
#endif

static void
other_architectures_are_refused (void **state)
{
  (void)state;
#ifdef __x86_64__
  assert_int_equal (confined (try_x32), EPERM);
  if (old_entry (20) == -1 && errno == ENOSYS)
    {
      print_message ("machine: this kernel runs no 32-bit programs\n");
      skip ();
    }
  assert_int_equal (confined (try_old_execve), EPERM);
  assert_int_equal (confined (try_old_getpid), EPERM);
#else
  print_message ("machine: this architecture has no other one\n");
  skip ();
#endif
}

/* --- Refused by Landlock --- */

static long
try_open (const char *path, int flags)
{
  return open (scratch_path (scratch, path), flags | O_CLOEXEC, 0600);
}

ATTEMPT (try_write, try_open (ETC "/file", O_WRONLY))
ATTEMPT (try_append, try_open (ETC "/file", O_RDWR | O_APPEND))
ATTEMPT (try_cut, try_open (ETC "/file", O_RDONLY | O_TRUNC))
ATTEMPT (try_create, try_open (ETC "/new", O_WRONLY | O_CREAT))
ATTEMPT (try_create_state, try_open (STATE "/new", O_WRONLY | O_CREAT))
ATTEMPT (try_unlink, unlink (file))
ATTEMPT (try_unlink_state, unlink (scratch_path (scratch, STATE "/state")))
ATTEMPT (try_rename, rename (file, other))
ATTEMPT (try_rename_into, rename (scratch_path (scratch, LOG "/old"), other))
ATTEMPT (try_rename_out, rename (file, scratch_path (scratch, LOG "/new")))
ATTEMPT (try_device, open ("/dev/null", O_WRONLY | O_CLOEXEC))
ATTEMPT (try_kernel,
         open ("/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC))

static void
files_are_not_written (void **state)
{
  static const struct
  {
    const char *name;
    long (*attempt) (void);
    int error;
  } cases[] = { { "write", try_write, EACCES },
                { "append", try_append, EACCES },
                { "truncate", try_cut, EACCES },
                { "create", try_create, EACCES },
                { "create state", try_create_state, EACCES },
                { "unlink", try_unlink, EACCES },
                { "unlink state", try_unlink_state, EACCES },
                { "rename", try_rename, EACCES },
                { "rename out of the log", try_rename_into, EXDEV },
                { "rename into the log", try_rename_out, EXDEV },
                { "device", try_device, EACCES },
                { "kernel", try_kernel, EACCES } };
  unsigned wrong = 0;

  (void)state;
  if (landlock () < 3)
    {
      print_message ("machine: this kernel has no Landlock of version 3\n");
      skip ();
    }
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      int error = confined (cases[i].attempt);

      /* Either is told for a rename, by what is looked at first.  */
      if (error != cases[i].error
          && !(cases[i].error == EXDEV && error == EACCES))
        {
          print_error ("%s: %s\n", cases[i].name, strerror (error));
          wrong++;
        }
    }
  assert_int_equal (wrong, 0);
}

/* --- What must go on --- */

static long
read_a_file (void)
{
  char bytes[9];
  int fd = (int)try_open (ETC "/file", O_RDONLY);

  return fd >= 0 && read (fd, bytes, sizeof bytes) == 9
                 && !memcmp (bytes, "old text\n", 9)
             ? 0
             : -1;
}

static long
read_a_directory (void)
{
  DIR *stream = opendir (scratch_path (scratch, ETC));

  return stream && readdir (stream) && !closedir (stream) ? 0 : -1;
}

static long
find_a_file (void)
{
  auto_close int directory = open (scratch->root,
                                   O_PATH | O_DIRECTORY | O_CLOEXEC);
  auto_close int fd = openat (directory, "etc/file",
                              O_PATH | O_NOFOLLOW | O_CLOEXEC);
  char path[64];
  struct stat stat;

  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  if (fstat (fd, &stat)
      || (getxattr (path, "system.posix_acl_access", NULL, 0) < 0
          && errno != ENODATA && errno != ENOTSUP))
    return -1;
  return 0;
}

/* Make, append, lock, synchronise, cut, rename, remove.  */
static long
keep_a_log (void)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  auto_close int directory = (int)try_open (LOG, O_RDONLY | O_DIRECTORY);
  auto_close int fd = openat (directory, "log",
                              O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);

  if (fd < 0 || fcntl (fd, F_SETLKW, &lock) || write (fd, "text\n", 5) != 5
      || fallocate (fd, FALLOC_FL_KEEP_SIZE, 5, 4096) || fdatasync (fd)
      || ftruncate (fd, 3) || renameat (directory, "log", directory, "log.1")
      || fsync (directory) || unlinkat (directory, "log.1", 0))
    return errno == EOPNOTSUPP ? 0 : -1;
  return 0;
}

/* Write what is mapped, by a descriptor that is opened anew.  */
static long
keep_a_state (void)
{
  auto_close int fd = (int)try_open (STATE "/state", O_RDWR);
  char *memory = mmap (NULL, 9, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  if (memory == MAP_FAILED)
    return -1;
  memory[0] = 'O';
  return munmap (memory, 9);
}

/* As the keeper is asked for a worker.  */
static long
pass_a_descriptor (void)
{
  char control[CMSG_SPACE (sizeof (int))] = { 0 };
  struct iovec iov = { control, 1 };
  struct msghdr msg = { .msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = control,
                        .msg_controllen = sizeof control };
  struct cmsghdr *cmsg = CMSG_FIRSTHDR (&msg);
  struct ucred peer;
  socklen_t size = sizeof peer;
  int ends[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
    return -1;
  cmsg->cmsg_level = SOL_SOCKET;
  cmsg->cmsg_type = SCM_RIGHTS;
  cmsg->cmsg_len = CMSG_LEN (sizeof (int));
  memcpy (CMSG_DATA (cmsg), &file_fd, sizeof file_fd);
  if (sendmsg (ends[0], &msg, 0) != 1 || recvmsg (ends[1], &msg, 0) != 1
      || getsockopt (ends[0], SOL_SOCKET, SO_PEERCRED, &peer, &size)
      || setsockopt (ends[0], SOL_SOCKET, SO_RCVTIMEO,
                     &(struct timeval){ 1, 0 }, sizeof (struct timeval))
      || shutdown (ends[0], SHUT_RD))
    return -1;
  return 0;
}

static long
look_up_names (void)
{
  if (!getpwnam ("root") || !getgrnam ("root") || getpwnam ("no such user"))
    return -1;
  return 0;
}

static long
work (void)
{
  struct rlimit limit;
  char *memory = malloc (1 << 20);

  if (!memory || getrlimit (RLIMIT_CORE, &limit)
      || clock_gettime (CLOCK_MONOTONIC, &(struct timespec){ 0, 0 })
      || nanosleep (&(struct timespec){ 0, 1000 }, NULL) || mlock (memory, 4096)
      || sched_getcpu () < 0 || isatty (0) < 0)
    return -1;
  memset (memory, 1, 1 << 20);
  free (memory);
  return 0;
}

/* abort signals the process itself.  */
static long
signal_itself (void)
{
  signal (SIGUSR1, SIG_IGN);
  return raise (SIGUSR1) ? -1 : 0;
}

static long
keep_a_key (void)
{
  auto_close int fd = (int)try_open (ETC "/key", O_RDWR);

  return fd >= 0 && pwrite (fd, "new", 3, 0) == 3 && !fdatasync (fd) ? 0 : -1;
}

static void
needs_are_met (void **state)
{
  static const struct
  {
    const char *name;
    long (*attempt) (void);
  } cases[] = { { "read a file", read_a_file },
                { "read a directory", read_a_directory },
                { "find a file", find_a_file },
                { "keep a log", keep_a_log },
                { "keep a state", keep_a_state },
                { "keep a key", keep_a_key },
                { "pass a descriptor", pass_a_descriptor },
                { "look up names", look_up_names },
                { "work", work },
                { "signal itself", signal_itself } };
  unsigned wrong = 0;

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      int error = confined (cases[i].attempt);

      if (error)
        {
          print_error ("%s: %s\n", cases[i].name, strerror (error));
          wrong++;
        }
    }
  assert_int_equal (wrong, 0);
  assert_string_equal (scratch_text (scratch, STATE "/state"), "Old text\n");
}

/* --- Capabilities --- */

static long
read_what_is_hidden (void)
{
  return try_open (ETC "/file", O_RDONLY) < 0 ? -1 : 0;
}

static long
give_away (void)
{
  return setresuid (65534, 65534, 65534);
}

static void
root_reads_everything (void **state)
{
  (void)state;
  if (getuid ())
    {
      print_message ("machine: only root reads what he does not own\n");
      skip ();
    }
  assert_int_equal (chown (file, 4711, 4711), 0);
  assert_int_equal (chmod (file, 0), 0);
  assert_int_equal (confined (read_what_is_hidden), 0);
  assert_int_equal (confined (give_away), EPERM);
}

/* The line NAME of this process's status, as a number.  */
static unsigned long long
status_number (const char *name)
{
  FILE *stream = fopen ("/proc/self/status", "re");
  unsigned long long number = ~0ULL;
  char line[200];

  while (stream && fgets (line, sizeof line, stream))
    if (!strncmp (line, name, strlen (name)) && line[strlen (name)] == ':')
      number = strtoull (line + strlen (name) + 1, NULL, 16);
  if (stream)
    fclose (stream);
  return number;
}

static long
look_at_status (void)
{
  unsigned long long most = getuid () ? 0 : 1 << CAP_DAC_READ_SEARCH;

  errno = 0;
  return status_number ("CapEff") == most && status_number ("CapPrm") == most
                 && !status_number ("CapInh") && !status_number ("CapAmb")
                 && (getuid () || !status_number ("CapBnd"))
                 && status_number ("NoNewPrivs") == 1
                 && status_number ("Seccomp") == 2
             ? 0
             : -1;
}

static void
the_kernel_tells_it (void **state)
{
  (void)state;
  assert_int_equal (confined (look_at_status), 0);
}

/* --- The report --- */

/* How many parts hold; names go to standard error.  */
static unsigned
count_parts (void)
{
  const char *name;
  unsigned count = 0;
  bool holds;

  for (size_t i = 0; confine_report (i, &name, &holds); i++)
    count += holds;
  return count;
}

static long
all_parts_hold (void)
{
  errno = ENOANO;
  return count_parts () == 3 + (landlock () > 0) ? 0 : -1;
}

/* Twice is as good as once.  */
static long
enter_again (void)
{
  return confine () ? -1 : all_parts_hold ();
}

static void
the_report_is_true (void **state)
{
  const char *name;
  bool holds;

  (void)state;
  assert_true (confine_report (3, &name, &holds));
  assert_false (holds);
  assert_false (confine_report (4, &name, &holds));
  assert_int_equal (confined (all_parts_hold), 0);
  assert_int_equal (confined (enter_again), 0);
  /* This process is as free as before.  */
  assert_true (confine_report (2, &name, &holds));
  assert_string_equal (name, "starts and signals no process");
  assert_false (holds);
}

/* --- The filter --- */

static void
the_filter_is_whole (void **state)
{
  struct sock_filter filter[CONFINE_FILTER];
  unsigned short length = confine_filter (filter);

  (void)state;
#if defined __x86_64__ || defined __aarch64__
  assert_true (length > 100);
#endif
  assert_true (length <= CONFINE_FILTER);
  if (!length)
    return;
  /* The last word is yes; before it each return is a no that kills nobody.  */
  assert_int_equal (filter[length - 1].k, 0x7fff0000);
  for (unsigned short i = 0; i + 1 < length; i++)
    if (filter[i].code == (BPF_RET | BPF_K))
      assert_int_equal (filter[i].k, 0x00050000 | EPERM);
}

static void
a_place_that_is_none (void **state)
{
  const struct confine_place place = { scratch_path (scratch, ETC "/file/none"),
                                       true };
  int status;
  pid_t pid = fork ();

  (void)state;
  if (!pid)
    {
      auto_failure struct failure failure = FAILURE_NONE;
      gpg_error_t err = confine_enter (&place, 1, &failure);

      _exit (landlock () < 1
                 ? err != 0
                 : gpg_err_code (err) != GPG_ERR_ENOTDIR || !failure.text
                       || !strstr (failure.text, file));
    }
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_int_equal (status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (calls_are_refused),     TEST (other_architectures_are_refused),
    TEST (files_are_not_written), TEST (needs_are_met),
    TEST (root_reads_everything), TEST (the_kernel_tells_it),
    TEST (the_report_is_true),    TEST (the_filter_is_whole),
    TEST (a_place_that_is_none),
  };

  return cmocka_run_group_tests_name ("confine", tests, NULL, NULL);
}
