/* test-link.c - tests of protocol/link.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Linked so that the calls of setsockopt and poll are counted.  */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "check.h"
#include "protocol/limits.h"
#include "protocol/link.h"
#include "protocol/memory.h"

int __real_setsockopt (int fd, int level, int name, const void *value,
                       socklen_t size);
int __wrap_setsockopt (int fd, int level, int name, const void *value,
                       socklen_t size);
int __real_poll (struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll (struct pollfd *fds, nfds_t count, int timeout);

static int setsockopts;
static int polls;

int
__wrap_setsockopt (int fd, int level, int name, const void *value,
                   socklen_t size)
{
  setsockopts++;
  return __real_setsockopt (fd, level, name, value, size);
}

int
__wrap_poll (struct pollfd *fds, nfds_t count, int timeout)
{
  polls++;
  return __real_poll (fds, count, timeout);
}

/* Our link and the other side's descriptors.  */
struct pair
{
  struct link link;
  int in, out;
};

static int
make_sockets (void **state)
{
  struct pair *pair = calloc (1, sizeof *pair);
  int fds[2];

  if (!pair || socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
    return -1;
  link_init (&pair->link, fds[0], fds[0]);
  pair->in = pair->out = fds[1];
  setsockopts = polls = 0;
  *state = pair;
  return 0;
}

static int
make_pipes (void **state)
{
  struct pair *pair = calloc (1, sizeof *pair);
  int to[2], from[2];

  if (!pair || pipe2 (to, O_CLOEXEC) || pipe2 (from, O_CLOEXEC))
    return -1;
  link_init (&pair->link, from[0], to[1]);
  pair->in = to[0];
  pair->out = from[1];
  setsockopts = polls = 0;
  *state = pair;
  return 0;
}

static int
end_pair (void **state)
{
  struct pair *pair = *state;

  close (pair->link.in);
  if (pair->link.out != pair->link.in)
    close (pair->link.out);
  if (pair->in >= 0)
    close (pair->in);
  if (pair->out >= 0 && pair->out != pair->in)
    close (pair->out);
  link_release (&pair->link);
  free (pair);
  return 0;
}

static void
feed (struct pair *pair, const char *text)
{
  assert_int_equal (write (pair->out, text, strlen (text)), strlen (text));
}

static void
assert_reads (struct pair *pair, const char *text)
{
  char bytes[100];

  assert_int_equal (link_read (&pair->link, bytes, sizeof bytes),
                    strlen (text));
  assert_memory_equal (bytes, text, strlen (text));
}

static void
assert_times_out (struct pair *pair, uint64_t least, uint64_t most)
{
  uint64_t start = link_now ();
  uint64_t took;
  char bytes[10];

  errno = 0;
  assert_int_equal (link_read (&pair->link, bytes, sizeof bytes), -1);
  assert_int_equal (errno, ETIMEDOUT);
  took = link_now () - start;
  assert_in_range (took, least, most);
}

static void
gathers_until_read (void **state)
{
  struct pair *pair = *state;
  char bytes[10];

  assert_int_equal (link_write (&pair->link, "ab", 2), 2);
  assert_int_equal (link_write (&pair->link, "c\n", 2), 2);
  assert_int_equal (fcntl (pair->in, F_SETFL, O_NONBLOCK), 0);
  assert_int_equal (read (pair->in, bytes, sizeof bytes), -1);
  assert_int_equal (errno, EAGAIN);
  feed (pair, "x\n");
  assert_reads (pair, "x\n");
  assert_int_equal (read (pair->in, bytes, sizeof bytes), 4);
  assert_memory_equal (bytes, "abc\n", 4);
  assert_int_equal (pair->link.pending.length, 0);
}

static void
a_warm_read_is_one_call (void **state)
{
  struct pair *pair = *state;

  pair->link.idle_ms = 5000;
  pair->link.line_ms = 500;
  feed (pair, "a\n");
  assert_reads (pair, "a\n");
  setsockopts = polls = 0;
  for (int i = 0; i < 100; i++)
    {
      feed (pair, "a\n");
      link_write (&pair->link, "b\n", 2);
      assert_reads (pair, "a\n");
    }
  assert_int_equal (setsockopts, 0);
  assert_int_equal (polls, 0);
}

static void
an_absolute_end_costs_little (void **state)
{
  struct pair *pair = *state;

  for (int i = 0; i < 100; i++)
    {
      pair->link.deadline = link_now () + 30000;
      feed (pair, "a\n");
      assert_reads (pair, "a\n");
    }
  assert_true (setsockopts <= 4);
  assert_int_equal (polls, 0);
}

static void
idle_limit (void **state)
{
  struct pair *pair = *state;

  pair->link.idle_ms = 100;
  pair->link.line_ms = 5000;
  assert_times_out (pair, 90, 600);
  feed (pair, "a\n");
  assert_reads (pair, "a\n");
  assert_times_out (pair, 90, 600);
}

static void
line_limit_is_absolute (void **state)
{
  struct pair *pair = *state;
  uint64_t start;
  char bytes[10];
  ssize_t n;
  int count = 0;

  pair->link.idle_ms = 5000;
  pair->link.line_ms = 200;
  start = link_now ();
  do
    {
      feed (pair, "a"); /* Each byte alone would be in time.  */
      n = link_read (&pair->link, bytes, 1);
      count++;
      nanosleep (&(struct timespec){ 0, 20000000 }, NULL);
    }
  while (n == 1 && count < 100);
  assert_int_equal (n, -1);
  assert_int_equal (errno, ETIMEDOUT);
  assert_in_range (link_now () - start, 190, 900);
}

static void
a_whole_line_restores_the_idle_limit (void **state)
{
  struct pair *pair = *state;

  pair->link.idle_ms = 400;
  pair->link.line_ms = 100;
  feed (pair, "ab");
  assert_reads (pair, "ab");
  assert_true (pair->link.line_start);
  feed (pair, "c\n");
  assert_reads (pair, "c\n");
  assert_false (pair->link.line_start);
  assert_times_out (pair, 380, 1200);

  /* A new line that begins behind a whole one has its own time.  */
  feed (pair, "d\ne");
  assert_reads (pair, "d\ne");
  assert_true (pair->link.line_start);
  assert_times_out (pair, 80, 380);
}

static void
the_deadline_overrides (void **state)
{
  struct pair *pair = *state;

  pair->link.idle_ms = 50;
  pair->link.line_ms = 50;
  pair->link.deadline = link_now () + 300;
  feed (pair, "a");
  assert_reads (pair, "a");
  assert_times_out (pair, 250, 900);
  assert_times_out (pair, 0, 50);
  pair->link.deadline = link_now () + 100;
  feed (pair, "\n");
  assert_reads (pair, "\n");
  assert_times_out (pair, 60, 600);
}

static void
no_limit_waits (void **state)
{
  struct pair *pair = *state;

  pair->link.idle_ms = 50;
  assert_times_out (pair, 40, 500);
  pair->link.idle_ms = 0;
  feed (pair, "a\n");
  assert_reads (pair, "a\n");
  assert_int_equal (pair->link.timeo_ms, 0);
}

static void
tells_the_end (void **state)
{
  struct pair *pair = *state;
  char bytes[10];

  feed (pair, "x");
  if (pair->in != pair->out)
    close (pair->in);
  close (pair->out);
  pair->in = pair->out = -1;
  assert_reads (pair, "x");
  assert_int_equal (link_read (&pair->link, bytes, sizeof bytes), 0);
}

/* SIGPIPE has its default action here: it would end the test.  */
static void
no_sigpipe_on_sockets (void **state)
{
  struct pair *pair = *state;

  close (pair->out);
  pair->in = pair->out = -1;
  link_write (&pair->link, "a", 1);
  assert_int_equal (link_flush (&pair->link), -1);
  assert_int_equal (errno, EPIPE);
  assert_int_equal (pair->link.pending.length, 0);

  /* There is no way on from here.  */
  assert_int_equal (link_write (&pair->link, "a", 1), -1);
  assert_int_equal (link_flush (&pair->link), -1);
  assert_int_equal (errno, EPIPE);
}

/* Who does not read is not given more time than the deadline leaves.  */
static void
a_flush_keeps_to_the_deadline (void **state)
{
  struct pair *pair = *state;
  auto_free char *much = calloc (1, 4 * MIB);
  uint64_t start = link_now ();

  pair->link.write_ms = 20000;
  pair->link.deadline = start + 200;
  assert_int_equal (link_write (&pair->link, much, 4 * MIB), -1);
  assert_int_equal (errno, ETIMEDOUT);
  assert_in_range (link_now () - start, 190, 5000);
}

#define MUCH (4 * MIB)

static void *
take_much (void *opaque)
{
  struct pair *pair = opaque;
  auto_free char *bytes = malloc (65536);
  size_t sum = 0;
  ssize_t n;

  while (sum < MUCH && (n = read (pair->in, bytes, 65536)) > 0)
    for (ssize_t i = 0; i < n; i++, sum++)
      if (bytes[i] != (char)(sum % 251))
        return (void *)"the bytes are not those that were sent";
  return sum == MUCH ? NULL : (void *)"not all came";
}

static void
much_arrives_whole (void **state)
{
  struct pair *pair = *state;
  auto_free char *bytes = malloc (MUCH);
  void *wrong;
  pthread_t thread;

  pair->link.write_ms = 20000;
  for (size_t i = 0; i < MUCH; i++)
    bytes[i] = (char)(i % 251);
  pthread_create (&thread, NULL, take_much, pair);
  for (size_t i = 0; i < MUCH; i += 1024)
    assert_int_equal (link_write (&pair->link, bytes + i, 1024), 1024);
  assert_true (pair->link.pending.length <= 64 * KIB);
  assert_int_equal (link_flush (&pair->link), 0);
  pthread_join (thread, &wrong);
  assert_null (wrong);
}

/* Take a little now and then, until the other side is gone.  */
static void *
take_slowly (void *opaque)
{
  struct pair *pair = opaque;
  char bytes[2048];

  while (read (pair->in, bytes, sizeof bytes) > 0)
    nanosleep (&(struct timespec){ 0, 20000000 }, NULL);
  return NULL;
}

static void
a_slow_taker_does_not_hold_a_flush (void **state)
{
  struct pair *pair = *state;
  auto_free char *bytes = calloc (1, MUCH);
  pthread_t thread;
  uint64_t start;

  pair->link.write_ms = 300;
  pthread_create (&thread, NULL, take_slowly, pair);
  start = link_now ();
  assert_int_equal (link_write (&pair->link, bytes, MUCH), -1);
  assert_int_equal (errno, ETIMEDOUT);
  assert_in_range (link_now () - start, 280, 1500);
  assert_int_equal (pair->link.pending.length, 0);
  if (pair->link.out_socket)
    shutdown (pair->link.out, SHUT_WR);
  else
    close (pair->link.out);
  pair->link.out = pair->link.in;
  pthread_join (thread, NULL);
}

static void
on_alarm (int number)
{
  (void)number;
}

static void
interruptions_are_passed_over (void **state)
{
  struct pair *pair = *state;
  struct sigaction action = { .sa_handler = on_alarm };
  struct timespec soon = { 0, 50000000 };
  struct itimerspec time = { { 0, 0 }, soon };
  timer_t timer;

  sigaction (SIGALRM, &action, NULL);
  assert_int_equal (timer_create (CLOCK_MONOTONIC, NULL, &timer), 0);
  timer_settime (timer, 0, &time, NULL);
  pair->link.idle_ms = 200;
  assert_times_out (pair, 190, 900);
  timer_delete (timer);
}

static void
a_non_blocking_socket_is_waited_for (void **state)
{
  struct pair *pair = *state;

  assert_int_equal (fcntl (pair->link.in, F_SETFL, O_NONBLOCK), 0);
  link_init (&pair->link, pair->link.in, pair->link.in);
  pair->link.idle_ms = 100;
  assert_times_out (pair, 90, 600);
  feed (pair, "a\n");
  assert_reads (pair, "a\n");
}

#define BOTH(test)                                                             \
  cmocka_unit_test_setup_teardown (test, make_sockets, end_pair),              \
      cmocka_unit_test_setup_teardown (test, make_pipes, end_pair)
#define SOCKETS(test)                                                          \
  cmocka_unit_test_setup_teardown (test, make_sockets, end_pair)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    BOTH (gathers_until_read),
    SOCKETS (a_warm_read_is_one_call),
    SOCKETS (an_absolute_end_costs_little),
    BOTH (idle_limit),
    BOTH (line_limit_is_absolute),
    BOTH (a_whole_line_restores_the_idle_limit),
    BOTH (the_deadline_overrides),
    BOTH (a_flush_keeps_to_the_deadline),
    BOTH (no_limit_waits),
    BOTH (tells_the_end),
    SOCKETS (no_sigpipe_on_sockets),
    BOTH (much_arrives_whole),
    BOTH (a_slow_taker_does_not_hold_a_flush),
    BOTH (interruptions_are_passed_over),
    SOCKETS (a_non_blocking_socket_is_waited_for),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
