/* confine_calls.c - the system calls that a session which only reads lacks
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A list of what is refused, not of what is allowed: a session runs the C
   library's name services and libgcrypt, whose needs differ from machine to
   machine.  Where a call can be told apart by its arguments only through
   memory (clone3, openat2), it is refused whole or left to Landlock.  */

#include "config.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine_calls.h"

#if defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__ && !defined __ILP32__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined __i386__
#define ARCHITECTURE AUDIT_ARCH_I386
#elif defined __arm__ && defined __ARM_EABI__
#define ARCHITECTURE AUDIT_ARCH_ARM
#elif defined __riscv && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined __powerpc64__ && __BYTE_ORDER == __LITTLE_ENDIAN
#define ARCHITECTURE AUDIT_ARCH_PPC64LE
#elif defined __s390x__
#define ARCHITECTURE AUDIT_ARCH_S390X
#endif

/* The numbers of calls above 423 are the same everywhere.  */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#define NUMBER_SETXATTRAT 463
#define NUMBER_REMOVEXATTRAT 466
#define NUMBER_OPEN_TREE_ATTR 467
#define NUMBER_FILE_SETATTR 469

/* The F_ names are the C library's on 32 bits; the kernel's are these.  */
#define FCNTL_SETOWN 8
#define FCNTL_SETSIG 10
#define FCNTL_SETOWN_EX 15

#ifdef ARCHITECTURE

static const int refused[] = {
  /* Programs and processes.  A child would outlive its session.  */
  SYS_execve,
  SYS_execveat,
#ifndef REEVE_SANITIZE /* The leak checker forks, and traces.  */
  SYS_clone,
  SYS_clone3,
  SYS_ptrace,
#endif
#ifdef SYS_fork
  SYS_fork,
  SYS_vfork,
#endif
  SYS_unshare,
  SYS_setns,
  SYS_personality,

  /* Other processes, which belong to the same user.  */
  SYS_process_vm_readv,
  SYS_process_vm_writev,
  SYS_process_madvise,
  SYS_kcmp,
  SYS_pidfd_open,
  SYS_pidfd_getfd,
  SYS_pidfd_send_signal,
  SYS_kill,
  SYS_tkill,
  SYS_rt_sigqueueinfo,
  SYS_rt_tgsigqueueinfo,
  SYS_setpriority,
  SYS_ioprio_set,
  SYS_sched_setaffinity,
  SYS_sched_setparam,
  SYS_sched_setscheduler,
  SYS_sched_setattr,
  SYS_move_pages,
  SYS_migrate_pages,

  /* Mounts.  */
  SYS_mount,
  SYS_umount2,
#ifdef SYS_umount
  SYS_umount,
#endif
  SYS_pivot_root,
  SYS_chroot,
  SYS_move_mount,
  SYS_open_tree,
  NUMBER_OPEN_TREE_ATTR,
  SYS_fsopen,
  SYS_fsconfig,
  SYS_fsmount,
  SYS_fspick,
  SYS_mount_setattr,
  SYS_swapon,
  SYS_swapoff,
  /* CAP_DAC_READ_SEARCH, which is kept, leads out of a container by it.  */
  SYS_open_by_handle_at,

  /* The kernel.  */
  SYS_init_module,
  SYS_finit_module,
  SYS_delete_module,
#ifdef SYS_kexec_load
  SYS_kexec_load,
#endif
#ifdef SYS_kexec_file_load
  SYS_kexec_file_load,
#endif
  SYS_bpf,
  SYS_perf_event_open,
  SYS_userfaultfd,
  SYS_io_uring_setup,
  SYS_io_uring_enter,
  SYS_io_uring_register,
  SYS_fanotify_init,
  SYS_add_key,
  SYS_request_key,
  SYS_keyctl,
  SYS_reboot,
  SYS_acct,
  SYS_quotactl,

  /* Sockets of others: root's word is an order to many a daemon.  A datagram
     needs no connect, so there is no socket to send one from.  */
  SYS_socket,
  SYS_connect,
  SYS_bind,
  SYS_listen,
#ifdef SYS_socketcall
  SYS_socketcall,
#endif

/* What Landlock does not know, and the owner of a file may.  */
#ifdef SYS_chmod
  SYS_chmod,
#endif
  SYS_fchmod,
  SYS_fchmodat,
  SYS_fchmodat2,
#ifdef SYS_chown
  SYS_chown,
  SYS_lchown,
#endif
  SYS_fchown,
  SYS_fchownat,
#ifdef SYS_chown32
  SYS_chown32,
  SYS_lchown32,
  SYS_fchown32,
#endif
  SYS_setxattr,
  SYS_lsetxattr,
  SYS_fsetxattr,
  NUMBER_SETXATTRAT,
  SYS_removexattr,
  SYS_lremovexattr,
  SYS_fremovexattr,
  NUMBER_REMOVEXATTRAT,
  NUMBER_FILE_SETATTR,
#ifdef SYS_utimensat
  SYS_utimensat,
#endif
#ifdef SYS_utimensat_time64
  SYS_utimensat_time64,
#endif
#ifdef SYS_utime
  SYS_utime,
#endif
#ifdef SYS_utimes
  SYS_utimes,
#endif
#ifdef SYS_futimesat
  SYS_futimesat,
#endif
  SYS_ioctl,

  /* What needs Landlock of a later version, or none at all.  */
  SYS_truncate,
#ifdef SYS_truncate64
  SYS_truncate64,
#endif
#ifdef SYS_link
  SYS_link,
  SYS_symlink,
  SYS_mknod,
  SYS_mkdir,
  SYS_rmdir,
#endif
  SYS_linkat,
  SYS_symlinkat,
  SYS_mknodat,
  SYS_mkdirat,
};

#define REFUSED (sizeof refused / sizeof *refused)

/* A call that one value of an argument decides.  */
struct condition
{
  int number;
  unsigned argument;
  uint32_t value;
  bool allows; /* VALUE is all that is allowed, not what is refused.  */
};

static unsigned short
append (struct sock_filter *filter, unsigned short length,
        struct sock_filter instruction)
{
  filter[length] = instruction;
  return (unsigned short)(length + 1);
}

#define STATEMENT(code, k) ((struct sock_filter)BPF_STMT (code, k))
#define JUMP(code, k, yes, no) ((struct sock_filter)BPF_JUMP (code, k, yes, no))
#define LOAD(offset) STATEMENT (BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset))
#define REFUSE STATEMENT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW STATEMENT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* Where the low half of argument INDEX is.  */
static size_t
argument_offset (unsigned index)
{
  return offsetof (struct seccomp_data, args) + index * sizeof (uint64_t)
         + (__BYTE_ORDER == __BIG_ENDIAN ? sizeof (uint32_t) : 0);
}

/* Append CONDITION; the number of the call is loaded before and after.  */
static unsigned short
append_condition (struct sock_filter *filter, unsigned short length,
                  const struct condition *condition)
{
  size_t offset = argument_offset (condition->argument);
  unsigned char skip = condition->allows;

  length = append (
      filter, length,
      JUMP (BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)condition->number, 0, 4));
  length = append (filter, length, LOAD (offset));
  length = append (
      filter, length,
      JUMP (BPF_JMP | BPF_JEQ | BPF_K, condition->value, skip, !skip));
  length = append (filter, length, REFUSE);
  return append (filter, length, LOAD (offsetof (struct seccomp_data, nr)));
}

unsigned short
confine_filter (struct sock_filter filter[CONFINE_FILTER])
{
  const struct condition conditions[] = {
    /* To the worker; one for datagrams would reach any other, too.  */
    { SYS_socketpair, 1, SOCK_STREAM | SOCK_CLOEXEC, true },
    { SYS_prlimit64, 0, 0, true }, /* Its own limits.  */
    { SYS_tgkill, 0, (uint32_t)getpid (), true },
    /* By these a file signals whom one names.  */
    { SYS_fcntl, 1, FCNTL_SETOWN, false },
    { SYS_fcntl, 1, FCNTL_SETSIG, false },
    { SYS_fcntl, 1, FCNTL_SETOWN_EX, false },
#ifdef SYS_fcntl64
    { SYS_fcntl64, 1, FCNTL_SETOWN, false },
    { SYS_fcntl64, 1, FCNTL_SETSIG, false },
    { SYS_fcntl64, 1, FCNTL_SETOWN_EX, false },
#endif
  };
  unsigned short length = 0;

  length = append (filter, length, LOAD (offsetof (struct seccomp_data, arch)));
  length = append (filter, length,
                   JUMP (BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
  length = append (filter, length, REFUSE);
  length = append (filter, length, LOAD (offsetof (struct seccomp_data, nr)));
#ifdef __x86_64__
  /* The same calls under other numbers (x32).  */
  length = append (filter, length,
                   JUMP (BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
  length = append (filter, length, REFUSE);
#endif
  /* Each jumps to the one refusal behind them all.  */
  for (size_t i = 0; i < REFUSED; i++)
    length = append (filter, length,
                     JUMP (BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)refused[i],
                           (unsigned char)(REFUSED - i), 0));
  length = append (filter, length, STATEMENT (BPF_JMP | BPF_JA, 1));
  length = append (filter, length, REFUSE);
  for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
    length = append_condition (filter, length, conditions + i);
  return append (filter, length, ALLOW);
}

_Static_assert(REFUSED < 256, "a jump reaches so far");
_Static_assert(REFUSED + 60 <= CONFINE_FILTER, "room for the filter");

#else

unsigned short
confine_filter (struct sock_filter filter[CONFINE_FILTER])
{
  (void)filter;
  return 0;
}

#endif
