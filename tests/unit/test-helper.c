/* test-helper.c - tests of src/daemon/helper.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The helper is this program, which knows by its name that it is to be
   that.  */

#include <config.h>
#include "daemonhand.h"

#define HELPER "test-helper"

static const struct noun plain = {
  .name = "PLAIN", .summary = "s", .help = "PLAIN\n\nh", .verbs = other_verbs
};
static const struct noun helped = { .name = "HELPED",
                                    .summary = "s",
                                    .help = "HELPED\n\nh",
                                    .verbs = other_verbs,
                                    .helper = HELPER };
static const struct noun missing = { .name = "MISSING",
                                     .summary = "s",
                                     .help = "MISSING\n\nh",
                                     .verbs = other_verbs,
                                     .helper = "no-such-program" };
static const struct noun *const nouns[] = { &thing_noun, &plain, &helped,
                                            &missing, NULL };

enum
{
  PLAIN = 1, /* Places in the registry.  */
  HELPED,
  MISSING
};

static int
setup (void **state)
{
  return daemonhand_setup_with (state, nouns);
}

/* How many descriptors are open.  */
static int
count_open (void)
{
  int count = 0;

  for (int fd = 0; fd < 256; fd++)
    count += fcntl (fd, F_GETFD) >= 0;
  return count;
}

static void
nouns_without_a_helper (void **state)
{
  struct daemonhand *hand = *state;
  int socket = 7;
  pid_t pid = 7;

  assert_int_equal (helper_start (&hand->daemon, PLAIN, &socket, &pid, NULL),
                    0);
  assert_int_equal (socket, -1);
  assert_int_equal (pid, -1);
  assert_int_equal (hand->daemon.module[PLAIN].helper_fd, -1);
}

/* Each request is a message; who holds the receiving end can start another,
   which goes on where the first one died.  */
static void
a_helper_is_asked (void **state)
{
  struct daemonhand *hand = *state;
  char text[40];
  int socket, fd;
  int status;
  pid_t pid;

  hand->daemon.options.limits.worker_memory = 64 * MIB;
  hand->daemon.options.limits.worker_cpu_ms = 7000;
  assert_int_equal (helper_start (&hand->daemon, HELPED, &socket, &pid, NULL),
                    0);
  fd = hand->daemon.module[HELPED].helper_fd;
  assert_true (pid > 0 && socket >= 0 && fd >= 0);
  assert_int_equal (fcntl (fd, F_GETFD), FD_CLOEXEC);
  assert_int_equal (fcntl (socket, F_GETFD), FD_CLOEXEC);
  assert_int_equal (send (fd, "one", 3, 0), 3);
  assert_int_equal (recv (fd, text, sizeof text, 0), 4);
  assert_memory_equal (text, "one!", 4);
  assert_int_equal (send (fd, "limits", 6, 0), 6);
  assert_int_equal (recv (fd, text, sizeof text, 0), 10);
  assert_memory_equal (text, "67108864 7", 10);
  close (socket);
  close (fd);
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_int_equal (status, 0);
}

static void
a_helper_that_there_is_not (void **state)
{
  struct daemonhand *hand = *state;
  auto_failure struct failure failure = FAILURE_NONE;
  int before = count_open ();
  int socket;
  pid_t pid;

  assert_code (helper_start (&hand->daemon, MISSING, &socket, &pid, &failure),
               GPG_ERR_ENOENT);
  assert_int_equal (socket, -1);
  assert_int_equal (pid, -1);
  assert_int_equal (hand->daemon.module[MISSING].helper_fd, -1);
  assert_non_null (strstr (failure.text, "no-such-program is not installed"));
  assert_int_equal (count_open (), before);
}

/* Without a supervisor a helper is started at the first call, once.  */
static void
when_it_is_needed (void **state)
{
  struct daemonhand *hand = *state;
  auto_failure struct failure failure = FAILURE_NONE;
  struct daemon *daemon = &hand->daemon;
  int fd;

  assert_int_equal (request_need_helper (daemon, PLAIN, NULL), 0);
  assert_int_equal (daemon->module[PLAIN].helper_fd, -1);
  assert_int_equal (request_need_helper (daemon, HELPED, NULL), 0);
  fd = daemon->module[HELPED].helper_fd;
  assert_true (fd >= 0);
  assert_int_equal (request_need_helper (daemon, HELPED, NULL), 0);
  assert_int_equal (daemon->module[HELPED].helper_fd, fd);
  assert_code (request_need_helper (daemon, MISSING, &failure), GPG_ERR_ENOENT);
  close (fd);
  assert_true (wait (NULL) > 0);
}

/* The helper: answer each message with itself and a mark, "limits" with its
   arguments.  */
static int
be_helper (char **argv)
{
  char text[40];
  ssize_t length;

  while ((length = recv (3, text, sizeof text - 1, 0)) > 0)
    {
      text[length] = '!';
      if (length == 6 && !memcmp (text, "limits", 6))
        length = snprintf (text, sizeof text, "%s %s", argv[1], argv[2]) - 1;
      send (3, text, (size_t)length + 1, MSG_NOSIGNAL);
    }
  return 0;
}

#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, setup, daemonhand_teardown)

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    TEST (nouns_without_a_helper),
    TEST (a_helper_is_asked),
    TEST (a_helper_that_there_is_not),
    TEST (when_it_is_needed),
  };

  if (argc == 3 && !strcmp (argv[0], HELPER))
    return be_helper (argv);
  return cmocka_run_group_tests_name ("helper", tests, NULL, NULL);
}
