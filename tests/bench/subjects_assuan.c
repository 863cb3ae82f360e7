/* subjects_assuan.c - Assuan servers: the bare one, gpg-agent, reeved
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "subject.h"

#define GET "AUG GET /files/etc/hosts/1/ipaddr\n"

static int bare_fd, agent_fd, reeve_fd, touch_fd = -1;

static void
bare_prepare (void)
{
  bare_fd = wire_connect (places.bare);
}

static void
bare_nop (void)
{
  wire_exchange (bare_fd, "NOP\n", 1);
}

static void
agent_prepare (void)
{
  agent_fd = wire_connect (places.agent);
}

static void
agent_nop (void)
{
  wire_exchange (agent_fd, "NOP\n", 1);
}

static void
reeve_prepare (void)
{
  reeve_fd = wire_connect (places.reeve);
  wire_login (reeve_fd);
  wire_exchange (reeve_fd, GET, 1);
}

static void
reeve_get (void)
{
  wire_exchange (reeve_fd, GET, 1);
}

/* A client that does something else between its calls.  */
static void
paced_before (void)
{
  nanosleep (&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void
reeve_nop (void)
{
  wire_exchange (reeve_fd, "NOP\n", 1);
}

static void
reeve_connect (void)
{
  int fd = wire_connect (places.reeve);

  wire_login (fd);
  wire_exchange (fd, "WHOAMI\n", 1);
  wire_exchange (fd, "BYE\n", 1);
  close (fd);
}

static void
touch_before (void)
{
  if (touch_fd >= 0)
    close (touch_fd);
  touch_fd = wire_connect (places.reeve);
  wire_login (touch_fd);
}

static void
touch_get (void)
{
  wire_exchange (touch_fd, GET, 1);
}

/* Each save changes the file: the value differs from the last one's.  */
static void
reeve_save (void)
{
  static unsigned count;
  char request[256];

  snprintf (request, sizeof request,
            "AUG SET /files/etc/hosts/2/canonical name%u.example\n", ++count);
  wire_exchange (reeve_fd, request, 1);
  wire_exchange (reeve_fd, "AUG SAVE\n", 1);
}

const struct subject assuan_subjects[]
    = { { "call.bare", bare_prepare, NULL, bare_nop, 50 },
        { "call.agent", agent_prepare, NULL, agent_nop, 50 },
        { "call.reeve", reeve_prepare, NULL, reeve_get, 50 },
        { "paced.reeve", reeve_prepare, paced_before, reeve_get, 50 },
        { "call.reeve-nop", NULL, NULL, reeve_nop, 50 },
        { "connect.reeve", NULL, NULL, reeve_connect, 10 },
        { "touch.reeve", NULL, touch_before, touch_get, 3 },
        { "save.reeve", NULL, NULL, reeve_save, 5 },
        { NULL, NULL, NULL, NULL, 0 } };
