/* test-supervisor.c - tests of src/daemon/supervisor.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The supervisor is a child of the test.  The helper of the noun HELPED is
   this program, which knows by its name that it is to be that.  */

#include <config.h>
#include "daemonhand.h"

#include <sys/file.h>
#include <sys/resource.h>
#include <sys/un.h>
#include "../../src/daemon/supervisor.h"

#define HELPER "test-supervisor"

/* What all processes share with the test.  */
static struct
{
  uint64_t later; /* Added to the clock, ms.  */
} * stage;

uint64_t __real_link_now (void);
uint64_t __wrap_link_now (void);

uint64_t
__wrap_link_now (void)
{
  return __real_link_now () + (stage ? stage->later : 0);
}

static struct
{
  pid_t pid;
  int ready; /* A byte comes here.  */
  char log[4096];
} supervisor;

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

static const struct verb helped_verbs[]
    = { { "ASK", "", EFFECT_READ, helped_ask, NULL, "ask", "Help.\n" },
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

/* --- Starting and ending --- */

static int
setup_with (void **state, const struct noun *const *nouns)
{
  struct daemonhand *hand;

  stage = mmap (NULL, sizeof *stage, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (stage == MAP_FAILED || daemonhand_setup_with (state, nouns))
    return -1;
  hand = *state;
  daemonhand_policy (hand, "[identity panel]\nkey = panel.key\nallow = *\n");
  daemonhand_load (hand);
  daemonhand_mkdirs (hand->scratch, OWN_JOURNAL_DIR);
  return 0;
}

static int
setup (void **state)
{
  static const struct noun *const nouns[] = { &thing_noun, NULL };

  return setup_with (state, nouns);
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

static int
teardown (void **state)
{
  int rc;

  if (supervisor.pid)
    {
      kill (supervisor.pid, SIGKILL);
      waitpid (supervisor.pid, NULL, 0);
      supervisor.pid = 0;
    }
  rc = daemonhand_teardown (state);
  munmap (stage, sizeof *stage);
  stage = NULL;
  return rc;
}

static void
be_supervisor (struct daemonhand *hand, int ready)
{
  struct listeners listeners;
  char *argv[] = { (char *)"reeved", (char *)"--root", hand->scratch->root,
                   NULL };

  daemonhand_be_child ();
  log_set_file (supervisor.log);
  if (listeners_open (&hand->daemon, &listeners, NULL))
    exit (99);
  exit (supervisor_run (&hand->daemon, &listeners, ready, 3, argv));
}

/* Start a supervisor that is ready, or ends.  */
static void
start (struct daemonhand *hand)
{
  int ends[2];
  char byte;

  snprintf (supervisor.log, sizeof supervisor.log, "%s",
            scratch_path (hand->scratch, "/log"));
  assert_int_equal (pipe (ends), 0);
  supervisor.pid = fork ();
  assert_true (supervisor.pid >= 0);
  if (!supervisor.pid)
    {
      close (ends[0]);
      be_supervisor (hand, ends[1]);
    }
  close (ends[1]);
  supervisor.ready = read (ends[0], &byte, 1) == 1;
  close (ends[0]);
}

/* The supervisor ends, with STATUS.  */
static void
is_over (int status)
{
  int got;

  assert_int_equal (waitpid (supervisor.pid, &got, 0), supervisor.pid);
  supervisor.pid = 0;
  assert_true (WIFEXITED (got));
  assert_int_equal (WEXITSTATUS (got), status);
}

/* Whether it goes on for another MS.  */
static bool
goes_on (int ms)
{
  poll (NULL, 0, ms);
  return waitpid (supervisor.pid, NULL, WNOHANG) == 0;
}

static void
wait_for_log (struct daemonhand *hand, const char *text)
{
  const char *log = NULL;

  for (int i = 0; i < 1000; i++)
    {
      log = scratch_text (hand->scratch, "/log");
      if (log && strstr (log, text))
        return;
      poll (NULL, 0, 10);
    }
  print_error ("\"%s\" is not in the log: %s\n", text, log ? log : "");
  assert_null (text);
}

/* --- Clients --- */

static void
knock (struct daemonhand *hand)
{
  char directory[4096];
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int directory_fd;

  snprintf (directory, sizeof directory, "%s",
            scratch_path (hand->scratch, OWN_RUN_DIR));
  directory_fd = open (directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_true (directory_fd >= 0);
  snprintf (address.sun_path, sizeof address.sun_path,
            "/proc/self/fd/%d/S.reeve", directory_fd);
  hand->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal (
      connect (hand->fd, (struct sockaddr *)&address, sizeof address), 0);
  close (directory_fd);
  hand->entrance.peer.uid = hand->entrance.server_uid = getuid ();
}

/* Connect; the hello fits PATTERN.  Returns the descriptor.  */
static int
enter (struct daemonhand *hand, const char *pattern)
{
  knock (hand);
  hears (hand, pattern);
  return hand->fd;
}

/* Be the panel.  */
static int
enter_panel (struct daemonhand *hand)
{
  enter (hand, "OK reeve * ready");
  daemonhand_auth (hand, "panel", PANEL_KEY, "S AUTH panel *|OK");
  return hand->fd;
}

static void
leave (struct daemonhand *hand, int fd)
{
  close (fd);
  if (hand->fd == fd)
    hand->fd = -1;
}

/* A refusal is the hello, and then nothing.  */
static void
is_refused (struct daemonhand *hand, const char *pattern)
{
  int fd = enter (hand, pattern);

  hears (hand, "END");
  leave (hand, fd);
}

/* A session that ended is not counted once the supervisor knows.  */
static int
enter_when_there_is_room (struct daemonhand *hand)
{
  for (int i = 0; i < 500; i++)
    {
      int fd = enter (hand, "*");

      if (!strncmp (hand->said, "OK", 2))
        return fd;
      leave (hand, fd);
      poll (NULL, 0, 10);
    }
  assert_string_equal (hand->said, "OK");
  return -1;
}

/* The pid of the process that serves the last client.  */
static pid_t
session_pid (struct daemonhand *hand)
{
  asks (hand, "GETINFO pid", "D *|OK");
  return (pid_t)atol (hand->said + 2);
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

  hand->daemon.options.clients = 1;
  start (hand);
  one = enter (hand, "OK *");
  is_refused (hand, "ERR * - too many clients: try later, or raise *");
  leave (hand, one);
  /* There is room again.  */
  leave (hand, enter_when_there_is_room (hand));
  kill (supervisor.pid, SIGTERM);
  is_over (0);
  hand->daemon.options.clients = 16;
  hand->daemon.options.clients_per_uid = 1;
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

  hand->daemon.options.clients = hand->daemon.options.clients_per_uid = 40;
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

static void
running_calls_end_first (void **state)
{
  struct daemonhand *hand = *state;
  int one;

  start (hand);
  one = enter_panel (hand);
  say (hand, "THING WAIT --timeout=300ms");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  kill (supervisor.pid, SIGTERM);
  wait_for_log (hand, "ending; 1 sessions");
  is_refused (hand, "ERR * - the daemon is ending");
  hand->fd = one;
  hears (hand, "ERR * - the time is over");
  hears (hand, "END");
  is_over (0);
}

/* A call that does not end in time is killed.  */
static void
there_is_an_end_to_waiting (void **state)
{
  struct daemonhand *hand = *state;

  start (hand);
  enter_panel (hand);
  say (hand, "THING WAIT");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  kill (supervisor.pid, SIGTERM);
  wait_for_log (hand, "ending; 1 sessions");
  assert_true (goes_on (50));
  stage->later = LIMIT_DRAIN_SECONDS * 1000 + 1;
  hears (hand, "END");
  wait_for_log (hand, "died by signal 9");
  is_over (0);
}

static void
at_once (void **state)
{
  struct daemonhand *hand = *state;

  start (hand);
  enter_panel (hand);
  say (hand, "THING WAIT");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  kill (supervisor.pid, SIGINT);
  hears (hand, "END");
  is_over (0);
  /* So does the third SIGTERM.  */
  start (hand);
  enter_panel (hand);
  say (hand, "THING WAIT");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  for (int i = 0; i < 3; i++)
    {
      kill (supervisor.pid, SIGTERM);
      assert_true (i == 2 || goes_on (50));
    }
  hears (hand, "END");
  is_over (0);
}

/* --- Sessions that die --- */

/* Die in the middle of a plan: there is a temporary that nobody needs.  */
static void
leave_half_done (struct daemonhand *hand)
{
  pid_t pid = fork ();

  if (!pid)
    {
      static const struct file_image nothing;
      struct plan *plan;

      setenv ("REEVE_DIE", "1", 1);
      if (plan_new (&plan)
          || plan_file_write (plan, "/etc/half", &nothing, "half\n", 5))
        _exit (1);
      plan_run (plan, &hand->daemon.machine, NULL);
      _exit (1);
    }
  assert_int_equal (waitpid (pid, NULL, 0), pid);
}

int __real_renameat2 (int, const char *, int, const char *, unsigned);
int __wrap_renameat2 (int from, const char *old, int to, const char *name,
                      unsigned flags);
int __real_linkat (int, const char *, int, const char *, int);
int __wrap_linkat (int from, const char *old, int to, const char *name,
                   int flags);

/* Where a process shall die before its file is in its place.  */
int
__wrap_renameat2 (int from, const char *old, int to, const char *name,
                  unsigned flags)
{
  if (getenv ("REEVE_DIE"))
    raise (SIGKILL);
  return __real_renameat2 (from, old, to, name, flags);
}

int
__wrap_linkat (int from, const char *old, int to, const char *name, int flags)
{
  if (getenv ("REEVE_DIE"))
    raise (SIGKILL);
  return __real_linkat (from, old, to, name, flags);
}

static size_t
count_files (struct daemonhand *hand, const char *directory)
{
  DIR *stream = opendir (scratch_path (hand->scratch, directory));
  struct dirent *dirent;
  size_t count = 0;

  assert_non_null (stream);
  while ((dirent = readdir (stream)))
    if (strcmp (dirent->d_name, ".") && strcmp (dirent->d_name, ".."))
      count++;
  closedir (stream);
  return count;
}

static void
what_a_dead_session_left_is_put_back (void **state)
{
  struct daemonhand *hand = *state;
  size_t before = count_files (hand, "/etc");
  int fd;

  start (hand);
  fd = enter_panel (hand);
  leave_half_done (hand);
  assert_int_equal (count_files (hand, "/etc"), before + 1);
  kill (session_pid (hand), SIGKILL);
  hears (hand, "END");
  wait_for_log (hand, "died by signal 9");
  for (int i = 0; i < 500 && count_files (hand, "/etc") != before; i++)
    poll (NULL, 0, 10);
  assert_int_equal (count_files (hand, "/etc"), before);
  leave (hand, fd);
  /* The daemon goes on.  */
  leave (hand, enter_panel (hand));
}

/* The supervisor does not end before that is done.  */
static void
recovery_belongs_to_the_end (void **state)
{
  struct daemonhand *hand = *state;
  size_t before = count_files (hand, "/etc");
  int lock = open (scratch_path (hand->scratch, OWN_JOURNAL_DIR),
                   O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  assert_true (lock >= 0);
  start (hand);
  enter_panel (hand);
  leave_half_done (hand);
  /* Somebody carries a plan out meanwhile.  */
  assert_int_equal (flock (lock, LOCK_EX), 0);
  say (hand, "THING WAIT");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  kill (supervisor.pid, SIGINT);
  hears (hand, "END");
  wait_for_log (hand, "died by signal 9");
  assert_true (goes_on (300));
  assert_int_equal (count_files (hand, "/etc"), before + 1);
  flock (lock, LOCK_UN);
  is_over (0);
  assert_int_equal (count_files (hand, "/etc"), before);
  close (lock);
}

/* Two that die one after the other: what the second left is seen, too.  And
   a recovery that has no end keeps nobody for ever.  */
static void
recoveries_that_wait (void **state)
{
  struct daemonhand *hand = *state;
  size_t before = count_files (hand, "/etc");
  int lock = open (scratch_path (hand->scratch, OWN_JOURNAL_DIR),
                   O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  assert_true (lock >= 0);
  start (hand);
  for (int i = 0; i < 2; i++)
    {
      enter_panel (hand);
      assert_int_equal (flock (lock, LOCK_UN), 0);
      leave_half_done (hand);
      assert_int_equal (flock (lock, LOCK_EX), 0);
      kill (session_pid (hand), SIGKILL);
      hears (hand, "END");
      leave (hand, hand->fd);
      wait_for_log (hand, "died by signal 9");
      poll (NULL, 0, 50);
    }
  flock (lock, LOCK_UN);
  for (int i = 0; i < 500 && count_files (hand, "/etc") != before; i++)
    poll (NULL, 0, 10);
  assert_int_equal (count_files (hand, "/etc"), before);
  leave_half_done (hand);
  assert_int_equal (flock (lock, LOCK_EX), 0);
  enter_panel (hand);
  kill (session_pid (hand), SIGKILL);
  hears (hand, "END");
  kill (supervisor.pid, SIGTERM);
  assert_true (goes_on (300));
  stage->later = 2 * LIMIT_DRAIN_SECONDS * 1000 + 1;
  is_over (0);
  assert_int_equal (count_files (hand, "/etc"), before + 1);
  close (lock);
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
    TEST (running_calls_end_first, setup),
    TEST (there_is_an_end_to_waiting, setup),
    TEST (at_once, setup),
    TEST (what_a_dead_session_left_is_put_back, setup),
    TEST (recovery_belongs_to_the_end, setup),
    TEST (recoveries_that_wait, setup),
    TEST (a_reload, setup),
    TEST (helpers_are_started_again, setup_helped),
    TEST (a_helper_that_there_is_not, setup_missing),
    TEST (no_descriptors, setup),
  };

  if (argc == 1 && !strcmp (argv[0], HELPER))
    return be_helper ();
  return cmocka_run_group_tests_name ("supervisor", tests, NULL, NULL);
}
