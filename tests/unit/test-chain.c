/* test-chain.c - the chain of records
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gcrypt.h>
#include "check.h"
#include "protocol/chain.h"

/* Made with Python's hashlib and hmac; the key is 0, 1, ... 31.  */
static const char first[]
    = "{\"sequence\":1,\"event\":\"a\",\"hash\":"
      "\"271c5dfb1357e0692fd4f5ea63fa624a22b3c8963906c12c26b5031d5b48f124\","
      "\"mac\":"
      "\"210c90e10ab419da398930075ddab3f97822dc33cd7d66558a2fd1edb52977f4\"}\n";
static const char second[]
    = "{\"sequence\":2,\"event\":\"b\",\"hash\":"
      "\"8108278e866ccc9338e2ddf9d2c4d2110449e7a47e7c2ce83c066dc6208e50be\","
      "\"mac\":"
      "\"4d616aaf0d07d9f7b531bdc9debcdfc1196e9e0d553aecaeb5434850f2c4a08f\"}\n";
static const char third_key[]
    = "3:eb009614690539aa38680c24928ac5b4c7a222fd8db447115a1a9b7291885249";

static int
setup (void **state)
{
  (void)state;
  gcry_check_version (NULL);
  gcry_control (GCRYCTL_DISABLE_SECMEM, 0);
  gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
  return 0;
}

static void
test_step (void **state)
{
  unsigned char hash[CHAIN_BYTES] = { 0 };
  unsigned char key[CHAIN_BYTES];
  char text[CHAIN_KEY_TEXT];
  char tail[CHAIN_TAIL];

  (void)state;
  for (unsigned char i = 0; i < CHAIN_BYTES; i++)
    key[i] = i;
  for (int i = 0; i < 2; i++)
    {
      const char *line = i ? second : first;
      size_t body = strlen (line) - CHAIN_TAIL;

      chain_step (hash, key, line, body, tail);
      assert_memory_equal (tail, line + body, CHAIN_TAIL);
    }
  chain_key_format (3, key, text);
  assert_string_equal (text, third_key);
}

static void
test_split (void **state)
{
  unsigned char hash[CHAIN_BYTES] = { 0 };
  unsigned char mac[CHAIN_BYTES];
  unsigned char key[CHAIN_BYTES];
  struct chain_line line;

  (void)state;
  assert_int_equal (chain_line_split (first, strlen (first), &line), 0);
  assert_int_equal (line.sequence, 1);
  assert_ptr_equal (line.body, first);
  assert_int_equal (line.length, strlen ("{\"sequence\":1,\"event\":\"a\""));
  chain_hash (hash, line.body, line.length, hash);
  assert_true (chain_equal (hash, line.hash));
  for (unsigned char i = 0; i < CHAIN_BYTES; i++)
    key[i] = i;
  chain_mac (key, hash, mac);
  assert_true (chain_equal (mac, line.mac));
  assert_false (chain_equal (mac, line.hash));
  assert_int_equal (chain_line_split (second, strlen (second) - 1, &line), 0);
  assert_int_equal (line.sequence, 2);
}

/* Change the byte AT of a good line to C: it is one no more.  */
static void
assert_bad (size_t at, char c)
{
  char copy[sizeof first];
  struct chain_line line;

  memcpy (copy, first, sizeof first);
  copy[at] = c;
  assert_code (chain_line_split (copy, strlen (first), &line),
               GPG_ERR_BAD_DATA);
}

static void
test_no_line (void **state)
{
  const size_t length = strlen (first);
  const size_t tail = length - CHAIN_TAIL;
  static const char *const heads[] = { "{\"sequence\":1", "{\"sequence\":0,",
                                       "{\"sequence\":01,", "{\"sequence\":,",
                                       "{\"sequence\":18446744073709551616," };
  char text[256];
  struct chain_line line;

  (void)state;
  for (size_t cut = 0; cut < length - 1; cut++)
    assert_code (chain_line_split (first, cut, &line), GPG_ERR_BAD_DATA);
  assert_bad (0, '[');
  assert_bad (14, '\n');
  assert_bad (tail, ';');
  assert_bad (tail + 9, 'A');
  assert_bad (tail + 10, 'g');
  assert_bad (tail + 9 + CHAIN_HEX, '\'');
  assert_bad (tail + 9 + CHAIN_HEX + 9, '/');
  assert_bad (length - 3, '\'');
  assert_bad (length - 2, ']');
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    {
      snprintf (text, sizeof text, "%s%s", heads[i], first + tail);
      if (i)
        assert_code (chain_line_split (text, strlen (text), &line),
                     GPG_ERR_BAD_DATA);
    }
}

static void
test_largest (void **state)
{
  char *text = malloc (CHAIN_LINE_MOST + 1);
  struct chain_line line;

  (void)state;
  assert_non_null (text);
  memset (text, 'x', CHAIN_LINE_MOST + 1);
  memcpy (text, "{\"sequence\":18446744073709551615,", 33);
  memcpy (text + CHAIN_LINE_MOST - CHAIN_TAIL,
          first + strlen (first) - CHAIN_TAIL, CHAIN_TAIL);
  assert_int_equal (chain_line_split (text, CHAIN_LINE_MOST, &line), 0);
  assert_true (line.sequence == UINT64_MAX);
  memcpy (text + CHAIN_LINE_MOST + 1 - CHAIN_TAIL,
          first + strlen (first) - CHAIN_TAIL, CHAIN_TAIL);
  assert_code (chain_line_split (text, CHAIN_LINE_MOST + 1, &line),
               GPG_ERR_BAD_DATA);
  free (text);
}

static void
test_key (void **state)
{
  static const char *const bad[] = {
    "",
    "1",
    "1:",
    ":",
    "0:",
    "x:",
    "1:00",
    "3:eb009614690539aa38680c24928ac5b4c7a222fd8db447115a1a9b729188524",
    "3:eb009614690539aa38680c24928ac5b4c7a222fd8db447115a1a9b729188524g",
    "3:eb009614690539aa38680c24928ac5b4c7a222fd8db447115a1a9b7291885249x",
    "3;eb009614690539aa38680c24928ac5b4c7a222fd8db447115a1a9b7291885249",
    "0:eb009614690539aa38680c24928ac5b4c7a222fd8db447115a1a9b7291885249"
  };
  unsigned char key[CHAIN_BYTES];
  char text[CHAIN_KEY_TEXT];
  uint64_t sequence;

  (void)state;
  assert_int_equal (chain_key_parse (third_key, &sequence, key), 0);
  assert_int_equal (sequence, 3);
  chain_key_format (UINT64_MAX, key, text);
  assert_int_equal (strlen (text), 85);
  strcat (text, "\r\n");
  assert_int_equal (chain_key_parse (text, &sequence, key), 0);
  assert_true (sequence == UINT64_MAX);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_code (chain_key_parse (bad[i], &sequence, key), GPG_ERR_BAD_DATA);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_step),    cmocka_unit_test (test_split),
    cmocka_unit_test (test_no_line), cmocka_unit_test (test_largest),
    cmocka_unit_test (test_key),
  };

  return cmocka_run_group_tests (tests, setup, NULL);
}
