/* fake.h - a server that follows a script, for tests of the client library
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_FAKE_H
#define REEVE_FAKE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "check.h"
#include "client/lib/reeve.h"

/* Wait for the line EXPECT (NULL: for none), then send REPLY (of LENGTH
   bytes, 0: a string; NULL: nothing).  */
struct fake_step
{
  const char *expect;
  const char *reply;
  size_t length;
};

#define FAKE_HELLO                                                             \
  {                                                                            \
    NULL, "OK fake\n", 0                                                       \
  }
#define FAKE_END                                                               \
  {                                                                            \
    NULL, NULL, 0                                                              \
  }

struct fake
{
  const struct fake_step *steps; /* Up to FAKE_END; then it closes.  */
  int fd;
  pthread_t thread;
  char wrong[2400]; /* What came that was not expected.  */
};

static inline void
fake_expect (struct fake *fake, const char *expect)
{
  char line[1100];
  size_t length = 0;

  while (length < sizeof line - 1 && read (fake->fd, line + length, 1) == 1
         && line[length] != '\n')
    length++;
  line[length] = 0;
  if (strcmp (line, expect) && !*fake->wrong)
    snprintf (fake->wrong, sizeof fake->wrong, "expected \"%s\", got \"%s\"",
              expect, line);
}

static inline void *
fake_run (void *opaque)
{
  struct fake *fake = opaque;
  const struct fake_step *step;

  for (step = fake->steps; step->expect || step->reply; step++)
    {
      if (step->expect)
        fake_expect (fake, step->expect);
      if (step->reply)
        send (fake->fd, step->reply,
              step->length ? step->length : strlen (step->reply), MSG_NOSIGNAL);
    }
  close (fake->fd);
  return NULL;
}

/* Start the server; returns the client's descriptor.  */
static inline int
fake_start (struct fake *fake, const struct fake_step *steps)
{
  int fds[2];

  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds),
                    0);
  fake->steps = steps;
  fake->fd = fds[1];
  *fake->wrong = 0;
  assert_int_equal (pthread_create (&fake->thread, NULL, fake_run, fake), 0);
  return fds[0];
}

/* Start the server and connect to it.  */
static inline reeve_t
fake_open (struct fake *fake, const struct fake_step *steps)
{
  int fd = fake_start (fake, steps);
  reeve_t reeve;

  assert_int_equal (reeve_new (&reeve), 0);
  assert_int_equal (reeve_open_fd (reeve, fd, fd), 0);
  return reeve;
}

/* Release REEVE; all went as the script says.  */
static inline void
fake_close (struct fake *fake, reeve_t reeve)
{
  reeve_release (reeve);
  pthread_join (fake->thread, NULL);
  assert_string_equal (fake->wrong, "");
}

#endif /* REEVE_FAKE_H */
