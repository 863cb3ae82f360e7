/* link.c - a byte stream to the other side, with gathered writes and deadlines
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later  */

#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "limits.h"

#define GATHER (64 * KIB)
#define NO_LIMIT UINT64_MAX

uint64_t
link_now (void)
{
  return link_now_us () / 1000 + 1;
}

uint64_t
link_now_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Whether FD is a socket; if so its receive time-out goes to R_TIMEO_MS.  */
static bool
is_socket (int fd, uint64_t *r_timeo_ms)
{
  struct timeval timeo;
  socklen_t size = sizeof timeo;

  if (getsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &timeo, &size))
    return false;
  *r_timeo_ms = (uint64_t)timeo.tv_sec * 1000
                + (uint64_t)(timeo.tv_usec + 999) / 1000;
  return true;
}

void
link_init (struct link *link, int in, int out)
{
  uint64_t unused;
  int flags;

  *link = (struct link){ .in = in, .out = out, .pending = BUFFER_EMPTY };
  link->in_socket = is_socket (in, &link->timeo_ms);
  link->out_socket = out == in ? link->in_socket : is_socket (out, &unused);

  /* A non-blocking socket has no use for a time-out.  */
  flags = fcntl (in, F_GETFL);
  if (flags != -1 && (flags & O_NONBLOCK))
    link->in_socket = false;
}

void
link_release (struct link *link)
{
  buffer_wipe (&link->pending);
}

ssize_t
link_write (struct link *link, const void *bytes, size_t size)
{
  if (link->broken)
    {
      errno = link->broken;
      return -1;
    }
  if (link->pending.length && size > GATHER - link->pending.length
      && link_flush (link))
    return -1;
  buffer_append (&link->pending, bytes, size);
  if (buffer_error (&link->pending))
    {
      buffer_wipe (&link->pending);
      errno = ENOMEM;
      return -1;
    }
  if (link->pending.length > GATHER && link_flush (link))
    return -1;
  return (ssize_t)size;
}

/* Wait for EVENTS on FD until the clock shows END (NO_LIMIT: for ever).
   Returns 0, or -1 and errno.  */
static int
wait_for (int fd, short events, uint64_t end)
{
  struct pollfd poll_fd = { fd, events, 0 };

  for (;;)
    {
      uint64_t now = end == NO_LIMIT ? 0 : link_now ();
      uint64_t left = end > now ? end - now : 0;
      int count;

      count = poll (&poll_fd, 1,
                    end == NO_LIMIT  ? -1
                    : left > INT_MAX ? INT_MAX
                                     : (int)left);
      if (count > 0)
        return 0;
      if (count < 0 && errno != EINTR)
        return -1;
      if (!count && left <= INT_MAX && end != NO_LIMIT)
        {
          errno = ETIMEDOUT;
          return -1;
        }
    }
}

/* Write some of the SIZE bytes without waiting longer than until END (0: the
   clock has not been read yet).  */
static ssize_t
write_some (struct link *link, const char *bytes, size_t size, uint64_t end)
{
  if (link->out_socket)
    return send (link->out, bytes, size,
                 MSG_NOSIGNAL | (link->write_ms ? MSG_DONTWAIT : 0));
  if (!link->write_ms)
    return write (link->out, bytes, size);

  /* A pipe that is ready takes PIPE_BUF bytes without blocking.  */
  if (wait_for (link->out, POLLOUT, end))
    return -1;
  return write (link->out, bytes, size < PIPE_BUF ? size : PIPE_BUF);
}

/* When a flush that begins to wait now must be over.  */
static uint64_t
flush_end (const struct link *link)
{
  uint64_t end = link->write_ms ? link_now () + link->write_ms : NO_LIMIT;

  return link->deadline && link->deadline < end ? link->deadline : end;
}

int
link_flush (struct link *link)
{
  size_t done = 0;
  uint64_t end = 0;
  int failure = 0;

  if (link->broken)
    {
      errno = link->broken;
      return -1;
    }
  if (!link->pending.length)
    return 0;
  if (link->write_ms && !link->out_socket)
    end = flush_end (link);
  while (done < link->pending.length && !failure)
    {
      ssize_t n = write_some (link, link->pending.bytes + done,
                              link->pending.length - done, end);

      if (n > 0)
        done += (size_t)n;
      else if (n < 0 && errno == EAGAIN)
        {
          if (!end)
            end = flush_end (link);
          if (wait_for (link->out, POLLOUT, end))
            failure = errno;
        }
      else if (n < 0 && errno != EINTR)
        failure = errno;
    }
  explicit_bzero (link->pending.bytes, link->pending.length);
  buffer_clear (&link->pending);
  if (!failure)
    return 0;
  errno = link->broken = failure;
  return -1;
}

/* When a read that begins now must end: on the clock at *R_END, in
   milliseconds as result; both NO_LIMIT if never.  The clock is only read
   where an absolute limit makes it necessary: *R_END is 0 otherwise.  */
static uint64_t
time_left (const struct link *link, uint64_t *r_end)
{
  uint64_t now;

  *r_end = NO_LIMIT;
  if (link->deadline)
    *r_end = link->deadline;
  else if (link->line_start && link->line_ms)
    *r_end = link->line_start + link->line_ms;
  else if (!link->line_start && link->idle_ms)
    {
      *r_end = 0;
      return link->idle_ms;
    }
  if (*r_end == NO_LIMIT)
    return NO_LIMIT;
  now = link_now ();
  return *r_end > now ? *r_end - now : 0;
}

/* LEFT with all but its three highest bits cleared.  A time-out that follows
   an absolute end so changes rarely; what is missing is waited for with poll
   when the peer is late indeed.  */
static uint64_t
coarse (uint64_t left)
{
  unsigned shift = 0;

  while (left >> shift > 7)
    shift++;
  return left >> shift << shift;
}

static int
set_timeo (struct link *link, uint64_t timeo_ms)
{
  struct timeval timeo = { (time_t)(timeo_ms / 1000),
                           (suseconds_t)(timeo_ms % 1000 * 1000) };

  if (link->timeo_ms == timeo_ms)
    return 0;
  if (setsockopt (link->in, SOL_SOCKET, SO_RCVTIMEO, &timeo, sizeof timeo))
    return -1;
  link->timeo_ms = timeo_ms;
  return 0;
}

/* Remember whether a line is under way after LENGTH further BYTES.  */
static void
note_lines (struct link *link, const char *bytes, size_t length)
{
  if (bytes[length - 1] == '\n')
    link->line_start = 0;
  else if (!link->line_start || memchr (bytes, '\n', length))
    link->line_start = link_now ();
}

/* Read until END at the latest; see time_left for END and LEFT.  */
static ssize_t
read_until (struct link *link, void *bytes, size_t size, uint64_t end,
            uint64_t left)
{
  bool wait = !link->in_socket && left != NO_LIMIT;
  ssize_t n;

  if (!end && wait)
    end = link_now () + left;
  if (link->in_socket
      && set_timeo (link, left == NO_LIMIT ? 0
                          : end            ? coarse (left)
                                           : left))
    return -1;
  for (;;)
    {
      if (wait && wait_for (link->in, POLLIN, end))
        return -1;
      n = read (link->in, bytes, size);
      if (n >= 0)
        return n;
      if (errno == EINTR)
        continue;
      if (errno != EAGAIN)
        return -1;
      if (!end)
        {
          errno = ETIMEDOUT;
          return -1;
        }
      wait = true;
    }
}

ssize_t
link_read (struct link *link, void *bytes, size_t size)
{
  uint64_t end, left;
  ssize_t n;

  if (link_flush (link))
    return -1;
  left = time_left (link, &end);
  if (!left)
    {
      errno = ETIMEDOUT;
      return -1;
    }
  n = read_until (link, bytes, size, end, left);
  if (n > 0)
    note_lines (link, bytes, (size_t)n);
  return n;
}
