/* test-request.c - tests of src/daemon/request.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "daemonhand.h"

static void
calls_have_numbers (void **state)
{
  struct daemonhand *hand = *state;
  char id[20];
  char text[64];

  daemonhand_enter (hand);
  asks (hand, "GETINFO session", "D *|OK");
  snprintf (id, sizeof id, "%.16s", hand->said + 2);
  snprintf (text, sizeof text, "D a|OK %s.1", id);
  asks (hand, "THING GET a", text);
  asks (hand, "THING GET none", "*ERR * Not found *");
  snprintf (text, sizeof text, "D b|OK %s.3", id);
  asks (hand, "thing get b", text);
  daemonhand_ends (hand);
}

static void
lines_that_are_no_call (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_enter (hand);
  asks (hand, "THING", "ERR * - a verb is missing: HELP THING");
  asks (hand, "THING \"GET\"", "ERR * - *");
  asks (hand, "THING @", "ERR * - a verb is missing: HELP THING");
  asks (hand, "THING NONE", "ERR * - THING has no verb NONE: HELP THING *");
  asks (hand, "THING GET", "ERR * - *name*");
  asks (hand, "THING GET a b c", "ERR * - *");
  asks (hand, "THING GET --none=1 a", "ERR * - *none*");
  asks (hand, "THING GET \"a", "ERR * - *");
  asks (hand, "THING GET a%2", "ERR * - *");
  asks (hand, "THING GET large",
        "ERR * - max-answer: an answer has at most 67108864 bytes: *");
  asks (hand, "THING GET a", "D a|OK *");
  daemonhand_ends (hand);
}

/* Who may not call a verb learns nothing about its arguments.  */
static void
rights_come_first (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_open (hand);
  asks (hand, "THING PUT x", "ERR * - *NONCE and AUTH first*");
  daemonhand_auth (hand, "panel", PANEL_KEY, "S AUTH panel *|OK");
  asks (hand, "THING KEEP x y z", "ERR * - policy: a rule denies THING KEEP *");
  asks (hand, "OTHER GET",
        "S DETAIL rule OTHER GET|ERR * - policy: no rule allows OTHER GET *");
  daemonhand_ends (hand);
  hand->entrance.ceiling = EFFECT_READ;
  daemonhand_enter (hand);
  asks (hand, "THING PUT x", "ERR * - ceiling: *");
  daemonhand_ends (hand);
}

static void
changes_are_carried_out (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_enter (hand);
  asks (hand, "THING PUT one text", "D put|OK *");
  assert_string_equal (scratch_text (hand->scratch, "/etc/one"), "text");
  asks (hand, "THING PUT one other", "*ERR * - */etc/one was changed by *");
  asks (hand, "THING PUT --dry-run --reason=trying two text",
        "D --- /dev/null%0A*|OK *");
  assert_null (scratch_text (hand->scratch, "/etc/two"));
  asks (hand, "OPTION dry-run=1", "OK");
  asks (hand, "THING PUT two text", "D --- /dev/null%0A*|OK *");
  /* A call cannot lift what the session has.  */
  asks (hand, "THING PUT --dry-run=no two text", "D --- /dev/null%0A*|OK *");
  asks (hand, "OPTION dry-run=0", "OK");
  asks (hand, "THING PUT two text", "D put|OK *");
  daemonhand_ends (hand);
}

static void
options (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_enter (hand);
  asks (hand, "THING GET a m", "D name: a%0A|D mark: m%0A|OK *");
  asks (hand, "THING GET --output=json a m",
        "D {\"name\":\"a\",\"mark\":\"m\"}%0A|OK *");
  asks (hand, "OPTION output=json", "OK");
  asks (hand, "THING GET a m", "D {\"name\":\"a\",\"mark\":\"m\"}%0A|OK *");
  asks (hand, "THING GET --output=text a m", "D name: a%0A|D mark: m%0A|OK *");
  asks (hand, "OPTION --output text", "OK");
  asks (hand, "THING GET a m", "D name: a%0A|D mark: m%0A|OK *");
  asks (hand, "OPTION reason=because", "OK");
  asks (hand, "OPTION output=none", "ERR * - *");
  asks (hand, "OPTION none=1", "ERR * - *");
  asks (hand, "OPTION timeout=nonsense", "ERR * - *");
  asks (hand, "OPTION timeout=100ms", "OK");
  asks (hand, "THING WAIT", "S WARNING waiting|ERR * - the time is over");
  asks (hand, "OPTION timeout=1h", "OK");
  asks (hand, "THING WAIT --timeout=50ms",
        "S WARNING waiting|ERR * - the time is over");
  daemonhand_ends (hand);
}

/* A lone @ is asked for, by the argument's name.  */
static void
inquiries (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_enter (hand);
  asks (hand, "THING PUT one @", "INQUIRE TEXT");
  say (hand, "D asked%0Afor");
  asks (hand, "END", "D put|OK *");
  assert_string_equal (scratch_text (hand->scratch, "/etc/one"), "asked\nfor");
  asks (hand, "THING PUT @ @", "INQUIRE NAME");
  say (hand, "D two");
  asks (hand, "END", "INQUIRE TEXT");
  asks (hand, "CAN", "ERR * - the answer to TEXT was canceled");
  assert_null (scratch_text (hand->scratch, "/etc/two"));
  /* Who may not, is not asked.  */
  asks (hand, "OTHER GET @", "S DETAIL rule *|ERR * - policy: *");
  daemonhand_ends (hand);
}

static void
canceling (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_enter (hand);
  say (hand, "THING WAIT");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  asks (hand, "CANCEL", "ERR * Operation cancel* - the client gave up");
  say (hand, "THING WAIT");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  asks (hand, "cancel\r", "ERR * - the client gave up");
  /* Other lines stay queued, and cancel nothing.  */
  say (hand, "THING WAIT --timeout=100ms\nCANCELED\nNOP");
  hears (hand, "S WARNING waiting|ERR * - the time is over");
  hears (hand, "ERR * - there is no such noun or word*");
  hears (hand, "OK");
  daemonhand_ends (hand);
}

/* Who hangs up gave up; who only stops sending waits for his answer.  */
static void
hanging_up (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_enter (hand);
  say (hand, "THING WAIT --timeout=100ms");
  shutdown (hand->fd, SHUT_WR);
  hears (hand, "S WARNING waiting|ERR * - the time is over");
  hears (hand, "END");
  daemonhand_ends (hand);
  daemonhand_enter (hand);
  say (hand, "THING WAIT");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  daemonhand_ends (hand);
}

/* --- Calls that carry out others --- */

static void
other_verbs_are_carried_out (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_enter (hand);
  asks (hand, "THING OUTER GET a", "D a|OK *");
  asks (hand, "THING OUTER GET \"a %22 %25@\" m",
        "D name: a \" %25@%0A|D mark: m%0A|OK *");
  /* Words are taken as they are: no option, no question.  */
  asks (hand, "THING OUTER GET --x", "D --x|OK *");
  asks (hand, "THING OUTER GET %40", "D @|OK *");
  asks (hand, "THING OUTER PUT one text", "D put|OK *");
  assert_string_equal (scratch_text (hand->scratch, "/etc/one"), "text");
  asks (hand, "THING OUTER OUTER GET", "ERR * - *");
  daemonhand_ends (hand);
}

static void
others_fail_as_if_they_were_it (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_enter (hand);
  asks (hand, "THING OUTER GET none",
        "S DETAIL name none|ERR * Not found * - no thing is none");
  asks (hand, "THING OUTER NONE", "ERR * - THING has no verb NONE: *");
  asks (hand, "THING OUTER GET", "ERR * - *name*");
  asks (hand, "THING OUTER KEEP",
        "ERR * - policy: a rule denies THING KEEP to panel");
  daemonhand_ends (hand);
  hand->entrance.ceiling = EFFECT_READ;
  daemonhand_enter (hand);
  asks (hand, "THING OUTER PUT two text", "ERR * - ceiling: *");
  assert_null (scratch_text (hand->scratch, "/etc/two"));
  daemonhand_ends (hand);
}

/* Dry run, form and time are the outer call's.  */
static void
others_inherit (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_enter (hand);
  asks (hand, "THING OUTER --dry-run PUT two text", "D --- /dev/null%0A*|OK *");
  assert_null (scratch_text (hand->scratch, "/etc/two"));
  asks (hand, "THING OUTER --output=json GET a m",
        "D {\"name\":\"a\",\"mark\":\"m\"}%0A|OK *");
  asks (hand, "THING OUTER --timeout=50ms WAIT",
        "S WARNING waiting|ERR * - the time is over");
  say (hand, "THING OUTER WAIT");
  assert_string_equal (hear_line (hand), "S WARNING waiting");
  asks (hand, "CANCEL", "ERR * - the client gave up");
  daemonhand_ends (hand);
}

/* --- The log --- */

static void
the_log (void **state)
{
  struct daemonhand *hand = *state;
  char path[200];
  const char *text;

  snprintf (path, sizeof path, "%s", scratch_path (hand->scratch, "/log"));
  log_set_file (path);
  daemonhand_enter (hand);
  asks (hand, "THING GET a", "D a|OK *");
  asks (hand, "THING PUT --dry-run one text", "D *|OK *");
  asks (hand, "THING PUT --reason=a%20reason one text", "D put|OK *");
  asks (hand, "THING OUTER --reason=deep PUT two text", "D put|OK *");
  daemonhand_ends (hand);
  log_set_file ("-");
  text = scratch_text (hand->scratch, "/log");
  assert_non_null (text);
  assert_non_null (
      strstr (text, "uid=1234 panel: THING PUT: done, reason: a reason\n"));
  assert_non_null (strstr (text, "  file /etc/one\n"));
  assert_non_null (strstr (text, "THING PUT: done, reason: deep\n"));
  /* Neither what only reads, nor what was written.  */
  assert_null (strstr (text, "THING GET"));
  assert_null (strstr (text, "dry run"));
  assert_null (strstr (text, "text"));
}

/* What the session's options say is said of each call.  */
static void
rules_see_options (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_policy (hand, "[identity panel]\nkey = panel.key\n"
                           "allow = THING GET reason=?* output=json\n"
                           "allow = THING PUT dry-run=yes\n"
                           "deny = * * timeout=1h..24h\n");
  daemonhand_load (hand);
  daemonhand_enter (hand);
  asks (hand, "THING GET a", "S DETAIL rule *|ERR * Forbidden *");
  asks (hand, "OPTION reason=mine", "OK");
  asks (hand, "THING GET a",
        "S DETAIL rule THING GET reason=mine|ERR * Forbidden *");
  asks (hand, "OPTION output=json", "OK");
  asks (hand, "THING GET a", "D *a*|OK *");
  asks (hand, "THING GET --output=text a", "S DETAIL rule *|ERR * Forbidden *");
  asks (hand, "THING PUT f x", "S DETAIL rule *|ERR * Forbidden *");
  asks (hand, "OPTION dry-run=1", "OK");
  asks (hand, "THING PUT f x", "D *|OK *");
  asks (hand, "OPTION timeout=2h", "OK");
  asks (hand, "THING PUT f x", "ERR * - policy: a rule denies *");
  daemonhand_ends (hand);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    DAEMON_TEST (calls_have_numbers),
    DAEMON_TEST (lines_that_are_no_call),
    DAEMON_TEST (rights_come_first),
    DAEMON_TEST (changes_are_carried_out),
    DAEMON_TEST (options),
    DAEMON_TEST (inquiries),
    DAEMON_TEST (canceling),
    DAEMON_TEST (hanging_up),
    DAEMON_TEST (other_verbs_are_carried_out),
    DAEMON_TEST (others_fail_as_if_they_were_it),
    DAEMON_TEST (others_inherit),
    DAEMON_TEST (rules_see_options),
    DAEMON_TEST (the_log),
  };

  return cmocka_run_group_tests_name ("request", tests, NULL, NULL);
}
