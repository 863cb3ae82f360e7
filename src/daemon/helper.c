/* helper.c - the helper processes of nouns
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/run.h"
#include "daemon.h"

gpg_error_t
helper_run (const struct daemon *daemon, size_t index, int socket, pid_t *r_pid,
            struct failure *failure)
{
  const struct limits *limits = &daemon->options.limits;
  char memory[24];
  char cpu[24];
  const struct noun *noun = daemon->registry.noun[index].row;
  bool trusted = noun->flags & NOUN_HELPER_TRUSTED;
  const char *const limited[] = { memory, cpu, NULL };
  const char *const rooted[] = { daemon->machine.root, NULL };

  snprintf (memory, sizeof memory, "%" PRIu64, limits->worker_memory);
  snprintf (cpu, sizeof cpu, "%" PRIu64, limits->worker_cpu_ms / 1000);
  return run_helper (noun->helper, trusted ? rooted : limited, !trusted, socket,
                     r_pid, failure);
}

/* The socket to PROGRAM if it was started for another noun, or -1.  */
static int
find_helper (const struct daemon *daemon, const char *program)
{
  for (size_t i = 0; i < daemon->registry.count; i++)
    {
      const char *other = daemon->registry.noun[i].row->helper;

      if (other && !strcmp (other, program) && daemon->module[i].helper_fd >= 0)
        return daemon->module[i].helper_fd;
    }
  return -1;
}

gpg_error_t
helper_start (struct daemon *daemon, size_t index, int *r_socket, pid_t *r_pid,
              struct failure *failure)
{
  const char *program = daemon->registry.noun[index].row->helper;
  int pair[2];
  gpg_error_t err;

  *r_socket = -1;
  *r_pid = -1;
  if (!program)
    return 0;
  if (find_helper (daemon, program) >= 0)
    {
      daemon->module[index].helper_fd = fcntl (find_helper (daemon, program),
                                               F_DUPFD_CLOEXEC, 0);
      return daemon->module[index].helper_fd < 0
                 ? fail_errno (failure, "cannot share a socket")
                 : 0;
    }
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
    return fail_errno (failure, "cannot make a socket");
  err = helper_run (daemon, index, pair[1], r_pid, failure);
  if (err)
    {
      close (pair[0]);
      close (pair[1]);
      return err;
    }
  daemon->module[index].helper_fd = pair[0];
  *r_socket = pair[1];
  return 0;
}
