/* connector.c - connected sockets for a worker that can make none
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "config.h"

#include "connector.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../protocol/link.h"
#include "../../../protocol/memory.h"
#include "../../base/fence.h"

#define MEMORY (64 * MIB)

/* The kernel compares this with all sockets on their way in messages of the
   user, whose processes serve all sessions.  */
#define FILES 256
#define ROOM 1 /* In bytes: as little as the kernel takes, a few replies.  */
#define LOOK_MS 200 /* Between two looks whether to give up.  */
#define UNKNOWN -1  /* In place of an errno: a name was not found.  */

/* What is asked, and what is answered, along with a socket if ERROR is 0.  */
struct question
{
  uint32_t sequence;
  uint32_t index;
};

struct reply
{
  uint32_t sequence;
  int32_t error;                 /* An errno, or UNKNOWN.  */
  char fences[CONNECTOR_FENCES]; /* Round the connector: what fence_lock
                                    reports.  */
};

/* Room for one descriptor beside a message.  */
union control
{
  char bytes[CMSG_SPACE (sizeof (int))];
  struct cmsghdr header;
};

/* --- The connector --- */

static int
remaining (uint64_t end)
{
  uint64_t now = link_now ();

  return now < end ? (int)(end - now) : 0;
}

/* Wait for the end of the connecting of FD.  Returns an errno: ECANCELED if
   the worker asks for something else, or is gone.  */
static int
await_connected (int fd, uint64_t end)
{
  struct pollfd both[] = { { fd, POLLOUT, 0 }, { FENCE_FD, POLLIN, 0 } };
  int error = 0;
  socklen_t length = sizeof error;
  int n;

  while ((n = poll (both, 2, remaining (end))) < 0 && errno == EINTR)
    ;
  if (!n)
    return ETIMEDOUT;
  if (n > 0 && both[1].revents)
    return ECANCELED;
  if (n < 0 || getsockopt (fd, SOL_SOCKET, SO_ERROR, &error, &length))
    return errno;
  return error;
}

/* Connect to ADDRESS.  Returns an errno.  */
static int
connect_to (const struct addrinfo *address, uint64_t end, int *r_socket)
{
  auto_close int fd = socket (address->ai_family,
                              SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int one = 1;
  int error = 0;

  if (fd < 0)
    return errno;
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect (fd, address->ai_addr, address->ai_addrlen))
    error = errno == EINPROGRESS ? await_connected (fd, end) : errno;
  if (!error)
    *r_socket = take_fd (&fd);
  return error;
}

/* Try one address after the other, each for its share of MS.  */
static int
connect_to_any (const struct addrinfo *addresses, uint64_t ms, int *r_socket)
{
  uint64_t end = link_now () + ms;
  uint64_t left = 0;
  int error = UNKNOWN;

  for (const struct addrinfo *one = addresses; one; one = one->ai_next)
    left++;
  for (const struct addrinfo *one = addresses; one && error != ECANCELED;
       one = one->ai_next, left--)
    {
      error = connect_to (one, link_now () + (uint64_t)remaining (end) / left,
                          r_socket);
      if (!error)
        return 0;
    }
  return error;
}

/* Send REPLY along with FD, unless that is -1.  */
static bool
send_reply (int to, struct reply *reply, int fd)
{
  struct iovec part = { reply, sizeof *reply };
  union control control = { { 0 } };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

  if (fd >= 0)
    {
      struct cmsghdr *header;

      message.msg_control = &control;
      message.msg_controllen = sizeof control;
      header = CMSG_FIRSTHDR (&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN (sizeof fd);
      memcpy (CMSG_DATA (header), &fd, sizeof fd);
    }
  return sendmsg (to, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *reply;
}

/* The addresses of each endpoint, NULL for one whose name was not found.  */
static void
look_up (const struct conf *conf, struct addrinfo **addresses)
{
  struct addrinfo hints = { .ai_socktype = SOCK_STREAM };

  for (size_t i = 0; i < conf->count; i++)
    if (getaddrinfo (conf->endpoints[i].host, conf->endpoints[i].port, &hints,
                     addresses + i))
      addresses[i] = NULL;
}

static gpg_error_t
lock_in (int fd, char **r_report)
{
  struct fence fence;
  gpg_error_t err = fence_close (fd, -1);

  if (!err)
    err = fence_make (FENCE_CONNECT, &fence);
  if (!err)
    err = fence_lock (&fence, MEMORY, FILES, r_report);
  return err;
}

void
connector_serve (int fd, const struct conf *conf)
{
  struct addrinfo *addresses[LIMIT_PVE_ENDPOINTS] = { NULL };
  struct question question;
  int room = ROOM;
  char *fences;

  /* A worker that takes no replies holds few sockets.  */
  setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  look_up (conf, addresses);
  if (lock_in (fd, &fences))
    _exit (1);
  while (recv (FENCE_FD, &question, sizeof question, 0)
         == (ssize_t)sizeof question)
    {
      struct reply reply = { question.sequence, EINVAL, "" };
      auto_close int socket = -1;

      if (question.index < conf->count)
        reply.error = connect_to_any (addresses[question.index],
                                      conf->connect_ms, &socket);
      snprintf (reply.fences, sizeof reply.fences, "%s", fences);
      if (send_reply (FENCE_FD, &reply, socket))
        continue;
      if (errno != ETOOMANYREFS)
        break;
      reply.error = ETOOMANYREFS;
      if (!send_reply (FENCE_FD, &reply, -1))
        break;
    }
  _exit (0);
}

/* --- The worker's side --- */

/* Receive a reply; a socket that came along is at *R_SOCKET.  */
static bool
receive_reply (int fd, struct reply *r_reply, int *r_socket)
{
  struct iovec part = { r_reply, sizeof *r_reply };
  union control control;
  struct msghdr message = { .msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof control };
  struct cmsghdr *header;

  *r_socket = -1;
  if (recvmsg (fd, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof *r_reply)
    return false;
  header = CMSG_FIRSTHDR (&message);
  if (header && header->cmsg_type == SCM_RIGHTS
      && header->cmsg_len == CMSG_LEN (sizeof (int)))
    memcpy (r_socket, CMSG_DATA (header), sizeof (int));
  return true;
}

gpg_error_t
connector_ask (struct connector *connector, uint32_t index,
               bool (*give_up) (void *context), void *context, int *r_socket)
{
  struct question question = { ++connector->sequence, index };
  struct pollfd poll_in = { connector->fd, POLLIN, 0 };
  struct reply reply = { 0, 0, "" };

  *r_socket = -1;
  if (send (connector->fd, &question, sizeof question, MSG_NOSIGNAL)
      != (ssize_t)sizeof question)
    return gpg_error (GPG_ERR_EOF);
  while (reply.sequence != question.sequence)
    {
      /* One that came too late for an earlier question.  */
      if (*r_socket >= 0)
        close (take_fd (r_socket));
      while (poll (&poll_in, 1, LOOK_MS) <= 0)
        if (give_up (context))
          return gpg_error (GPG_ERR_CANCELED);
      if (!receive_reply (connector->fd, &reply, r_socket))
        return gpg_error (GPG_ERR_EOF);
    }
  memcpy (connector->fences, reply.fences, sizeof connector->fences - 1);
  if (reply.error)
    return reply.error == UNKNOWN ? gpg_error (GPG_ERR_UNKNOWN_HOST)
                                  : gpg_error_from_errno (reply.error);
  return *r_socket < 0 ? gpg_error (GPG_ERR_EOF) : 0;
}
