/* test-session_words.c - tests of src/daemon/words.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "daemonhand.h"

static void
whoami (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_open (hand);
  asks (hand, "WHOAMI",
        "D authenticated: no%0A|D uid: 1234%0A|D gid: 1235%0A|D pid: 1236%0A|"
        "D ceiling: destroy%0A|D dry-run: no%0A|D session: *%0A|OK");
  daemonhand_auth (hand, "panel", PANEL_KEY, "S AUTH panel *|OK");
  asks (hand, "OPTION dry-run=1", "OK");
  asks (hand, "WHOAMI",
        "D identity: panel%0A|D authenticated: yes%0A|*"
        "D dry-run: yes%0A|*|OK");
  asks (hand, "OPTION output=json", "OK");
  asks (
      hand, "WHOAMI",
      "D {\"identity\":\"panel\",\"authenticated\":true,\"uid\":1234,*}%0A|OK");
  daemonhand_ends (hand);
  hand->entrance.ceiling = EFFECT_READ;
  daemonhand_open (hand);
  asks (hand, "WHOAMI", "*|D ceiling: read%0A|*|OK");
  daemonhand_ends (hand);
}

static void
simple_information (void **state)
{
  struct daemonhand *hand = *state;
  char text[100];

  daemonhand_open (hand);
  asks (hand, "GETINFO version", "D " PACKAGE_VERSION "|OK");
  snprintf (text, sizeof text, "D %d|OK", hand->pid);
  asks (hand, "GETINFO pid", text);
  asks (hand, "GETINFO socket_name", "D /run/S.test|OK");
  asks (hand, "GETINFO modules", "D THING%0A|D OTHER%0A|OK");
  asks (hand, "GETINFO session", "D ????????????????|OK");
  snprintf (text, sizeof text, "*D session: %.16s%%0A|OK", hand->said + 2);
  asks (hand, "WHOAMI", text);
  asks (hand, "GETINFO",
        "ERR * - there is no such information: HELP GETINFO lists all");
  asks (hand, "GETINFO ver", "ERR * - there is no such information*");
  asks (hand, "GETINFO versions", "ERR * - there is no such information*");
  daemonhand_ends (hand);
  hand->entrance.socket_name = NULL;
  daemonhand_open (hand);
  asks (hand, "GETINFO socket_name",
        "ERR * - this session is on a pipe or a passed socket");
  daemonhand_ends (hand);
}

/* What is between two lists of names must be the same.  */
static void
names_are_told_for_completion (void **state)
{
  (void)state;
  assert_string_equal (session_info (0), "version");
  for (size_t i = 0; session_info (i); i++)
    {
      const struct session_word *word = session_words;

      while (strcmp (word->name, "GETINFO"))
        word++;
      assert_non_null (strstr (word->help, session_info (i)));
    }
}

static void
fences (void **state)
{
  struct daemonhand *hand = *state;
  const char *own
      = "D process: session%0A|D fence: no core dumps%0A|D holds: *%0A|D %0A"
        "process: session%0A|D fence: not traceable by its user%0A|"
        "D holds: *%0A|*D fence: writes no file but the audit log%0A|"
        "D holds: no%0A|OK";

  daemonhand_open (hand);
  /* A noun's processes are of no concern to nobody.  */
  asks (hand, "GETINFO fences", own);
  assert_null (strstr (hand->said, "thing"));
  daemonhand_auth (hand, "panel", PANEL_KEY, "S AUTH panel *|OK");
  asks (hand, "GETINFO fences",
        "*%0Aprocess: thing%0A|D fence: wall%0A|D holds: yes%0A|OK");
  daemonhand_ends (hand);
}

static void
the_last_error (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_enter (hand);
  asks (hand, "GETINFO last_error", "ERR * - no call has failed so far");
  asks (hand, "THING GET none",
        "S DETAIL name none|ERR * Not found * - no thing is none");
  asks (hand, "THING GET a", "D a|OK *");
  asks (hand, "GETINFO last_error",
        "D code: *%0A|D error: Not found%0A|D advice: no thing is none%0A|"
        "D name: none%0A|OK");
  /* An error without words has none.  */
  asks (hand, "THING GET silent", "ERR * - see the daemon's log");
  asks (hand, "GETINFO last_error",
        "D code: *%0A|D error: General error%0A|OK");
  daemonhand_ends (hand);
}

static void
options_of_commands (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_open (hand);
  asks (hand, "GETINFO cmd_has_option THING GET dry-run", "OK");
  asks (hand, "GETINFO cmd_has_option thing get --output", "OK");
  asks (hand, "GETINFO cmd_has_option THING GET name",
        "ERR * False * - THING GET has no option --name");
  asks (hand, "GETINFO cmd_has_option THING NONE x",
        "ERR * - there is no THING NONE");
  asks (hand, "GETINFO cmd_has_option NONE GET x",
        "ERR * - there is no NONE GET");
  asks (hand, "GETINFO cmd_has_option THING GET",
        "ERR * - GETINFO cmd_has_option NOUN VERB OPTION");
  asks (hand, "GETINFO cmd_has_option THING GET a b",
        "ERR * - GETINFO cmd_has_option NOUN VERB OPTION");
  daemonhand_ends (hand);
}

static void
completion (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_open (hand);
  asks (hand, "GETINFO complete TH", "D THING%0A|OK");
  asks (hand, "GETINFO complete GETINFO ses", "D session%0A|OK");
  asks (hand, "GETINFO complete THING GE", "D GET%0A|OK");
  daemonhand_ends (hand);
}

static void
words_that_do_nothing (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_open (hand);
  asks (hand, "NOP", "OK");
  asks (hand, "CANCEL", "OK");
  asks (hand, "cancel", "OK");
  asks (hand, "NONSENSE",
        "ERR * - there is no such noun or word: HELP lists all");
  asks (hand, "BYE", "OK closing connection");
  daemonhand_ends (hand);
}

/* RESET forgets options, the nonce and what modules keep; not who it is, nor
   the dry run.  */
static void
reset (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_policy (hand, "[identity panel]\nkey = panel.key\nallow = *\n");
  daemonhand_load (hand);
  daemonhand_enter (hand);
  asks (hand, "THING KEEP", "D new|OK *");
  asks (hand, "THING KEEP", "D again|OK *");
  asks (hand, "OPTION output=json", "OK");
  asks (hand, "OPTION dry-run=1", "OK");
  asks (hand, "RESET", "OK");
  asks (hand, "THING KEEP", "D new|OK *");
  asks (hand, "WHOAMI", "D identity: panel%0A|*D dry-run: yes%0A|*|OK");
  daemonhand_ends (hand);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    DAEMON_TEST (whoami),
    DAEMON_TEST (simple_information),
    DAEMON_TEST (names_are_told_for_completion),
    DAEMON_TEST (fences),
    DAEMON_TEST (the_last_error),
    DAEMON_TEST (options_of_commands),
    DAEMON_TEST (completion),
    DAEMON_TEST (words_that_do_nothing),
    DAEMON_TEST (reset),
  };

  return cmocka_run_group_tests_name ("session_words", tests, NULL, NULL);
}
