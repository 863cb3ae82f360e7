/* test-conf.c - tests of src/mod/pve/conf.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"
#include "scratch.h"

#include "protocol/memory.h"
#include "src/mod/pve/conf.h"

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
  static const char *const names[] = { "/etc", "/etc/reeve", "/etc/ssl",
                                       "/etc/ssl/certs" };

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
  expect (scratch, "/etc/reeve/pve.token is not there");
  put (scratch, "/etc/reeve/pve.conf",
       "endpoint pve1\ntoken-file /etc/reeve/pve.token\n"
       "ca-file /etc/reeve/none.pem\n",
       0644);
  expect (scratch, "/etc/reeve/none.pem is not there: name a ca-file that is");
  put (scratch, "/etc/pve.token", "agent@pve!ops=hushhush\n", 0600);
  put (scratch, "/etc/reeve/pve.conf",
       "endpoint pve1\ntoken-file /etc/pve.token\n", 0644);
  expect (scratch, "/etc/pve.token: elsewhere than below /etc/reeve");
  put (scratch, "/etc/reeve/pve.conf",
       "endpoint pve1\ntoken-file /etc/reeve/../pve.token\n", 0644);
  expect (scratch, "/etc/reeve/../pve.token: elsewhere than");
  put (scratch, "/etc/reeve/pve.conf",
       "endpoint pve1\ntoken-file /etc/reeve/pve.token\n", 0644);
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

/* Write more than MOST bytes, blanks, to PATH below the root.  */
static void
put_long (const struct scratch *scratch, const char *path, size_t most)
{
  auto_free char *text = malloc (most + 2);

  assert_non_null (text);
  memset (text, ' ', most + 1);
  text[most + 1] = 0;
  put (scratch, path, text, 0600);
}

static void
long_files (void **state)
{
  const struct scratch *scratch = *state;

  make_directories (scratch);
  put (scratch, "/etc/reeve/pve.conf",
       "endpoint pve1\ntoken-file /etc/reeve/pve.token\n"
       "ca-file /etc/reeve/ca.pem\n",
       0644);
  put_long (scratch, "/etc/reeve/ca.pem", LIMIT_PVE_CA);
  expect (scratch, "/etc/reeve/ca.pem");
  put (scratch, "/etc/reeve/ca.pem", "PEM", 0644);
  put_long (scratch, "/etc/reeve/pve.token", LIMIT_PVE_TOKEN);
  expect (scratch, "/etc/reeve/pve.token has more than 512 bytes");
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
    cmocka_unit_test (tokens),
    cmocka_unit_test_setup_teardown (files, scratch_setup, scratch_teardown),
    cmocka_unit_test_setup_teardown (long_files, scratch_setup,
                                     scratch_teardown),
    cmocka_unit_test_setup_teardown (environment, scratch_setup,
                                     scratch_teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
