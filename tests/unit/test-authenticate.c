/* test-authenticate.c - tests of client/lib/authenticate.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include <sys/stat.h>
#include "fake.h"
#include "protocol/handshake.h"
#include "protocol/memory.h"

#define KEY "0123456789abcdef0123456789abcdef"
#define NONCE "00000000000000000000000000000000ffffffffffffffffffffffffffffffff"

/* A server that knows KEY; it answers as the flags say.  */
struct knower
{
  int fd;
  bool by_inquiry;
  bool wrong_proof;
  bool other_identity;
  bool no_proof;
  uid_t uid; /* What it takes for both uids.  */
  char seen_nonce[HANDSHAKE_HEX + 1];
  bool accepted;
  pthread_t thread;
};

static void
say (int fd, const char *text)
{
  send (fd, text, strlen (text), MSG_NOSIGNAL);
}

static void
hear (int fd, char line[300])
{
  size_t length = 0;

  while (length < 299 && read (fd, line + length, 1) == 1
         && line[length] != '\n')
    length++;
  line[length] = 0;
}

static void
judge (struct knower *knower, const char *response)
{
  struct handshake h = { "panel", NONCE, knower->seen_nonce, knower->uid,
                         knower->uid };
  char mac[HANDSHAKE_HEX + 1], expected[HANDSHAKE_HEX + 1], line[300];

  if (handshake_parse (response, knower->seen_nonce, mac)
      || handshake_mac (&h, HANDSHAKE_CLIENT, KEY, 32, expected)
      || !handshake_equal (mac, expected))
    {
      say (knower->fd, "ERR 536871227 Bad auth <U> - wrong\n");
      return;
    }
  knower->accepted = true;
  handshake_mac (&h, HANDSHAKE_SERVER, KEY, 32, mac);
  if (knower->wrong_proof)
    mac[5] = mac[5] == 'a' ? 'b' : 'a';
  snprintf (line, sizeof line, "S AUTH %s %s\n",
            knower->other_identity ? "panel2" : "panel", mac);
  if (!knower->no_proof)
    say (knower->fd, line);
  say (knower->fd, "OK\n");
}

static void *
run_knower (void *opaque)
{
  struct knower *knower = opaque;
  char line[300];

  say (knower->fd, "OK fake\n");
  hear (knower->fd, line);
  if (!strcmp (line, "NONCE"))
    {
      say (knower->fd, "D " NONCE "\nOK\n");
      hear (knower->fd, line);
    }
  if (!strncmp (line, "AUTH panel ", 11) && knower->by_inquiry)
    {
      say (knower->fd, "INQUIRE RESPONSE\n");
      hear (knower->fd, line);
      if (!strncmp (line, "D ", 2))
        judge (knower, line + 2);
    }
  else if (!strncmp (line, "AUTH panel ", 11))
    judge (knower, line + 11);
  while (*line)
    {
      hear (knower->fd, line);
      if (!strcmp (line, "NOP"))
        say (knower->fd, "S HELLO x\nOK\n");
    }
  close (knower->fd);
  return NULL;
}

static reeve_t
open_knower (struct knower *knower)
{
  reeve_t reeve;
  int fds[2];

  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds),
                    0);
  knower->fd = fds[1];
  assert_int_equal (pthread_create (&knower->thread, NULL, run_knower, knower),
                    0);
  assert_int_equal (reeve_new (&reeve), 0);
  assert_int_equal (reeve_open_fd (reeve, fds[0], fds[0]), 0);
  return reeve;
}

static void
close_knower (struct knower *knower, reeve_t reeve)
{
  reeve_release (reeve);
  pthread_join (knower->thread, NULL);
}

static void
proves_both_sides (void **state)
{
  struct knower knower = { .uid = geteuid () };
  reeve_t reeve = open_knower (&knower);
  gpg_error_t verdict = 7;

  (void)state;
  assert_int_equal (reeve_authenticate_key (reeve, "panel", KEY, 32, &verdict),
                    0);
  assert_int_equal (verdict, 0);
  assert_true (knower.accepted);
  assert_true (handshake_is_hex (knower.seen_nonce));
  assert_int_equal (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL), 0);
  close_knower (&knower, reeve);
}

static void
answers_the_inquiry_too (void **state)
{
  struct knower knower = { .uid = geteuid (), .by_inquiry = true };
  reeve_t reeve = open_knower (&knower);

  (void)state;
  assert_int_equal (reeve_authenticate_key (reeve, "panel", KEY, 32, NULL), 0);
  assert_true (knower.accepted);
  close_knower (&knower, reeve);
}

static gpg_error_t
count_status (void *opaque, const char *keyword, const char *text)
{
  (void)keyword;
  (void)text;
  ++*(int *)opaque;
  return 0;
}

static void
callbacks_are_left_alone (void **state)
{
  struct knower knower = { .uid = geteuid () };
  reeve_t reeve = open_knower (&knower);
  int count = 0;

  (void)state;
  reeve_set_status_cb (reeve, count_status, &count);
  assert_int_equal (reeve_authenticate_key (reeve, "panel", KEY, 32, NULL), 0);
  assert_int_equal (count, 0);
  assert_int_equal (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL), 0);
  assert_int_equal (count, 1);
  close_knower (&knower, reeve);
}

static void
the_uids_count (void **state)
{
  struct knower knower = { .uid = 4711 };
  reeve_t reeve = open_knower (&knower);
  uid_t client, server;
  gpg_error_t verdict;

  (void)state;
  reeve_get_uids (reeve, &client, &server);
  assert_int_equal (client, geteuid ());
  assert_int_equal (server, geteuid ());
  assert_int_equal (reeve_authenticate_key (reeve, "panel", KEY, 32, &verdict),
                    0);
  assert_code (verdict, GPG_ERR_BAD_AUTH);
  assert_string_equal (reeve_error_text (reeve), "wrong");
  close_knower (&knower, reeve);

  knower.accepted = false;
  reeve = open_knower (&knower);
  reeve_set_uids (reeve, 4711, 4711);
  assert_int_equal (reeve_authenticate_key (reeve, "panel", KEY, 32, NULL), 0);
  assert_true (knower.accepted);
  close_knower (&knower, reeve);
}

static void
assert_not_trusted (struct knower knower)
{
  reeve_t reeve = open_knower (&knower);
  gpg_error_t verdict;

  assert_code (reeve_authenticate_key (reeve, "panel", KEY, 32, &verdict),
               GPG_ERR_NOT_TRUSTED);
  assert_int_equal (verdict, 0);
  assert_code (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL),
               GPG_ERR_NOT_TRUSTED);
  close_knower (&knower, reeve);
}

static void
a_server_that_proves_nothing (void **state)
{
  (void)state;
  assert_not_trusted (
      (struct knower){ .uid = geteuid (), .wrong_proof = true });
  assert_not_trusted ((struct knower){ .uid = geteuid (), .no_proof = true });
  assert_not_trusted (
      (struct knower){ .uid = geteuid (), .other_identity = true });
}

/* Write TEXT to a fresh file, whose name is stored at PATH.  */
static void
write_key (char *path, const char *text)
{
  int fd;

  memcpy (path, "/tmp/reeve-test-XXXXXX", 23);
  fd = mkstemp (path);
  assert_true (fd >= 0);
  assert_int_equal (write (fd, text, strlen (text)), strlen (text));
  close (fd);
}

static void
key_files (void **state)
{
  struct knower knower = { .uid = geteuid () };
  reeve_t reeve = open_knower (&knower);
  char path[40];

  (void)state;
  assert_code (reeve_authenticate (reeve, "panel", "/nonexistent/x", NULL),
               GPG_ERR_ENOENT);
  assert_non_null (strstr (reeve_error_text (reeve), "/nonexistent/x"));
  assert_code (reeve_authenticate (reeve, "panel", "/", NULL), GPG_ERR_EISDIR);
  write_key (path, "too short\n");
  assert_code (reeve_authenticate (reeve, "panel", path, NULL),
               GPG_ERR_TOO_SHORT);
  unlink (path);
  write_key (path, KEY "\n");
  assert_int_equal (reeve_authenticate (reeve, "panel", path, NULL), 0);
  unlink (path);
  assert_true (knower.accepted);
  close_knower (&knower, reeve);
}

static void
names_that_cannot_be (void **state)
{
  const struct fake_step steps[]
      = { FAKE_HELLO, { "NOP", "OK\n", 0 }, FAKE_END };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  assert_code (reeve_authenticate_key (reeve, "a b", KEY, 32, NULL),
               GPG_ERR_INV_USER_ID);
  assert_code (reeve_authenticate_key (reeve, "", KEY, 32, NULL),
               GPG_ERR_INV_USER_ID);
  assert_int_equal (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL), 0);
  fake_close (&fake, reeve);
}

static void
a_nonce_that_is_none (void **state)
{
  const struct fake_step steps[]
      = { FAKE_HELLO, { "NONCE", "D 1234\nOK\n", 0 }, FAKE_END };
  const struct fake_step refusal[] = {
    FAKE_HELLO, { "NONCE", "ERR 536871163 no <U> - late\n", 0 }, FAKE_END
  };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);
  gpg_error_t verdict;

  (void)state;
  assert_code (reeve_authenticate_key (reeve, "panel", KEY, 32, &verdict),
               GPG_ERR_INV_RESPONSE);
  fake_close (&fake, reeve);
  reeve = fake_open (&fake, refusal);
  assert_int_equal (reeve_authenticate_key (reeve, "panel", KEY, 32, &verdict),
                    0);
  assert_code (verdict, GPG_ERR_FORBIDDEN);
  assert_string_equal (reeve_error_text (reeve), "late");
  fake_close (&fake, reeve);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (proves_both_sides),
    cmocka_unit_test (answers_the_inquiry_too),
    cmocka_unit_test (callbacks_are_left_alone),
    cmocka_unit_test (the_uids_count),
    cmocka_unit_test (a_server_that_proves_nothing),
    cmocka_unit_test (key_files),
    cmocka_unit_test (names_that_cannot_be),
    cmocka_unit_test (a_nonce_that_is_none),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
