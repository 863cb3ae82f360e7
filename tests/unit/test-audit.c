/* test-audit.c - what the audit log keeps of calls, refusals and changes
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "auditlog.h"

static void
test_nothing (void **state)
{
  struct test_call test;
  struct call *call = call_make (&test, &set_verb, "/x");

  (void)state;
  audit_after_fork (NULL);
  audit_configure (NULL, &options);
  assert_int_equal (audit_begin (NULL, &test_subject, call, NULL), 0);
  audit_end (NULL, &test_subject, call, 0, 0);
  audit_call (NULL, &test_subject, call, 0, 0);
  audit_refuse (NULL, &test_subject, REFUSAL_PEER, "", 0, NULL);
  audit_event (NULL, "start", NULL, "x");
  audit_abort (NULL, 1);
  assert_int_equal (audit_tick (NULL), -1);
  audit_close (NULL);
  call_end (&test);
}

static void
test_records (void **state)
{
  struct audit *audit = open_audit ();

  (void)state;
  audit_event (audit, "start", NULL, "reeved %d", 1);
  log_get (audit);
  assert_int_equal (log_set (audit, true, NULL), 0);
  audit_refuse (audit, &test_subject, REFUSAL_POLICY, "AUG SET",
                gpg_error (GPG_ERR_FORBIDDEN), "policy: no rule");
  audit_event (audit, "stop", &test_subject, "bye");
  assert_log (6);
  assert_says ("{\"sequence\":1,\"time\":\"20");
  assert_says ("Z\",\"event\":\"start\",\"text\":\"reeved 1\",\"hash\":\"");
  assert_says ("\"event\":\"call\",\"call\":\"abc.7\",\"session\":\"abc\","
               "\"identity\":\"panel\",\"uid\":1000,\"gid\":100,\"pid\":4711,"
               "\"executable\":\"/usr/bin/php\",\"verb\":\"TEST GET\","
               "\"arguments\":{\"path\":[\"/etc/hosts\"]},\"outcome\":\"ok\","
               "\"duration_us\":12,\"hash\":\"");
  assert_says ("\"event\":\"begin\",\"call\":\"abc.7\"");
  assert_says ("\"event\":\"end\",\"call\":\"abc.7\",\"identity\":\"panel\","
               "\"verb\":\"TEST SET\","
               "\"begin\":3,\"outcome\":\"ok\",\"duration_us\":34,\"hash\"");
  assert_says ("\"event\":\"refused\",\"call\":\"abc.7\"");
  assert_says ("\"verb\":\"AUG SET\",\"gate\":\"policy\",\"outcome\":"
               "\"refused\",\"error\":{\"code\":251,\"name\":\"Forbidden\","
               "\"text\":\"policy: no rule\"}");
  assert_int_equal (audit_tick (audit), -1);
  audit_close (audit);

  /* It goes on where it was.  */
  audit = open_audit ();
  log_get (audit);
  audit_close (audit);
  assert_log (7);
  forget_state ();
  audit = open_audit ();
  log_get (audit);
  audit_close (audit);
  assert_log (8);
}

static void
test_modes (void **state)
{
  struct audit *audit = open_audit ();
  struct stat stat_now;

  (void)state;
  assert_int_equal (stat (scratch_path (scratch, OWN_LOG_DIR), &stat_now), 0);
  assert_int_equal (stat_now.st_mode & 07777, 0750);
  assert_int_equal (stat (scratch_path (scratch, LOG), &stat_now), 0);
  assert_int_equal (stat_now.st_mode & 07777, 0640);
  assert_int_equal (stat (scratch_path (scratch, STATE), &stat_now), 0);
  assert_int_equal (stat_now.st_mode & 07777, 0600);
  assert_int_equal (stat (scratch_path (scratch, KEY), &stat_now), 0);
  assert_int_equal (stat_now.st_mode & 07777, 0600);
  audit_close (audit);
}

static void
refuses_to_open (const char *text)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct audit *audit;

  assert_int_not_equal (
      audit_open (&scratch->machine, &options, &audit, &failure), 0);
  assert_null (audit);
  assert_non_null (failure.text);
  assert_non_null (strstr (failure.text, text));
}

static void
test_not_trusted (void **state)
{
  static const char *const paths[] = { LOG, STATE, KEY };

  (void)state;
  for (int i = 0; i < 3; i++)
    {
      /* The copy is read only where there is no state.  */
      if (i == 2)
        forget_state ();
      assert_int_equal (chmod (scratch_path (scratch, paths[i]), 0666), 0);
      refuses_to_open ("audit:");
      assert_int_equal (chmod (scratch_path (scratch, paths[i]), 0600), 0);
    }
  assert_int_equal (chmod (scratch_path (scratch, OWN_LOG_DIR), 0777), 0);
  refuses_to_open ("do chmod 0750");
}

/* --- Several processes --- */

#define PROCESSES 6
#define ROUNDS 200

static struct audit *common;

/* With one that was there before, or one of its own.  */
static void
append_many (void)
{
  struct audit *audit = common;

  if (audit)
    audit_after_fork (audit);
  else
    {
      options.size = 40000;
      audit = open_audit ();
    }
  for (int i = 0; i < ROUNDS; i++)
    if (i % 50 == 49)
      log_set (audit, true, NULL);
    else
      log_get (audit);
}

static void
test_concurrent (void **state)
{
  struct audit *audit = open_audit ();
  pid_t pids[PROCESSES];
  int status;

  (void)state;
  for (int i = 0; i < PROCESSES; i++)
    {
      common = i % 2 ? audit : NULL;
      pids[i] = start_child (append_many);
    }
  for (int i = 0; i < PROCESSES; i++)
    {
      assert_int_equal (waitpid (pids[i], &status, 0), pids[i]);
      assert_int_equal (status, 0);
    }
  audit_close (audit);
  assert_log (PROCESSES * (ROUNDS + ROUNDS / 50));
}

/* --- Changes whose process dies --- */

static void
begin_and_die (void)
{
  struct audit *audit = open_audit ();

  log_set (audit, false, NULL);
  raise (SIGKILL);
}

static void
test_abort (void **state)
{
  struct audit *audit = open_audit ();
  struct verdict verdict;
  pid_t victim = start_child (begin_and_die);
  int status;

  (void)state;
  assert_int_equal (waitpid (victim, &status, 0), victim);
  verdict = check_log ();
  assert_int_equal (verdict.begun, 1);
  audit_abort (audit, victim + 1);
  assert_int_equal (check_log ().begun, 1);
  audit_abort (audit, victim);
  assert_says ("\"event\":\"aborted\",\"call\":\"abc.7\",\"verb\":\"TEST SET\","
               "\"begin\":1,\"outcome\":\"aborted\"");
  assert_log (2);
  audit_abort (audit, victim);
  assert_log (2);
  audit_close (audit);
}

static void
open_and_close (void)
{
  audit_close (open_audit ());
}

/* Without a supervisor, whoever comes next does it.  */
static void
test_reap (void **state)
{
  struct audit *audit;

  (void)state;
  in_child (begin_and_die);
  assert_int_equal (check_log ().begun, 1);
  audit = open_audit ();
  assert_log (2);
  audit_close (audit);

  /* Of a former start of the machine, too, but not of the living.  */
  in_child (begin_and_die);
  forget_state ();
  audit = open_audit ();
  assert_log (4);
  assert_int_equal (log_set (audit, false, NULL), 0);
  assert_int_equal (in_child (open_and_close), 0);
  assert_int_equal (check_log ().begun, 1);
  assert_int_equal (check_log ().records, 5);
  audit_close (audit);
}

static void
test_nested (void **state)
{
  struct audit *audit = open_audit ();
  struct test_call test;
  struct call *call = call_make (&test, &set_verb, "/etc/hosts");

  (void)state;
  assert_int_equal (audit_begin (audit, &test_subject, call, NULL), 0);
  assert_int_equal (audit_begin (audit, &test_subject, call, NULL), 0);
  audit_end (audit, &test_subject, call, 0, 0);
  assert_int_equal (check_log ().begun, 1);
  audit_end (audit, &test_subject, call, 0, 0);
  assert_log (4);
  /* One that was not begun is told all the same.  */
  audit_end (audit, &test_subject, call, 0, 0);
  assert_log (5);
  call_end (&test);
  audit_close (audit);
}

static void
test_many_begun (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct audit *audit = open_audit ();

  (void)state;
  for (int i = 0; i < 256; i++)
    assert_int_equal (log_set (audit, false, NULL), 0);
  assert_int_equal (gpg_err_code (log_set (audit, false, &failure)),
                    GPG_ERR_LIMIT_REACHED);
  assert_non_null (strstr (failure.text, "too many changes"));
  assert_int_equal (check_log ().begun, 256);
  audit_abort (audit, getpid ());
  assert_log (512);
  audit_close (audit);
}

/* --- Keys --- */

static void
new_key (uint64_t sequence)
{
  char *text;

  assert_int_equal (audit_key_new (&scratch->machine, &text, NULL), 0);
  assert_int_equal (chain_key_parse (text, &key_sequence, initial_key), 0);
  free (text);
  assert_int_equal (key_sequence, sequence);
}

static void
key_child (void)
{
  new_key (4);
}

static void
test_key_new (void **state)
{
  struct audit *audit;
  uint64_t first_key = key_sequence;
  unsigned char old_key[CHAIN_BYTES];

  (void)state;
  assert_int_equal (first_key, 1);
  memcpy (old_key, initial_key, sizeof old_key);
  audit = open_audit ();
  log_get (audit);
  log_get (audit);
  assert_log (2);
  /* While a daemon runs, by another process.  */
  assert_int_equal (in_child (key_child), 0);
  assert_says ("\"event\":\"rekey\"");
  log_get (audit);
  assert_int_equal (check_log ().bad, 1); /* With the old key.  */
  memcpy (old_key, initial_key, sizeof old_key);
  new_key (6);
  assert_memory_not_equal (old_key, initial_key, sizeof old_key);
  log_get (audit);
  assert_log (6);
  audit_close (audit);
  /* It holds after a new start.  */
  forget_state ();
  audit = open_audit ();
  log_get (audit);
  audit_close (audit);
  assert_log (7);
}

/* Nobody asked for a key: the plain chain holds.  */
static void
test_unknown_key (void **state)
{
  struct audit *audit;

  (void)state;
  forget_state ();
  assert_int_equal (unlink (scratch_path (scratch, KEY)), 0);
  audit = open_audit ();
  log_get (audit);
  audit_close (audit);
  key_sequence = 1000;
  assert_log (1);
  new_key (3);
  audit = open_audit ();
  log_get (audit);
  audit_close (audit);
  assert_log (3);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_nothing),     TEST (test_records),    TEST (test_modes),
    TEST (test_not_trusted), TEST (test_concurrent), TEST (test_abort),
    TEST (test_reap),        TEST (test_nested),     TEST (test_many_begun),
    TEST (test_key_new),     TEST (test_unknown_key)
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
