/* test-handshake.c - tests of protocol/handshake.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   The expected values were computed by an independent program (Python's
   hmac).  */

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <gcrypt.h>
#include "check.h"
#include "protocol/handshake.h"
#include "protocol/limits.h"
#include "protocol/memory.h"

#define SIXTEEN(letter)                                                        \
  letter letter letter letter letter letter letter letter letter letter letter \
      letter letter letter letter letter
#define A64 SIXTEEN ("aaaa")
#define B64 SIXTEEN ("bbbb")
#define KEY "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"

static void
assert_mac (enum handshake_side side, const char *client_nonce,
            const char *expected)
{
  struct handshake h = { "panel", A64, client_nonce, 1000, 0 };
  char mac[HANDSHAKE_HEX + 1];

  assert_int_equal (handshake_mac (&h, side, KEY, strlen (KEY), mac), 0);
  assert_string_equal (mac, expected);
}

static void
known_macs (void **state)
{
  (void)state;
  assert_mac (
      HANDSHAKE_CLIENT, B64,
      "a45b54909b88a3fc32ef952596d10c9b2d56d3844d1c3ab7483dc72aff9dd522");
  assert_mac (
      HANDSHAKE_CLIENT, "",
      "a98cd018862988019bc569bef0ae206c386a54dfc2b39853872b50967781f55c");
  assert_mac (
      HANDSHAKE_SERVER, B64,
      "fd6d3b6a97f3705756f70d43f69fddf2c274ce342460b1bd55908e2c0f671457");
  assert_mac (
      HANDSHAKE_SERVER, "",
      "a165c7a2b93970199c7f51882f1ed255b19512cd4c658670f57edfec29bbc7d9");
}

static void
every_field_counts (void **state)
{
  const struct handshake variants[] = {
    { "panel", A64, B64, 1000, 0 },         { "pane", A64, B64, 1000, 0 },
    { "panel", B64, B64, 1000, 0 },         { "panel", A64, A64, 1000, 0 },
    { "panel", A64, B64, 100, 0 },          { "panel", A64, B64, 1000, 1 },
    { "Panel", A64, B64, 1000, 0 },         { "panel", A64, "", 1000, 0 },
    { "panel", A64, B64, 10, 4294967294U },
  };
  char macs[2 * (sizeof variants / sizeof *variants)][HANDSHAKE_HEX + 1];
  size_t count = sizeof variants / sizeof *variants;

  (void)state;
  for (size_t i = 0; i < count; i++)
    {
      assert_int_equal (
          handshake_mac (&variants[i], HANDSHAKE_CLIENT, KEY, 32, macs[2 * i]),
          0);
      assert_int_equal (handshake_mac (&variants[i], HANDSHAKE_SERVER, KEY, 32,
                                       macs[2 * i + 1]),
                        0);
    }
  for (size_t i = 0; i < 2 * count; i++)
    for (size_t j = 0; j < i; j++)
      assert_string_not_equal (macs[i], macs[j]);
}

static void
nonces_are_hex_and_fresh (void **state)
{
  char one[HANDSHAKE_HEX + 1], two[HANDSHAKE_HEX + 1];

  (void)state;
  handshake_nonce (one);
  handshake_nonce (two);
  assert_true (handshake_is_hex (one));
  assert_true (handshake_is_hex (two));
  assert_false (handshake_equal (one, two));
}

static void
compares (void **state)
{
  char a[] = A64;

  (void)state;
  assert_true (handshake_equal (a, A64));
  for (size_t i = 0; i < HANDSHAKE_HEX; i++)
    {
      a[i] = 'b';
      assert_false (handshake_equal (a, A64));
      a[i] = 'a';
    }
}

static void
tells_hex (void **state)
{
  (void)state;
  assert_true (handshake_is_hex (A64));
  assert_false (handshake_is_hex (A64 "a"));
  assert_false (handshake_is_hex (A64 + 1));
  assert_false (handshake_is_hex (""));
  assert_false (handshake_is_hex ("A" A64));
  assert_false (handshake_is_hex (SIXTEEN ("aAaa")));
  assert_false (handshake_is_hex (SIXTEEN ("gggg")));
}

static void
parses_responses (void **state)
{
  char nonce[HANDSHAKE_HEX + 1], mac[HANDSHAKE_HEX + 1];

  (void)state;
  assert_int_equal (handshake_parse (A64, nonce, mac), 0);
  assert_string_equal (nonce, "");
  assert_string_equal (mac, A64);
  assert_int_equal (handshake_parse (B64 ":" A64 " \r\n", nonce, mac), 0);
  assert_string_equal (nonce, B64);
  assert_string_equal (mac, A64);
}

static void
refuses_other_responses (void **state)
{
  static const char *const responses[] = {
    "",           ":" A64,      A64 ":",         A64 ":" B64 ":", A64 "a",
    A64 " x",     " " A64,      A64 ":" B64 "b", A64 " " B64,     "a:" A64,
    A64 ": " B64, A64 "\n" A64, "x" A64,         SIXTEEN ("AAAA")
  };
  char nonce[HANDSHAKE_HEX + 1], mac[HANDSHAKE_HEX + 1];

  (void)state;
  for (size_t i = 0; i < sizeof responses / sizeof *responses; i++)
    {
      assert_code (handshake_parse (responses[i], nonce, mac), GPG_ERR_SYNTAX);
      assert_string_equal (nonce, "");
      assert_string_equal (mac, "");
    }
}

static void
knows_identities (void **state)
{
  static const char *const good[] = { "panel",   "a",        "9",
                                      "a.b_c-D", "www-data", A64 };
  static const char *const bad[] = { "",    ".a",  "-a",       "_a",  "a b",
                                     "a/b", "a\n", "\xc3\xa9", "a:b", A64 "a",
                                     "..",  "a%",  "a\"" };

  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true (handshake_is_identity (good[i]));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false (handshake_is_identity (bad[i]));
}

/* Have a key of LENGTH bytes read from a pipe.  */
static gpg_error_t
read_key (const char *bytes, size_t length, void **r_key, size_t *r_length)
{
  gpg_error_t err;
  int ends[2];

  assert_int_equal (pipe (ends), 0);
  assert_int_equal (write (ends[1], bytes, length), length);
  close (ends[1]);
  err = handshake_read_key (ends[0], r_key, r_length);
  close (ends[0]);
  return err;
}

static void
reads_keys (void **state)
{
  char big[LIMIT_KEY_MAX + 2];
  size_t length;
  void *key;

  (void)state;
  assert_int_equal (read_key (KEY "\n", 33, &key, &length), 0);
  assert_int_equal (length, 32);
  assert_memory_equal (key, KEY, 32);
  assert_true (gcry_is_secure (key));
  gcry_free (key);

  assert_int_equal (read_key (KEY "\n\n", 34, &key, &length), 0);
  assert_int_equal (length, 33);
  gcry_free (key);

  memset (big, 'x', sizeof big);
  big[LIMIT_KEY_MAX] = '\n';
  assert_int_equal (read_key (big, LIMIT_KEY_MAX + 1, &key, &length), 0);
  assert_int_equal (length, LIMIT_KEY_MAX);
  gcry_free (key);
}

static void
refuses_other_keys (void **state)
{
  char big[LIMIT_KEY_MAX + 200];
  size_t length = 7;
  void *key;

  (void)state;
  memset (big, 'x', sizeof big);
  assert_code (read_key ("", 0, &key, &length), GPG_ERR_TOO_SHORT);
  assert_code (read_key (KEY + 1, 31, &key, &length), GPG_ERR_TOO_SHORT);
  assert_code (
      read_key ("1234567890123456789012345678901\n", 32, &key, &length),
      GPG_ERR_TOO_SHORT);
  assert_code (read_key (big, LIMIT_KEY_MAX + 1, &key, &length),
               GPG_ERR_TOO_LARGE);
  assert_code (read_key (big, sizeof big, &key, &length), GPG_ERR_TOO_LARGE);
  assert_code (handshake_read_key (-1, &key, &length), GPG_ERR_EBADF);
  assert_null (key);
  assert_int_equal (length, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (known_macs),
    cmocka_unit_test (every_field_counts),
    cmocka_unit_test (nonces_are_hex_and_fresh),
    cmocka_unit_test (compares),
    cmocka_unit_test (tells_hex),
    cmocka_unit_test (parses_responses),
    cmocka_unit_test (refuses_other_responses),
    cmocka_unit_test (knows_identities),
    cmocka_unit_test (reads_keys),
    cmocka_unit_test (refuses_other_keys),
  };

  gcry_check_version (NULL);
  gcry_control (GCRYCTL_DISABLE_SECMEM_WARN);
  gcry_control (GCRYCTL_INIT_SECMEM, 32768, 0);
  gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
