/* sockets.h - a daemon that shall listen, for one test
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef REEVE_TEST_SOCKETS_H
#define REEVE_TEST_SOCKETS_H

#include "scratch.h"
#include "check.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "../../src/daemon/listen.h"

static struct daemon the_daemon;
static struct listeners listeners;

static inline int
sockets_setup (void **state)
{
  struct scratch *scratch;

  unsetenv ("LISTEN_FDS");
  unsetenv ("LISTEN_PID");
  unsetenv ("LISTEN_FDNAMES");
  if (scratch_setup (state))
    return -1;
  scratch = *state;
  memset (&the_daemon, 0, sizeof the_daemon);
  memset (&listeners, 0, sizeof listeners);
  the_daemon.machine = scratch->machine;
  return 0;
}

/* Have the options name one more socket.  */
static inline struct listen_option *
want (const char *name)
{
  struct listen_option *option = the_daemon.options.listen
                                 + the_daemon.options.listen_count++;

  *option = (struct listen_option){ (char *)name, 0666, (gid_t)-1,
                                    EFFECT_DESTROY };
  return option;
}

static inline void
opens (void)
{
  auto_failure struct failure failure = FAILURE_NONE;

  if (listeners_open (&the_daemon, &listeners, &failure))
    print_message ("# %s\n", failure.text);
  assert_null (failure.text);
}

/* The sockets cannot be opened: CODE, with words that contain TEXT; none stays
   open.  */
static inline void
refuses (gpg_err_code_t code, const char *text)
{
  auto_failure struct failure failure = FAILURE_NONE;

  assert_code (listeners_open (&the_daemon, &listeners, &failure), code);
  assert_non_null (failure.text);
  assert_non_null (strstr (failure.text, text));
  assert_int_equal (listeners.count, 0);
}

/* The address of PATH in the machine, which may be longer than an address:
   by the descriptor *R_DIRECTORY.  */
static inline struct sockaddr_un
address_of (const struct scratch *scratch, const char *path, int *r_directory)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  char directory[4096];
  char *slash;

  snprintf (directory, sizeof directory, "%s", scratch_path (scratch, path));
  slash = strrchr (directory, '/');
  *slash = 0;
  *r_directory = open (directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_true (*r_directory >= 0);
  assert_true (snprintf (address.sun_path, sizeof address.sun_path,
                         "/proc/self/fd/%d/%s", *r_directory, slash + 1)
               < (int)sizeof address.sun_path);
  return address;
}

/* A socket of TYPE bound to PATH.  */
static inline int
bind_at (const struct scratch *scratch, const char *path, int type)
{
  int directory;
  struct sockaddr_un address = address_of (scratch, path, &directory);
  int fd = socket (AF_UNIX, type | SOCK_CLOEXEC, 0);

  assert_int_equal (bind (fd, (struct sockaddr *)&address, sizeof address), 0);
  close (directory);
  return fd;
}

/* Whether a client can connect to PATH.  */
static inline bool
is_reached (const struct scratch *scratch, const char *path)
{
  int directory;
  struct sockaddr_un address = address_of (scratch, path, &directory);
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bool reached = !connect (fd, (struct sockaddr *)&address, sizeof address);

  close (fd);
  close (directory);
  return reached;
}

/* The type and permissions of PATH; 0 if it is not there.  */
static inline mode_t
mode_of (const struct scratch *scratch, const char *path)
{
  struct stat stat;

  return lstat (scratch_path (scratch, path), &stat) ? 0 : stat.st_mode;
}

#endif /* REEVE_TEST_SOCKETS_H */
