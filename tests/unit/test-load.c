/* test-load.c - tests of src/mod/aug/load.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>
#include "check.h"
#include "aughand.h"

#include <sys/syscall.h>

static struct hand *
begin (void **state)
{
  struct hand *hand = *state;

  scratch_write (hand->scratch, "/etc/hosts", "127.0.0.1 localhost\n");
  scratch_mkdir (hand->scratch, "/srv");
  scratch_write (hand->scratch, "/srv/hosts", "192.0.2.7 gate\n");
  return hand;
}

static void
lenses (void **state)
{
  struct hand *hand = begin (state);

  hand_expect (hand, "LENSES /etc/hosts", "lens: @Hosts\nincl: /etc/hosts\n");
  hand_expect (hand, "LENSES //etc/./hosts/",
               "lens: @Hosts\nincl: /etc/hosts\n");
  hand_expect (hand, "LENSES /srv/hosts", "");
  assert_int_equal (hand_run (hand, "LENSES"), 0);
  assert_non_null (
      strstr (hand_answer (hand), "\nlens: @Hosts\nincl: /etc/hosts\n"));
  assert_non_null (strstr (hand_answer (hand), "\nlens: Json.lns\n"));
  assert_null (strstr (hand_answer (hand), "\nlens: Hosts.lns\n"));
  hand_expect_error (hand, "LENSES srv/hosts", GPG_ERR_INV_ARG);
}

static void
transforms_count_from_load_on (void **state)
{
  struct hand *hand = begin (state);

  hand_expect (hand, "TRANSFORM Hosts incl /srv/*", "");
  hand_expect (hand, "MATCH /files/srv/*", "");
  hand_expect (hand, "LENSES /srv/hosts", "");
  hand_expect (hand, "LOAD", "");
  hand_expect (hand, "LENSES /srv/hosts",
               "lens: Hosts.lns\nincl: /etc/hosts\nincl: /srv/*\n");
  hand_expect (hand, "GET /files/srv/hosts/1/canonical", "gate");
  hand_expect (hand, "LOAD", "");
  hand_expect (hand, "GET /files/srv/hosts/1/canonical", "gate");
  hand_expect (hand, "SET /files/srv/hosts/1/alias g", "");
  hand_expect (hand, "SAVE", "/srv/hosts\n");
  assert_string_equal (scratch_text (hand->scratch, "/srv/hosts"),
                       "192.0.2.7 gate g\n");
  /* Another session has nothing of it.  */
  aug_session_end (hand->module.session);
  hand->module.session = NULL;
  hand_expect (hand, "MATCH /files/srv/*", "");
  hand_expect (hand, "LOAD", "");
  hand_expect (hand, "MATCH /files/srv/*", "");
}

static void
transforms_that_are_refused (void **state)
{
  struct hand *hand = begin (state);
  char line[LIMIT_PATH + 100];

  hand_expect_error (hand, "TRANSFORM None incl /srv/*", GPG_ERR_NOT_FOUND);
  hand_expect_error (hand, "TRANSFORM Hosts incl /*/hosts", GPG_ERR_INV_ARG);
  hand_expect_error (hand, "TRANSFORM Hosts incl /proc/kmsg", GPG_ERR_INV_ARG);
  hand_expect_error (hand, "TRANSFORM Hosts incl proc/kmsg", GPG_ERR_INV_ARG);
  hand_expect_error (hand, "TRANSFORM Hosts incl /srv/../x", GPG_ERR_INV_ARG);
  snprintf (line, sizeof line, "TRANSFORM Hosts incl /%0*d", LIMIT_PATH, 0);
  hand_expect_error (hand, line, GPG_ERR_TOO_LARGE);
  assert_false (((struct aug_session *)hand->module.session)->transformed);
  hand_expect (hand, "TRANSFORM Hosts excl *", "");
}

/* Whatever a worker says, a table changes for a client who writes only.  */
static void
a_table_that_nobody_wrote (void **state)
{
  struct hand *hand = begin (state);
  struct aug_session *session;

  hand_expect (hand, "SET /augeas/load/Hosts/incl[2] /srv/hosts", "");
  session = hand->module.session;
  assert_true (session->wrote);
  session->wrote = false;
  hand_expect_error (hand, "LOAD", GPG_ERR_SERVER_FAILED);
  assert_int_equal (session->fd, -1);
  hand_expect (hand, "MATCH /files/srv/*", "");
}

static void
a_lost_worker_loses_transforms (void **state)
{
  struct hand *hand = begin (state);
  struct aug_session *session;

  hand_expect (hand, "TRANSFORM Hosts incl /srv/*", "");
  hand_expect (hand, "LOAD", "");
  session = hand->module.session;
  syscall (SYS_pidfd_send_signal, session->pidfd, SIGKILL, NULL, 0);
  hand_expect_error (hand, "GET /files/srv/hosts/1", GPG_ERR_SERVER_FAILED);
  assert_non_null (strstr (hand->call.failure.text, "; transforms are lost"));
  hand_expect (hand, "MATCH /files/srv/*", "");
  hand_expect (hand, "TRANSFORM Hosts incl /srv/*", "");
  hand_expect (hand, "SET /files/etc/hosts/1/canonical x", "");
  syscall (SYS_pidfd_send_signal, session->pidfd, SIGKILL, NULL, 0);
  hand_expect_error (hand, "GET /files/srv/hosts/1", GPG_ERR_SERVER_FAILED);
  assert_non_null (strstr (hand->call.failure.text,
                           "; unsaved edits and transforms are lost"));
}

static void
reeves_own_stay_hidden (void **state)
{
  struct hand *hand = begin (state);

  scratch_mkdir (hand->scratch, "/etc/reeve");
  scratch_mkdir (hand->scratch, "/etc/reeve/keys");
  scratch_write (hand->scratch, "/etc/reeve/keys/x.key", "192.0.2.1 secret\n");
  hand_expect (hand, "TRANSFORM Hosts incl /etc/reeve/keys/*", "");
  hand_expect (hand, "TRANSFORM Hosts incl /etc/*/keys/x.key", "");
  hand_expect (hand, "LOAD", "");
  hand_expect (hand, "MATCH \"//*[. = 'secret']\"", "");
  hand_expect_error (hand, "GET /files/etc/reeve/keys/x.key/1/canonical",
                     GPG_ERR_FORBIDDEN);
  hand_expect_error (hand, "EDIT /etc/reeve/keys/x.key", GPG_ERR_FORBIDDEN);
}

static void
warnings (void **state)
{
  struct hand *hand = begin (state);

  hand_expect (hand, "SET /augeas/load/X/incl /srv/hosts", "");
  hand_expect (hand, "LOAD",
               "S WARNING /augeas/load/X is left out: missing a child with "
               "label 'lens'\n");
}

#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown (name, hand_setup, hand_teardown)

/* What the session does not know any more, nobody has.  */
static void
a_load_that_fails (void **state)
{
  static const char set[] = "SET /augeas/load/Own/excl[last()+1] ";
  struct hand *hand = begin (state);
  char *line = malloc (sizeof set + LIMIT_VALUE);

  assert_non_null (line);
  memcpy (line, set, sizeof set);
  memset (line + sizeof set - 1, 'x', LIMIT_VALUE);
  line[sizeof set - 1 + LIMIT_VALUE] = 0;
  hand_expect (hand, "GET /files/etc/hosts/1/canonical", "localhost");
  hand_expect (hand, "SET /augeas/load/Own/lens Hosts.lns", "");
  for (int i = 0; i < 4; i++)
    hand_expect (hand, line, "");
  hand_expect_error (hand, "LOAD", GPG_ERR_TOO_LARGE);
  assert_non_null (strstr (hand->call.failure.text, "are lost"));
  hand_expect (hand, "EDIT /etc/hosts", "127.0.0.1 localhost\n");
  hand_expect (hand, "MATCH /augeas/load/Own", "");
  hand_expect (hand, "LOAD", "");
  free (line);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (lenses),
    TEST (transforms_count_from_load_on),
    TEST (transforms_that_are_refused),
    TEST (a_table_that_nobody_wrote),
    TEST (a_lost_worker_loses_transforms),
    TEST (a_load_that_fails),
    TEST (reeves_own_stay_hidden),
    TEST (warnings),
  };

  return cmocka_run_group_tests_name ("load", tests, hand_setup_group,
                                      hand_teardown_group);
}
