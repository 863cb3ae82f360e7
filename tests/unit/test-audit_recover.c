/* test-audit_recover.c - the audit log after a crash, and after tampering
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "auditlog.h"
#include <sys/mman.h>
#include "src/gate/audit_inside.h"

static void
fill (int count)
{
  struct audit *audit = open_audit ();

  for (int i = 0; i < count; i++)
    log_get (audit);
  audit_close (audit);
}

/* Change the state's file by CHANGE.  */
static void
change_state (void (*change) (struct audit_shared *shared))
{
  int fd = open (scratch_path (scratch, STATE), O_RDWR);
  struct audit_shared *shared;

  assert_true (fd >= 0);
  shared = mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                 0);
  assert_ptr_not_equal (shared, MAP_FAILED);
  change (shared);
  munmap (shared, sizeof *shared);
  close (fd);
}

static void
other_boot (struct audit_shared *shared)
{
  shared->boot[0] ^= 1;
  /* Nothing of it may count.  */
  memset (shared->standing, 0x5a, sizeof shared->standing);
  shared->missed = 77;
  atomic_store (&shared->busy, 1);
}

static void
other_version (struct audit_shared *shared)
{
  shared->version[0] ^= 1;
}

static void
test_other_boot (void **state)
{
  (void)state;
  fill (3);
  change_state (other_boot);
  fill (2);
  assert_log (5);
  change_state (other_version);
  fill (2);
  assert_log (7);
  assert_says_not ("missed");
  assert_says_not ("recovered");
}

/* The copy on disk is older than the log.  */
static void
append_and_exit (void)
{
  struct audit *audit = open_audit ();

  for (int i = 0; i < 5; i++)
    log_get (audit);
}

static void
test_old_copy (void **state)
{
  (void)state;
  fill (2);
  assert_int_equal (in_child (append_and_exit), 0);
  forget_state ();
  fill (1);
  assert_log (8);
  /* Over files that were begun since.  */
  options.size = 1000;
  assert_int_equal (in_child (append_and_exit), 0);
  forget_state ();
  fill (1);
  assert_log (14);
  assert_true (check_log ().files > 2);
  /* And where the present one is empty.  */
  options.size = 0;
  fill (1);
  assert_int_equal (rename (scratch_path (scratch, LOG),
                            scratch_path (scratch, LOG ".13-15")),
                    0);
  forget_state ();
  fill (1);
  assert_int_equal (check_log ().bad, 0);
}

static void
append_bytes (const char *bytes, size_t length)
{
  FILE *stream = fopen (scratch_path (scratch, LOG), "a");

  assert_non_null (stream);
  assert_int_equal (fwrite (bytes, 1, length, stream), length);
  assert_int_equal (fclose (stream), 0);
}

/* Add a torn record; half of a good one, or zeros of a file system.  */
static void
test_torn (void **state)
{
  static const char zeros[3000];

  (void)state;
  for (int forget = 0; forget < 2; forget++)
    {
      uint64_t before = check_log ().records;

      fill (2);
      append_bytes ("{\"sequence\":3,\"ti", 17);
      if (forget)
        forget_state ();
      fill (1);
      assert_log (before + 4);
      assert_says ("\"event\":\"recovered\",\"text\":\"17 bytes of a torn");
      append_bytes (zeros, sizeof zeros);
      if (forget)
        forget_state ();
      fill (1);
      assert_log (before + 6);
      assert_says ("\"text\":\"3000 bytes of a torn");
    }
}

static void
assert_gap (const char *text, uint64_t records, uint64_t jumps)
{
  struct verdict verdict = check_log ();

  assert_says (text);
  assert_int_equal (verdict.records, records);
  assert_int_equal (verdict.jumps, jumps);
  /* The hash of the record behind a gap cannot fit.  */
  assert_int_equal (verdict.bad, jumps);
  assert_false (verdict.torn);
}

/* Cut the log behind its first COUNT lines and MORE bytes.  */
static void
cut (int count, int more)
{
  const char *text = scratch_text (scratch, LOG);
  const char *end = text;

  while (count--)
    end = strchr (end, '\n') + 1;
  assert_int_equal (truncate (scratch_path (scratch, LOG), end - text + more),
                    0);
}

static void
test_cut_off (void **state)
{
  (void)state;
  for (int forget = 0; forget < 2; forget++)
    {
      if (forget)
        {
          teardown (state);
          setup (state);
        }
      fill (5);
      cut (3, 0);
      if (forget)
        forget_state ();
      fill (1);
      assert_gap ("\"sequence\":6,", 5, 1);
      assert_says ("\"event\":\"gap\",\"first\":4,\"last\":5,");
      cut (4, 10);
      if (forget)
        forget_state ();
      fill (1);
      assert_gap ("\"event\":\"gap\",\"first\":7,\"last\":7,", 7, 2);
      assert_says ("10 bytes of a torn");
      cut (0, 0);
      if (forget)
        forget_state ();
      fill (1);
      assert_says ("\"event\":\"gap\",\"first\":1,\"last\":10,");
      assert_says ("{\"sequence\":11,");
    }
}

/* The file was removed, moved away, or another one put there.  */
static void
test_removed (void **state)
{
  struct audit *audit = open_audit ();

  (void)state;
  log_get (audit);
  log_get (audit);
  assert_int_equal (unlink (scratch_path (scratch, LOG)), 0);
  log_get (audit);
  assert_says ("{\"sequence\":3,");
  assert_says ("\"event\":\"gap\",\"first\":1,\"last\":2,");
  assert_says ("{\"sequence\":4,");

  assert_int_equal (
      rename (scratch_path (scratch, LOG), scratch_path (scratch, LOG ".away")),
      0);
  assert_int_equal (audit_tick (audit), -1);
  log_get (audit);
  assert_says ("{\"sequence\":5,");
  assert_says ("\"event\":\"gap\",\"first\":3,\"last\":4,");

  /* The same records in another file are the log.  */
  assert_int_equal (
      rename (scratch_path (scratch, LOG), scratch_path (scratch, LOG ".copy")),
      0);
  scratch_write (scratch, LOG, scratch_text (scratch, LOG ".copy"));
  assert_int_equal (chmod (scratch_path (scratch, LOG), 0640), 0);
  audit_tick (audit);
  log_get (audit);
  assert_says ("{\"sequence\":7,");
  assert_says_not ("\"first\":5");
  audit_close (audit);
}

/* --- Tampering --- */

/* Replace OLD, which is in the log once, by NEW of the same length.  */
static void
replace (const char *old, const char *new)
{
  char *text = strdup (scratch_text (scratch, LOG));
  char *found = strstr (text, old);

  assert_non_null (found);
  memcpy (found, new, strlen (new));
  scratch_write (scratch, LOG, text);
  free (text);
}

static void
test_changed (void **state)
{
  struct verdict verdict;

  (void)state;
  fill (2);
  assert_int_equal (in_child (append_and_exit), 0);
  replace ("{\"sequence\":4,\"time\":\"2", "{\"sequence\":4,\"time\":\"3");
  forget_state ();
  fill (1);
  assert_says ("\"event\":\"tampered\",\"record\":4,\"count\":1,");
  verdict = check_log ();
  assert_int_equal (verdict.bad, 1);
  assert_int_equal (verdict.jumps, 0);
  assert_int_equal (verdict.records, 9);

  /* A line that is none; the others stay good.  */
  assert_int_equal (in_child (append_and_exit), 0);
  replace ("{\"sequence\":12,", "{\"sequenze\":12,");
  forget_state ();
  fill (1);
  assert_says ("\"event\":\"tampered\",\"record\":12,\"count\":1,");
  assert_says_not ("\"gap\"");
}

/* A record that was taken out.  */
static void
test_taken_out (void **state)
{
  struct verdict verdict;
  char *text;
  char *line;

  (void)state;
  fill (2);
  assert_int_equal (in_child (append_and_exit), 0);
  text = strdup (scratch_text (scratch, LOG));
  line = strchr (strchr (strchr (text, '\n') + 1, '\n') + 1, '\n') + 1;
  memmove (line, strchr (line, '\n') + 1, strlen (strchr (line, '\n') + 1) + 1);
  scratch_write (scratch, LOG, text);
  free (text);
  forget_state ();
  fill (1);
  assert_says ("\"event\":\"gap\",\"first\":4,\"last\":4,");
  verdict = check_log ();
  assert_int_equal (verdict.jumps, 1);
  assert_int_equal (verdict.bad, 1);
  assert_int_equal (verdict.last, 9);
}

/* A hash that was computed anew does not help without the key.  */
static void
test_rehashed (void **state)
{
  char *text, *line, *next;
  struct chain_line before, parts;
  unsigned char hash[CHAIN_BYTES];

  (void)state;
  fill (2);
  assert_int_equal (in_child (append_and_exit), 0);
  text = strdup (scratch_text (scratch, LOG));
  line = text;
  for (int i = 0; i < 5; i++)
    line = strchr (line, '\n') + 1;
  next = strchr (line, '\n') + 1;
  assert_int_equal (chain_line_split (line, (size_t)(next - line), &before), 0);
  *strstr (next, "panel") = 'P';
  assert_int_equal (chain_line_split (next, strlen (next), &parts), 0);
  chain_hash (before.hash, parts.body, parts.length, hash);
  chain_to_hex (hash, strstr (next, "\"hash\":\"") + 8);
  scratch_write (scratch, LOG, text);
  free (text);
  forget_state ();
  fill (1);
  assert_says ("\"event\":\"tampered\",\"record\":7,\"count\":1,");
  assert_int_equal (check_log ().bad, 1);
}

/* Something that is appended to the log while it is in use.  */
static void
test_put_in (void **state)
{
  struct audit *audit = open_audit ();
  const char *again;

  (void)state;
  log_get (audit);
  append_bytes ("rubbish\n", 8);
  log_get (audit);
  assert_says ("\"event\":\"tampered\",\"record\":2,\"count\":1,");
  again = strdup (scratch_text (scratch, LOG));
  append_bytes (again, strcspn (again, "\n") + 1);
  free ((char *)again);
  log_get (audit);
  assert_says ("\"event\":\"tampered\",\"record\":4,\"count\":1,");
  audit_close (audit);
}

/* --- The copy --- */

static void
test_damaged_copy (void **state)
{
  int fd;

  (void)state;
  fill (3);
  fd = open (scratch_path (scratch, KEY), O_RDWR);
  assert_true (fd >= 0);
  assert_int_equal (pwrite (fd, "xxxx", 4, 100), 4);
  assert_int_equal (pwrite (fd, "xxxx", 4, 65536 + 100), 4);
  close (fd);
  forget_state ();
  fill (1);
  assert_says ("\"event\":\"recovered\",\"text\":\"the key was lost");
  key_sequence = 1000; /* The plain chain holds.  */
  assert_log (5);
  /* Over a rotated file.  */
  assert_int_equal (unlink (scratch_path (scratch, KEY)), 0);
  assert_int_equal (
      rename (scratch_path (scratch, LOG), scratch_path (scratch, LOG ".1-5")),
      0);
  forget_state ();
  fill (1);
  assert_log (7);
}

/* The state is removed while it is in use: all go on with the new one.  */
static void
test_state_removed (void **state)
{
  struct audit *audit = open_audit ();
  struct audit *other;

  (void)state;
  log_get (audit);
  audit_event (audit, "start", NULL, "x");
  forget_state ();
  other = open_audit ();
  log_get (other);
  log_get (audit);
  log_get (other);
  log_get (audit);
  audit_close (audit);
  audit_close (other);
  assert_log (6);
}

/* The machine stopped while a change was under way, and the copy knows.  */
static void
begin_and_save (void)
{
  struct audit *audit = open_audit ();

  log_set (audit, false, NULL);
  log_set (audit, false, NULL);
  audit_event (audit, "start", NULL, "makes it durable");
  for (int i = 0; i < 260; i++)
    log_set (audit, false, NULL);
}

static void
test_begun_saved (void **state)
{
  (void)state;
  assert_int_equal (in_child (begin_and_save), 0);
  assert_int_equal (check_log ().begun, 256);
  forget_state ();
  fill (1);
  assert_log (256 + 1 + 256 + 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_other_boot),    TEST (test_old_copy),
    TEST (test_torn),          TEST (test_cut_off),
    TEST (test_removed),       TEST (test_changed),
    TEST (test_rehashed),      TEST (test_taken_out),
    TEST (test_put_in),        TEST (test_damaged_copy),
    TEST (test_state_removed), TEST (test_begun_saved),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
