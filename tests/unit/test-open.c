/* test-open.c - tests of client/lib/open.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "fake.h"
#include "protocol/limits.h"
#include "protocol/link.h"

/* A directory of our own, and the server that listens in it.  */
struct place
{
  char directory[40];
  char deep[300]; /* A directory whose path fits in no sockaddr_un.  */
  struct fake fake;
  int listener;
};

static int
make_place (void **state)
{
  struct place *place = calloc (1, sizeof *place);

  memcpy (place->directory, "/tmp/reeve-test-XXXXXX", 23);
  if (!mkdtemp (place->directory))
    return -1;
  snprintf (place->deep, sizeof place->deep, "%s/%0*d", place->directory, 150,
            1);
  place->listener = -1;
  *state = place;
  return mkdir (place->deep, 0700);
}

static int
remove_place (void **state)
{
  struct place *place = *state;
  char path[600];

  if (place->listener >= 0)
    close (place->listener);
  snprintf (path, sizeof path, "%s/S.test", place->directory);
  unlink (path);
  snprintf (path, sizeof path, "%s/S.test", place->deep);
  unlink (path);
  rmdir (place->deep);
  rmdir (place->directory);
  free (place);
  return 0;
}

static void
start_listening (struct place *place, const char *directory)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = open (directory, O_PATH | O_CLOEXEC);

  snprintf (address.sun_path, sizeof address.sun_path,
            "/proc/self/fd/%d/S.test", fd);
  place->listener = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal (
      bind (place->listener, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal (listen (place->listener, 1), 0);
  close (fd);
}

static void *
accept_one (void *opaque)
{
  struct place *place = opaque;

  place->fake.fd = accept4 (place->listener, NULL, NULL, SOCK_CLOEXEC);
  return fake_run (&place->fake);
}

static void
connects (struct place *place, const char *directory)
{
  const struct fake_step steps[]
      = { { NULL, "# welcome\n#\nOK reeve 1.2.3 ready\n", 0 },
          { "NOP", "OK\n", 0 },
          FAKE_END };
  char path[600];
  uid_t client, server;
  reeve_t reeve;
  int in, out;

  start_listening (place, directory);
  place->fake.steps = steps;
  assert_int_equal (
      pthread_create (&place->fake.thread, NULL, accept_one, place), 0);
  snprintf (path, sizeof path, "%s/S.test", directory);
  assert_int_equal (reeve_new (&reeve), 0);
  assert_string_equal (reeve_hello (reeve), "");
  reeve_get_fds (reeve, &in, &out);
  assert_int_equal (in, -1);
  assert_int_equal (reeve_open_socket (reeve, path), 0);
  assert_string_equal (reeve_hello (reeve), "reeve 1.2.3 ready");
  reeve_get_uids (reeve, &client, &server);
  assert_int_equal (client, geteuid ());
  assert_int_equal (server, geteuid ());
  reeve_get_fds (reeve, &in, &out);
  assert_true (in >= 0);
  assert_int_equal (in, out);
  assert_true (fcntl (in, F_GETFD) & FD_CLOEXEC);
  assert_code (reeve_open_socket (reeve, path), GPG_ERR_CONFLICT);
  assert_int_equal (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL), 0);
  fake_close (&place->fake, reeve);
}

static void
a_socket (void **state)
{
  struct place *place = *state;

  connects (place, place->directory);
}

static void
a_socket_with_a_long_path (void **state)
{
  struct place *place = *state;

  connects (place, place->deep);
}

static void
no_server (void **state)
{
  struct place *place = *state;
  char path[600];
  reeve_t reeve;

  assert_int_equal (reeve_new (&reeve), 0);
  snprintf (path, sizeof path, "%s/S.test", place->directory);
  assert_code (reeve_open_socket (reeve, path), GPG_ERR_ENOENT);
  assert_non_null (strstr (reeve_error_text (reeve), path));
  start_listening (place, place->directory);
  close (place->listener);
  place->listener = -1;
  assert_code (reeve_open_socket (reeve, path), GPG_ERR_ECONNREFUSED);
  snprintf (path, sizeof path, "%s/none/%0*d", place->deep, 120, 1);
  assert_code (reeve_open_socket (reeve, path), GPG_ERR_ENOENT);
  snprintf (path, sizeof path, "%s/%0*d", place->deep, 120, 1);
  assert_code (reeve_open_socket (reeve, path), GPG_ERR_ENAMETOOLONG);
  reeve_release (reeve);
}

static void
a_silent_server (void **state)
{
  struct place *place = *state;
  char path[600];
  uint64_t start;
  reeve_t reeve[4];

  start_listening (place, place->directory);
  snprintf (path, sizeof path, "%s/S.test", place->directory);

  /* The first ones wait for a greeting, the last for room in the queue.  */
  for (int i = 0; i < 4; i++)
    {
      assert_int_equal (reeve_new (&reeve[i]), 0);
      reeve_set_timeout (reeve[i], 150, 0);
      start = link_now ();
      assert_code (reeve_open_socket (reeve[i], path), GPG_ERR_TIMEOUT);
      assert_in_range (link_now () - start, 140, 900);
    }
  for (int i = 0; i < 4; i++)
    reeve_release (reeve[i]);
}

/* A server that greets with REPLY.  */
static reeve_t
greeted_with (const char *reply, gpg_err_code_t code)
{
  const struct fake_step steps[] = { { NULL, reply, 0 }, FAKE_END };
  struct fake fake;
  int fd = fake_start (&fake, steps);
  reeve_t reeve;

  assert_int_equal (reeve_new (&reeve), 0);
  assert_code (reeve_open_fd (reeve, fd, fd), code);
  pthread_join (fake.thread, NULL);
  return reeve;
}

static void
greetings (void **state)
{
  reeve_t reeve;

  (void)state;
  reeve = greeted_with ("OK\n", 0);
  assert_string_equal (reeve_hello (reeve), "");
  reeve_release (reeve);
  reeve = greeted_with ("ERR 536871163 no <U> - too many clients\n",
                        GPG_ERR_FORBIDDEN);
  assert_non_null (strstr (reeve_error_text (reeve), "too many clients"));
  assert_code (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL),
               GPG_ERR_FORBIDDEN);
  reeve_release (reeve);
  reeve_release (greeted_with ("220 smtp\r\n", GPG_ERR_INV_RESPONSE));
  reeve_release (greeted_with ("S X\nOK\n", GPG_ERR_INV_RESPONSE));
  reeve_release (greeted_with ("OKAY\n", GPG_ERR_INV_RESPONSE));
  reeve_release (greeted_with ("", GPG_ERR_EOF));
}

static void
pipes (void **state)
{
  int to[2], from[2];
  uid_t client, server;
  char line[10];
  reeve_t reeve;

  (void)state;
  assert_int_equal (pipe (to), 0);
  assert_int_equal (pipe (from), 0);
  assert_int_equal (write (from[1], "OK\n", 3), 3);
  assert_int_equal (reeve_new (&reeve), 0);
  reeve_set_timeout (reeve, 1000, 100);
  assert_int_equal (reeve_open_fd (reeve, from[0], to[1]), 0);
  reeve_get_uids (reeve, &client, &server);
  assert_int_equal (client, getuid ());
  assert_int_equal (server, getuid ());
  assert_code (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL), GPG_ERR_TIMEOUT);
  assert_int_equal (read (to[0], line, sizeof line), 4);
  assert_memory_equal (line, "NOP\n", 4);
  assert_int_equal (read (to[0], line, sizeof line), 0);
  reeve_release (reeve);
  close (to[0]);
  close (from[1]);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (a_socket, make_place, remove_place),
    cmocka_unit_test_setup_teardown (a_socket_with_a_long_path, make_place,
                                     remove_place),
    cmocka_unit_test_setup_teardown (no_server, make_place, remove_place),
    cmocka_unit_test_setup_teardown (a_silent_server, make_place, remove_place),
    cmocka_unit_test (greetings),
    cmocka_unit_test (pipes),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
