/* test-main.c - tests of src/daemon/main.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The daemon is a child of the test, with nouns of the test's own.  */

#include <config.h>
int reeved_main (int argc, char **argv);
#define main reeved_main
#include "src/daemon/main.c"
#undef main
#include "daemonhand.h"

#include <sys/un.h>

#define KEY PANEL_KEY

const struct noun *const daemon_nouns[] = { &thing_noun, NULL };

/* What the last program wrote.  */
static char out[65536];
static char errors[65536];

/* --- Running it --- */

/* Start reeved for the machine of HAND with ARGUMENTS; its input is IN.  */
static pid_t
start (struct daemonhand *hand, const char *const *arguments, int in)
{
  char *argv[16] = { (char *)"reeved" };
  int argc = 1;
  char path[2][4096];
  pid_t pid;

  argv[argc++] = (char *)"--root";
  argv[argc++] = hand->scratch->root;
  /* They are written to.  */
  for (; *arguments; arguments++)
    argv[argc++] = strdup (*arguments);
  snprintf (path[0], sizeof path[0], "%s",
            scratch_path (hand->scratch, "/out"));
  snprintf (path[1], sizeof path[1], "%s",
            scratch_path (hand->scratch, "/errors"));
  pid = fork ();
  assert_true (pid >= 0);
  if (pid)
    {
      while (argc > 3)
        free (argv[--argc]);
      return pid;
    }
  daemonhand_be_child ();
  if (in >= 0)
    dup2 (in, STDIN_FILENO);
  if (!freopen (path[0], "w", stdout) || !freopen (path[1], "w", stderr))
    exit (99);
  exit (reeved_main (argc, argv));
}

/* How it ended: its status.  What it wrote is in OUT and ERRORS then.  */
static int
finish (struct daemonhand *hand, pid_t pid)
{
  const char *text;
  int status;

  assert_int_equal (waitpid (pid, &status, 0), pid);
  text = scratch_text (hand->scratch, "/out");
  snprintf (out, sizeof out, "%s", text ? text : "");
  text = scratch_text (hand->scratch, "/errors");
  snprintf (errors, sizeof errors, "%s", text ? text : "");
  assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

#define RUN(hand, ...)                                                         \
  finish (hand, start (hand, (const char *const[]){ __VA_ARGS__, NULL }, -1))

static int
setup (void **state)
{
  static const struct noun *const nouns[] = { &thing_noun, NULL };
  struct daemonhand *hand;

  unsetenv ("LISTEN_FDS");
  unsetenv ("_assuan_connection_fd");
  if (daemonhand_setup_with (state, nouns))
    return -1;
  hand = *state;
  daemonhand_policy (hand, "[identity panel]\nkey = panel.key\n"
                           "allow = THING *\n");
  return 0;
}

/* A descriptor from which TEXT is read.  */
static int
text_fd (const char *text, size_t length)
{
  int ends[2];

  assert_int_equal (pipe (ends), 0);
  assert_int_equal (write (ends[1], text, length), length);
  close (ends[1]);
  return ends[0];
}

/* --- Parts --- */

static void
words_about_itself (void **state)
{
  (void)state;
  assert_string_equal (usage_text (13), PACKAGE_VERSION);
  assert_non_null (strstr (usage_text (11), "reeved"));
  assert_non_null (strstr (usage_text (10), "GPL-3.0-or-later"));
  assert_non_null (strstr (usage_text (14), "Copyright (C)"));
  assert_string_equal (usage_text (1), usage_text (40));
  assert_non_null (strstr (usage_text (41), "Syntax: reeved"));
  assert_non_null (strstr (usage_text (19), "reeved(8)"));
  assert_null (usage_text (99));
}

static void
hardening (void **state)
{
  int status;
  pid_t pid = fork ();

  (void)state;
  if (!pid)
    {
      struct rlimit core;
      struct sigaction pipes;

      umask (0);
      setenv ("ASSUAN_DEBUG", "1", 1);
      setenv ("_assuan_pipe_connect_pid", "1", 1);
      harden ();
      getrlimit (RLIMIT_CORE, &core);
      sigaction (SIGPIPE, NULL, &pipes);
      exit (umask (0) != 022 || core.rlim_max || getenv ("ASSUAN_DEBUG")
            || getenv ("_assuan_pipe_connect_pid")
            || pipes.sa_handler != SIG_IGN
#ifndef REEVE_SANITIZE
            || prctl (PR_GET_DUMPABLE)
#endif
      );
    }
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_int_equal (status, 0);
}

/* Reading TEXT as the key of --key-fd fails with CODE, or gives KEY.  */
static void
key_is (const char *text, size_t length, gpg_err_code_t code)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct handed_key *key = NULL;

  assert_code (read_handed_key (text_fd (text, length), &key, &failure), code);
  if (code)
    {
      assert_null (key);
      assert_ptr_equal (strstr (failure.text, "--key-fd: "), failure.text);
      return;
    }
  assert_int_equal (key->length, length - (text[length - 1] == '\n'));
  assert_memory_equal (key->bytes, text, key->length);
  munmap (key, sizeof *key);
}

static void
a_key_that_is_handed_over (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct handed_key *key = NULL;
  char text[LIMIT_KEY_MAX + 2];

  (void)state;
  memset (text, 'k', sizeof text);
  key_is (KEY, strlen (KEY), 0);
  key_is (KEY "\n", strlen (KEY) + 1, 0);
  key_is (KEY, LIMIT_KEY_MIN - 1, GPG_ERR_TOO_SHORT);
  key_is ("", 0, GPG_ERR_TOO_SHORT);
  key_is (text, LIMIT_KEY_MAX, 0);
  key_is (text, LIMIT_KEY_MAX + 1, GPG_ERR_TOO_LARGE);
  text[LIMIT_KEY_MAX] = '\n';
  assert_int_equal (
      read_handed_key (text_fd (text, LIMIT_KEY_MAX + 1), &key, &failure), 0);
  assert_int_equal (key->length, LIMIT_KEY_MAX);
  munmap (key, sizeof *key);
  key = NULL;
  assert_code (read_handed_key (1 << 20, &key, &failure), GPG_ERR_EBADF);
}

static void
who_is_the_owner (void **state)
{
  static struct handed_key key;
  struct daemon daemon = { 0 };

  (void)state;
  assert_int_equal (is_owner (&daemon), getuid () != 0);
  /* What is hidden from an owner stays so; other errors are errors.  */
  daemon.options.mode = RUN_SERVER;
  assert_int_equal (is_hidden (&daemon, gpg_error (GPG_ERR_EACCES)),
                    getuid () != 0);
  assert_false (is_hidden (&daemon, gpg_error (GPG_ERR_ENOENT)));
  assert_false (is_hidden (&daemon, 0));
  daemon.options.mode = RUN_DAEMON;
  assert_false (is_hidden (&daemon, gpg_error (GPG_ERR_EACCES)));
  daemon.key = &key;
  assert_false (is_owner (&daemon));
}

static void
preparing (void **state)
{
  struct daemonhand *hand = *state;
  auto_failure struct failure failure = FAILURE_NONE;
  struct daemon daemon = { 0 };

  scratch_write (hand->scratch, "/x.conf", "");
  daemon.options.root = hand->scratch->root;
  daemon.options.config_file = strdup (scratch_path (hand->scratch, "/x.conf"));
  assert_int_equal (daemon_prepare (&daemon, &failure), 0);
  assert_int_equal (daemon.registry.count, 1);
  assert_int_equal (daemon.module[0].helper_fd, -1);
  assert_non_null (daemon.module[0].tally);
  assert_int_equal (atomic_load (&daemon.shared->generation), 0);
  /* Where options say that the configuration is, it is reeve's own.  */
  assert_true (machine_owns (&daemon.machine, "/x.conf"));
  daemon_release (&daemon);
  memset (&daemon, 0, sizeof daemon);
  daemon.options.root = scratch_path (hand->scratch, "/none");
  assert_code (daemon_prepare (&daemon, &failure), GPG_ERR_ENOENT);
}

/* --- The program --- */

static void
what_ends_at_once (void **state)
{
  struct daemonhand *hand = *state;

  assert_int_equal (RUN (hand, "--version"), 0);
  assert_ptr_equal (strstr (out, "reeved (reeve) " PACKAGE_VERSION), out);
  assert_int_equal (RUN (hand, "--dump-verbs=text"), 0);
  assert_non_null (strstr (out, "THING GET"));
  assert_int_equal (RUN (hand, "--dump-verbs=none"), 2);
  assert_int_equal (RUN (hand, "--check"), 0);
  daemonhand_policy (hand, "nonsense\n");
  assert_int_equal (RUN (hand, "--check"), 2);
  assert_non_null (strstr (errors, "a.policy:1: "));
  assert_int_equal (RUN (hand, "--none"), 2);
}

static void
logging_to_a_file (void **state)
{
  struct daemonhand *hand = *state;
  char option[4096];
  const char *text;

  daemonhand_policy (hand, "nonsense\n");
  snprintf (option, sizeof option, "--log-file=%s",
            scratch_path (hand->scratch, "/reeved.log"));
  assert_int_equal (RUN (hand, "--check", option), 2);
  text = scratch_text (hand->scratch, "/reeved.log");
  assert_non_null (text);
  assert_non_null (strstr (text, "a.policy:1: "));
  assert_string_equal (errors, "");
}

/* One conversation with a server on a socket pair or on standard input.  */
static void
talk_to_server (struct daemonhand *hand, bool handed)
{
  char number[16];
  pid_t pid;
  int ends[2];

  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), 0);
  if (handed)
    {
      snprintf (number, sizeof number, "%d", ends[1]);
      setenv ("_assuan_connection_fd", number, 1);
    }
  pid = start (hand, (const char *const[]){ "--server", NULL },
               handed ? -1 : ends[1]);
  unsetenv ("_assuan_connection_fd");
  close (ends[1]);
  hand->fd = ends[0];
  if (handed)
    {
      hears (hand, "OK reeve * ready");
      hand->entrance.peer.uid = hand->entrance.server_uid = getuid ();
      /* An ordinary user's own is his; root has to prove himself.  */
      asks (hand, "WHOAMI",
            getuid () ? "D identity: owner%0A|*|OK"
                      : "D authenticated: no%0A|*|OK");
      if (!getuid ())
        daemonhand_auth (hand, "panel", KEY, "S AUTH panel *|OK");
      asks (hand, "THING GET a", "D a|OK *");
      asks (hand, "BYE", "OK closing connection");
    }
  else
    {
      /* It answers on standard output.  */
      say (hand, "GETINFO version\nBYE");
      shutdown (hand->fd, SHUT_WR);
    }
  assert_int_equal (finish (hand, pid), 0);
  if (!handed)
    assert_non_null (strstr (out, "D " PACKAGE_VERSION "\nOK\n"));
  close (hand->fd);
  hand->fd = -1;
}

static void
a_server_on_a_pipe (void **state)
{
  talk_to_server (*state, true);
  talk_to_server (*state, false);
}

/* A handed key makes even an owner prove himself.  */
static void
a_server_with_a_key (void **state)
{
  struct daemonhand *hand = *state;
  char option[32];
  int key = text_fd (KEY "\n", strlen (KEY) + 1);
  int ends[2];
  pid_t pid;

  snprintf (option, sizeof option, "--key-fd=%d", key);
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), 0);
  assert_int_equal (dup2 (ends[1], 60), 60);
  setenv ("_assuan_connection_fd", "60", 1);
  pid = start (hand, (const char *const[]){ "--server", option, NULL }, -1);
  unsetenv ("_assuan_connection_fd");
  close (ends[1]);
  close (60);
  close (key);
  hand->fd = ends[0];
  hand->entrance.peer.uid = hand->entrance.server_uid = getuid ();
  hears (hand, "OK reeve * ready");
  asks (hand, "THING GET a", "ERR * - *NONCE and AUTH first*");
  daemonhand_auth (hand, "spawner", KEY, "S AUTH spawner *|OK");
  asks (hand, "THING GET a", "D a|OK *");
  asks (hand, "BYE", "OK closing connection");
  assert_int_equal (finish (hand, pid), 0);
  key = text_fd ("short", 5);
  snprintf (option, sizeof option, "--key-fd=%d", key);
  assert_int_equal (RUN (hand, "--server", option), 2);
  assert_non_null (strstr (errors, "--key-fd: a key has 32 bytes or more"));
  close (key);
}

/* Connect to the daemon; NULL while nobody listens.  Returns its pid.  */
static pid_t
enter (struct daemonhand *hand)
{
  char directory[4096];
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  struct ucred peer = { 0 };
  socklen_t size = sizeof peer;
  int directory_fd;

  snprintf (directory, sizeof directory, "%s",
            scratch_path (hand->scratch, OWN_RUN_DIR));
  directory_fd = open (directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  snprintf (address.sun_path, sizeof address.sun_path,
            "/proc/self/fd/%d/S.reeve", directory_fd);
  hand->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!connect (hand->fd, (struct sockaddr *)&address, sizeof address))
    getsockopt (hand->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  close (directory_fd);
  hand->entrance.peer.uid = hand->entrance.server_uid = getuid ();
  return peer.pid;
}

/* The parent ends when the daemon is ready; that has no terminal, and a log
   of its own.  */
static void
a_daemon_in_the_background (void **state)
{
  struct daemonhand *hand = *state;
  char path[64];
  char target[64] = "";
  pid_t pid;

  /* Whom nobody waits for any more shall be a child of the test.  */
  assert_int_equal (prctl (PR_SET_CHILD_SUBREAPER, 1), 0);
  assert_int_equal (
      finish (hand, start (hand, (const char *const[]){ NULL }, -1)), 0);
  pid = enter (hand);
  assert_true (pid > 0);
  hears (hand, "OK reeve * ready");
  daemonhand_auth (hand, "panel", KEY, "S AUTH panel *|OK");
  asks (hand, "THING PUT one text", "D put|OK *");
  assert_int_equal (getsid (pid), pid);
  snprintf (path, sizeof path, "/proc/%d/fd/2", pid);
  if (readlink (path, target, sizeof target - 1) > 0)
    assert_string_equal (target, "/dev/null");
  close (hand->fd);
  hand->fd = -1;
  assert_int_equal (kill (pid, SIGTERM), 0);
  assert_int_equal (finish (hand, pid), 0);
  assert_int_equal (prctl (PR_SET_CHILD_SUBREAPER, 0), 0);
  assert_non_null (
      strstr (scratch_text (hand->scratch, OWN_LOG_DIR "/reeved.log"),
              "THING PUT: done"));
}

/* A daemon that cannot begin says so to who waits for it.  */
static void
a_daemon_that_cannot_begin (void **state)
{
  struct daemonhand *hand = *state;

  assert_int_equal (prctl (PR_SET_CHILD_SUBREAPER, 1), 0);
  daemonhand_mkdirs (hand->scratch, OWN_RUN_DIR);
  scratch_write (hand->scratch, OWN_SOCKET, "no socket\n");
  assert_int_equal (RUN (hand, "--foreground"), 2);
  assert_non_null (strstr (errors, "S.reeve"));
  assert_int_equal (
      finish (hand, start (hand, (const char *const[]){ NULL }, -1)), 1);
  assert_true (wait (NULL) > 0);
  assert_int_equal (prctl (PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void
a_daemon_in_the_foreground (void **state)
{
  struct daemonhand *hand = *state;
  pid_t pid;

  daemonhand_policy (hand, "");
  pid = start (hand, (const char *const[]){ "--foreground", NULL }, -1);
  for (int i = 0; i < 1000 && enter (hand) != pid; i++)
    {
      close (hand->fd);
      poll (NULL, 0, 10);
    }
  hears (hand, "ERR * - policy: no identity admits peer uid *");
  kill (pid, SIGTERM);
  assert_int_equal (finish (hand, pid), 0);
  assert_non_null (strstr (errors, "every client will be refused"));
}

#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, setup, daemonhand_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (words_about_itself),
    cmocka_unit_test (hardening),
    cmocka_unit_test (a_key_that_is_handed_over),
    cmocka_unit_test (who_is_the_owner),
    TEST (preparing),
    TEST (what_ends_at_once),
    TEST (logging_to_a_file),
    TEST (a_server_on_a_pipe),
    TEST (a_server_with_a_key),
    TEST (a_daemon_in_the_background),
    TEST (a_daemon_that_cannot_begin),
    TEST (a_daemon_in_the_foreground),
  };

  return cmocka_run_group_tests_name ("main", tests, NULL, NULL);
}
