/* wire.c - a minimal Assuan client, so that it does not distort
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gcrypt.h>

#include "protocol/handshake.h"
#include "subject.h"

/* Read lines into BUFFER until COUNT of them are OK.  Returns the length.  */
static size_t
read_answers (int fd, char *buffer, size_t size, unsigned count)
{
  size_t length = 0;
  size_t line = 0;

  while (count)
    {
      ssize_t got = recv (fd, buffer + length, size - length, 0);

      if (got <= 0)
        give_up ("the server closed the connection");
      for (size_t end = length + (size_t)got; length < end; length++)
        if (buffer[length] == '\n')
          {
            if (!strncmp (buffer + line, "ERR", 3))
              give_up ("%.*s", (int)(length - line), buffer + line);
            if (!strncmp (buffer + line, "OK", 2))
              count--;
            line = length + 1;
          }
    }
  return length;
}

static void
send_all (int fd, const char *text)
{
  size_t length = strlen (text);

  if (send (fd, text, length, MSG_NOSIGNAL) != (ssize_t)length)
    give_up ("the server takes nothing");
}

int
wire_connect (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  char hello[1024];
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (strlen (path) >= sizeof address.sun_path)
    give_up ("%s: too long", path);
  strncpy (address.sun_path, path, sizeof address.sun_path - 1);
  if (fd < 0 || connect (fd, (struct sockaddr *)&address, sizeof address))
    give_up ("%s: no connection", path);
  read_answers (fd, hello, sizeof hello, 1);
  return fd;
}

void
wire_exchange (int fd, const char *request, unsigned count)
{
  char answer[8192];

  send_all (fd, request);
  read_answers (fd, answer, sizeof answer, count);
}

static gpg_error_t
load_key (void **r_key, size_t *r_length)
{
  int fd = open (places.key, O_RDONLY | O_CLOEXEC);
  gpg_error_t err;

  if (fd < 0)
    give_up ("%s: cannot be read", places.key);
  err = handshake_read_key (fd, r_key, r_length);
  close (fd);
  return err;
}

void
wire_login (int fd)
{
  static void *key;
  static size_t key_length;
  char nonce[HANDSHAKE_HEX + 1], mine[HANDSHAKE_HEX + 1];
  char mac[HANDSHAKE_HEX + 1], proof[HANDSHAKE_HEX + 1];
  char text[1024], wanted[256];
  struct ucred peer;
  socklen_t size = sizeof peer;
  struct handshake h;

  if (!key && load_key (&key, &key_length))
    give_up ("%s: no key", places.key);
  send_all (fd, "NONCE\n");
  if (read_answers (fd, text, sizeof text, 1) < 2 + HANDSHAKE_HEX
      || getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
    give_up ("no nonce");
  memcpy (nonce, text + 2, HANDSHAKE_HEX);
  nonce[HANDSHAKE_HEX] = 0;
  handshake_nonce (mine);
  h = (struct handshake){ places.identity, nonce, mine, geteuid (), peer.uid };
  if (handshake_mac (&h, HANDSHAKE_CLIENT, key, key_length, mac)
      || handshake_mac (&h, HANDSHAKE_SERVER, key, key_length, proof))
    give_up ("no mac");
  snprintf (text, sizeof text, "AUTH %s %s:%s\n", places.identity, mine, mac);
  send_all (fd, text);
  read_answers (fd, text, sizeof text, 1);
  snprintf (wanted, sizeof wanted, "S AUTH %s %s\n", places.identity, proof);
  if (strncmp (text, wanted, strlen (wanted)))
    give_up ("the server's proof is wrong");
}
