/* test-audit_faults.c - a full disk, and one that fails
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "auditlog.h"
#include <sys/mount.h>
#include "src/gate/audit_inside.h"

static void
fault_at (const char *call, unsigned at, int error)
{
  fault_clear ();
  fault.kind = FAULT_ERROR;
  fault.call = call;
  fault.at = at;
  fault.error = error;
}

/* --- Reads --- */

static void
test_missed (void **state)
{
  struct audit *audit = open_audit ();

  (void)state;
  log_get (audit);
  fault_at ("pwrite", 1, ENOSPC);
  fault.last = 100;
  for (int i = 0; i < 3; i++)
    log_get (audit);
  fault_clear ();
  assert_log (1);
  assert_int_equal (audit_tick (audit), -1);
  assert_says ("\"event\":\"missed\",\"count\":3,");
  fault_at ("pwrite", 1, EIO);
  log_get (audit);
  fault_clear ();
  log_get (audit);
  assert_says ("\"event\":\"missed\",\"count\":1,");
  assert_log (4);
  fault_at ("pwrite", 1, EIO);
  fault.last = 100;
  audit_event (audit, "start", NULL, "x");
  audit_refuse (audit, NULL, REFUSAL_PEER, "", 0, NULL);
  assert_int_equal (audit_tick (audit), 1000);
  fault_clear ();
  assert_int_equal (audit_tick (audit), -1);
  assert_says ("\"event\":\"missed\",\"count\":2,");
  audit_close (audit);
  assert_log (5);
}

/* --- Begin --- */

static void
begin_fails (struct audit *audit, const char *call, unsigned at, int error,
             gpg_err_code_t code)
{
  auto_failure struct failure failure = FAILURE_NONE;

  fault_at (call, at, error);
  assert_int_equal (gpg_err_code (log_set (audit, true, &failure)), code);
  assert_non_null (fault.hit);
  fault_clear ();
  assert_non_null (failure.text);
  assert_true (strlen (failure.text) <= 100);
  assert_int_equal (check_log ().bad, 0);
  assert_int_equal (check_log ().begun, 0);
}

/* No blocks for the end.  */
static void
begin_fails_for_long (struct audit *audit, int error)
{
  uint64_t records = check_log ().records;

  fault_at ("fallocate", 1, error);
  fault.last = 100;
  assert_int_equal (gpg_err_code (log_set (audit, true, NULL)), GPG_ERR_ENOSPC);
  assert_int_equal (fault.count, 2);
  fault_clear ();
  assert_int_equal (check_log ().records, records);
}

static void
test_begin (void **state)
{
  struct audit *audit = open_audit ();

  (void)state;
  begin_fails (audit, "pwrite", 1, ENOSPC, GPG_ERR_ENOSPC);
  begin_fails (audit, "pwrite", 1, EIO, GPG_ERR_EIO);
  log_get (audit); /* Two changes that were not recorded are missed.  */
  begin_fails (audit, "fdatasync", 1, EIO, GPG_ERR_EIO);
  assert_says ("\"event\":\"aborted\"");
  /* What lies ahead need not be had, what is needed must.  */
  audit_close (audit);
  forget_state ();
  audit = open_audit ();
  fault_at ("fallocate", 1, ENOSPC);
  assert_int_equal (log_set (audit, true, NULL), 0);
  assert_non_null (fault.hit);
  audit_close (audit);
  forget_state ();
  audit = open_audit ();
  begin_fails_for_long (audit, ENOSPC);
  begin_fails_for_long (audit, EDQUOT);
  audit_close (audit);
  assert_int_equal (check_log ().begun, 0);
  assert_int_equal (check_log ().bad, 0);
}

static void
test_end (void **state)
{
  static const char *const calls[] = { "pwrite", "fdatasync" };
  struct audit *audit = open_audit ();
  struct test_call test;

  (void)state;
  for (int i = 0; i < 2; i++)
    for (unsigned at = 1; at <= 3 - (unsigned)i; at++)
      {
        struct call *call = call_make (&test, &set_verb, "/x");

        assert_int_equal (audit_begin (audit, &test_subject, call, NULL), 0);
        fault_at (calls[i], at, EIO);
        audit_end (audit, &test_subject, call, 0, 1);
        assert_non_null (fault.hit);
        fault_clear ();
        call_end (&test);
        /* An end that was lost is told as aborted.  */
        assert_int_equal (check_log ().begun, !i && at == 1);
        audit_abort (audit, getpid ());
        assert_int_equal (check_log ().begun, 0);
      }
  audit_close (audit);
  forget_state ();
  audit_close (open_audit ());
  assert_int_equal (check_log ().bad, 0);
  assert_int_equal (check_log ().jumps, 0);
}

static void
test_abort (void **state)
{
  struct audit *audit = open_audit ();

  (void)state;
  assert_int_equal (log_set (audit, false, NULL), 0);
  fault_at ("pwrite", 1, EIO);
  audit_abort (audit, getpid ());
  fault_clear ();
  assert_int_equal (check_log ().begun, 1);
  audit_abort (audit, getpid ());
  assert_int_equal (check_log ().begun, 0);
  audit_close (audit);
}

/* --- Opening --- */

static void
test_open (void **state)
{
  static const char *const calls[] = { "openat", "fallocate", "ftruncate",
                                       "fsync",  "pwrite",    "fdatasync" };

  (void)state;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    for (unsigned at = 1; at < 30; at++)
      {
        auto_failure struct failure failure = FAILURE_NONE;
        struct audit *audit;
        gpg_error_t err;

        forget_state ();
        unlink (scratch_path (scratch, KEY));
        fault_at (calls[i], at, EIO);
        err = audit_open (&scratch->machine, &options, &audit, &failure);
        if (!fault.hit)
          at = 30;
        fault_clear ();
        if (err)
          assert_non_null (failure.text);
        if (err)
          assert_int_equal (
              audit_open (&scratch->machine, &options, &audit, &failure), 0);
        log_get (audit);
        audit_close (audit);
      }
  key_sequence = 1000000;
  assert_int_equal (check_log ().bad, 0);
  assert_int_equal (check_log ().jumps, 0);
}

static void
test_key_new (void **state)
{
  static const char *const calls[] = { "openat", "pwrite", "fdatasync" };

  (void)state;
  audit_close (open_audit ());
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    for (unsigned at = 1; at < 3; at++)
      {
        auto_failure struct failure failure = FAILURE_NONE;
        char *text;

        /* The directories are looked for first.  */
        fault_at (calls[i], i ? at : at + 12, EIO);
        if (audit_key_new (&scratch->machine, &text, &failure))
          {
            assert_null (text);
            assert_non_null (failure.text);
          }
        free (text);
        fault_clear ();
      }
  key_sequence = 1000;
  assert_int_equal (check_log ().bad, 0);
}

/* --- The lock and the state --- */

static void
test_log_gone (void **state)
{
  struct audit *audit = open_audit ();

  (void)state;
  assert_int_equal (unlink (scratch_path (scratch, LOG)), 0);
  fault_at ("openat", 1, EMFILE);
  log_get (audit);
  assert_non_null (fault.hit);
  fault_clear ();
  audit_event (audit, "x", NULL, "y");
  assert_says ("\"event\":\"missed\",\"count\":1,");
  assert_int_equal (unlink (scratch_path (scratch, LOG)), 0);
  for (int i = 0; i < 6; i++)
    {
      fault_at ("openat", 1, EMFILE);
      if (i == 0)
        assert_int_equal (gpg_err_code (log_set (audit, true, NULL)),
                          GPG_ERR_EMFILE);
      if (i == 1)
        audit_abort (audit, getpid ());
      if (i == 2)
        assert_int_equal (audit_tick (audit), 1000);
      if (i == 3)
        audit_refuse (audit, NULL, REFUSAL_RATE, "", 0, NULL);
      if (i == 4)
        audit_event (audit, "x", NULL, "y");
      if (i == 5)
        {
          struct test_call test;

          audit_end (audit, &test_subject, call_make (&test, &set_verb, "/x"),
                     0, 1);
          call_end (&test);
        }
      assert_non_null (fault.hit);
    }
  fault_clear ();
  /* The state, too: the old one holds until there is another.  */
  assert_int_equal (unlink (scratch_path (scratch, STATE)), 0);
  fault_at ("openat", 1, EMFILE);
  log_get (audit);
  assert_non_null (fault.hit);
  fault_clear ();
  log_get (audit);
  audit_close (audit);
}

/* --- A full disk --- */

/* A file of zeros that takes all room that is left but LESS bytes.  */
static void
fill_disk (off_t less)
{
  int fd = open (scratch_path (scratch, OWN_LOG_DIR "/filler"),
                 O_WRONLY | O_CREAT | O_APPEND, 0600);
  static const char zeros[4096];
  off_t size;

  assert_true (fd >= 0);
  while (write (fd, zeros, sizeof zeros) > 0)
    ;
  size = lseek (fd, 0, SEEK_END);
  assert_int_equal (ftruncate (fd, size - less), 0);
  close (fd);
}

static void
test_full_disk (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  struct test_call test;
  struct call *call;
  struct audit *audit;
  uint64_t records;

  (void)state;
  if (mount ("reeve-test", scratch_path (scratch, OWN_LOG_DIR), "tmpfs", 0,
             "size=1m,mode=0750"))
    {
      print_message ("machine: no file system can be mounted here\n");
      skip ();
    }
  forget_state ();
  unlink (scratch_path (scratch, KEY));
  key_sequence = 1000000;
  audit = open_audit ();
  call = call_make (&test, &set_verb, "/etc/hosts x");
  log_get (audit);

  /* A change that was begun has room for its end on a full disk, whatever
     else is appended meanwhile.  */
  assert_int_equal (audit_begin (audit, &test_subject, call, NULL), 0);
  fill_disk (0);
  for (int i = 0; i < 3000; i++)
    log_get (audit);
  fail (&call->failure, GPG_ERR_CONFLICT, "%0250d", 7);
  audit_end (audit, &test_subject, call, gpg_error (GPG_ERR_CONFLICT), 5);
  assert_says ("\"event\":\"end\"");
  assert_int_equal (check_log ().begun, 0);

  /* None is begun where there is no room for the end.  */
  records = check_log ().records;
  for (int i = 0; i < 200; i++)
    log_get (audit);
  assert_true (check_log ().records < records + 200);
  assert_int_equal (
      gpg_err_code (audit_begin (audit, &test_subject, call, &failure)),
      GPG_ERR_ENOSPC);
  assert_non_null (strstr (failure.text, "free some for"));

  /* With room again it is told what is missing.  */
  assert_int_equal (unlink (scratch_path (scratch, OWN_LOG_DIR "/filler")), 0);
  log_get (audit);
  assert_int_equal (audit_begin (audit, &test_subject, call, NULL), 0);
  audit_end (audit, &test_subject, call, 0, 5);
  call_end (&test);
  audit_close (audit);
  assert_int_equal (check_log ().bad, 0);
  assert_int_equal (check_log ().jumps, 0);
  assert_int_equal (check_log ().begun, 0);
  assert_says ("\"event\":\"missed\",\"count\":");
  assert_int_equal (umount2 (scratch_path (scratch, OWN_LOG_DIR), MNT_DETACH),
                    0);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { TEST (test_missed),   TEST (test_begin),    TEST (test_end),
          TEST (test_abort),    TEST (test_open),     TEST (test_key_new),
          TEST (test_log_gone), TEST (test_full_disk) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
