/* proxy.c - "reeve proxy": log in, then hand the connection on
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   For programs that speak Assuan but cannot make the response themselves:

     gpg-connect-agent --exec "$(command -v reeve)" proxy --identity panel  */

#include <config.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../../protocol/text.h"
#include "cli.h"

/* What goes one way.  */
struct way
{
  int from, to;
  bool ended;           /* FROM gave its last byte.  */
  size_t begin, end;    /* What waits for TO in BYTES.  */
  char bytes[PIPE_BUF]; /* No more: so much a ready pipe takes at once.  */
};

/* The descriptors of the program that we stand between: the one that
   libassuan hands to a pipe server, else standard input and output.  */
static void
find_descriptors (int *r_in, int *r_out)
{
  const char *text = getenv ("_assuan_connection_fd");
  char *end;
  long fd = text ? strtol (text, &end, 10) : -1;

  *r_in = STDIN_FILENO;
  *r_out = STDOUT_FILENO;
  if (text && end != text && !*end && fd >= 0 && fd <= INT_MAX)
    *r_in = *r_out = (int)fd;
}

/* Write all; a failure means that nobody listens.  */
static void
say (int fd, const char *text)
{
  size_t length = strlen (text);

  while (length)
    {
      ssize_t n = write (fd, text, length);

      if (n < 0 && errno != EINTR)
        return;
      if (n > 0)
        {
          text += n;
          length -= (size_t)n;
        }
    }
}

/* Read into WAY, or end it.  */
static void
take_in (struct way *way)
{
  ssize_t n = read (way->from, way->bytes, sizeof way->bytes);

  if (n > 0)
    {
      way->begin = 0;
      way->end = (size_t)n;
    }
  else if (!n || (errno != EINTR && errno != EAGAIN))
    {
      way->ended = true;

      /* The other side may still answer what it was asked.  */
      shutdown (way->to, SHUT_WR);
    }
}

/* Write what waits in WAY.  False if nobody takes it.  */
static bool
give_out (struct way *way)
{
  ssize_t n = write (way->to, way->bytes + way->begin, way->end - way->begin);

  if (n < 0)
    return errno == EINTR || errno == EAGAIN;
  way->begin += (size_t)n;
  return true;
}

static struct pollfd
wanted (const struct way *way)
{
  if (way->begin < way->end)
    return (struct pollfd){ way->to, POLLOUT, 0 };
  return (struct pollfd){ way->ended ? -1 : way->from, POLLIN, 0 };
}

/* Copy both ways until the server has no more to say or one side is gone.  */
static void
relay (struct way *to_server, struct way *to_client)
{
  struct way *ways[2] = { to_server, to_client };

  while (!to_client->ended)
    {
      struct pollfd fds[2] = { wanted (to_server), wanted (to_client) };

      if (poll (fds, 2, -1) < 0 && errno != EINTR)
        return;
      for (int i = 0; i < 2; i++)
        if (!fds[i].revents)
          continue;
        else if (ways[i]->begin == ways[i]->end)
          take_in (ways[i]);
        else if (!give_out (ways[i]))
          return;
    }
}

static enum status
pass_on (reeve_t reeve, int in, int out)
{
  struct way to_server = { .from = in };
  struct way to_client = { .to = out };
  char *hello = text_format ("OK %s\n", reeve_hello (reeve));

  if (!hello)
    return complain_memory ();
  say (out, hello);
  free (hello);
  reeve_get_fds (reeve, &to_client.from, &to_server.to);
  relay (&to_server, &to_client);
  return STATUS_OK;
}

enum status
proxy_run (const struct settings *settings, char **words, size_t count)
{
  enum status status;
  int in, out;
  reeve_t reeve;

  if (count)
    return complain_usage ("proxy takes options only, not \"%s\"", words[0]);
  find_descriptors (&in, &out);
  if (reeve_new (&reeve))
    return complain_memory ();
  if (settings->timeout_ms)
    reeve_set_timeout (reeve, settings->timeout_ms, 0);
  status = connect_reeve (settings, reeve);
  if (status == STATUS_OK)
    status = pass_on (reeve, in, out);
  else
    {
      char line[128];

      snprintf (line, sizeof line, "ERR %u %s <reeve proxy> - see stderr\n",
                gpg_err_make (GPG_ERR_SOURCE_USER_1, GPG_ERR_NO_AUTH),
                gpg_strerror (GPG_ERR_NO_AUTH));
      say (out, line);
      status = STATUS_ERROR;
    }
  reeve_release (reeve);
  return status;
}
