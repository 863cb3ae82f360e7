/* fence.c - what a worker can no longer do, held by the kernel
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "fence.h"
#include "privilege.h"
#include "../../protocol/buffer.h"
#include "../../protocol/memory.h"

/* System calls that need no look at their arguments.  */
static const int allowed[] = {
  SCMP_SYS (read),
  SCMP_SYS (write),
  SCMP_SYS (recvfrom),
  SCMP_SYS (munmap),
  SCMP_SYS (mremap),
  SCMP_SYS (brk),
  SCMP_SYS (madvise),
  SCMP_SYS (futex),
  SCMP_SYS (exit),
  SCMP_SYS (exit_group),
  SCMP_SYS (clock_gettime),
  SCMP_SYS (gettimeofday),
  SCMP_SYS (getcpu),
  SCMP_SYS (rt_sigreturn),
  SCMP_SYS (restart_syscall),
  SCMP_SYS (getrandom),
  SCMP_SYS (close),
  SCMP_SYS (sched_yield),
  SCMP_SYS (setitimer),
  SCMP_SYS (lseek),
  SCMP_SYS (fstat),
#ifdef REEVE_SANITIZE
  /* To report what they find; none of these opens anything.  */
  SCMP_SYS (writev),
  SCMP_SYS (getpid),
  SCMP_SYS (gettid),
  SCMP_SYS (getuid),
  SCMP_SYS (sigaltstack),
  SCMP_SYS (rt_sigaction),
  SCMP_SYS (rt_sigprocmask),
  SCMP_SYS (getrlimit),
  SCMP_SYS (sched_getaffinity),
#endif
};

/* For FENCE_CONVERSE.  Sockets come by recvmsg; none is handed on.  */
static const int conversing[] = {
  SCMP_SYS (poll),       SCMP_SYS (ppoll),        SCMP_SYS (recvmsg),
  SCMP_SYS (getsockopt), SCMP_SYS (getpeername),  SCMP_SYS (getsockname),
  SCMP_SYS (shutdown),   SCMP_SYS (rt_sigaction), SCMP_SYS (rt_sigprocmask),
  SCMP_SYS (getpid),     SCMP_SYS (writev),
};

/* For FENCE_CONNECT.  A socket is handed over by sendmsg.  */
static const int connecting[] = { SCMP_SYS (connect), SCMP_SYS (sendmsg) };

static int
add_calls (scmp_filter_ctx filter, const int *calls, size_t count)
{
  int rc = 0;

  for (size_t i = 0; i < count && !rc; i++)
    rc = seccomp_rule_add (filter, SCMP_ACT_ALLOW, calls[i], 0);
  return rc;
}

/* What is let through of fcntl and setsockopt.  By F_SETOWN and F_SETSIG a
   descriptor sends signals to processes of the same user, which are those of
   other sessions; TCP_ULP has the kernel take TLS apart.  */
static int
add_socket_options (scmp_filter_ctx filter)
{
  static const int commands[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL };
  static const struct
  {
    int level;
    int name;
  } options[] = { { IPPROTO_TCP, TCP_NODELAY },
                  { SOL_SOCKET, SO_RCVTIMEO },
                  { SOL_SOCKET, SO_SNDTIMEO } };
  int rc = 0;

  for (size_t i = 0; i < sizeof commands / sizeof *commands && !rc; i++)
    rc = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (fcntl), 1,
                           SCMP_A1 (SCMP_CMP_EQ, (scmp_datum_t)commands[i]));
  for (size_t i = 0; i < sizeof options / sizeof *options && !rc; i++)
    rc = seccomp_rule_add (
        filter, SCMP_ACT_ALLOW, SCMP_SYS (setsockopt), 2,
        SCMP_A1 (SCMP_CMP_EQ, (scmp_datum_t)options[i].level),
        SCMP_A2 (SCMP_CMP_EQ, (scmp_datum_t)options[i].name));
  return rc;
}

/* What KIND needs beside all others.  */
static int
add_kind (scmp_filter_ctx filter, enum fence_kind kind)
{
  static const int families[] = { AF_INET, AF_INET6 };
  int rc = 0;

  if (kind >= FENCE_CONVERSE)
    rc = add_calls (filter, conversing, sizeof conversing / sizeof *conversing);
  if (kind >= FENCE_CONVERSE && !rc)
    rc = add_socket_options (filter);
  /* libcurl 7.88 to 8 calls connect also for a socket of which it was told that
     it is connected: it does nothing then, and tells what makes libcurl wait
     for the end of that.  */
  if (kind == FENCE_CONVERSE && !rc)
    rc = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EINPROGRESS),
                           SCMP_SYS (connect), 0);
  if (kind < FENCE_CONNECT || rc)
    return rc;
  for (size_t i = 0; i < sizeof families / sizeof *families && !rc; i++)
    rc = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (socket), 1,
                           SCMP_A0 (SCMP_CMP_EQ, (scmp_datum_t)families[i]));
  return rc ? rc
            : add_calls (filter, connecting,
                         sizeof connecting / sizeof *connecting);
}

static int
add_rules (scmp_filter_ctx filter)
{
  struct scmp_arg_cmp no_exec = SCMP_CMP (2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
  struct scmp_arg_cmp itself = SCMP_CMP (0, SCMP_CMP_EQ, 0);
  struct scmp_arg_cmp of_descriptor = SCMP_CMP (3, SCMP_CMP_MASKED_EQ,
                                                AT_EMPTY_PATH, AT_EMPTY_PATH);
  struct scmp_arg_cmp no_address = SCMP_CMP (4, SCMP_CMP_EQ, 0);
  int rc = 0;

  rc = add_calls (filter, allowed, sizeof allowed / sizeof *allowed);
  /* With an address it would connect, or not ask for a connection.  */
  if (!rc)
    rc = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (sendto), 1,
                           no_address);
  if (!rc)
    rc = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mmap), 1, no_exec);
  if (!rc)
    rc = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mprotect), 1,
                           no_exec);
  /* What the C library makes of fstat.  */
  if (!rc)
    rc = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (newfstatat), 1,
                           of_descriptor);
  /* Its own CPU limit, and the CPU that it runs on.  */
  if (!rc)
    rc = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (prlimit64), 1,
                           itself);
  if (!rc)
    rc = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (sched_setaffinity),
                           1, itself);
  return rc;
}

/* Read the program that FILTER compiles to.  */
static gpg_error_t
export_filter (scmp_filter_ctx filter, struct fence *r_fence)
{
  auto_close int fd = memfd_create ("fence", MFD_CLOEXEC);
  auto_free void *program = NULL;
  struct stat st;

  if (fd < 0)
    return gpg_error_from_syserror ();
  if (seccomp_export_bpf (filter, fd) || fstat (fd, &st))
    return gpg_error (GPG_ERR_INTERNAL);
  program = malloc ((size_t)st.st_size);
  if (!program)
    return gpg_error (GPG_ERR_ENOMEM);
  if (pread (fd, program, (size_t)st.st_size, 0) != st.st_size)
    return gpg_error (GPG_ERR_INTERNAL);
  r_fence->length = (unsigned short)((size_t)st.st_size
                                     / sizeof (struct sock_filter));
  r_fence->filter = take (&program);
  return 0;
}

gpg_error_t
fence_make (enum fence_kind kind, struct fence *r_fence)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ERRNO (EPERM));
  gpg_error_t err;

  r_fence->filter = NULL;
  r_fence->length = 0;
  if (!filter)
    return gpg_error (GPG_ERR_ENOMEM);
  if (add_rules (filter) || add_kind (filter, kind))
    err = gpg_error (GPG_ERR_INTERNAL);
  else
    err = export_filter (filter, r_fence);
  seccomp_release (filter);
  return err;
}

void
fence_release (struct fence *fence)
{
  free (fence->filter);
  fence->filter = NULL;
}

gpg_error_t
fence_prepare (void)
{
  struct rlimit none = { 0, 0 };

#ifndef REEVE_SANITIZE
  /* The leak checker attaches to its own process.  */
  if (prctl (PR_SET_DUMPABLE, 0))
    return gpg_error_from_syserror ();
#endif
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || setrlimit (RLIMIT_CORE, &none))
    return gpg_error_from_syserror ();
  return 0;
}

gpg_error_t
fence_close (int fd, int kept)
{
  unsigned first_closed = kept < 0 ? FENCE_FD + 1 : FENCE_KEPT_FD + 1;

  /* Neither may be where the other goes.  */
  if (kept >= 0)
    {
      fd = fcntl (fd, F_DUPFD_CLOEXEC, FENCE_KEPT_FD + 1);
      if (fd < 0 || dup2 (kept, FENCE_KEPT_FD) < 0)
        return gpg_error_from_syserror ();
    }
  if (fd != FENCE_FD && dup2 (fd, FENCE_FD) < 0)
    return gpg_error_from_syserror ();
  if (fcntl (FENCE_FD, F_SETFD, FD_CLOEXEC))
    return gpg_error_from_syserror ();
  if (close_range (first_closed, ~0U, 0))
    return gpg_error_from_syserror ();
#ifdef REEVE_SANITIZE
  close_range (0, 1, 0);
#else
  close_range (0, FENCE_FD - 1, 0);
#endif
  return 0;
}

/* Whether this process has no capability and can get none.  */
static bool
is_powerless (void)
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

  if (syscall (SYS_capget, &header, data))
    return false;
  return !(data[0].effective | data[1].effective | data[0].permitted
           | data[1].permitted);
}

static gpg_error_t
limit_resources (size_t memory, unsigned files, struct buffer *report)
{
  struct rlimit descriptors = { files, files };

  if (setrlimit (RLIMIT_NOFILE, &descriptors))
    return gpg_error_from_syserror ();
#ifdef REEVE_SANITIZE
  (void)memory;
  (void)report;
#else
  struct rlimit space = { memory, memory };

  if (setrlimit (RLIMIT_AS, &space))
    return gpg_error_from_syserror ();
  buffer_string (report, " memory");
#endif
  return 0;
}

gpg_error_t
fence_enter (const struct fence *fence, int fd, int kept, size_t memory,
             char **r_report)
{
  gpg_error_t err = fence_close (fd, kept);

  *r_report = NULL;
  return err ? err : fence_lock (fence, memory, FENCE_KEPT_FD + 1, r_report);
}

gpg_error_t
fence_become (const char *name)
{
  const struct passwd *user;
  uid_t uid = PRIVILEGE_NOBODY;
  gid_t gid = PRIVILEGE_NOBODY;

  if (geteuid ())
    return 0;
  user = getpwnam (name);
  if (user && user->pw_uid && user->pw_gid)
    {
      uid = user->pw_uid;
      gid = user->pw_gid;
    }
  return privilege_drop (uid, gid, NULL, 0) ? gpg_error_from_syserror () : 0;
}

gpg_error_t
fence_lock (const struct fence *fence, size_t memory, unsigned files,
            char **r_report)
{
  auto_buffer struct buffer report = BUFFER_EMPTY;
  struct sock_fprog program = { fence->length, fence->filter };
  gpg_error_t err;

  *r_report = NULL;
  err = fence_prepare ();
  if (err)
    return err;
  buffer_string (&report, "no_new_privs seccomp");
  if (getuid () == geteuid () && getuid () == PRIVILEGE_NOBODY)
    buffer_string (&report, " nobody");
  if (getuid () && geteuid ())
    buffer_string (&report, " not_root");
  if (is_powerless ())
    buffer_string (&report, " no_capabilities");
  err = limit_resources (memory, files, &report);
  if (err)
    return err;
  if (syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
    return gpg_error_from_syserror ();
  return buffer_take (&report, r_report, NULL);
}
