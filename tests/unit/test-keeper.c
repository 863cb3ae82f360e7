/* test-keeper.c - tests of src/mod/aug/keeper.c, the program
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "check.h"
#include "aughand.h"

#include <poll.h>
#include <sys/syscall.h>

#include "../../src/base/channel.h"
#include "../../src/mod/aug/message.h"
#include "../../src/mod/aug/lenses.h"

/* All tests share one keeper.  */
static struct hand *hand;

/* What a session gets.  */
struct got
{
  int socket;
  int pidfd;
  int table;
};

/* Send the keeper a message of LENGTH bytes with COUNT descriptors.  */
static void
send_request (size_t length, const int *fds, size_t count)
{
  char control[CMSG_SPACE (4 * sizeof (int))] = { 0 };
  char body[100] = "w";
  struct iovec iov = { body, length };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  struct cmsghdr *cmsg;

  if (count)
    {
      msg.msg_control = control;
      msg.msg_controllen = CMSG_SPACE (count * sizeof (int));
      cmsg = CMSG_FIRSTHDR (&msg);
      cmsg->cmsg_level = SOL_SOCKET;
      cmsg->cmsg_type = SCM_RIGHTS;
      cmsg->cmsg_len = CMSG_LEN (count * sizeof (int));
      memcpy (CMSG_DATA (cmsg), fds, count * sizeof (int));
    }
  assert_int_equal (sendmsg (hand->module.helper_fd, &msg, MSG_NOSIGNAL),
                    length);
}

/* Take what the keeper answers at FD.  */
static gpg_error_t
receive (int fd, struct got *r_got)
{
  struct channel channel;
  gpg_error_t err;
  int fds[3];

  channel_init (&channel, fd);
  channel.deadline = link_now () + 20000;
  err = channel_receive_fds (&channel, CHANNEL_WORKER, fds, 3);
  channel_release (&channel);
  if (!err)
    *r_got = (struct got){ fds[0], fds[1], fds[2] };
  return err;
}

static struct got
get_worker (void)
{
  struct got got = { -1, -1, -1 };
  int ends[2];

  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                    0);
  send_request (1, &ends[1], 1);
  close (ends[1]);
  assert_int_equal (receive (ends[0], &got), 0);
  close (ends[0]);
  return got;
}

static void
leave (struct got *got)
{
  close (got->socket);
  close (got->pidfd);
  close (got->table);
}

/* Whether the process of PIDFD ends within MS.  */
static bool
ends_within (int pidfd, int ms)
{
  struct pollfd poll_fd = { pidfd, POLLIN, 0 };

  return poll (&poll_fd, 1, ms) == 1;
}

/* Let the worker of GOT answer to MATCH /; "" if it is gone.  */
static gpg_error_t
ask (const struct got *got)
{
  struct channel channel;
  struct message message = { 0 };
  uint32_t cpu = 0;
  gpg_error_t err;

  channel_init (&channel, got->socket);
  channel.deadline = link_now () + 20000;
  channel_begin (&channel, CHANNEL_REQUEST, CHANNEL_MATCH);
  channel_item (&channel, &cpu, sizeof cpu);
  channel_string (&channel, "/augeas/root");
  channel_end (&channel);
  err = channel_flush (&channel);
  do
    if (!err)
      err = channel_read (&channel, &message);
  while (!err && message.kind != CHANNEL_DONE);
  channel_release (&channel);
  return err;
}

static int
setup (void **state)
{
  void *shared;

  (void)state;
  if (hand_setup_group (&shared))
    return -1;
  hand = shared;
  return 0;
}

static int
teardown (void **state)
{
  void *shared = hand;

  (void)state;
  return hand_teardown_group (&shared);
}

static void
each_gets_a_worker_of_its_own (void **state)
{
  struct got one = get_worker ();
  struct got other = get_worker ();

  (void)state;
  assert_int_equal (ask (&one), 0);
  assert_int_equal (ask (&other), 0);
  close (one.socket);
  /* A worker ends with its socket, and only that one.  */
  assert_true (ends_within (one.pidfd, 10000));
  assert_false (ends_within (other.pidfd, 50));
  assert_int_equal (ask (&other), 0);
  one.socket = -1;
  leave (&one);
  leave (&other);
}

static void
the_table_is_whole_and_sealed (void **state)
{
  struct got got = get_worker ();
  struct lens_table table;
  struct stat st;
  const struct lens *hosts;
  char *text;

  (void)state;
  assert_int_equal (fstat (got.table, &st), 0);
  text = malloc ((size_t)st.st_size);
  assert_non_null (text);
  assert_int_equal (pread (got.table, text, (size_t)st.st_size, 0), st.st_size);
  assert_int_equal (lens_table_parse (text, (size_t)st.st_size, &table), 0);
  assert_true (table.count > 100);
  hosts = lens_by_name (&table, "@Hosts");
  assert_non_null (hosts);
  assert_ptr_equal (lens_for_reading (&table, "/etc/hosts", NULL), hosts);
  /* Where it is defined is known, though no file was ever read.  */
  assert_non_null (strstr (hosts->info, "hosts.aug:"));
  for (size_t i = 0; i < table.count; i++)
    assert_true (table.lenses[i].name[0] && table.lenses[i].count);
  assert_int_equal (pwrite (got.table, "x", 1, 0), -1);
  assert_int_equal (errno, EPERM);
  assert_int_equal (ftruncate (got.table, 0), -1);
  lens_table_release (&table);
  free (text);
  leave (&got);
}

/* Messages that no session of ours sends do no harm.  */
static void
strange_requests (void **state)
{
  struct got got = { -1, -1, -1 };
  int first[2], second[2];
  int fds[2];
  char byte;

  (void)state;
  send_request (0, NULL, 0);
  send_request (100, NULL, 0);
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, first), 0);
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, second), 0);
  fds[0] = first[1];
  fds[1] = second[1];
  send_request (1, fds, 2);
  close (first[1]);
  close (second[1]);
  /* One of them is served, the other closed.  */
  assert_int_equal (receive (first[0], &got), 0);
  assert_int_equal (read (second[0], &byte, 1), 0);
  assert_int_equal (ask (&got), 0);
  leave (&got);
  close (first[0]);
  close (second[0]);
  /* What is no socket has no session to answer to.  */
  assert_int_equal (pipe (fds), 0);
  send_request (1, &fds[1], 1);
  close (fds[1]);
  assert_int_equal (read (fds[0], &byte, 1), 0);
  close (fds[0]);
  got = get_worker ();
  assert_int_equal (ask (&got), 0);
  leave (&got);
}

/* The children of the keeper, at most MOST.  */
static size_t
children (pid_t *r_pids, size_t most)
{
  char path[64];
  FILE *stream;
  size_t count = 0;
  int pid;

  snprintf (path, sizeof path, "/proc/%d/task/%d/children", hand->keeper,
            hand->keeper);
  stream = fopen (path, "r");
  if (!stream)
    {
      print_message ("machine: no list of children in /proc\n");
      skip ();
    }
  while (count < most && fscanf (stream, "%d", &pid) == 1)
    r_pids[count++] = pid;
  fclose (stream);
  return count;
}

static void
wait_for_children (size_t wanted, pid_t *r_pids)
{
  for (int i = 0; i < 500 && children (r_pids, 16) != wanted; i++)
    usleep (20000);
  assert_int_equal (children (r_pids, 16), wanted);
}

/* A spare that dies before it was given is replaced.  */
static void
a_dead_spare_is_replaced (void **state)
{
  struct got got = get_worker ();
  pid_t pids[16];
  pid_t dead;

  (void)state;
  leave (&got);
  wait_for_children (1, pids);
  dead = pids[0];
  assert_int_equal (kill (dead, SIGKILL), 0);
  for (int i = 0; i < 500 && (children (pids, 16) != 1 || pids[0] == dead); i++)
    usleep (20000);
  assert_int_not_equal (pids[0], dead);
  got = get_worker ();
  assert_int_equal (ask (&got), 0);
  leave (&got);
}

/* A worker that looks at nothing any more goes when its session's process
   does, though somebody holds its socket.  */
static void
a_worker_ends_with_the_session_s_process (void **state)
{
  int way[2];
  struct got got;
  pid_t session;
  char byte = 0;

  (void)state;
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, way), 0);
  session = fork ();
  if (!session)
    {
      int fds[3];

      got = get_worker ();
      fds[0] = got.socket;
      fds[1] = got.pidfd;
      fds[2] = got.table;
      if (channel_send_fds (way[1], CHANNEL_WORKER, fds, 3))
        _exit (1);
      for (;;)
        pause ();
    }
  assert_int_equal (receive (way[0], &got), 0);
  assert_int_equal (
      syscall (SYS_pidfd_send_signal, got.pidfd, SIGSTOP, NULL, 0), 0);
  assert_false (ends_within (got.pidfd, 50));
  kill (session, SIGKILL);
  assert_int_equal (waitpid (session, NULL, 0), session);
  assert_true (ends_within (got.pidfd, 10000));
  assert_int_equal (read (got.socket, &byte, 1), 0);
  leave (&got);
  close (way[0]);
  close (way[1]);
}

/* Without its keeper a worker ends; the keeper ends when nobody can ask.  */
static void
the_end (void **state)
{
  int fd;
  pid_t keeper = hand_start_keeper (&fd);
  int saved = hand->module.helper_fd;
  struct got got;
  int status;

  (void)state;
  hand->module.helper_fd = fd;
  got = get_worker ();
  hand->module.helper_fd = saved;
  kill (keeper, SIGKILL);
  assert_int_equal (waitpid (keeper, &status, 0), keeper);
  assert_true (ends_within (got.pidfd, 10000));
  leave (&got);
  close (fd);
  keeper = hand_start_keeper (&fd);
  hand->module.helper_fd = fd;
  got = get_worker ();
  close (fd);
  hand->module.helper_fd = saved;
  assert_int_equal (waitpid (keeper, &status, 0), keeper);
  assert_true (WIFEXITED (status));
  assert_int_equal (WEXITSTATUS (status), 0);
  leave (&got);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (each_gets_a_worker_of_its_own),
    cmocka_unit_test (the_table_is_whole_and_sealed),
    cmocka_unit_test (strange_requests),
    cmocka_unit_test (a_dead_spare_is_replaced),
    cmocka_unit_test (a_worker_ends_with_the_session_s_process),
    cmocka_unit_test (the_end),
  };

  return cmocka_run_group_tests_name ("keeper", tests, setup, teardown);
}
