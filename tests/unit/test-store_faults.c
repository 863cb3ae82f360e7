/* test-store_faults.c - tests of src/job/store.c: what goes wrong, and who else
   is there
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "faults.h"
#include "jobstore.h"
#include <sys/file.h>
#include "protocol/limits.h"
#include "protocol/memory.h"

#define NAME "0123456789abcdef.1"
#define PATH OWN_JOBS_DIR "/panel/" NAME

static unsigned meetings;

/* Another job that begins forgets what has ended, before this one's file is
   locked.  */
int
flock (int fd, int operation)
{
  if (operation == LOCK_EX && meetings)
    {
      meetings--;
      assert_int_equal (job_forget (&scratch->machine, "panel", NAME, &failure),
                        0);
    }
  return (int)syscall (SYS_flock, fd, operation);
}

static int
setup_store (void **state)
{
  limits = (struct limits){ .jobs_kept = 100 };
  meetings = 0;
  fault_clear ();
  return setup (state);
}

static int
teardown_store (void **state)
{
  fault_clear ();
  failure_release (&failure);
  return teardown (state);
}

/* The next calls of NAME fail for lack of room.  */
static void
fill (const char *name)
{
  fault_clear ();
  fault.kind = FAULT_ERROR;
  fault.call = name;
  fault.at = 1;
  fault.last = 1000;
  fault.error = ENOSPC;
}

/* The file's lines behind the first begin with EXPECTED, in this order.  */
static void
assert_lines (const char *const *expected)
{
  const char *line = strchr (scratch_text (scratch, PATH), '\n') + 1;

  for (; *expected; expected++)
    {
      assert_int_equal (strncmp (line, *expected, strlen (*expected)), 0);
      line = strchr (line, '\n');
      assert_non_null (line);
      line++;
    }
  assert_string_equal (line, "");
}

/* --- Who else is there --- */

static void
one_that_is_forgotten_meanwhile_is_made_anew (void **state)
{
  struct job_writer job;
  struct job_reader reader;

  (void)state;
  meetings = 2;
  assert_int_equal (create (&job, "panel", NAME), 0);
  assert_int_equal (meetings, 0);
  assert_int_equal (
      job_open (&scratch->machine, "panel", NAME, &reader, &failure), 0);
  assert_true (job_lives (&reader));
  job_close (&reader);
  assert_int_equal (
      gpg_err_code (job_forget (&scratch->machine, "panel", NAME, &failure)),
      GPG_ERR_EBUSY);
  leave (&job);
}

/* --- Full disks --- */

static void
without_room_for_its_end_none_begins (void **state)
{
  struct job_writer job;

  (void)state;
  fill ("fallocate");
  assert_int_equal (gpg_err_code (create (&job, "panel", NAME)),
                    GPG_ERR_ENOSPC);
  assert_null (scratch_text (scratch, PATH));
}

static void
what_has_no_room_is_left_out (void **state)
{
  static const char *const expected[]
      = { "{\"status\":\"ONE\"", "{\"status\":\"FOUR\"", "{\"end\":\"", NULL };
  struct job_writer job;
  struct writer_sink sink;

  (void)state;
  assert_int_equal (create (&job, "panel", NAME), 0);
  sink = job_sink (&job);
  assert_int_equal (sink.status (sink.context, "ONE", "1"), 0);
  fill ("fallocate");
  assert_int_equal (sink.status (sink.context, "TWO", "2"), 0);
  assert_true (fault.count);
  fill ("write");
  assert_int_equal (sink.status (sink.context, "THREE", "3"), 0);
  assert_true (fault.count);
  fault_clear ();
  assert_int_equal (sink.status (sink.context, "FOUR", "4"), 0);
  assert_int_equal (job_end (&job, 0, NULL), 0);
  leave (&job);
  assert_lines (expected);
}

/* Of a line that is cut off nothing stays: what follows can be read.  */
static void
no_line_is_torn (void **state)
{
  static const char *const expected[] = { "{\"status\":\"X\"", "{\"end\":\"",
                                          NULL };
  struct job_writer job;
  struct writer_sink sink;

  (void)state;
  assert_int_equal (create (&job, "panel", NAME), 0);
  assert_int_equal (write (job.fd, "{\"status\":\"TO", 13), 13);
  sink = job_sink (&job);
  fill ("write");
  assert_int_equal (sink.status (sink.context, "RN", ""), 0);
  fault_clear ();
  assert_int_equal (sink.status (sink.context, "X", ""), 0);
  assert_int_equal (job_end (&job, 0, NULL), 0);
  leave (&job);
  assert_lines (expected);
}

/* What was done stays done if the answer cannot be kept.  */
static void
an_answer_that_is_lost_is_no_failure (void **state)
{
  static const char *const expected[] = {
    "{\"answer\":{}}", "{\"status\":\"WARNING\",\"text\":\"it was done, but",
    "{\"end\":\"", NULL
  };
  struct job_writer job;
  struct writer_sink sink;

  (void)state;
  assert_int_equal (create (&job, "panel", NAME), 0);
  sink = job_sink (&job);
  assert_int_equal (sink.data (sink.context, "{}\n", 3), 0);
  fill ("fallocate");
  assert_int_equal (sink.data (sink.context, "{\"a\":1}\n", 8), 0);
  fault_clear ();
  assert_int_equal (sink.data (sink.context, "{\"b\":2}\n", 8), 0);
  assert_int_equal (job_end (&job, 0, NULL), 0);
  leave (&job);
  assert_lines (expected);
  assert_null (strstr (scratch_text (scratch, PATH), "\"code\""));
}

static void
nor_is_one_that_is_too_long (void **state)
{
  static const char *const expected[] = {
    "{\"status\":\"WARNING\",\"text\":\"it was done, but", "{\"end\":\"", NULL
  };
  auto_free char *text = calloc (1, LIMIT_JOB_ANSWER + 1);
  struct job_writer job;
  struct writer_sink sink;

  (void)state;
  assert_int_equal (create (&job, "panel", NAME), 0);
  sink = job_sink (&job);
  memset (text, 'x', LIMIT_JOB_ANSWER);
  text[LIMIT_JOB_ANSWER] = '\n';
  assert_int_equal (sink.data (sink.context, text, LIMIT_JOB_ANSWER + 1), 0);
  assert_int_equal (job_end (&job, 0, NULL), 0);
  leave (&job);
  assert_lines (expected);
}

/* --- Floods --- */

static void
a_task_is_known_behind_a_flood (void **state)
{
  auto_free char *text = calloc (1, KIB);
  struct job_writer job;
  struct writer_sink sink;
  auto_free char *file = calloc (4, LIMIT_JOB_STATUS);
  FILE *stream;

  (void)state;
  memset (text, 'x', KIB - 1);
  assert_int_equal (create (&job, "panel", NAME), 0);
  sink = job_sink (&job);
  for (size_t i = 0; i < LIMIT_JOB_STATUS / KIB + 1; i++)
    assert_int_equal (sink.status (sink.context, "PROGRESS", text), 0);
  assert_int_equal (sink.status (sink.context, "PROGRESS", "late"), 0);
  assert_int_equal (sink.status (sink.context, "TASK", "here"), 0);
  for (size_t i = 0; i < 3 * LIMIT_JOB_STATUS / KIB; i++)
    assert_int_equal (sink.status (sink.context, "TASK", text), 0);
  assert_int_equal (job_end (&job, 0, NULL), 0);
  leave (&job);
  stream = fopen (scratch_path (scratch, PATH), "re");
  assert_non_null (stream);
  assert_in_range (fread (file, 1, 4 * LIMIT_JOB_STATUS - 1, stream),
                   2 * LIMIT_JOB_STATUS, 2 * LIMIT_JOB_STATUS + 4 * KIB);
  fclose (stream);
  assert_non_null (strstr (file, "{\"status\":\"TASK\",\"text\":\"here\"}\n"));
  assert_null (strstr (file, "late"));
}

int
main (void)
{
#define STORE_TEST(function)                                                   \
  cmocka_unit_test_setup_teardown (function, setup_store, teardown_store)
  const struct CMUnitTest tests[] = {
    STORE_TEST (one_that_is_forgotten_meanwhile_is_made_anew),
    STORE_TEST (without_room_for_its_end_none_begins),
    STORE_TEST (what_has_no_room_is_left_out),
    STORE_TEST (no_line_is_torn),
    STORE_TEST (an_answer_that_is_lost_is_no_failure),
    STORE_TEST (nor_is_one_that_is_too_long),
    STORE_TEST (a_task_is_known_behind_a_flood),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
