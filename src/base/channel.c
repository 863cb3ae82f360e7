/* channel.c - messages between two processes of ours
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include "channel.h"
#include "../../protocol/link.h"
#include "../../protocol/memory.h"

#define HEADER 8
#define READ_SIZE (64 * KIB)
#define SLICE_MS 200 /* The longest wait without a look at the clock.  */
#define FDS_MAX 4

void
channel_init (struct channel *channel, int fd)
{
  memset (channel, 0, sizeof *channel);
  channel->fd = fd;
}

void
channel_release (struct channel *channel)
{
  buffer_release (&channel->out);
  free (channel->in);
  free (channel->items);
  channel_init (channel, -1);
}

void
channel_begin (struct channel *channel, unsigned kind, unsigned code)
{
  unsigned char header[HEADER] = { 0 };

  header[4] = (unsigned char)kind;
  header[5] = (unsigned char)code;
  channel->start = channel->out.length;
  channel->out_count = 0;
  buffer_append (&channel->out, header, sizeof header);
}

void
channel_item (struct channel *channel, const void *bytes, size_t length)
{
  uint32_t size = (uint32_t)length;

  if (length > CHANNEL_MESSAGE)
    size = UINT32_MAX;
  buffer_append (&channel->out, &size, sizeof size);
  if (size == length)
    buffer_append (&channel->out, bytes, length);
  else
    channel->out.failed = 1;
  channel->out_count++;
}

void
channel_string (struct channel *channel, const char *string)
{
  channel_item (channel, string, strlen (string));
}

void
channel_number (struct channel *channel, int64_t number)
{
  char text[24];

  channel_item (
      channel, text,
      (size_t)snprintf (text, sizeof text, "%lld", (long long)number));
}

void
channel_end (struct channel *channel)
{
  size_t length = channel->out.length - channel->start - HEADER;
  uint32_t size = (uint32_t)length;
  uint16_t count = (uint16_t)channel->out_count;

  if (channel->out.failed)
    return;
  if (length > CHANNEL_MESSAGE || channel->out_count > CHANNEL_ITEMS)
    {
      channel->out.failed = 1;
      return;
    }
  memcpy (channel->out.bytes + channel->start, &size, sizeof size);
  memcpy (channel->out.bytes + channel->start + 6, &count, sizeof count);
}

/* Let the socket's time-outs fit the deadline.  */
static gpg_error_t
set_patience (struct channel *channel)
{
  uint64_t now, left;
  struct timeval tv;

  if (!channel->deadline)
    return 0;
  now = link_now ();
  if (now >= channel->deadline)
    return gpg_error (GPG_ERR_TIMEOUT);
  left = channel->deadline - now;
  if (left > SLICE_MS)
    left = SLICE_MS;
  if (channel->patience == left)
    return 0;
  tv.tv_sec = 0;
  tv.tv_usec = (suseconds_t)left * 1000;
  if (setsockopt (channel->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv)
      || setsockopt (channel->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv))
    return gpg_error_from_syserror ();
  channel->patience = left;
  return 0;
}

/* The meaning of the present errno after a failed transfer; 0: try again.  */
static gpg_error_t
transfer_error (const struct channel *channel)
{
  switch (errno)
    {
    case EINTR: /* By signals that come faster than patience ends.  */
    case EAGAIN:
      /* set_patience, which comes next, knows the end.  */
      return channel->give_up && channel->give_up (channel->give_up_context)
                 ? gpg_error (GPG_ERR_CANCELED)
                 : 0;
    case EPIPE:
    case ECONNRESET:
      return gpg_error (GPG_ERR_EOF);
    default:
      return gpg_error_from_syserror ();
    }
}

static gpg_error_t
send_all (struct channel *channel)
{
  size_t done = 0;
  gpg_error_t err = 0;
  ssize_t n;

  while (!err && done < channel->out.length)
    {
      err = set_patience (channel);
      if (err)
        return err;
      n = send (channel->fd, channel->out.bytes + done,
                channel->out.length - done, MSG_NOSIGNAL);
      if (n >= 0)
        done += (size_t)n;
      else
        err = transfer_error (channel);
    }
  return err;
}

gpg_error_t
channel_flush (struct channel *channel)
{
  gpg_error_t err = buffer_error (&channel->out);

  if (!err)
    err = send_all (channel);
  if (channel->out.failed || channel->out.allocated > 4 * READ_SIZE)
    buffer_release (&channel->out);
  else
    buffer_clear (&channel->out);
  return err;
}

/* Make room for COUNT items.  */
static gpg_error_t
reserve_items (struct channel *channel, size_t count)
{
  struct item *items;

  if (count <= channel->item_space)
    return 0;
  items = reallocarray (channel->items, count, sizeof *items);
  if (!items)
    return gpg_error (GPG_ERR_ENOMEM);
  channel->items = items;
  channel->item_space = count;
  return 0;
}

gpg_error_t
channel_parse (struct channel *channel, const char *bytes, size_t length,
               struct message *r_message, size_t *r_used)
{
  uint32_t size, item_size;
  uint16_t count;
  size_t at = HEADER;
  gpg_error_t err;

  *r_used = 0;
  if (length < HEADER)
    return 0;
  memcpy (&size, bytes, sizeof size);
  memcpy (&count, bytes + 6, sizeof count);
  if (size > CHANNEL_MESSAGE || count > CHANNEL_ITEMS
      || (size_t)count * sizeof item_size > size)
    return gpg_error (GPG_ERR_INV_PACKET);
  if (length - HEADER < size)
    return 0;
  err = reserve_items (channel, count);
  if (err)
    return err;
  for (size_t i = 0; i < count; i++)
    {
      if (HEADER + size - at < sizeof item_size)
        return gpg_error (GPG_ERR_INV_PACKET);
      memcpy (&item_size, bytes + at, sizeof item_size);
      at += sizeof item_size;
      if (item_size > HEADER + size - at)
        return gpg_error (GPG_ERR_INV_PACKET);
      channel->items[i].bytes = bytes + at;
      channel->items[i].length = item_size;
      at += item_size;
    }
  if (at != HEADER + size)
    return gpg_error (GPG_ERR_INV_PACKET);
  r_message->kind = (unsigned char)bytes[4];
  r_message->code = (unsigned char)bytes[5];
  r_message->count = count;
  r_message->items = channel->items;
  *r_used = at;
  return 0;
}

/* Make room behind what was read, for the rest of a message whose beginning
   may be there.  */
static gpg_error_t
reserve_input (struct channel *channel)
{
  size_t have = channel->in_to - channel->in_from;
  size_t want = READ_SIZE;
  uint32_t size;
  char *in;

  if (have >= HEADER)
    {
      memcpy (&size, channel->in + channel->in_from, sizeof size);
      if (size <= CHANNEL_MESSAGE && HEADER + (size_t)size > want)
        want = HEADER + (size_t)size;
    }
  if (channel->in_from)
    memmove (channel->in, channel->in + channel->in_from, have);
  channel->in_from = 0;
  channel->in_to = have;
  if (want <= channel->in_size && (have || channel->in_size == READ_SIZE))
    return 0;
  in = realloc (channel->in, want);
  if (!in)
    return gpg_error (GPG_ERR_ENOMEM);
  channel->in = in;
  channel->in_size = want;
  return 0;
}

gpg_error_t
channel_read (struct channel *channel, struct message *r_message)
{
  gpg_error_t err = 0;
  size_t used = 0;
  ssize_t n;

  for (;;)
    {
      if (channel->in_from < channel->in_to)
        err = channel_parse (channel, channel->in + channel->in_from,
                             channel->in_to - channel->in_from, r_message,
                             &used);
      if (err)
        return err;
      if (used)
        {
          channel->in_from += used;
          return 0;
        }
      err = reserve_input (channel);
      if (!err)
        err = set_patience (channel);
      if (err)
        return err;
      n = recv (channel->fd, channel->in + channel->in_to,
                channel->in_size - channel->in_to, 0);
      if (!n)
        return gpg_error (GPG_ERR_EOF);
      if (n > 0)
        channel->in_to += (size_t)n;
      else
        err = transfer_error (channel);
      if (err)
        return err;
    }
}

gpg_error_t
channel_send_fds (int fd, unsigned kind, const int *fds, size_t count)
{
  char control[CMSG_SPACE (FDS_MAX * sizeof (int))] = { 0 };
  unsigned char header[HEADER] = { 0 };
  struct iovec iov = { header, sizeof header };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  struct cmsghdr *cmsg;
  ssize_t n;

  header[4] = (unsigned char)kind;
  msg.msg_control = control;
  msg.msg_controllen = CMSG_SPACE (count * sizeof (int));
  cmsg = CMSG_FIRSTHDR (&msg);
  cmsg->cmsg_level = SOL_SOCKET;
  cmsg->cmsg_type = SCM_RIGHTS;
  cmsg->cmsg_len = CMSG_LEN (count * sizeof (int));
  memcpy (CMSG_DATA (cmsg), fds, count * sizeof (int));
  do
    n = sendmsg (fd, &msg, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return gpg_error_from_syserror ();
  return n == HEADER ? 0 : gpg_error (GPG_ERR_INV_PACKET);
}

/* Store the descriptors that came with MSG; close those beyond SPACE.  */
static size_t
collect_fds (struct msghdr *msg, int *r_fds, size_t space)
{
  struct cmsghdr *cmsg;
  size_t count, found = 0;
  int fd;

  for (cmsg = CMSG_FIRSTHDR (msg); cmsg; cmsg = CMSG_NXTHDR (msg, cmsg))
    {
      if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
        continue;
      count = (cmsg->cmsg_len - CMSG_LEN (0)) / sizeof fd;
      for (size_t i = 0; i < count; i++)
        {
          memcpy (&fd, CMSG_DATA (cmsg) + i * sizeof fd, sizeof fd);
          if (found < space)
            r_fds[found++] = fd;
          else
            {
              close (fd);
              found = space + 1;
            }
        }
    }
  return found;
}

gpg_error_t
channel_receive_fds (struct channel *channel, unsigned kind, int *r_fds,
                     size_t count)
{
  char control[CMSG_SPACE (FDS_MAX * sizeof (int))];
  unsigned char header[HEADER];
  struct iovec iov = { header, sizeof header };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  gpg_error_t err;
  size_t found;
  ssize_t n;

  for (size_t i = 0; i < count; i++)
    r_fds[i] = -1;
  do
    {
      err = set_patience (channel);
      if (err)
        return err;
      msg.msg_control = control;
      msg.msg_controllen = sizeof control;
      n = recvmsg (channel->fd, &msg, MSG_CMSG_CLOEXEC | MSG_WAITALL);
      if (n < 0)
        err = transfer_error (channel);
    }
  while (!err && n < 0);
  if (err)
    return err;
  if (!n)
    return gpg_error (GPG_ERR_EOF);
  found = collect_fds (&msg, r_fds, count);
  if (found == count && n == HEADER && header[4] == kind
      && !(msg.msg_flags & MSG_CTRUNC))
    return 0;
  for (size_t i = 0; i < count; i++)
    {
      if (r_fds[i] >= 0)
        close (r_fds[i]);
      r_fds[i] = -1;
    }
  return gpg_error (GPG_ERR_INV_PACKET);
}

bool
item_is (const struct item *item, const char *string)
{
  return item->length == strlen (string)
         && !memcmp (item->bytes, string, item->length);
}

char *
item_string (const struct item *item)
{
  char *string;

  if (memchr (item->bytes, 0, item->length))
    return NULL;
  string = malloc (item->length + 1);
  if (!string)
    return NULL;
  memcpy (string, item->bytes, item->length);
  string[item->length] = 0;
  return string;
}

int64_t
item_number (const struct item *item, int64_t fallback)
{
  char text[24];
  char *end;
  long long number;

  if (!item->length || item->length >= sizeof text)
    return fallback;
  memcpy (text, item->bytes, item->length);
  text[item->length] = 0;
  errno = 0;
  number = strtoll (text, &end, 10);
  return *end || errno ? fallback : number;
}
