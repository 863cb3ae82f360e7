/* faults.h - system calls that fail, kill, or meet somebody else's change
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   A test program that includes this has its own renameat2, fsync and so on,
   which the code under test calls instead of the C library's.  They count
   the calls and do what FAULT says at the call FAULT.AT.  */

#ifndef REEVE_TEST_FAULTS_H
#define REEVE_TEST_FAULTS_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum fault_kind
{
  FAULT_NONE,
  FAULT_KILL_BEFORE,
  FAULT_KILL_AFTER,
  FAULT_ERROR, /* Fail with ERROR.  */
  FAULT_MEET   /* Call BEFORE before and AFTER after the call.  */
};

static struct
{
  enum fault_kind kind;
  const char *call; /* Only calls of this name count; NULL: all.  */
  unsigned at;      /* Counted from 1.  */
  unsigned last;    /* Up to this one fail; 0: only that one.  */
  int error;
  void (*before) (void);
  void (*after) (void);
  unsigned count;
  const char *hit; /* The name of the call that was met.  */
} fault;

/* Which call of linkat finds that the new name exists; 0: none.  */
static unsigned fault_refused_link;

static inline void
fault_clear (void)
{
  memset (&fault, 0, sizeof fault);
  fault_refused_link = 0;
}

/* Returns whether the call NAME shall fail.  */
static inline int
fault_enter (const char *name)
{
  if (fault.kind == FAULT_NONE || (fault.call && strcmp (fault.call, name))
      || ++fault.count < fault.at
      || fault.count > (fault.last ? fault.last : fault.at))
    return 0;
  fault.hit = name;
  if (fault.kind == FAULT_KILL_BEFORE)
    raise (SIGKILL);
  if (fault.kind == FAULT_MEET && fault.before)
    fault.before ();
  errno = fault.error;
  return fault.kind == FAULT_ERROR;
}

static inline void
fault_leave (const char *name)
{
  int saved = errno;

  if (fault.kind != FAULT_NONE && fault.hit == name && fault.count == fault.at)
    {
      if (fault.kind == FAULT_KILL_AFTER)
        raise (SIGKILL);
      if (fault.kind == FAULT_MEET && fault.after)
        fault.after ();
    }
  errno = saved;
}

#define FAULT_CALL(type, name, ...)                                            \
  do                                                                           \
    {                                                                          \
      static const char call_name[] = name;                                    \
      type result;                                                             \
                                                                               \
      if (fault_enter (call_name))                                             \
        return -1;                                                             \
      result = (type)(__VA_ARGS__);                                            \
      fault_leave (call_name);                                                 \
      return result;                                                           \
    }                                                                          \
  while (0)

int
renameat2 (int from_fd, const char *from, int to_fd, const char *to,
           unsigned flags)
{
  FAULT_CALL (int, "renameat2",
              syscall (SYS_renameat2, from_fd, from, to_fd, to, flags));
}

int
linkat (int from_fd, const char *from, int to_fd, const char *to, int flags)
{
  if (fault_refused_link && !--fault_refused_link)
    {
      errno = EEXIST;
      return -1;
    }
  FAULT_CALL (int, "linkat",
              syscall (SYS_linkat, from_fd, from, to_fd, to, flags));
}

int
unlinkat (int fd, const char *name, int flags)
{
  FAULT_CALL (int, "unlinkat", syscall (SYS_unlinkat, fd, name, flags));
}

int
mkdirat (int fd, const char *name, mode_t mode)
{
  FAULT_CALL (int, "mkdirat", syscall (SYS_mkdirat, fd, name, mode));
}

int
openat (int fd, const char *name, int flags, ...)
{
  mode_t mode = 0;
  va_list arguments;

  if (flags & O_CREAT)
    {
      va_start (arguments, flags);
      mode = va_arg (arguments, mode_t);
      va_end (arguments);
    }
  FAULT_CALL (int, "openat", syscall (SYS_openat, fd, name, flags, mode));
}

/* Nothing is lost when only the process dies: the tests need not wait for
   the disk.  */
int
fsync (int fd)
{
  FAULT_CALL (int, "fsync", (fd < 0 ? -1 : 0));
}

int
fdatasync (int fd)
{
  FAULT_CALL (int, "fdatasync", (fd < 0 ? -1 : 0));
}

ssize_t
write (int fd, const void *bytes, size_t size)
{
  FAULT_CALL (ssize_t, "write", syscall (SYS_write, fd, bytes, size));
}

ssize_t
pwrite (int fd, const void *bytes, size_t size, off_t offset)
{
  FAULT_CALL (ssize_t, "pwrite",
              syscall (SYS_pwrite64, fd, bytes, size, offset));
}

int
fallocate (int fd, int mode, off_t offset, off_t length)
{
  FAULT_CALL (int, "fallocate",
              syscall (SYS_fallocate, fd, mode, offset, length));
}

int
ftruncate (int fd, off_t length)
{
  FAULT_CALL (int, "ftruncate", syscall (SYS_ftruncate, fd, length));
}

int
fchmod (int fd, mode_t mode)
{
  FAULT_CALL (int, "fchmod", syscall (SYS_fchmod, fd, mode));
}

#endif /* REEVE_TEST_FAULTS_H */
