/* test-listen.c - tests of src/daemon/listen.c: sockets that it binds
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "sockets.h"

static void
the_default_socket (void **state)
{
  const struct listener *listener = listeners.listener;
  mode_t mask = umask (077);

  opens ();
  assert_int_equal (umask (mask), 077);
  assert_int_equal (listeners.count, 1);
  assert_string_equal (listener->path, OWN_SOCKET);
  assert_int_equal (listener->server_uid, geteuid ());
  assert_int_equal (listener->ceiling, EFFECT_DESTROY);
  assert_true (fcntl (listener->fd, F_GETFD) & FD_CLOEXEC);
  assert_true (fcntl (listener->fd, F_GETFL) & O_NONBLOCK);
  assert_int_equal (mode_of (*state, OWN_SOCKET), S_IFSOCK | 0666);
  assert_true (is_reached (*state, OWN_SOCKET));
  listeners_close (&the_daemon, &listeners);
  assert_int_equal (listeners.count, 0);
  assert_int_equal (mode_of (*state, OWN_SOCKET), 0);
}

static void
each_as_its_option_says (void **state)
{
  struct listen_option *option = want ("S.read");
  struct stat stat;

  option->mode = 0620;
  option->group = getegid ();
  option->ceiling = EFFECT_READ;
  want ("/srv/deep/down/S.own")->mode = 0600;
  opens ();
  assert_int_equal (listeners.count, 2);
  assert_int_equal (listeners.listener[0].ceiling, EFFECT_READ);
  assert_string_equal (listeners.listener[0].path, OWN_RUN_DIR "/S.read");
  assert_int_equal (mode_of (*state, OWN_RUN_DIR "/S.read"), S_IFSOCK | 0620);
  assert_int_equal (lstat (scratch_path (*state, OWN_RUN_DIR "/S.read"), &stat),
                    0);
  assert_int_equal (stat.st_gid, getegid ());
  assert_string_equal (listeners.listener[1].path, "/srv/deep/down/S.own");
  assert_int_equal (listeners.listener[1].ceiling, EFFECT_DESTROY);
  assert_int_equal (mode_of (*state, "/srv/deep/down/S.own"), S_IFSOCK | 0600);
  assert_int_equal (mode_of (*state, "/srv/deep"), S_IFDIR | 0755);
  assert_int_equal (mode_of (*state, OWN_SOCKET), 0);
  listeners_close (&the_daemon, &listeners);
  assert_int_equal (mode_of (*state, "/srv/deep/down/S.own"), 0);
}

/* Longer than sun_path.  */
static void
a_long_path (void **state)
{
  char path[400];

  memset (path, 0, sizeof path);
  for (int i = 0; i < 5; i++)
    {
      path[i * 61] = '/';
      memset (path + i * 61 + 1, 'a' + i, 60);
    }
  want (path);
  opens ();
  assert_string_equal (listeners.listener[0].path, path);
  assert_true (is_reached (*state, path));
  listeners_close (&the_daemon, &listeners);
  assert_int_equal (mode_of (*state, path), 0);
}

static void
odd_names (void **state)
{
  char name[120];

  (void)state;
  memset (name, 'a', sizeof name - 1);
  name[sizeof name - 1] = 0;
  want (name);
  refuses (GPG_ERR_INV_NAME, "too long");
  the_daemon.options.listen_count = 0;
  want ("/run/reeve/");
  refuses (GPG_ERR_INV_NAME, "/run/reeve/");
}

static void
a_stale_socket_is_replaced (void **state)
{
  struct stat before;
  struct stat after;

  scratch_mkdir (*state, "/run");
  close (bind_at (*state, "/run/S.old", SOCK_STREAM));
  assert_false (is_reached (*state, "/run/S.old"));
  assert_int_equal (lstat (scratch_path (*state, "/run/S.old"), &before), 0);
  want ("/run/S.old")->mode = 0600;
  opens ();
  assert_int_equal (lstat (scratch_path (*state, "/run/S.old"), &after), 0);
  assert_int_equal (after.st_mode, S_IFSOCK | 0600);
  assert_true (is_reached (*state, "/run/S.old"));
  listeners_close (&the_daemon, &listeners);
}

static void
a_live_socket_stays (void **state)
{
  int fd;

  scratch_mkdir (*state, "/run");
  fd = bind_at (*state, "/run/S.live", SOCK_STREAM);
  assert_int_equal (listen (fd, 8), 0);
  want ("/run/S.live");
  refuses (GPG_ERR_EADDRINUSE, "already serves");
  assert_true (is_reached (*state, "/run/S.live"));
  close (fd);
}

/* Somebody who is too busy to accept serves all the same.  */
static void
a_busy_socket_stays (void **state)
{
  int directory;
  int client[4];
  int fd;
  struct sockaddr_un address;
  bool full = false;

  scratch_mkdir (*state, "/run");
  fd = bind_at (*state, "/run/S.busy", SOCK_STREAM);
  assert_int_equal (listen (fd, 0), 0);
  address = address_of (*state, "/run/S.busy", &directory);
  for (int i = 0; i < 4; i++)
    {
      client[i] = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
      if (connect (client[i], (struct sockaddr *)&address, sizeof address))
        full = errno == EAGAIN;
    }
  assert_true (full);
  want ("/run/S.busy");
  refuses (GPG_ERR_EADDRINUSE, "already serves");
  assert_int_equal (mode_of (*state, "/run/S.busy") & S_IFMT, S_IFSOCK);
  for (int i = 0; i < 4; i++)
    close (client[i]);
  close (directory);
  close (fd);
}

static void
what_is_no_socket_stays (void **state)
{
  scratch_mkdir (*state, "/run");
  scratch_write (*state, "/run/S.file", "text");
  assert_int_equal (symlink ("S.file", scratch_path (*state, "/run/S.link")),
                    0);
  want ("/run/S.file");
  refuses (GPG_ERR_EADDRINUSE, "cannot bind /run/S.file");
  assert_string_equal (scratch_text (*state, "/run/S.file"), "text");
  the_daemon.options.listen_count = 0;
  want ("/run/S.link");
  refuses (GPG_ERR_EADDRINUSE, "cannot bind /run/S.link");
  assert_int_equal (mode_of (*state, "/run/S.link") & S_IFMT, S_IFLNK);
}

static void
the_directory_must_be_trusted (void **state)
{
  scratch_mkdir (*state, "/run");
  want ("/run/S.here");
  assert_int_equal (chmod (scratch_path (*state, "/run"), 0775), 0);
  refuses (GPG_ERR_FORBIDDEN, "chmod go-w");
  assert_int_equal (chmod (scratch_path (*state, "/run"), 0757), 0);
  refuses (GPG_ERR_FORBIDDEN, "chmod go-w");
  assert_int_equal (mode_of (*state, "/run/S.here"), 0);
  assert_int_equal (chmod (scratch_path (*state, "/run"), 01777), 0);
  opens ();
  listeners_close (&the_daemon, &listeners);
  /* Somebody else's, but for root's.  */
  if (geteuid ())
    return;
  assert_int_equal (chmod (scratch_path (*state, "/run"), 0755), 0);
  assert_int_equal (chown (scratch_path (*state, "/run"), 65534, 65534), 0);
  refuses (GPG_ERR_FORBIDDEN, "must belong to");
}

static void
the_directory_must_be_one (void **state)
{
  scratch_mkdir (*state, "/run");
  scratch_write (*state, "/file", "");
  assert_int_equal (symlink ("run", scratch_path (*state, "/link")), 0);
  want ("/link/S.here");
  /* open says either for a link where it wants a directory.  */
  assert_int_not_equal (listeners_open (&the_daemon, &listeners, NULL), 0);
  assert_int_equal (mode_of (*state, "/run/S.here"), 0);
  the_daemon.options.listen_count = 0;
  want ("/file/S.here");
  assert_int_not_equal (listeners_open (&the_daemon, &listeners, NULL), 0);
  the_daemon.options.listen_count = 0;
  want ("/file/below/S.here");
  refuses (GPG_ERR_ENOTDIR, "cannot make");
}

static void
all_or_none (void **state)
{
  scratch_mkdir (*state, "/run");
  scratch_write (*state, "/run/S.second", "");
  want ("/run/S.first");
  want ("/run/S.second");
  refuses (GPG_ERR_EADDRINUSE, "/run/S.second");
  assert_int_equal (mode_of (*state, "/run/S.first"), 0);
}

#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, sockets_setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (the_default_socket),
    TEST (each_as_its_option_says),
    TEST (a_long_path),
    TEST (odd_names),
    TEST (a_stale_socket_is_replaced),
    TEST (a_live_socket_stays),
    TEST (a_busy_socket_stays),
    TEST (what_is_no_socket_stays),
    TEST (the_directory_must_be_trusted),
    TEST (the_directory_must_be_one),
    TEST (all_or_none),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
