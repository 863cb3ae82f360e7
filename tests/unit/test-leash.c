/* test-leash.c - tests of src/base/leash.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "check.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/limits.h"
#include "protocol/link.h"
#include "src/base/leash.h"

/* A process that does nothing until it is killed.  */
static pid_t
start (void)
{
  pid_t pid = fork ();

  assert_true (pid >= 0);
  if (!pid)
    for (;;)
      pause ();
  return pid;
}

static int
pidfd_of (pid_t pid)
{
  int fd = (int)syscall (SYS_pidfd_open, pid, 0);

  assert_true (fd >= 0);
  return fd;
}

static void
end (pid_t pid)
{
  kill (pid, SIGKILL);
  assert_int_equal (waitpid (pid, NULL, 0), pid);
}

static bool
is_there (pid_t pid)
{
  return waitpid (pid, NULL, WNOHANG) == 0;
}

/* The worker of the session that ends is killed, and no other.  */
static void
a_worker_ends_with_its_session (void **state)
{
  struct leashes leashes = { 0 };
  pid_t session[3];
  pid_t worker[3];
  int ends[2];
  int status;

  (void)state;
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), 0);
  for (int i = 0; i < 3; i++)
    {
      session[i] = start ();
      worker[i] = start ();
      assert_int_equal (leash_put (&leashes, worker[i], session[i],
                                   pidfd_of (session[i]), -1),
                        0);
    }
  assert_false (leash_wait (&leashes, ends[0], 0));
  end (session[1]);
  assert_false (leash_wait (&leashes, ends[0], 2000));
  assert_int_equal (waitpid (worker[1], &status, 0), worker[1]);
  assert_true (WIFSIGNALED (status));
  assert_int_equal (WTERMSIG (status), SIGKILL);
  leash_drop (&leashes, worker[1]);
  assert_int_equal (leashes.count, 2);
  assert_false (leash_wait (&leashes, ends[0], 0));
  assert_true (is_there (worker[0]));
  assert_true (is_there (worker[2]));
  /* The last one took its entry.  */
  end (session[2]);
  assert_false (leash_wait (&leashes, ends[0], 2000));
  assert_int_equal (waitpid (worker[2], NULL, 0), worker[2]);
  leash_drop (&leashes, worker[2]);
  end (session[0]);
  end (worker[0]);
  leash_drop (&leashes, worker[0]);
  assert_int_equal (leashes.count, 0);
  leash_release (&leashes);
  close (ends[0]);
  close (ends[1]);
}

static void
requests_are_seen_beside (void **state)
{
  struct leashes leashes = { 0 };
  int ends[2];

  (void)state;
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), 0);
  assert_false (leash_wait (&leashes, ends[0], 0));
  assert_int_equal (write (ends[1], "x", 1), 1);
  assert_true (leash_wait (&leashes, ends[0], -1));
  assert_int_equal (leash_put (&leashes, 1, 1, pidfd_of (getpid ()), -1), 0);
  assert_true (leash_wait (&leashes, ends[0], -1));
  assert_int_equal (leashes.count, 1);
  leash_release (&leashes);
  assert_int_equal (leashes.count, 0);
  close (ends[0]);
  close (ends[1]);
}

/* More than the first room holds; a worker that is not there is no matter.  */
static void
many (void **state)
{
  struct leashes leashes = { 0 };
  const pid_t first = 1 << 22; /* No process has such a number.  */

  (void)state;
  for (pid_t i = 0; i < 100; i++)
    assert_int_equal (
        leash_put (&leashes, first + i, i % 10, pidfd_of (getpid ()), -1), 0);
  leash_drop (&leashes, 4);
  assert_int_equal (leashes.count, 100);
  for (pid_t i = 0; i < 100; i += 2)
    leash_drop (&leashes, first + i);
  assert_int_equal (leashes.count, 50);
  for (size_t i = 0; i < leashes.count; i++)
    assert_int_equal (leashes.leash[i].worker % 2, 1);
  leash_release (&leashes);
}

/* What the session gave up may still put in order what it began, and then is
   killed; one that ends before is no matter.  */
static void
a_worker_that_was_given_up_ends (void **state)
{
  struct leashes leashes = { 0 };
  pid_t session = start ();
  pid_t worker[3];
  int ends[3][2];
  uint64_t begin;

  (void)state;
  for (int i = 0; i < 3; i++)
    {
      worker[i] = start ();
      assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, ends[i]), 0);
      assert_int_equal (leash_put (&leashes, worker[i], session,
                                   pidfd_of (session), ends[i][1]),
                        0);
    }
  /* A half that is closed, and something to read, is no end.  */
  assert_int_equal (write (ends[0][0], "x", 1), 1);
  assert_int_equal (shutdown (ends[0][0], SHUT_WR), 0);
  assert_false (leash_wait (&leashes, -1, 0));
  begin = link_now ();
  close (ends[1][0]);
  close (ends[2][0]);
  assert_false (leash_wait (&leashes, -1, -1));
  assert_true (is_there (worker[1]));
  /* The channel is closed at once, and asked for no more.  */
  assert_false (leash_wait (&leashes, -1, 100));
  assert_true (link_now () >= begin + 100);
  end (worker[2]);
  leash_drop (&leashes, worker[2]);
  while (is_there (worker[1]))
    {
      assert_true (link_now () < begin + LIMIT_STOP_SECONDS * 1000 + 1000);
      assert_false (leash_wait (&leashes, -1, 100));
    }
  assert_true (link_now () >= begin + LIMIT_STOP_SECONDS * 1000);
  assert_true (leashes.leash[1].killed);
  leash_drop (&leashes, worker[1]);
  assert_int_equal (leashes.count, 1);
  assert_true (is_there (worker[0]));
  end (worker[0]);
  end (session);
  leash_release (&leashes);
  close (ends[0][0]);
}

/* A session is the process that made the socket, whoever has that now.  */
static void
the_session_is_who_made_the_socket (void **state)
{
  struct leashes leashes = { 0 };
  pid_t worker = start ();
  char control[CMSG_SPACE (sizeof (int))] = { 0 };
  char byte;
  struct iovec iov = { &byte, 1 };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  int way[2], ends[2];
  int fd, pidfd;
  pid_t session, pid;

  (void)state;
  msg.msg_control = control;
  msg.msg_controllen = sizeof control;
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, way), 0);
  session = fork ();
  if (!session)
    {
      struct cmsghdr *cmsg = CMSG_FIRSTHDR (&msg);

      cmsg->cmsg_level = SOL_SOCKET;
      cmsg->cmsg_type = SCM_RIGHTS;
      cmsg->cmsg_len = CMSG_LEN (sizeof (int));
      if (socketpair (AF_UNIX, SOCK_STREAM, 0, ends))
        _exit (1);
      memcpy (CMSG_DATA (cmsg), &ends[1], sizeof (int));
      byte = 'w';
      if (sendmsg (way[1], &msg, 0) != 1)
        _exit (1);
      for (;;)
        pause ();
    }
  assert_int_equal (recvmsg (way[0], &msg, 0), 1);
  memcpy (&fd, CMSG_DATA (CMSG_FIRSTHDR (&msg)), sizeof fd);
  assert_int_equal (leash_session (fd, &pid, &pidfd), 0);
  assert_int_equal (leash_put (&leashes, worker, pid, pidfd, -1), 0);
  assert_false (leash_wait (&leashes, way[0], 0));
  assert_true (is_there (worker));
  end (session);
  assert_false (leash_wait (&leashes, way[0], 2000));
  assert_int_equal (waitpid (worker, NULL, 0), worker);
  close (fd);
  leash_release (&leashes);
  close (way[0]);
  close (way[1]);
}

static void
what_is_no_socket_has_no_session (void **state)
{
  int ends[2];
  pid_t pid;
  int pidfd = 0;

  (void)state;
  assert_int_equal (pipe (ends), 0);
  assert_code (leash_session (ends[0], &pid, &pidfd), GPG_ERR_ENOTSOCK);
  assert_int_equal (pidfd, -1);
  close (ends[0]);
  close (ends[1]);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_worker_ends_with_its_session),
    cmocka_unit_test (a_worker_that_was_given_up_ends),
    cmocka_unit_test (requests_are_seen_beside),
    cmocka_unit_test (many),
    cmocka_unit_test (the_session_is_who_made_the_socket),
    cmocka_unit_test (what_is_no_socket_has_no_session),
  };

  return cmocka_run_group_tests_name ("leash", tests, NULL, NULL);
}
