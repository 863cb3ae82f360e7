/* test-supervisor.c - tests of src/daemon/supervisor.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The helper of the noun HELPED is this program, which knows by its name that
   it is to be that.  How it ends is in test-supervisor_end.c.  */

#include <config.h>
#include "supervisorhand.h"

#include <sys/resource.h>

#define HELPER "test-supervisor"

/* --- A noun with a helper --- */

/* Answer with the pid of the helper.  */
static gpg_error_t
helped_ask (struct call *call)
{
  int fd = call->module->helper_fd;
  struct pollfd poll_fd = { fd, POLLIN, 0 };
  char text[24] = "";

  if (send (fd, "?", 1, MSG_NOSIGNAL) != 1 || poll (&poll_fd, 1, 10000) != 1
      || recv (fd, text, sizeof text - 1, 0) <= 0)
    return fail (&call->failure, GPG_ERR_SERVER_FAILED, "no helper");
  return writer_value (call->out, text, strlen (text));
}

static const struct verb helped_verbs[] = { { .name = "ASK",
                                              .args = "",
                                              .run = helped_ask,
                                              .summary = "ask",
                                              .help = "Help.\n" },
                                            { .name = NULL } };
static const struct noun helped_noun = { .name = "HELPED",
                                         .summary = "helped",
                                         .help = "HELPED\n\nHelp.",
                                         .verbs = helped_verbs,
                                         .helper = HELPER };
static const struct noun missing_noun = { .name = "MISSING",
                                          .summary = "missing",
                                          .help = "MISSING\n\nHelp.",
                                          .verbs = helped_verbs,
                                          .helper = "no-such-program" };

/* The helper: answer with the own pid.  */
static int
be_helper (void)
{
  char text[24];
  char byte;

  snprintf (text, sizeof text, "%ld", (long)getpid ());
  while (recv (3, &byte, 1, 0) == 1)
    if (send (3, text, strlen (text), MSG_NOSIGNAL) < 0)
      break;
  return 0;
}

static int
setup_helped (void **state)
{
  static const struct noun *const nouns[] = { &thing_noun, &helped_noun, NULL };

  return setup_with (state, nouns);
}

static int
setup_missing (void **state)
{
  static const struct noun *const nouns[] = { &thing_noun, &missing_noun,
                                              NULL };

  return setup_with (state, nouns);
}

/* --- Tests --- */

static void
clients_are_served (void **state)
{
  struct daemonhand *hand = *state;
  int one, other;
  pid_t pid;

  start (hand);
  assert_true (supervisor.ready);
  one = enter_panel (hand);
  pid = session_pid (hand);
  assert_int_not_equal (pid, supervisor.pid);
  other = enter_panel (hand);
  assert_int_not_equal (session_pid (hand), pid);
  asks (hand, "GETINFO socket_name", "D " OWN_SOCKET "|OK");
  asks (hand, "THING GET other", "D other|OK *");
  leave (hand, other);
  hand->fd = one;
  asks (hand, "THING GET one", "D one|OK *");
  leave (hand, one);
  kill (supervisor.pid, SIGTERM);
  is_over (0);
  assert_int_not_equal (access (scratch_path (hand->scratch, OWN_SOCKET), F_OK),
                        0);
}

static void
there_are_limits (void **state)
{
  struct daemonhand *hand = *state;
  int one;

  hand->daemon.options.limits.clients = 1;
  start (hand);
  one = enter (hand, "OK *");
  is_refused (hand, "ERR * - too many clients: try later, or raise *");
  leave (hand, one);
  /* There is room again.  */
  leave (hand, enter_when_there_is_room (hand));
  kill (supervisor.pid, SIGTERM);
  is_over (0);
  hand->daemon.options.limits.clients = 16;
  hand->daemon.options.limits.clients_per_uid = 1;
  start (hand);
  one = enter (hand, "OK *");
  is_refused (hand, "ERR * - too many clients of this user: *");
  leave (hand, one);
}

/* More sessions than the first list of them holds.  */
static void
many_clients (void **state)
{
  struct daemonhand *hand = *state;
  int fds[40];

  hand->daemon.options.limits.clients = hand->daemon.options.limits.clients_per_uid = 40;
  start (hand);
  for (int i = 0; i < 40; i++)
    fds[i] = enter (hand, "OK *");
  is_refused (hand, "ERR * - too many clients: *");
  for (int i = 0; i < 40; i++)
    leave (hand, fds[i]);
  kill (supervisor.pid, SIGTERM);
  is_over (0);
}

static void
strangers_are_refused (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_policy (hand, "[identity panel]\nkey = panel.key\n"
                           "peer = 4294967294\n");
  daemonhand_load (hand);
  start (hand);
  is_refused (hand, "ERR * - policy: no identity admits peer uid *");
  assert_int_equal (kill (supervisor.pid, 0), 0);
}

static void
the_end_of_a_single_client (void **state)
{
  struct daemonhand *hand = *state;
  int one;

  hand->daemon.options.mode = RUN_SINGLE;
  start (hand);
  /* Who fails is no client.  */
  one = enter (hand, "OK *");
  leave (hand, one);
  one = enter_panel (hand);
  is_refused (hand, "ERR * - this daemon serves one client and has it");
  assert_true (goes_on (50));
  leave (hand, one);
  is_over (0);
}

/* --- A reload --- */

static void
a_reload (void **state)
{
  struct daemonhand *hand = *state;
  int one;

  daemonhand_key (hand, "other", PANEL_KEY);
  start (hand);
  one = enter_panel (hand);
  daemonhand_policy (hand, "nonsense\n");
  kill (supervisor.pid, SIGHUP);
  wait_for_log (hand, "reload: the old configuration stays in force");
  asks (hand, "THING GET a", "D a|OK *");
  daemonhand_policy (hand, "[identity other]\nkey = other.key\n"
                           "allow = THING *\n");
  scratch_write (hand->scratch, OWN_CONFIG_FILE, "max-clients 1\n");
  kill (supervisor.pid, SIGHUP);
  wait_for_log (hand, "reload: done");
  asks (hand, "THING GET a", "ERR * Forbidden *");
  leave (hand, one);
  one = enter_when_there_is_room (hand);
  daemonhand_auth (hand, "other", PANEL_KEY, "S AUTH other *|OK");
  is_refused (hand, "ERR * - too many clients: *");
  hand->fd = one;
  asks (hand, "THING GET a", "D a|OK *");
  /* A mistake in the options is no better than one in the policy.  */
  scratch_write (hand->scratch, OWN_CONFIG_FILE, "nonsense 1\n");
  unlink (supervisor.log);
  kill (supervisor.pid, SIGHUP);
  poll (NULL, 0, 100);
  asks (hand, "THING GET a", "D a|OK *");
  leave (hand, one);
}

/* --- Helpers --- */

static void
helpers_are_started_again (void **state)
{
  struct daemonhand *hand = *state;
  pid_t first, second;

  start (hand);
  assert_true (supervisor.ready);
  enter_panel (hand);
  asks (hand, "HELPED ASK", "D *|OK *");
  first = (pid_t)atol (hand->said + 2);
  assert_int_equal (kill (first, SIGKILL), 0);
  wait_for_log (hand, HELPER " died");
  stage->later += 2000;
  /* The same session gets on with the next one, by the same socket.  */
  asks (hand, "HELPED ASK", "D *|OK *");
  second = (pid_t)atol (hand->said + 2);
  assert_int_not_equal (first, second);
  leave (hand, hand->fd);
  kill (supervisor.pid, SIGTERM);
  is_over (0);
  for (int i = 0; i < 500 && !kill (second, 0); i++)
    poll (NULL, 0, 10);
  assert_int_not_equal (kill (second, 0), 0);
}

static void
a_helper_that_there_is_not (void **state)
{
  struct daemonhand *hand = *state;

  start (hand);
  assert_false (supervisor.ready);
  is_over (1);
  wait_for_log (hand, "no-such-program");
}

/* Without descriptors a client waits in the queue.  */
static void
no_descriptors (void **state)
{
  struct daemonhand *hand = *state;
  struct rlimit limit, none;

  start (hand);
  leave (hand, enter (hand, "OK *"));
  assert_int_equal (prlimit (supervisor.pid, RLIMIT_NOFILE, NULL, &limit), 0);
  none = limit;
  none.rlim_cur = 3;
  assert_int_equal (prlimit (supervisor.pid, RLIMIT_NOFILE, &none, NULL), 0);
  knock (hand);
  wait_for_log (hand, "cannot accept: Too many open files");
  assert_int_equal (prlimit (supervisor.pid, RLIMIT_NOFILE, &limit, NULL), 0);
  hears (hand, "OK reeve * ready");
}

#define TEST(name, setup)                                                      \
  cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    TEST (clients_are_served, setup),
    TEST (there_are_limits, setup),
    TEST (many_clients, setup),
    TEST (strangers_are_refused, setup),
    TEST (the_end_of_a_single_client, setup),
    TEST (a_reload, setup),
    TEST (helpers_are_started_again, setup_helped),
    TEST (a_helper_that_there_is_not, setup_missing),
    TEST (no_descriptors, setup),
  };

  if (argc == 3 && !strcmp (argv[0], HELPER))
    return be_helper ();
  return cmocka_run_group_tests_name ("supervisor", tests, NULL, NULL);
}
