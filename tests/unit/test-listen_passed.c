/* test-listen_passed.c - tests of src/daemon/listen.c: sockets handed over
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <netinet/in.h>
#include "sockets.h"

#define FIRST_PASSED 3

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
  cmocka_unit_test_setup_teardown (name, sockets_setup, scratch_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (passed_sockets_are_taken),       TEST (only_its_whole_name_counts),
    TEST (any_name_does_without_ceilings), TEST (what_is_no_listening_socket),
    TEST (a_bad_second_spoils_the_first),  TEST (bad_variables),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
