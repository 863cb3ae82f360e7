/* https.c - the least that an HTTPS server for PVE can be
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   https CERTIFICATE MICROSECONDS: listens at 127.0.0.1, prints its port and a
   newline, and answers each GET on a connection of any length, after so many
   MICROSECONDS: a task's status by one that runs, "/requests" by how many there
   were, all else by a version.  CERTIFICATE is a file that has its key, too.  A
   thread for each connection; ends by SIGTERM.  */

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#define VERSION                                                                \
  "{\"data\":{\"version\":\"9.1.1\",\"release\":\"9.1\","                      \
  "\"repoid\":\"42db4a6cf33dac83\"}}"
#define RUNNING                                                                \
  "{\"data\":{\"status\":\"running\",\"type\":\"vzstart\",\"node\":\"pve1\"}}"

static SSL_CTX *context;
static atomic_ulong requests;
static struct timespec delay;

/* Answer the request whose head is HEAD; whether there may be another.  */
static int
answer (SSL *ssl, const char *head)
{
  char body[256], text[1024];
  const char *line = strstr (head, "\r\n");
  const char *status = strstr (head, "/status ");
  int length;

  snprintf (body, sizeof body, "%s",
            status && status < line ? RUNNING : VERSION);
  if (!strncmp (head, "GET /requests ", 14))
    snprintf (body, sizeof body, "%lu", (unsigned long)requests);
  else
    requests++;
  /* As much as Proxmox VE's own says.  */
  length = snprintf (text, sizeof text,
                     "HTTP/1.1 200 OK\r\n"
                     "Cache-Control: max-age=0\r\n"
                     "Connection: Keep-Alive\r\n"
                     "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                     "Pragma: no-cache\r\n"
                     "Server: pve-api-daemon/3.0\r\n"
                     "Content-Length: %zu\r\n"
                     "Content-Type: application/json;charset=UTF-8\r\n"
                     "Expires: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n%s",
                     strlen (body), body);
  return SSL_write (ssl, text, length) == length;
}

static void *
serve (void *argument)
{
  int fd = (int)(intptr_t)argument;
  SSL *ssl = SSL_new (context);
  char head[16384];
  size_t have = 0;
  int n;

  if (ssl && SSL_set_fd (ssl, fd) && SSL_accept (ssl) == 1)
    while (have < sizeof head - 1
           && (n = SSL_read (ssl, head + have, (int)(sizeof head - 1 - have)))
                  > 0)
      {
        have += (size_t)n;
        head[have] = 0;
        if (!strstr (head, "\r\n\r\n"))
          continue;
        have = 0;
        if (delay.tv_nsec)
          nanosleep (&delay, NULL);
        if (!answer (ssl, head))
          break;
      }
  SSL_free (ssl);
  close (fd);
  return NULL;
}

static int
start_listening (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  if (fd < 0 || bind (fd, (struct sockaddr *)&address, length)
      || listen (fd, 64)
      || getsockname (fd, (struct sockaddr *)&address, &length))
    return -1;
  printf ("%d\n", ntohs (address.sin_port));
  fflush (stdout);
  return fd;
}

int
main (int argc, char **argv)
{
  int one = 1;
  int fd;

  signal (SIGPIPE, SIG_IGN);
  context = SSL_CTX_new (TLS_server_method ());
  if (argc != 3 || !context
      || SSL_CTX_use_certificate_chain_file (context, argv[1]) != 1
      || SSL_CTX_use_PrivateKey_file (context, argv[1], SSL_FILETYPE_PEM) != 1)
    return 2;
  delay.tv_nsec = atoi (argv[2]) * 1000;
  fd = start_listening ();
  if (fd < 0)
    {
      perror ("https");
      return 1;
    }
  for (;;)
    {
      int client = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);
      pthread_t thread;

      if (client < 0)
        continue;
      setsockopt (client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      if (!pthread_create (&thread, NULL, serve, (void *)(intptr_t)client))
        pthread_detach (thread);
      else
        close (client);
    }
}
