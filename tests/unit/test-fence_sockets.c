/* test-fence_sockets.c - tests of src/base/fence.c: who may talk with whom
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "behind.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

static long
try_inet (void)
{
  return socket (AF_INET, SOCK_STREAM, 0);
}

static long
try_inet6 (void)
{
  return socket (AF_INET6, SOCK_STREAM, 0);
}

static long
try_pair (void)
{
  int ends[2];

  return socketpair (AF_UNIX, SOCK_STREAM, 0, ends);
}

static long
try_unix (void)
{
  return socket (AF_UNIX, SOCK_STREAM, 0);
}

static long
try_netlink (void)
{
  return socket (AF_NETLINK, SOCK_RAW, 0);
}

static long
try_packet (void)
{
  return socket (AF_PACKET, SOCK_RAW, 0);
}

/* The socket that was passed, or -1.  */
static int
taken (void)
{
  char control[CMSG_SPACE (sizeof (int))];
  char byte;
  struct iovec part = { &byte, 1 };
  struct msghdr message = { .msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control };
  int fd = -1;

  if (recvmsg (FENCE_FD, &message, 0) != 1)
    return -1;
  if (CMSG_FIRSTHDR (&message))
    memcpy (&fd, CMSG_DATA (CMSG_FIRSTHDR (&message)), sizeof fd);
  return fd;
}

/* It is that end of the pair whose other end is FENCE_FD.  */
static long
try_use_taken (void)
{
  struct pollfd writable = { taken (), POLLOUT, 0 };
  int type = 0;
  socklen_t length = sizeof type;

  if (writable.fd < 0 || poll (&writable, 1, 0) != 1
      || getsockopt (writable.fd, SOL_SOCKET, SO_TYPE, &type, &length)
      || type != SOCK_STREAM || send (writable.fd, "x", 1, 0) != 1)
    return -1;
  return read (FENCE_FD, &(char){ 0 }, 1) == 1 ? 0 : -1;
}

/* Connect FD to a port where nobody listens.  */
static long
connect_to_nobody (int fd)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = htons (1),
                                 .sin_addr = { htonl (INADDR_LOOPBACK) } };

  return connect (fd, (struct sockaddr *)&address, sizeof address);
}

/* Of the socket that every fenced process has.  */
static long
try_connect_own (void)
{
  return connect_to_nobody (FENCE_FD);
}

static long
try_connect_taken (void)
{
  int fd = taken ();

  return fd < 0 ? 0 : connect_to_nobody (fd);
}

static long
try_connect (void)
{
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  return fd < 0 ? -1 : connect_to_nobody (fd);
}

static long
try_bind (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET };

  return bind (FENCE_FD, (struct sockaddr *)&address, sizeof address);
}

static long
try_listen (void)
{
  return listen (FENCE_FD, 1);
}

static long
try_send_to (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET };

  return sendto (FENCE_FD, "x", 1, 0, (struct sockaddr *)&address,
                 sizeof address);
}

/* A descriptor that is ready would signal who owns it, another session's
   worker.  */
static long
try_own (void)
{
  return fcntl (FENCE_FD, F_SETOWN, getpid ());
}

static long
try_choose_signal (void)
{
  return fcntl (FENCE_FD, F_SETSIG, 9);
}

static long
try_flags (void)
{
  int flags = fcntl (FENCE_FD, F_GETFL);

  return flags < 0 ? -1 : fcntl (FENCE_FD, F_SETFL, flags | O_NONBLOCK);
}

/* For channels.  */
static long
try_patience (void)
{
  struct timeval time = { 1, 0 };

  return setsockopt (FENCE_FD, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time)
                 || setsockopt (FENCE_FD, SOL_SOCKET, SO_SNDTIMEO, &time,
                                sizeof time)
             ? -1
             : 0;
}

/* Have the kernel speak TLS.  It is no TCP socket: that would be known later.
 */
static long
try_upper_protocol (void)
{
  return setsockopt (FENCE_FD, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls");
}

static long
try_message (void)
{
  struct msghdr message = { .msg_iov = NULL };

  return sendmsg (FENCE_FD, &message, 0);
}

/* What no kind of fence lets through.  */
static void
no_other_sockets (void **state)
{
  static const struct
  {
    const char *what;
    long (*attempt) (void);
  } attempts[] = { { "socket AF_UNIX", try_unix },
                   { "socket AF_NETLINK", try_netlink },
                   { "socket AF_PACKET", try_packet },
                   { "socketpair", try_pair },
                   { "sendto an address", try_send_to },
                   { "F_SETOWN", try_own },
                   { "F_SETSIG", try_choose_signal },
                   { "TCP_ULP", try_upper_protocol },
                   { "bind", try_bind },
                   { "listen", try_listen } };

  (void)state;
  for (int kind = FENCE_COMPUTE; kind <= FENCE_CONNECT; kind++)
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
      refuses_behind ((enum fence_kind)kind, attempts[i].what,
                      attempts[i].attempt);
}

static void
who_computes_takes_none (void **state)
{
  (void)state;
  refuses_behind (FENCE_COMPUTE, "recvmsg", try_use_taken);
  refuses_behind (FENCE_COMPUTE, "socket", try_inet);
  refuses_behind (FENCE_COMPUTE, "connect", try_connect_own);
}

/* The API worker's: it has the sockets that it is given.  */
static void
who_converses_takes_sockets_and_makes_none (void **state)
{
  (void)state;
  assert_int_equal (run_behind (FENCE_CONVERSE, try_use_taken).error, 0);
  refuses_behind (FENCE_CONVERSE, "socket", try_inet);
  refuses_behind (FENCE_CONVERSE, "socket AF_INET6", try_inet6);
  /* Nor hands it any on.  */
  refuses_behind (FENCE_CONVERSE, "sendmsg", try_message);
  assert_int_equal (run_behind (FENCE_CONVERSE, try_flags).error, 0);
  assert_int_equal (run_behind (FENCE_CONVERSE, try_patience).error, 0);
  /* The fence says so: the kernel would not of such a socket.  */
  assert_int_equal (run_behind (FENCE_CONVERSE, try_connect_taken).error,
                    EINPROGRESS);
}

/* The connector's.  */
static void
who_connects_makes_internet_sockets (void **state)
{
  int error = run_behind (FENCE_CONNECT, try_inet6).error;

  (void)state;
  assert_int_equal (run_behind (FENCE_CONNECT, try_inet).error, 0);
  /* Not every kernel has them.  */
  assert_true (!error || error == EAFNOSUPPORT);
  assert_int_equal (run_behind (FENCE_CONNECT, try_connect).error,
                    ECONNREFUSED);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (no_other_sockets),
          cmocka_unit_test (who_computes_takes_none),
          cmocka_unit_test (who_converses_takes_sockets_and_makes_none),
          cmocka_unit_test (who_connects_makes_internet_sockets) };

  return cmocka_run_group_tests_name ("fence_sockets", tests, NULL, NULL);
}
