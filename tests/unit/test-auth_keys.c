/* test-auth_keys.c - tests of src/daemon/auth.c: several keys, their ends, and
   groups of peers
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "daemonhand.h"

#include <time.h>

#define NEW_KEY "a new key that has thirty-two bytes"
#define WRONG "ERR * - not this identity, key or peer: say NONCE and try again"
#define ENDS "ERR * Forbidden * - *closing connection*"
#define EXPIRED "ERR * Key expired * - *"

/* What all sessions share with the test.  */
static struct
{
  int64_t later; /* Added to the time, seconds.  */
  unsigned macs; /* That were computed.  */
} * stage;

time_t __real_time (time_t *r_time);
time_t __wrap_time (time_t *r_time);
int __wrap_nanosleep (const struct timespec *wanted, struct timespec *left);
gpg_error_t __real_handshake_mac (const struct handshake *h,
                                  enum handshake_side side, const void *key,
                                  size_t key_length,
                                  char r_mac[HANDSHAKE_HEX + 1]);
gpg_error_t __wrap_handshake_mac (const struct handshake *h,
                                  enum handshake_side side, const void *key,
                                  size_t key_length,
                                  char r_mac[HANDSHAKE_HEX + 1]);

time_t
__wrap_time (time_t *r_time)
{
  return __real_time (r_time) + (stage ? stage->later : 0);
}

int
__wrap_nanosleep (const struct timespec *wanted, struct timespec *left)
{
  (void)wanted;
  (void)left;
  return 0;
}

gpg_error_t
__wrap_handshake_mac (const struct handshake *h, enum handshake_side side,
                      const void *key, size_t key_length,
                      char r_mac[HANDSHAKE_HEX + 1])
{
  stage->macs++;
  return __real_handshake_mac (h, side, key, key_length, r_mac);
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

/* Load a policy of the panel with its key and SETTINGS, and the new key.  */
static void
be_with (struct daemonhand *hand, const char *settings)
{
  char text[600];

  daemonhand_key (hand, "new", NEW_KEY);
  snprintf (text, sizeof text,
            "[identity panel]\nkey = panel.key\n%s\nallow = THING *\n",
            settings);
  daemonhand_policy (hand, text);
  daemonhand_load (hand);
}

/* The day that begins DAYS from now.  */
static const char *
day (int days)
{
  static char text[2][16];
  static int next;
  time_t when = __real_time (NULL) + days * 86400;

  next = !next;
  strftime (text[next], sizeof text[0], "%Y-%m-%d", gmtime (&when));
  return text[next];
}

static void
enter_with (struct daemonhand *hand, const char *key)
{
  daemonhand_open (hand);
  daemonhand_auth (hand, "panel", key, "S AUTH panel *|OK");
}

/* End the session and have the test know the last reload.  */
static void
leave (struct daemonhand *hand)
{
  daemonhand_ends (hand);
  hand->daemon.generation = atomic_load (&hand->daemon.shared->generation);
}

static void
any_of_the_keys (void **state)
{
  static const char *const keys[] = { PANEL_KEY, NEW_KEY };
  struct daemonhand *hand = *state;
  char nonce[HANDSHAKE_HEX + 1];
  char line[300];

  be_with (hand, "key = new.key");
  for (size_t i = 0; i < 2; i++)
    {
      daemonhand_open (hand);
      daemonhand_nonce (hand, nonce);
      snprintf (
          line, sizeof line, "AUTH panel %s",
          daemonhand_mac (hand, HANDSHAKE_CLIENT, "panel", keys[i], nonce, ""));
      say (hand, line);
      /* The server proves itself by the same one.  */
      snprintf (
          line, sizeof line, "S AUTH panel %s|OK",
          daemonhand_mac (hand, HANDSHAKE_SERVER, "panel", keys[i], nonce, ""));
      hears (hand, line);
      asks (hand, "THING GET a", "D a|OK *");
      daemonhand_ends (hand);
    }
  daemonhand_open (hand);
  daemonhand_auth (hand, "panel", "a third key that has thirty-two bytes",
                   WRONG);
  daemonhand_ends (hand);
}

/* Nothing tells from the time what was wrong, if anything was.  */
static void
as_many_macs_for_all (void **state)
{
  static const struct
  {
    const char *name;
    const char *key;
  } cases[] = { { "panel", PANEL_KEY },
                { "panel", NEW_KEY },
                { "panel", "not a key, with its thirty-two bytes" },
                { "one", PANEL_KEY },
                { "one", NEW_KEY },
                { "nobody", PANEL_KEY } };
  struct daemonhand *hand = *state;
  unsigned before;

  be_with (hand, "key = new.key\n[identity one]\nkey = panel.key");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      daemonhand_open (hand);
      before = stage->macs;
      daemonhand_auth (hand, cases[i].name, cases[i].key, "*");
      /* Two for each of two keys, and the client's.  */
      assert_int_equal (stage->macs - before, 5);
      daemonhand_ends (hand);
    }
}

static void
what_has_expired_is_wrong (void **state)
{
  struct daemonhand *hand = *state;
  char settings[100];

  snprintf (settings, sizeof settings, "key = new.key expires=%s", day (0));
  be_with (hand, settings);
  daemonhand_open (hand);
  daemonhand_auth (hand, "panel", NEW_KEY, WRONG);
  daemonhand_auth (hand, "panel", PANEL_KEY, "S AUTH panel *|OK");
  daemonhand_ends (hand);

  snprintf (settings, sizeof settings, "expires = %s", day (0));
  be_with (hand, settings);
  daemonhand_open (hand);
  daemonhand_auth (hand, "panel", PANEL_KEY, WRONG);
  daemonhand_ends (hand);
}

/* Without a reload, at the next call.  */
static void
the_end_comes_meanwhile (void **state)
{
  struct daemonhand *hand = *state;
  char settings[100];

  for (int i = 0; i < 2; i++)
    {
      snprintf (settings, sizeof settings,
                i ? "expires = %s\nkey = new.key" : "key = new.key expires=%s",
                day (2));
      be_with (hand, settings);
      stage->later = 0;
      enter_with (hand, NEW_KEY);
      asks (hand, "THING GET a", "D a|OK *");
      stage->later = 3 * 86400;
      asks (hand, "THING GET a", EXPIRED);
      hears (hand, "END");
      daemonhand_ends (hand);
    }
  /* With the other key there is no end.  */
  stage->later = 0;
  snprintf (settings, sizeof settings, "key = new.key expires=%s", day (2));
  be_with (hand, settings);
  enter_with (hand, PANEL_KEY);
  stage->later = 3 * 86400;
  asks (hand, "THING GET a", "D a|OK *");
  daemonhand_ends (hand);
}

/* A session lives as long as the key that it came with.  */
static void
keys_are_exchanged (void **state)
{
  static const char *const only_new = "[identity panel]\nkey = new.key\n"
                                      "allow = THING *\n";
  struct daemonhand *hand = *state;
  char text[300];

  be_with (hand, "key = new.key");
  enter_with (hand, NEW_KEY);
  daemonhand_policy (hand, only_new);
  daemonhand_reload (hand);
  asks (hand, "THING GET a", "D a|OK *");
  /* It is told when the key shall end, and then that it shall not.  */
  snprintf (text, sizeof text,
            "[identity panel]\nkey = new.key expires=%s\nallow = THING *\n",
            day (2));
  daemonhand_policy (hand, text);
  daemonhand_reload (hand);
  asks (hand, "THING GET a", "D a|OK *");
  daemonhand_policy (hand, only_new);
  daemonhand_reload (hand);
  asks (hand, "THING GET a", "D a|OK *");
  stage->later = 3 * 86400;
  asks (hand, "THING GET a", "D a|OK *");
  leave (hand);

  stage->later = 0;
  be_with (hand, "key = new.key");
  enter_with (hand, PANEL_KEY);
  daemonhand_policy (hand, only_new);
  daemonhand_reload (hand);
  asks (hand, "THING GET a", ENDS);
  leave (hand);

  /* The same name for another key.  */
  be_with (hand, "key = new.key");
  enter_with (hand, NEW_KEY);
  daemonhand_key (hand, "new", "the third key with thirty-two bytes");
  daemonhand_reload (hand);
  asks (hand, "THING GET a", ENDS);
  leave (hand);
}

static void
groups_of_peers (void **state)
{
  gid_t groups[] = { 500, 600 };
  struct daemonhand *hand = *state;

  hand->entrance.groups = (struct peer_groups){ 2, groups };
  be_with (hand, "peer = 1\npeer-group = 600");
  enter_with (hand, PANEL_KEY);
  daemonhand_policy (hand,
                     "[identity panel]\nkey = panel.key\npeer-group = 7\n");
  daemonhand_reload (hand);
  asks (hand, "THING GET a", ENDS);
  leave (hand);
  be_with (hand, "peer = 1\npeer-group = 601");
  daemonhand_open (hand);
  daemonhand_auth (hand, "panel", PANEL_KEY, WRONG);
  daemonhand_ends (hand);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (any_of_the_keys),           TEST (as_many_macs_for_all),
    TEST (what_has_expired_is_wrong), TEST (the_end_comes_meanwhile),
    TEST (keys_are_exchanged),        TEST (groups_of_peers),
  };

  return cmocka_run_group_tests_name ("auth_keys", tests, NULL, NULL);
}
