/* supervisorhand.h - a supervisor made by hand, and its clients
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The supervisor is a child of the test.  A program that includes this is
   linked with --wrap=link_now.  */

#ifndef REEVE_TEST_SUPERVISORHAND_H
#define REEVE_TEST_SUPERVISORHAND_H

#include "daemonhand.h"

#include <sys/un.h>
#include "../../src/daemon/supervisor.h"

/* What all processes share with the test.  */
static struct
{
  uint64_t later;              /* Added to the clock, ms.  */
  _Atomic bool hold;           /* Recoveries do not end.  */
  _Atomic unsigned recoveries; /* Begun so far.  */
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

/* --- Starting and ending --- */

static inline int
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

static inline int
setup (void **state)
{
  static const struct noun *const nouns[] = { &thing_noun, NULL };

  return setup_with (state, nouns);
}

static inline int
teardown (void **state)
{
  int rc;

  if (supervisor.pid)
    {
      kill (supervisor.pid, SIGINT);
      waitpid (supervisor.pid, NULL, 0);
      supervisor.pid = 0;
    }
  rc = daemonhand_teardown (state);
  munmap (stage, sizeof *stage);
  stage = NULL;
  return rc;
}

static inline void
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
static inline void
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
static inline void
is_over (int status)
{
  int got;

  assert_int_equal (waitpid (supervisor.pid, &got, 0), supervisor.pid);
  supervisor.pid = 0;
  assert_true (WIFEXITED (got));
  assert_int_equal (WEXITSTATUS (got), status);
}

/* Whether it goes on for another MS.  */
static inline bool
goes_on (int ms)
{
  poll (NULL, 0, ms);
  return waitpid (supervisor.pid, NULL, WNOHANG) == 0;
}

static inline void
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

static inline void
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
static inline int
enter (struct daemonhand *hand, const char *pattern)
{
  knock (hand);
  hears (hand, pattern);
  return hand->fd;
}

/* Be the panel.  */
static inline int
enter_panel (struct daemonhand *hand)
{
  enter (hand, "OK reeve * ready");
  daemonhand_auth (hand, "panel", PANEL_KEY, "S AUTH panel *|OK");
  return hand->fd;
}

static inline void
leave (struct daemonhand *hand, int fd)
{
  close (fd);
  if (hand->fd == fd)
    hand->fd = -1;
}

/* A refusal is the hello, and then nothing.  */
static inline void
is_refused (struct daemonhand *hand, const char *pattern)
{
  int fd = enter (hand, pattern);

  hears (hand, "END");
  leave (hand, fd);
}

/* A session that ended is not counted once the supervisor knows.  */
static inline int
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
static inline pid_t
session_pid (struct daemonhand *hand)
{
  asks (hand, "GETINFO pid", "D *|OK");
  return (pid_t)atol (hand->said + 2);
}

#endif /* REEVE_TEST_SUPERVISORHAND_H */
