/* test-connector.c - tests of src/mod/pve/connector.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   What the worker's side gets of it is in tests/real/test-pve_connection.py;
   here a worker was taken over.  */

#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/mod/pve/connector.h"

#define QUESTIONS 100
#define FEW 12 /* Sockets that are on their way to one worker.  */

static int listener;
static int worker; /* Its end.  */
static pid_t pid;

static int
setup (void **state)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr = { htonl (INADDR_LOOPBACK) } };
  socklen_t length = sizeof address;
  static char port[8];
  struct conf conf
      = { .endpoints = { { .host = (char *)"127.0.0.1", .port = port } },
          .count = 1,
          .connect_ms = 2000 };
  int ends[2];

  (void)state;
  listener = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  assert_int_equal (bind (listener, (struct sockaddr *)&address, length), 0);
  assert_int_equal (listen (listener, QUESTIONS), 0);
  getsockname (listener, (struct sockaddr *)&address, &length);
  snprintf (port, sizeof port, "%d", ntohs (address.sin_port));
  assert_int_equal (socketpair (AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  pid = fork ();
  assert_true (pid >= 0);
  if (!pid)
    {
      close (ends[1]);
      connector_serve (ends[0], &conf);
    }
  close (ends[0]);
  worker = ends[1];
  return 0;
}

static int
teardown (void **state)
{
  (void)state;
  close (worker);
  close (listener);
  assert_int_equal (waitpid (pid, NULL, 0), pid);
  return 0;
}

/* How many connections there are until none comes for a while.  */
static int
count_connections (void)
{
  struct pollfd poll_in = { listener, POLLIN, 0 };
  int count = 0;

  while (poll (&poll_in, 1, 500) == 1)
    {
      close (accept (listener, NULL, NULL));
      count++;
    }
  return count;
}

static bool
never (void *context)
{
  (void)context;
  return false;
}

/* The kernel counts sockets that are on their way for all processes of a user,
   and these serve all sessions.  */
static void
who_takes_nothing_gets_little (void **state)
{
  struct connector connector = { .fd = worker };
  int fd;

  (void)state;
  for (uint32_t i = 0; i < QUESTIONS; i++)
    assert_int_equal (send (worker, (uint32_t[]){ i, 0 }, 8, MSG_DONTWAIT), 8);
  assert_in_range (count_connections (), 1, FEW);
  /* Who takes them gets them all, and the next.  */
  connector.sequence = QUESTIONS;
  assert_int_equal (connector_ask (&connector, 0, never, NULL, &fd), 0);
  assert_true (fd >= 0);
  close (fd);
}

static void
there_is_nothing_but_endpoints (void **state)
{
  struct connector connector = { .fd = worker };
  int fd;

  (void)state;
  for (uint32_t i = 1; i < 3; i++)
    assert_int_equal (
        gpg_err_code (connector_ask (&connector, i, never, NULL, &fd)),
        GPG_ERR_EINVAL);
  assert_int_equal (gpg_err_code (connector_ask (&connector, CONNECTOR_NOTHING,
                                                 never, NULL, &fd)),
                    GPG_ERR_EINVAL);
  assert_int_equal (count_connections (), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test_setup_teardown (who_takes_nothing_gets_little, setup,
                                           teardown),
          cmocka_unit_test_setup_teardown (there_is_nothing_but_endpoints,
                                           setup, teardown) };

  return cmocka_run_group_tests_name ("connector", tests, NULL, NULL);
}
