/* test-conf_lines.c - tests of src/mod/pve/conf_lines.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/buffer.h"
#include "protocol/memory.h"
#include "src/mod/pve/conf_lines.h"

#define PIN                                                                    \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                           \
  "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff"

/* Parse TEXT; the error's words go to *R_WORDS.  */
static gpg_error_t
parse (struct conf *conf, const char *text, char **r_words)
{
  auto_failure struct failure failure = FAILURE_NONE;
  auto_free char *copy = strdup (text);
  gpg_error_t err;

  *conf = (struct conf){ 0 };
  err = conf_parse (conf, "pve.conf", copy, &failure);
  *r_words = failure.text ? strdup (failure.text) : NULL;
  return err;
}

static void
what_may_stand_there (void **state)
{
  struct conf conf;
  char *words;

  (void)state;
  assert_code (parse (&conf,
                      "# servers\n"
                      "  endpoint pve1.example \n"
                      "endpoint\t[2001:db8::1]:443 fingerprint=" PIN
                      " fingerprint=" PIN "\r\n"
                      "\n"
                      "token-file /etc/reeve/pve.token\n"
                      "ca-file /etc/pve/pve-root-ca.pem\n"
                      "insecure\n"
                      "connect-timeout 500ms\n"
                      "timeout 2min\n"
                      "user someone",
                      &words),
               0);
  assert_int_equal (conf.count, 2);
  assert_string_equal (conf.endpoints[0].host, "pve1.example");
  assert_string_equal (conf.endpoints[0].port, "8006");
  assert_int_equal (conf.endpoints[0].pin_count, 0);
  assert_string_equal (conf.endpoints[1].host, "2001:db8::1");
  assert_string_equal (conf.endpoints[1].port, "443");
  assert_int_equal (conf.endpoints[1].pin_count, 2);
  assert_int_equal (conf.endpoints[1].pins[0][10], 0xaa);
  assert_memory_equal (conf.endpoints[1].pins[0], conf.endpoints[1].pins[1],
                       PIN_BYTES);
  assert_string_equal (conf.token_file, "/etc/reeve/pve.token");
  assert_string_equal (conf.ca_file, "/etc/pve/pve-root-ca.pem");
  assert_true (conf.insecure);
  assert_int_equal (conf.connect_ms, 500);
  assert_int_equal (conf.total_ms, 120000);
  assert_string_equal (conf.user, "someone");
  conf_release (&conf);
}

static void
what_may_not (void **state)
{
  static const char *const lines[] = { "endpoint",
                                       "endpoint -pve1",
                                       "endpoint pve1:0",
                                       "endpoint pve1:65536",
                                       "endpoint pve1:",
                                       "endpoint 2001:db8::1",
                                       "endpoint [pve1]",
                                       "endpoint [2001:db8::1",
                                       "endpoint pve1/x",
                                       "endpoint user@pve1",
                                       "endpoint pve1 fingerprint=AA:BB",
                                       "endpoint pve1 fingerprint=" PIN ":00",
                                       "endpoint pve1 fingerprint=" PIN
                                       " fingerprint=" PIN " fingerprint=" PIN,
                                       "endpoint pve1 " PIN,
                                       "endpoint pve1\nendpoint PVE1:8006",
                                       "token-file",
                                       "token-file a b",
                                       "insecure yes",
                                       "connect-timeout 0",
                                       "connect-timeout 2h",
                                       "timeout 3s",
                                       "user",
                                       "endpoints pve1",
                                       "token USER@REALM!ID=SECRET" };

  (void)state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    {
      struct conf conf;
      char *words;

      print_message ("%s\n", lines[i]);
      assert_code (parse (&conf, lines[i], &words), GPG_ERR_CONFIGURATION);
      assert_non_null (words);
      assert_ptr_equal (strstr (words, "pve.conf:"), words);
      free (words);
      conf_release (&conf);
    }
}

static void
too_many_endpoints (void **state)
{
  auto_buffer struct buffer text = BUFFER_EMPTY;
  struct conf conf;
  char *words;

  (void)state;
  for (int i = 0; i < LIMIT_PVE_ENDPOINTS; i++)
    buffer_printf (&text, "endpoint pve%d\n", i);
  assert_code (parse (&conf, text.bytes, &words), 0);
  conf_release (&conf);
  buffer_string (&text, "endpoint more\n");
  assert_code (parse (&conf, text.bytes, &words), GPG_ERR_CONFIGURATION);
  assert_non_null (strstr (words, "pve.conf:9:"));
  free (words);
  conf_release (&conf);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_may_stand_there),
    cmocka_unit_test (what_may_not),
    cmocka_unit_test (too_many_endpoints),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
