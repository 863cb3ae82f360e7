/* test-peer.c - tests of src/daemon/peer.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "src/daemon/peer.h"

/* What the kernel says instead; COUNT is 0: the truth.  */
static size_t said_count;
static int fails;

int __real_getsockopt (int fd, int level, int name, void *value,
                       socklen_t *size);
int __wrap_getsockopt (int fd, int level, int name, void *value,
                       socklen_t *size);

int
__wrap_getsockopt (int fd, int level, int name, void *value, socklen_t *size)
{
  size_t wanted = said_count * sizeof (gid_t);

  if (name != SO_PEERGROUPS || (!said_count && !fails))
    return __real_getsockopt (fd, level, name, value, size);
  errno = fails ? fails : ERANGE;
  if (fails || *size < wanted)
    {
      *size = (socklen_t)wanted;
      return -1;
    }
  for (size_t i = 0; i < said_count; i++)
    ((gid_t *)value)[i] = (gid_t)(1000 + i);
  *size = (socklen_t)wanted;
  return 0;
}

static int
setup (void **state)
{
  static int fds[2];

  *state = fds;
  said_count = 0;
  fails = 0;
  return socketpair (AF_UNIX, SOCK_STREAM, 0, fds);
}

static int
teardown (void **state)
{
  const int *fds = *state;

  close (fds[0]);
  return close (fds[1]);
}

static void
tells_who_it_is (void **state)
{
  const int *fds = *state;
  struct peer_groups groups, own;
  struct peer peer;

  assert_int_equal (peer_find (fds[0], &peer, &groups), 0);
  assert_int_equal (peer.uid, geteuid ());
  assert_int_equal (peer.gid, getegid ());
  assert_int_equal (peer.pid, getpid ());
  assert_int_equal (peer_groups_own (&own), 0);
  assert_int_equal (own.gid[0], getgid ());
  assert_int_equal (groups.count, own.count);
  assert_memory_equal (groups.gid, own.gid, own.count * sizeof *own.gid);
  peer_groups_release (&own);
  peer_groups_release (&groups);
  assert_null (groups.gid);
}

static void
there_may_be_many_groups (void **state)
{
  const int *fds = *state;

  for (said_count = 1; said_count < 5000; said_count = said_count * 3 + 1)
    {
      struct peer_groups groups;
      struct peer peer;

      assert_int_equal (peer_find (fds[0], &peer, &groups), 0);
      assert_int_equal (groups.count, said_count + 1);
      assert_int_equal (groups.gid[0], peer.gid);
      assert_int_equal (groups.gid[1], 1000);
      assert_int_equal (groups.gid[said_count], 999 + said_count);
      peer_groups_release (&groups);
    }
}

static void
what_is_no_socket_has_no_peer (void **state)
{
  const int *fds = *state;
  struct peer_groups groups;
  struct peer peer;

  assert_code (peer_find (-1, &peer, &groups), GPG_ERR_EBADF);
  assert_null (groups.gid);
  fails = ENOPROTOOPT;
  assert_code (peer_find (fds[0], &peer, &groups), GPG_ERR_ENOPROTOOPT);
  assert_null (groups.gid);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (tells_who_it_is),
    TEST (there_may_be_many_groups),
    TEST (what_is_no_socket_has_no_peer),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
