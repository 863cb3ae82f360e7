/* behind.h - attempts behind a fence
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   For tests of src/base/fence.c: each attempt is made by a process of its own
   behind the fence, which tells over its one descriptor what came of it.  */

#ifndef REEVE_BEHIND_H
#define REEVE_BEHIND_H

#include "check.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "protocol/limits.h"
#include "src/base/fence.h"

#define OPEN_FD 77 /* Open before the fence, to be closed by it.  */

struct fenced
{
  int error; /* errno of the attempt, 0: it worked.  */
  char report[100];
};

/* Hand what FD is over to who reads from the other end of SOCKET.  */
static inline void
pass (int socket, int fd)
{
  union
  {
    struct cmsghdr header;
    char bytes[CMSG_SPACE (sizeof fd)];
  } control = { .bytes = "" };
  char byte = 0;
  struct iovec part = { &byte, 1 };
  struct msghdr message = { .msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes };

  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN (sizeof fd);
  memcpy (CMSG_DATA (&control.header), &fd, sizeof fd);
  assert_int_equal (sendmsg (socket, &message, 0), 1);
}

/* What ATTEMPT (returns -1 and errno on failure) comes to behind the fence of
   KIND.  One end of a pair of sockets waits for it at FENCE_FD.  */
static inline struct fenced
run_behind (enum fence_kind kind, long (*attempt) (void))
{
  struct fenced result = { -1, "" };
  struct fence fence;
  char *report;
  int ends[2];
  pid_t pid;

  assert_int_equal (fence_make (kind, &fence), 0);
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
  pass (ends[0], OPEN_FD);
  close (OPEN_FD);
  close (ends[1]);
  assert_int_equal (read (ends[0], &result, sizeof result), sizeof result);
  close (ends[0]);
  assert_int_equal (waitpid (pid, NULL, 0), pid);
  fence_release (&fence);
  return result;
}

static inline void
refuses_behind (enum fence_kind kind, const char *what, long (*attempt) (void))
{
  int error = run_behind (kind, attempt).error;

  if (error != EPERM)
    print_error ("%s: %s\n", what, strerror (error));
  assert_int_equal (error, EPERM);
}

#endif /* REEVE_BEHIND_H */
