/* cancel.c - giving up a call
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: LGPL-2.1-or-later

   The wish may come at any instant, by a signal.  CANCEL is sent at once where
   an answer is waited for, and else as soon as no line is half sent.  */

#include <config.h>

#include "handle.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Only servers on sockets look for it while they are busy.  What does not fit
   into the socket is not waited for: the server would not see it either.  */
static void
send_if_wanted (reeve_t reeve)
{
  static const char line[] = "CANCEL\n";
  const ssize_t length = sizeof line - 1;

  if (atomic_exchange (&reeve->cancel.wanted, 0) && reeve->link.out_socket
      && send (reeve->out, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT)
             == length)
    reeve->cancel.sent = 1;
}

gpg_error_t
reeve_cancel (reeve_t reeve)
{
  int saved = errno;

  if (!reeve->cancel.possible)
    return gpg_error (GPG_ERR_INV_STATE);
  reeve->cancel.wanted = 1;
  if (reeve->cancel.waiting)
    send_if_wanted (reeve);
  errno = saved;
  return 0;
}

void
cancel_begin (reeve_t reeve)
{
  reeve->cancel.wanted = reeve->cancel.sent = 0;
  reeve->cancel.possible = 1;
}

void
cancel_wait (reeve_t reeve)
{
  if (!reeve->cancel.possible)
    return;
  reeve->cancel.waiting = 1;
  send_if_wanted (reeve);
}

void
cancel_wait_end (reeve_t reeve)
{
  reeve->cancel.waiting = 0;
}

bool
cancel_take (reeve_t reeve)
{
  return atomic_exchange (&reeve->cancel.wanted, 0);
}

/* A CANCEL that came too late is answered by an OK of its own.  A question
   whose answer has data tells what is whose.  */
gpg_error_t
cancel_end (reeve_t reeve)
{
  static const char question[] = "GETINFO version";
  bool data = false;
  gpg_error_t err;
  size_t length;
  char *line;

  reeve->cancel.possible = 0;
  if (!reeve->cancel.sent || reeve->dead)
    return reeve->dead;
  err = line_write (reeve, question, sizeof question - 1);
  while (!err)
    {
      err = line_read (reeve, &line, &length);
      if (err)
        break;
      if (!strncmp (line, "D ", 2))
        data = true;
      else if (!strncmp (line, "OK", 2) && data)
        return 0;
      else if (!strncmp (line, "ERR", 3))
        err = handle_abandon (reeve, GPG_ERR_INV_RESPONSE,
                              "the server does not know CANCEL");
    }
  return err;
}
