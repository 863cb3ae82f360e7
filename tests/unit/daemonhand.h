/* daemonhand.h - a daemon made by hand, and a client of its sessions
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   Each session is a child of the test; the client speaks lines.  The nouns are
   the test's own: THING and OTHER.  */

#ifndef REEVE_TEST_DAEMONHAND_H
#define REEVE_TEST_DAEMONHAND_H

#include "check.h"
#include "scratch.h"

#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "../../protocol/memory.h"
#include "../../src/daemon/session.h"

#define PANEL_KEY "0123456789abcdef0123456789abcdef"

struct daemonhand
{
  struct scratch *scratch;
  struct daemon daemon;
  struct entrance entrance; /* Of the sessions to come.  */
  int fd;                   /* To the last one.  */
  pid_t pid;
  char said[16384];
};

/* --- The nouns --- */

/* Answer with the name, as a record if there is a mark.  */
static inline gpg_error_t
thing_get (struct call *call)
{
  const char *name = arg_text (call, "name");
  gpg_error_t err;

  if (!strcmp (name, "none"))
    {
      failure_detail (&call->failure, "name", "%s", name);
      return fail (&call->failure, GPG_ERR_NOT_FOUND, "no thing is %s", name);
    }
  if (!strcmp (name, "silent"))
    return gpg_error (GPG_ERR_GENERAL);
  if (!strcmp (name, "large"))
    return gpg_error (GPG_ERR_TOO_LARGE);
  if (!arg_text (call, "mark"))
    return writer_value (call->out, name, strlen (name));
  err = writer_field (call->out, "name", "%s", name);
  if (!err)
    err = writer_field (call->out, "mark", "%s", arg_text (call, "mark"));
  return err ? err : writer_record_end (call->out);
}

/* Write the file /etc/NAME.  */
static inline gpg_error_t
thing_put (struct call *call)
{
  static const struct file_image nothing;
  const char *name = arg_text (call, "name");
  const char *text = arg_text (call, "text");
  char path[200];

  snprintf (path, sizeof path, "/etc/%s", name);
  return plan_file_write (call->plan, path, &nothing, text, strlen (text));
}

static inline gpg_error_t
thing_put_done (struct call *call, gpg_error_t err)
{
  return err ? err : writer_value (call->out, "put", 3);
}

/* Do nothing until the client gives up or the time is over.  */
static inline gpg_error_t
thing_wait (struct call *call)
{
  gpg_error_t err = writer_warning (call->out, "waiting");

  while (!err)
    {
      if (call->canceled (call->client))
        err = fail (&call->failure, GPG_ERR_CANCELED, "the client gave up");
      else if (call->deadline && link_now () >= call->deadline)
        err = fail (&call->failure, GPG_ERR_TIMEOUT, "the time is over");
      else
        poll (NULL, 0, 10);
    }
  return err;
}

/* Carry out another verb.  */
static inline gpg_error_t
thing_outer (struct call *call)
{
  const char *arguments[] = { arg_text (call, "one"), arg_text (call, "two") };
  size_t count = arguments[1] ? 2 : arguments[0] ? 1 : 0;

  return call->perform (call, arg_text (call, "verb"), arguments, count,
                        call->out);
}

static inline gpg_error_t
thing_keep (struct call *call)
{
  bool kept = call->module->session != NULL;

  if (!kept)
    call->module->session = strdup ("kept");
  return writer_value (call->out, kept ? "again" : "new", kept ? 5 : 3);
}

static inline gpg_error_t
thing_fences (struct call *call)
{
  gpg_error_t err = writer_field (call->out, "process", "thing");

  if (!err)
    err = writer_field (call->out, "fence", "wall");
  if (!err)
    err = writer_field_bool (call->out, "holds", true);
  return err ? err : writer_record_end (call->out);
}

static const struct verb thing_verbs[]
    = { { .name = "GET",
          .args = "<name:string> [<mark:string>]",
          .run = thing_get,
          .summary = "get",
          .help = "Help of get.\n" },
        { .name = "PUT",
          .args = "<name:string> <text:text>",
          .effect = EFFECT_WRITE,
          .run = thing_put,
          .done = thing_put_done,
          .summary = "put",
          .help = "Help of put.\n" },
        { .name = "WAIT",
          .args = "",
          .run = thing_wait,
          .summary = "wait",
          .help = "Help of wait.\n" },
        { .name = "KEEP",
          .args = "",
          .run = thing_keep,
          .summary = "keep",
          .help = "Help of keep.\n" },
        { .name = "OUTER",
          .args = "<verb:string> [<one:text>] [<two:text>]",
          .run = thing_outer,
          .summary = "outer",
          .help = "Help of outer.\n" },
        { .name = NULL } };
static const struct noun thing_noun = { .name = "THING",
                                        .summary = "things",
                                        .help = "THING\n\nHelp of things.",
                                        .verbs = thing_verbs,
                                        .session_end = free,
                                        .fences = thing_fences };

static const struct verb other_verbs[]
    = { { .name = "GET",
          .args = "<name:string> [<mark:string>]",
          .run = thing_get,
          .summary = "get",
          .help = "Help.\n" },
        { .name = NULL } };
static const struct noun other_noun = { .name = "OTHER",
                                        .summary = "others",
                                        .help = "OTHER\n\nHelp of others.",
                                        .verbs = other_verbs };

/* --- The daemon --- */

/* Make DIRECTORY (absolute, below the root) and those above it.  */
static inline void
daemonhand_mkdirs (const struct scratch *scratch, const char *directory)
{
  char path[200];

  snprintf (path, sizeof path, "%s", directory);
  for (char *p = path + 1; *p; p++)
    if (*p == '/')
      {
        *p = 0;
        mkdir (scratch_path (scratch, path), 0755);
        *p = '/';
      }
  mkdir (scratch_path (scratch, path), 0755);
}

/* Make NAME.key hold TEXT.  */
static inline void
daemonhand_key (const struct daemonhand *hand, const char *name,
                const char *text)
{
  char path[200];

  snprintf (path, sizeof path, "%s/%s.key", OWN_KEYS_DIR, name);
  unlink (scratch_path (hand->scratch, path));
  scratch_write (hand->scratch, path, text);
  assert_int_equal (chmod (scratch_path (hand->scratch, path), 0400), 0);
}

static inline void
daemonhand_policy (const struct daemonhand *hand, const char *text)
{
  scratch_write (hand->scratch, OWN_POLICY_DIR "/a.policy", text);
}

/* Load the policy, as at the start.  */
static inline void
daemonhand_load (struct daemonhand *hand)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct daemon *daemon = &hand->daemon;

  policy_release (&daemon->policy);
  if (policy_load (&daemon->machine, &daemon->registry, &daemon->policy,
                   &failure))
    print_error ("%s\n", failure.text);
  assert_null (failure.text);
}

/* What the supervisor tells the sessions after a reload of the files as they
   are, if these load.  */
static inline void
daemonhand_reload (struct daemonhand *hand)
{
  struct daemon *daemon = &hand->daemon;
  struct policy policy;

  if (!policy_load (&daemon->machine, &daemon->registry, &policy, NULL))
    integrity_digest (&policy.seen, daemon->shared->policy);
  policy_release (&policy);
  atomic_fetch_add (&daemon->shared->generation, 1);
}

static inline int
daemonhand_setup_with (void **state, const struct noun *const *nouns)
{
  struct daemonhand *hand = calloc (1, sizeof *hand);
  struct daemon *daemon;
  void *scratch;

  if (!hand || scratch_setup (&scratch))
    return -1;
  hand->scratch = scratch;
  hand->fd = -1;
  daemon = &hand->daemon;
  daemon->machine = hand->scratch->machine;
  limits_init (&daemon->options.limits);
  daemon->options.limits.auth_ms = daemon->options.limits.line_ms = 20000;
  daemon->options.limits.idle_ms = 20000;
  daemon->options.limits.clients = daemon->options.limits.clients_per_uid = 16;
  daemon->shared = mmap (NULL, sizeof *daemon->shared, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (daemon->shared == MAP_FAILED
      || registry_make (nouns, &daemon->registry, NULL)
      || tally_new (&daemon->wrong_responses) || rates_new (&daemon->rates))
    return -1;
  daemon->module = calloc (daemon->registry.count, sizeof *daemon->module);
  for (size_t i = 0; i < daemon->registry.count; i++)
    daemon->module[i].helper_fd = -1;
  hand->entrance = (struct entrance){ .peer = { 1234, 1235, 1236 },
                                      .server_uid = 77,
                                      .ceiling = EFFECT_DESTROY,
                                      .socket_name = "/run/S.test" };
  scratch_mkdir (hand->scratch, "/etc");
  daemonhand_mkdirs (hand->scratch, OWN_POLICY_DIR);
  daemonhand_mkdirs (hand->scratch, OWN_KEYS_DIR);
  daemonhand_mkdirs (hand->scratch, OWN_STATE_DIR);
  daemonhand_key (hand, "panel", PANEL_KEY "\n");
  daemonhand_policy (hand, "[identity panel]\nkey = panel.key\npeer = 1234\n"
                           "allow = THING *\ndeny = THING KEEP\n");
  daemonhand_load (hand);
  *state = hand;
  return 0;
}

static inline int
daemonhand_setup (void **state)
{
  static const struct noun *const nouns[] = { &thing_noun, &other_noun, NULL };

  return daemonhand_setup_with (state, nouns);
}

/* The session of the last client must have ended, with status 0.  */
static inline void
daemonhand_ends (struct daemonhand *hand)
{
  int status;

  close (hand->fd);
  hand->fd = -1;
  assert_int_equal (waitpid (hand->pid, &status, 0), hand->pid);
  hand->pid = 0;
  assert_int_equal (status, 0);
}

static inline int
daemonhand_teardown (void **state)
{
  struct daemonhand *hand = *state;
  struct daemon *daemon = &hand->daemon;
  void *scratch = hand->scratch;

  if (hand->pid)
    {
      kill (hand->pid, SIGKILL);
      waitpid (hand->pid, NULL, 0);
    }
  if (hand->fd >= 0)
    close (hand->fd);
  free (daemon->module);
  policy_release (&daemon->policy);
  registry_release (&daemon->registry);
  tally_release (daemon->wrong_responses);
  rates_release (daemon->rates);
  rates_release (daemon->rates);
  munmap (daemon->shared, sizeof *daemon->shared);
  free (hand);
  return scratch_teardown (&scratch);
}

/* --- The client --- */

static inline void
say (struct daemonhand *hand, const char *line)
{
  size_t length = strlen (line);

  assert_int_equal (send (hand->fd, line, length, MSG_NOSIGNAL), length);
  assert_int_equal (send (hand->fd, "\n", 1, MSG_NOSIGNAL), 1);
}

/* One line, without its end; NULL at the end of the stream.  */
static inline const char *
hear_line (struct daemonhand *hand)
{
  static char line[1100];
  size_t length = 0;
  struct pollfd poll_fd = { hand->fd, POLLIN, 0 };

  for (;;)
    {
      assert_true (length < sizeof line);
      assert_int_equal (poll (&poll_fd, 1, 20000), 1);
      if (read (hand->fd, line + length, 1) != 1)
        return NULL;
      if (line[length] == '\n')
        break;
      length++;
    }
  line[length] = 0;
  return line;
}

/* An answer up to OK, ERR or INQUIRE, its lines with "|" between them; the end
   of the stream is "END".  */
static inline const char *
hear (struct daemonhand *hand)
{
  const char *line;
  size_t length = 0;

  do
    {
      line = hear_line (hand);
      length += (size_t)snprintf (hand->said + length,
                                  sizeof hand->said - length, "%s%s",
                                  length ? "|" : "", line ? line : "END");
      assert_true (length < sizeof hand->said);
    }
  while (line && strncmp (line, "OK", 2) && strncmp (line, "ERR ", 4)
         && strncmp (line, "INQUIRE ", 8));
  return hand->said;
}

/* What is heard fits PATTERN, as file names do.  */
static inline void
hears (struct daemonhand *hand, const char *pattern)
{
  hear (hand);
  if (fnmatch (pattern, hand->said, 0))
    print_error ("%s\n  instead of %s\n", hand->said, pattern);
  assert_int_equal (fnmatch (pattern, hand->said, 0), 0);
}

static inline void
asks (struct daemonhand *hand, const char *line, const char *pattern)
{
  say (hand, line);
  hears (hand, pattern);
}

/* In a child: a crash is its end, and no failure that goes on testing.  */
static inline void
daemonhand_be_child (void)
{
  static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    signal (signals[i], SIG_DFL);
}

/* Start a session; its hello is not read.  */
static inline void
daemonhand_start (struct daemonhand *hand)
{
  int ends[2];

  assert_int_equal (hand->pid, 0);
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                    0);
  hand->pid = fork ();
  assert_true (hand->pid >= 0);
  if (!hand->pid)
    {
      /* The log goes where nobody waits for it.  */
      int null = open ("/dev/null", O_WRONLY | O_CLOEXEC);

      if (!getenv ("REEVE_TEST_LOG"))
        dup2 (null, STDERR_FILENO);
      daemonhand_be_child ();
      close (ends[0]);
      hand->entrance.in = hand->entrance.out = ends[1];
      session_run (&hand->daemon, &hand->entrance);
      session_exit ();
    }
  close (ends[1]);
  hand->fd = ends[0];
}

/* Start a session and take its hello.  */
static inline void
daemonhand_open (struct daemonhand *hand)
{
  daemonhand_start (hand);
  hears (hand, "OK reeve * ready");
}

/* Say NONCE; the nonce goes to R_NONCE.  */
static inline void
daemonhand_nonce (struct daemonhand *hand, char r_nonce[HANDSHAKE_HEX + 1])
{
  asks (hand, "NONCE", "D *|OK");
  snprintf (r_nonce, HANDSHAKE_HEX + 1, "%s", hand->said + 2);
}

/* The mac, or proof, of IDENTITY with KEY for NONCE (good until the next
   call).  */
static inline const char *
daemonhand_mac (const struct daemonhand *hand, enum handshake_side side,
                const char *identity, const char *key, const char *nonce,
                const char *client_nonce)
{
  static char mac[HANDSHAKE_HEX + 1];
  const struct handshake exchange = { identity, nonce, client_nonce,
                                      hand->entrance.peer.uid,
                                      hand->entrance.server_uid };

  assert_int_equal (handshake_mac (&exchange, side, key, strlen (key), mac), 0);
  return mac;
}

/* Say AUTH for IDENTITY with KEY.  */
static inline void
daemonhand_auth (struct daemonhand *hand, const char *identity, const char *key,
                 const char *pattern)
{
  char nonce[HANDSHAKE_HEX + 1];
  char line[300];

  daemonhand_nonce (hand, nonce);
  snprintf (line, sizeof line, "AUTH %s %s", identity,
            daemonhand_mac (hand, HANDSHAKE_CLIENT, identity, key, nonce, ""));
  asks (hand, line, pattern);
}

/* Start a session and be the panel.  */
static inline void
daemonhand_enter (struct daemonhand *hand)
{
  daemonhand_open (hand);
  daemonhand_auth (hand, "panel", PANEL_KEY, "S AUTH panel *|OK");
}

#define DAEMON_TEST(name)                                                      \
  cmocka_unit_test_setup_teardown (name, daemonhand_setup, daemonhand_teardown)

#endif /* REEVE_TEST_DAEMONHAND_H */
