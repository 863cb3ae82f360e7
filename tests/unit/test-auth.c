/* test-auth.c - tests of src/daemon/auth.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "daemonhand.h"

#include <time.h>

/* What all sessions share with the test.  */
static struct
{
  uint64_t later;    /* Added to the clock, ms.  */
  uint64_t slept_ms; /* By those who answered wrong.  */
} * stage;

uint64_t __real_link_now (void);
uint64_t __wrap_link_now (void);
int __wrap_nanosleep (const struct timespec *wanted, struct timespec *left);

uint64_t
__wrap_link_now (void)
{
  return __real_link_now () + (stage ? stage->later : 0);
}

/* Nobody waits.  */
int
__wrap_nanosleep (const struct timespec *wanted, struct timespec *left)
{
  (void)left;
  stage->slept_ms += (uint64_t)wanted->tv_sec * 1000
                     + (uint64_t)wanted->tv_nsec / 1000000;
  return 0;
}

static int
setup (void **state)
{
  stage = mmap (NULL, sizeof *stage, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return stage == MAP_FAILED ? -1 : daemonhand_setup (state);
}

static int
teardown (void **state)
{
  int rc = daemonhand_teardown (state);

  munmap (stage, sizeof *stage);
  stage = NULL;
  return rc;
}

#define WRONG "ERR * - not this identity, key or peer: say NONCE and try again"

static void
the_right_key (void **state)
{
  struct daemonhand *hand = *state;
  char nonce[HANDSHAKE_HEX + 1];
  char line[300];

  daemonhand_open (hand);
  asks (hand, "THING GET a", "ERR * - *NONCE and AUTH first*");
  daemonhand_nonce (hand, nonce);
  assert_true (handshake_is_hex (nonce));
  snprintf (
      line, sizeof line, "AUTH panel %s",
      daemonhand_mac (hand, HANDSHAKE_CLIENT, "panel", PANEL_KEY, nonce, ""));
  say (hand, line);
  /* The server proves itself, too.  */
  snprintf (
      line, sizeof line, "S AUTH panel %s|OK",
      daemonhand_mac (hand, HANDSHAKE_SERVER, "panel", PANEL_KEY, nonce, ""));
  hears (hand, line);
  asks (hand, "THING GET a", "D a|OK *");
  asks (hand, "NONCE", "D *|OK");
  asks (hand, "AUTH panel x", "ERR * - this session is already auth*");
  asks (hand, "THING GET a", "D a|OK *");
  asks (hand, "BYE", "OK closing connection");
  daemonhand_ends (hand);
  assert_int_equal (stage->slept_ms, 0);
}

static void
the_response_by_inquiry (void **state)
{
  static const char client_nonce[]
      = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  struct daemonhand *hand = *state;
  char nonce[HANDSHAKE_HEX + 1];
  char line[300];

  daemonhand_open (hand);
  daemonhand_nonce (hand, nonce);
  asks (hand, "AUTH panel", "INQUIRE RESPONSE");
  snprintf (line, sizeof line, "D %s:%s\nEND", client_nonce,
            daemonhand_mac (hand, HANDSHAKE_CLIENT, "panel", PANEL_KEY, nonce,
                            client_nonce));
  say (hand, line);
  snprintf (line, sizeof line, "S AUTH panel %s|OK",
            daemonhand_mac (hand, HANDSHAKE_SERVER, "panel", PANEL_KEY, nonce,
                            client_nonce));
  hears (hand, line);
  daemonhand_ends (hand);
  /* Who cancels has used his nonce up.  */
  daemonhand_open (hand);
  daemonhand_nonce (hand, nonce);
  asks (hand, "AUTH panel", "INQUIRE RESPONSE");
  asks (hand, "CAN", "ERR * - the answer to RESPONSE was canceled");
  asks (hand, "AUTH panel", "ERR * - say NONCE before AUTH");
  daemonhand_ends (hand);
}

static void
out_of_order (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_open (hand);
  asks (hand, "AUTH panel x", "ERR * - say NONCE before AUTH");
  asks (hand, "NONCE x", "ERR * - NONCE takes no arguments");
  asks (hand, "NONCE", "D *|OK");
  asks (hand, "AUTH", "ERR * - AUTH IDENTITY [[]RESPONSE]");
  asks (hand, "NONCE", "D *|OK");
  asks (hand, "AUTH a b c", "ERR * - AUTH IDENTITY [[]RESPONSE]");
  asks (hand, "RESET", "OK");
  asks (hand, "AUTH panel x", "ERR * - say NONCE before AUTH");
  daemonhand_ends (hand);
}

/* A nonce is good once, and not for ever.  */
static void
nonces_age (void **state)
{
  struct daemonhand *hand = *state;
  char nonce[HANDSHAKE_HEX + 1];
  char line[300];

  daemonhand_open (hand);
  daemonhand_nonce (hand, nonce);
  stage->later = LIMIT_NONCE_SECONDS * 1000 + 1;
  snprintf (
      line, sizeof line, "AUTH panel %s",
      daemonhand_mac (hand, HANDSHAKE_CLIENT, "panel", PANEL_KEY, nonce, ""));
  asks (hand, line, "ERR * - the nonce is older than 60 s: say NONCE again");
  asks (hand, line, "ERR * - say NONCE before AUTH");
  daemonhand_nonce (hand, nonce);
  asks (hand, "AUTH panel x", WRONG);
  snprintf (
      line, sizeof line, "AUTH panel %s",
      daemonhand_mac (hand, HANDSHAKE_CLIENT, "panel", PANEL_KEY, nonce, ""));
  asks (hand, line, "ERR * - say NONCE before AUTH");
  daemonhand_ends (hand);
}

/* Only until one is somebody is there a hurry.  */
static void
the_time_to_authenticate (void **state)
{
  struct daemonhand *hand = *state;

  hand->daemon.options.limits.auth_ms = 300;
  daemonhand_enter (hand);
  poll (NULL, 0, 400);
  asks (hand, "THING GET a", "D a|OK *");
  daemonhand_ends (hand);
  daemonhand_open (hand);
  hears (hand, "END");
  daemonhand_ends (hand);
}

/* The key of another, another's uid, another daemon's.  */
static void
responses_of_others (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_open (hand);
  daemonhand_auth (hand, "panel", "another key with thirty-two bytes", WRONG);
  hand->entrance.peer.uid++;
  daemonhand_auth (hand, "panel", PANEL_KEY, WRONG);
  daemonhand_ends (hand);
  hand->entrance.peer.uid--;
  daemonhand_open (hand);
  hand->entrance.server_uid++;
  daemonhand_auth (hand, "panel", PANEL_KEY, WRONG);
  hand->entrance.server_uid--;
  daemonhand_auth (hand, "panel", PANEL_KEY, "S AUTH panel *|OK");
  daemonhand_ends (hand);
}

/* Each of these looks the same.  */
static void
identities_that_are_none (void **state)
{
  static const char *const names[] = { "nobody", "a/b",   "spawner",
                                       "owner",  "other", "broken" };
  struct daemonhand *hand = *state;

  daemonhand_key (hand, "other", PANEL_KEY);
  daemonhand_key (hand, "broken", PANEL_KEY);
  daemonhand_policy (hand, "[identity panel]\nkey = panel.key\n"
                           "[identity other]\nkey = other.key\npeer = 4321\n"
                           "[identity broken]\nkey = broken.key\n");
  daemonhand_load (hand);
  daemonhand_key (hand, "broken", "short");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      daemonhand_open (hand);
      daemonhand_auth (hand, names[i], PANEL_KEY, WRONG);
      daemonhand_ends (hand);
    }
  /* With no identity at all, too.  */
  daemonhand_policy (hand, "");
  daemonhand_load (hand);
  daemonhand_open (hand);
  daemonhand_auth (hand, "panel", PANEL_KEY, WRONG);
  daemonhand_ends (hand);
}

static void
wrong_answers_wait_and_end (void **state)
{
  static const unsigned pauses[] = {
    100, 200, 400, 800, 1600, 3200, LIMIT_AUTH_PAUSE_MS, LIMIT_AUTH_PAUSE_MS
  };
  struct daemonhand *hand = *state;

  for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++)
    {
      if (!hand->pid)
        daemonhand_open (hand);
      stage->slept_ms = 0;
      asks (hand, "NONCE", "D *|OK");
      asks (hand, "AUTH panel zz", "ERR * Bad authentication *");
      assert_int_equal (stage->slept_ms, pauses[i]);
      if (i % LIMIT_AUTH_TRIES == LIMIT_AUTH_TRIES - 1)
        {
          hears (hand, "END");
          daemonhand_ends (hand);
        }
    }
  assert_int_equal (
      tally_recent (hand->daemon.wrong_responses, 1234, link_now (), 60000), 8);
  daemonhand_ends (hand);
  /* Who answers right never waits.  */
  stage->slept_ms = 0;
  daemonhand_enter (hand);
  assert_int_equal (stage->slept_ms, 0);
  daemonhand_ends (hand);
}

/* What one user got wrong, another does not wait for.  */
static void
users_wait_for_themselves (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_policy (hand, "[identity panel]\nkey = panel.key\n");
  daemonhand_load (hand);
  daemonhand_open (hand);
  daemonhand_auth (hand, "panel", "another key with thirty-two bytes", WRONG);
  daemonhand_auth (hand, "panel", "another key with thirty-two bytes", WRONG);
  assert_int_equal (stage->slept_ms, 300);
  daemonhand_ends (hand);
  hand->entrance.peer.uid++;
  stage->slept_ms = 0;
  daemonhand_open (hand);
  daemonhand_auth (hand, "panel", "another key with thirty-two bytes", WRONG);
  assert_int_equal (stage->slept_ms, 100);
  daemonhand_ends (hand);
}

/* The key that was handed over is that of an identity of its own.  */
static void
the_spawner (void **state)
{
  static struct handed_key key = { sizeof PANEL_KEY - 1, PANEL_KEY };
  struct daemonhand *hand = *state;

  hand->daemon.key = &key;
  daemonhand_open (hand);
  daemonhand_auth (hand, "spawner", PANEL_KEY, "S AUTH spawner *|OK");
  asks (hand, "THING GET a", "D a|OK *");
  asks (hand, "OTHER GET a", "D a|OK *");
  /* A reload is none of its business.  */
  daemonhand_policy (hand, "");
  daemonhand_reload (hand);
  asks (hand, "OTHER GET a", "D a|OK *");
  daemonhand_ends (hand);
}

static void
one_client_ever (void **state)
{
  struct daemonhand *hand = *state;

  hand->daemon.options.mode = RUN_SINGLE;
  daemonhand_open (hand);
  asks (hand, "NONCE", "D *|OK");
  asks (hand, "AUTH panel zz", WRONG);
  assert_int_equal (atomic_load (&hand->daemon.shared->single), 0);
  daemonhand_auth (hand, "panel", PANEL_KEY, "S AUTH panel *|OK");
  assert_int_equal (atomic_load (&hand->daemon.shared->single), hand->pid);
  daemonhand_ends (hand);
  daemonhand_open (hand);
  daemonhand_auth (hand, "panel", PANEL_KEY,
                   "ERR * Forbidden * - *closing connection*");
  hears (hand, "END");
  daemonhand_ends (hand);
}

/* --- A reload while sessions go on --- */

#define PANEL "[identity panel]\nkey = panel.key\npeer = 1234\n"

static void
rights_are_those_of_the_latest_policy (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_enter (hand);
  asks (hand, "OTHER GET a",
        "S DETAIL rule *|ERR * - policy: no rule allows OTHER GET *");
  daemonhand_policy (hand, PANEL "allow = OTHER *\n");
  asks (hand, "OTHER GET a",
        "S DETAIL rule *|ERR * - policy: no rule allows OTHER GET *");
  daemonhand_reload (hand);
  asks (hand, "OTHER GET a", "D a|OK *");
  asks (hand, "THING GET a",
        "S DETAIL rule *|ERR * - policy: no rule allows THING GET *");
  /* A session that finds other files than were reloaded has no rights it could
     rely on.  */
  daemonhand_policy (hand, "nonsense\n");
  daemonhand_reload (hand);
  asks (hand, "OTHER GET a", "ERR * Try again later * - *closing connection*");
  hears (hand, "END");
  daemonhand_ends (hand);
  daemonhand_policy (hand, PANEL "allow = THING *\n");
  daemonhand_reload (hand);
  daemonhand_enter (hand);
  asks (hand, "THING GET a", "D a|OK *");
  daemonhand_policy (hand, PANEL "allow = *\n");
  atomic_fetch_add (&hand->daemon.shared->generation, 1);
  asks (hand, "WHOAMI", "ERR * Try again later * - *closing connection*");
  hears (hand, "END");
  daemonhand_ends (hand);
}

/* Whatever the next word is: an identity that is gone ends its session.  */
static void
revoked (void **state)
{
  static const char *const words[] = { "THING GET a", "WHOAMI",
                                       "GETINFO fences", "GETINFO version",
                                       "GETINFO complete THING GET " };
  struct daemonhand *hand = *state;

  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    {
      daemonhand_policy (hand, PANEL "allow = THING *\n");
      daemonhand_load (hand);
      daemonhand_enter (hand);
      daemonhand_policy (hand, "");
      daemonhand_reload (hand);
      asks (hand, words[i], "ERR * Forbidden * - *closing connection*");
      hears (hand, "END");
      daemonhand_ends (hand);
      hand->daemon.generation = atomic_load (&hand->daemon.shared->generation);
    }
}

/* Another key, another peer; the same are no reason.  */
static void
what_revokes (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_enter (hand);
  daemonhand_key (hand, "panel", PANEL_KEY);
  daemonhand_reload (hand);
  asks (hand, "WHOAMI", "D identity: panel%0A|*OK");
  daemonhand_key (hand, "panel", "another key with thirty-two bytes");
  daemonhand_reload (hand);
  asks (hand, "WHOAMI", "ERR * Forbidden * - *closing connection*");
  daemonhand_ends (hand);
  hand->daemon.generation = atomic_load (&hand->daemon.shared->generation);
  daemonhand_key (hand, "panel", PANEL_KEY);
  daemonhand_enter (hand);
  daemonhand_policy (hand, "[identity panel]\nkey = panel.key\npeer = 4321\n");
  daemonhand_reload (hand);
  asks (hand, "WHOAMI", "ERR * Forbidden * - *closing connection*");
  daemonhand_ends (hand);
}

/* Who is nobody yet becomes somebody by the policy of now.  */
static void
a_new_identity (void **state)
{
  struct daemonhand *hand = *state;

  daemonhand_policy (hand, "");
  daemonhand_load (hand);
  daemonhand_open (hand);
  daemonhand_policy (hand, PANEL "allow = THING *\n");
  daemonhand_reload (hand);
  daemonhand_auth (hand, "panel", PANEL_KEY, "S AUTH panel *|OK");
  asks (hand, "THING GET a", "D a|OK *");
  daemonhand_ends (hand);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (the_right_key),
    TEST (the_response_by_inquiry),
    TEST (out_of_order),
    TEST (nonces_age),
    TEST (the_time_to_authenticate),
    TEST (responses_of_others),
    TEST (identities_that_are_none),
    TEST (wrong_answers_wait_and_end),
    TEST (users_wait_for_themselves),
    TEST (the_spawner),
    TEST (one_client_ever),
    TEST (rights_are_those_of_the_latest_policy),
    TEST (revoked),
    TEST (what_revokes),
    TEST (a_new_identity),
  };

  return cmocka_run_group_tests_name ("auth", tests, NULL, NULL);
}
