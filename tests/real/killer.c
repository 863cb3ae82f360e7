/* killer.c - kill a process of reeved at a chosen point
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Preloaded into reeved by test-kill.py.  Before and after each call that
   changes a file it counts, in memory shared with the test, and at the point
   that the test ordered nothing more is done.  */

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What the test wrote into the file REEVE_KILL_ORDER.  */
struct order
{
  volatile int process; /* Who counts; 0: nobody, -1: whoever gets here,
                           -2: who leads a session of the system, as jobs.  */
  volatile int point;   /* When to kill; 0: never.  */
  volatile int also;    /* A further process to kill, or 0.  */
  volatile int count;   /* Points passed so far.  */
};

static struct order *order;

static void __attribute__ ((constructor)) read_order (void)
{
  const char *path = getenv ("REEVE_KILL_ORDER");
  int fd = path ? open (path, O_RDWR | O_CLOEXEC) : -1;
  void *memory;

  if (fd < 0)
    return;
  memory = mmap (NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                 0);
  close (fd);
  if (memory != MAP_FAILED)
    order = memory;
}

static void
pass (void)
{
  if (!order
      || (order->process != getpid () && order->process != -1
          && (order->process != -2 || getsid (0) != getpid ())))
    return;
  if (++order->count != order->point)
    return;
  if (order->also)
    kill (order->also, SIGKILL);
  kill (getpid (), SIGKILL);
}

/* Define NAME as a call of the next library's, between two points.  */
#define WRAP(type, name, parameters, arguments)                                \
  type name parameters                                                         \
  {                                                                            \
    type (*next) parameters;                                                   \
    type result;                                                               \
                                                                               \
    *(void **)&next = dlsym (RTLD_NEXT, #name);                                \
    pass ();                                                                   \
    result = next arguments;                                                   \
    pass ();                                                                   \
    return result;                                                             \
  }

WRAP (int, renameat2,
      (int old_fd, const char *old, int new_fd, const char *fresh,
       unsigned flags),
      (old_fd, old, new_fd, fresh, flags))
WRAP (int, linkat,
      (int old_fd, const char *old, int new_fd, const char *fresh, int flags),
      (old_fd, old, new_fd, fresh, flags))
WRAP (int, unlinkat, (int fd, const char *name, int flags), (fd, name, flags))
WRAP (int, unlink, (const char *name), (name))
WRAP (int, mkdirat, (int fd, const char *name, mode_t mode), (fd, name, mode))
WRAP (int, fsync, (int fd), (fd))
WRAP (int, fdatasync, (int fd), (fd))
WRAP (int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP (int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
WRAP (ssize_t, pwrite, (int fd, const void *bytes, size_t size, off_t offset),
      (fd, bytes, size, offset))
WRAP (ssize_t, write, (int fd, const void *bytes, size_t size),
      (fd, bytes, size))

int
openat (int directory, const char *name, int flags, ...)
{
  int (*next) (int, const char *, int, ...);
  va_list arguments;
  mode_t mode;
  int result;

  va_start (arguments, flags);
  mode = flags & (O_CREAT | O_TMPFILE) ? va_arg (arguments, mode_t) : 0;
  va_end (arguments);
  *(void **)&next = dlsym (RTLD_NEXT, "openat");
  if (flags & O_CREAT)
    pass ();
  result = next (directory, name, flags, mode);
  if (flags & O_CREAT)
    pass ();
  return result;
}
