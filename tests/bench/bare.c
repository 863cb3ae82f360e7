/* bare.c - the least that a libassuan server can be, to compare with
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   bare SOCKET: listens there, forks for each client and answers what
   libassuan itself knows.  Ends by SIGTERM.  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <assuan.h>

static void
serve (int fd)
{
  assuan_context_t context;

  if (assuan_new (&context)
      || assuan_init_socket_server (context, fd, ASSUAN_SOCKET_SERVER_ACCEPTED)
      || assuan_accept (context))
    _exit (1);
  assuan_process (context);
  assuan_release (context);
  _exit (0);
}

int
main (int argc, char **argv)
{
  struct sigaction ignore = { .sa_handler = SIG_IGN };
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (argc != 2 || strlen (argv[1]) >= sizeof address.sun_path)
    return 2;
  strncpy (address.sun_path, argv[1], sizeof address.sun_path - 1);
  sigaction (SIGCHLD, &ignore, NULL);
  sigaction (SIGPIPE, &ignore, NULL);
  assuan_set_gpg_err_source (GPG_ERR_SOURCE_DEFAULT);
  if (fd < 0 || bind (fd, (struct sockaddr *)&address, sizeof address)
      || listen (fd, 64))
    {
      perror (argv[1]);
      return 1;
    }
  for (;;)
    {
      int client = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);

      if (client < 0)
        continue;
      if (!fork ())
        serve (client);
      close (client);
    }
}
