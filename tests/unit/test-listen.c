/* test-listen.c - tests of src/daemon/listen.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "scratch.h"
#include "check.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "src/daemon/listen.h"

#define FIRST_PASSED 3

static struct daemon the_daemon;
static struct listeners listeners;

static int
setup (void **state)
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
static struct listen_option *
want (const char *name)
{
  struct listen_option *option = the_daemon.options.listen
                                 + the_daemon.options.listen_count++;

  *option = (struct listen_option){ (char *)name, 0666, (gid_t)-1,
                                    EFFECT_DESTROY };
  return option;
}

static void
opens (void)
{
  auto_failure struct failure failure = FAILURE_NONE;

  if (listeners_open (&the_daemon, &listeners, &failure))
    print_message ("# %s\n", failure.text);
  assert_null (failure.text);
}

/* The sockets cannot be opened: CODE, with words that contain TEXT; none stays
   open.  */
static void
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
static struct sockaddr_un
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
static int
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
static bool
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
static mode_t
mode_of (const struct scratch *scratch, const char *path)
{
  struct stat stat;

  return lstat (scratch_path (scratch, path), &stat) ? 0 : stat.st_mode;
}

/* --- Bound here --- */

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

/* --- Handed over --- */

static int kept[2];

/* Make ONE and OTHER (-1: none), which are closed here, the descriptors that
   systemd passes to this process.  */
static void
pass (int one, int other)
{
  int fd[2] = { one, other };
  char pid[24];

  for (int i = 0; i < 2; i++)
    {
      int high = fd[i] < 0 ? -1 : fcntl (fd[i], F_DUPFD, 20);

      if (fd[i] >= 0)
        close (fd[i]);
      fd[i] = high;
    }
  for (int i = 0; i < 2; i++)
    {
      kept[i] = fcntl (FIRST_PASSED + i, F_DUPFD_CLOEXEC, 20);
      close (FIRST_PASSED + i);
      if (fd[i] >= 0)
        assert_int_equal (dup2 (fd[i], FIRST_PASSED + i), FIRST_PASSED + i);
      if (fd[i] >= 0)
        close (fd[i]);
    }
  snprintf (pid, sizeof pid, "%ld", (long)getpid ());
  setenv ("LISTEN_PID", pid, 1);
  setenv ("LISTEN_FDS", other < 0 ? "1" : "2", 1);
}

/* Give the two descriptors back to whom they were before.  */
static void
pass_end (void)
{
  for (int i = 0; i < 2; i++)
    {
      close (FIRST_PASSED + i);
      if (kept[i] >= 0)
        {
          dup2 (kept[i], FIRST_PASSED + i);
          fcntl (FIRST_PASSED + i, F_SETFD, FD_CLOEXEC);
          close (kept[i]);
        }
    }
  unsetenv ("LISTEN_FDS");
}

static int
listen_at (const struct scratch *scratch, const char *path)
{
  int fd = bind_at (scratch, path, SOCK_STREAM);

  assert_int_equal (listen (fd, 8), 0);
  return fd;
}

static void
passed_sockets_are_taken (void **state)
{
  size_t count;
  enum effect ceiling[2];
  int flags[2];
  bool right;

  want ("readers")->ceiling = EFFECT_READ;
  want ("S.reeve")->ceiling = EFFECT_WRITE;
  setenv ("LISTEN_FDNAMES", "S.reeve:readers", 1);
  pass (listen_at (*state, "/one"), listen_at (*state, "/two"));
  right = !listeners_open (&the_daemon, &listeners, NULL);
  count = listeners.count;
  for (size_t i = 0; i < count; i++)
    {
      const struct listener *listener = listeners.listener + i;

      right &= listener->fd == FIRST_PASSED + (int)i && !listener->path
               && listener->server_uid == geteuid ();
      ceiling[i] = listener->ceiling;
      flags[i] = fcntl (listener->fd, F_GETFL);
      right &= fcntl (listener->fd, F_GETFD) & FD_CLOEXEC;
    }
  right &= is_reached (*state, "/two");
  listeners_close (&the_daemon, &listeners);
  pass_end ();
  assert_true (right);
  assert_int_equal (count, 2);
  assert_true (flags[0] & flags[1] & O_NONBLOCK);
  assert_int_equal (ceiling[0], EFFECT_WRITE);
  assert_int_equal (ceiling[1], EFFECT_READ);
  /* None was bound; the files are their maker's.  */
  assert_int_equal (mode_of (*state, OWN_RUN_DIR), 0);
  assert_int_equal (mode_of (*state, "/one") & S_IFMT, S_IFSOCK);
  assert_false (is_reached (*state, "/one"));
}

/* Open a socket that is passed with NAMES (NULL: with none).  */
static gpg_error_t
open_named (const struct scratch *scratch, const char *names,
            enum effect *r_ceiling, struct failure *failure)
{
  static unsigned number;
  char path[24];
  gpg_error_t err;

  snprintf (path, sizeof path, "/S.%u", ++number);
  if (names)
    setenv ("LISTEN_FDNAMES", names, 1);
  else
    unsetenv ("LISTEN_FDNAMES");
  pass (listen_at (scratch, path), -1);
  err = listeners_open (&the_daemon, &listeners, failure);
  *r_ceiling = listeners.listener[0].ceiling;
  listeners_close (&the_daemon, &listeners);
  pass_end ();
  return err;
}

static enum effect
ceiling_of (const struct scratch *scratch, const char *names)
{
  enum effect ceiling;

  assert_int_equal (open_named (scratch, names, &ceiling, NULL), 0);
  return ceiling;
}

/* Where an option has a ceiling, none is guessed for other names.  */
static void
only_its_whole_name_counts (void **state)
{
  static const char *const others[] = { "reader", "readers2", ":readers", "",
                                        "stdx",   "Readers",  NULL };
  enum effect ceiling;

  want ("S.own");
  want ("readers")->ceiling = EFFECT_READ;
  assert_int_equal (ceiling_of (*state, "readers"), EFFECT_READ);
  assert_int_equal (ceiling_of (*state, "readers:more"), EFFECT_READ);
  assert_int_equal (ceiling_of (*state, "S.own"), EFFECT_DESTROY);
  assert_int_equal (ceiling_of (*state, "std"), EFFECT_DESTROY);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    {
      auto_failure struct failure failure = FAILURE_NONE;

      assert_code (open_named (*state, others[i], &ceiling, &failure),
                   GPG_ERR_INV_NAME);
      assert_non_null (strstr (failure.text, "FileDescriptorName="));
    }
}

static void
any_name_does_without_ceilings (void **state)
{
  want ("S.own");
  assert_int_equal (ceiling_of (*state, "reeved.socket"), EFFECT_DESTROY);
  assert_int_equal (ceiling_of (*state, ""), EFFECT_DESTROY);
  assert_int_equal (ceiling_of (*state, NULL), EFFECT_DESTROY);
}

/* FD is passed and refused.  */
static void
refuses_passed (int fd, const char *text)
{
  auto_failure struct failure failure = FAILURE_NONE;
  gpg_error_t err;

  pass (fd, -1);
  err = listeners_open (&the_daemon, &listeners, &failure);
  pass_end ();
  assert_code (err, GPG_ERR_INV_ARG);
  assert_non_null (strstr (failure.text, text));
  assert_int_equal (listeners.count, 0);
}

static void
what_is_no_listening_socket (void **state)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  int ends[2];
  int fd;

  refuses_passed (open ("/dev/null", O_RDONLY), "ListenStream=");
  refuses_passed (bind_at (*state, "/idle", SOCK_STREAM), "descriptor 3");
  refuses_passed (bind_at (*state, "/gram", SOCK_DGRAM), "ListenStream=");
  fd = bind_at (*state, "/packet", SOCK_SEQPACKET);
  assert_int_equal (listen (fd, 8), 0);
  refuses_passed (fd, "ListenStream=");
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), 0);
  refuses_passed (ends[0], "ListenStream=");
  close (ends[1]);
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  fd = socket (AF_INET, SOCK_STREAM, 0);
  if (fd >= 0 && !bind (fd, (struct sockaddr *)&address, sizeof address)
      && !listen (fd, 8))
    refuses_passed (fd, "Unix");
  else if (fd >= 0)
    close (fd);
}

static void
a_bad_second_spoils_the_first (void **state)
{
  gpg_error_t err;
  bool open_still;

  pass (listen_at (*state, "/one"), open ("/dev/null", O_RDONLY));
  err = listeners_open (&the_daemon, &listeners, NULL);
  open_still = fcntl (FIRST_PASSED, F_GETFD) >= 0;
  pass_end ();
  assert_code (err, GPG_ERR_INV_ARG);
  assert_false (open_still);
  assert_int_equal (listeners.count, 0);
}

static void
bad_variables (void **state)
{
  static const char *const counts[]
      = { "0", "17", "", "x", "1x", "-1", " 1", "99999999999999999999" };
  static const char *const pids[] = { "1", "0", "", "self", NULL };
  char pid[24];

  (void)state;
  snprintf (pid, sizeof pid, "%ld", (long)getpid ());
  setenv ("LISTEN_PID", pid, 1);
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    {
      setenv ("LISTEN_FDS", counts[i], 1);
      refuses (GPG_ERR_INV_ARG, "from 1 to 16");
    }
  setenv ("LISTEN_FDS", "1", 1);
  for (size_t i = 0; i < sizeof pids / sizeof *pids; i++)
    {
      if (pids[i])
        setenv ("LISTEN_PID", pids[i], 1);
      else
        unsetenv ("LISTEN_PID");
      refuses (GPG_ERR_INV_ARG, "LISTEN_PID");
    }
  assert_int_equal (mode_of (*state, OWN_RUN_DIR), 0);
}

#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, setup, scratch_teardown)

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
    TEST (passed_sockets_are_taken),
    TEST (only_its_whole_name_counts),
    TEST (any_name_does_without_ceilings),
    TEST (what_is_no_listening_socket),
    TEST (a_bad_second_spoils_the_first),
    TEST (bad_variables),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
