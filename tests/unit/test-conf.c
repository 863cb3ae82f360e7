/* test-conf.c - tests of src/mod/pve/conf.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"
#include "scratch.h"

#include "protocol/buffer.h"
#include "protocol/memory.h"
#include "src/mod/pve/conf.h"

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
  static const char *const lines[]
      = { "endpoint",
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
          "endpoint pve1 fingerprint=" PIN " fingerprint=" PIN
          " fingerprint=" PIN,
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

static void
tokens (void **state)
{
  static const char *const wrong[]
      = { "",
          "root@pam",
          "root@pam!id",
          "root@pam!id=",
          "root@pam!t=secret", /* Never authenticates.  */
          "root@p!id=secret",
          "@pam!id=secret",
          "root@pam=secret",
          "ro ot@pam!id=secret",
          "ro:ot@pam!id=secret",
          "ro/ot@pam!id=secret",
          "root@pam!1d=secret",
          "root@pam!id=sec\x01ret",
          "root@pam!id=sec;ret",
          "root@pam!id=sec%20ret" };
  size_t id;

  (void)state;
  assert_true (conf_is_token ("agent@pve!ops=0f1e2d3c-aaaa", &id));
  assert_int_equal (id, strlen ("agent@pve!ops"));
  /* The secret is what is behind the last equals sign.  */
  assert_true (conf_is_token ("a=b@pve!ops=secret", &id));
  assert_int_equal (id, strlen ("a=b@pve!ops"));
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      print_message ("%s\n", wrong[i]);
      assert_false (conf_is_token (wrong[i], &id));
    }
}

/* Write TEXT to PATH below the root, with MODE.  */
static void
put (const struct scratch *scratch, const char *path, const char *text,
     mode_t mode)
{
  const char *os_path = scratch_path (scratch, path);
  int fd = open (os_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  assert_true (fd >= 0);
  assert_int_equal (write (fd, text, strlen (text)), (ssize_t)strlen (text));
  assert_int_equal (fchmod (fd, mode), 0);
  close (fd);
}

static void
make_directories (const struct scratch *scratch)
{
  static const char *const names[]
      = { "/etc", "/etc/reeve", "/etc/ssl", "/etc/ssl/certs" };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    mkdir (scratch_path (scratch, names[i]), 0755);
}

/* Read all; the words of an error must have PART.  */
static void
expect (const struct scratch *scratch, const char *part)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct conf conf;
  gpg_error_t err = conf_read (&scratch->machine, &conf, &failure);

  if (!err)
    err = conf_read_secrets (&scratch->machine, &conf, &failure);
  conf_release (&conf);
  assert_code (err, GPG_ERR_CONFIGURATION);
  assert_non_null (failure.text);
  print_message ("%s\n", failure.text);
  assert_non_null (strstr (failure.text, part));
  assert_null (strstr (failure.text, "hushhush"));
}

static void
files (void **state)
{
  const struct scratch *scratch = *state;
  struct conf conf;

  make_directories (scratch);
  expect (scratch, "no server is known");
  put (scratch, "/etc/reeve/pve.conf", "timeout 10s\n", 0644);
  expect (scratch, "endpoint HOST");
  put (scratch, "/etc/reeve/pve.conf", "endpoint pve1\n", 0644);
  expect (scratch, "token-file FILE");
  put (scratch, "/etc/reeve/pve.conf",
       "endpoint pve1\ntoken-file /etc/reeve/pve.token\n", 0666);
  expect (scratch, "pve.conf");
  put (scratch, "/etc/reeve/pve.conf",
       "endpoint pve1\ntoken-file /etc/reeve/pve.token\n", 0644);
  expect (scratch, "ca-certificates.crt is not there");
  put (scratch, "/etc/ssl/certs/ca-certificates.crt", "PEM", 0644);
  expect (scratch, "pve.token");
  put (scratch, "/etc/reeve/pve.token", "agent@pve!ops=hushhush\n", 0644);
  expect (scratch, "pve.token");
  put (scratch, "/etc/reeve/pve.token", "agent@pve!hushhush\n", 0600);
  expect (scratch, "USER@REALM!TOKENID=SECRET");
  put (scratch, "/etc/reeve/pve.token", "agent@pve!ops=hushhush\nmore\n", 0600);
  expect (scratch, "USER@REALM!TOKENID=SECRET");
  put (scratch, "/etc/reeve/pve.token", "agent@pve!ops=hushhush\n", 0600);
  assert_code (conf_read (&scratch->machine, &conf, NULL), 0);
  assert_code (conf_read_secrets (&scratch->machine, &conf, NULL), 0);
  assert_string_equal (conf.token_id, "agent@pve!ops");
  assert_string_equal (conf.header,
                       "Authorization: PVEAPIToken=agent@pve!ops=hushhush");
  assert_int_equal (conf.ca_length, 3);
  assert_string_equal (conf.user, "reeve-api");
  conf_release (&conf);
}

static void
environment (void **state)
{
  const struct scratch *scratch = *state;
  auto_failure struct failure failure = FAILURE_NONE;
  struct conf conf;

  make_directories (scratch);
  setenv ("REEVE_PVE_ENDPOINT", "one\ntwo:1", 1);
  setenv ("REEVE_PVE_TOKEN_FILE", "/token", 1);
  setenv ("REEVE_PVE_INSECURE", "1", 1);
  assert_code (conf_read (&scratch->machine, &conf, &failure), 0);
  assert_int_equal (conf.count, 2);
  assert_string_equal (conf.endpoints[1].port, "1");
  assert_string_equal (conf.token_file, "/token");
  assert_true (conf.insecure);
  conf_release (&conf);
  put (scratch, "/etc/reeve/pve.conf", "endpoint three\ntimeout 7s\n", 0644);
  assert_code (conf_read (&scratch->machine, &conf, &failure), 0);
  assert_int_equal (conf.count, 2);
  assert_string_equal (conf.endpoints[0].host, "one");
  assert_int_equal (conf.total_ms, 7000);
  conf_release (&conf);
  setenv ("REEVE_PVE_ENDPOINT", "-x", 1);
  expect (scratch, "environment");
  unsetenv ("REEVE_PVE_ENDPOINT");
  unsetenv ("REEVE_PVE_TOKEN_FILE");
  unsetenv ("REEVE_PVE_INSECURE");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_may_stand_there),
    cmocka_unit_test (what_may_not),
    cmocka_unit_test (too_many_endpoints),
    cmocka_unit_test (tokens),
    cmocka_unit_test_setup_teardown (files, scratch_setup, scratch_teardown),
    cmocka_unit_test_setup_teardown (environment, scratch_setup,
                                     scratch_teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
