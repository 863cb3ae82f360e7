/* test-store.c - tests of src/job/store.c and store_look.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "check.h"
#include "jobstore.h"
#include <signal.h>
#include <time.h>
#include "protocol/limits.h"
#include "protocol/memory.h"

#define DIRECTORY OWN_JOBS_DIR "/panel"

static int
setup_store (void **state)
{
  limits = (struct limits){ .jobs_kept = 100 };
  return setup (state);
}

static int
teardown_store (void **state)
{
  failure_release (&failure);
  return teardown (state);
}

/* --- Jobs --- */

/* The name of job NUMBER (good until four more calls).  */
static const char *
name_of (unsigned number)
{
  static char names[4][32];
  static unsigned next;
  char *name = names[next++ % 4];

  snprintf (name, sizeof names[0], "0123456789abcdef.%u", number);
  return name;
}

/* A job that has ended.  */
static void
make_ended (const char *identity, unsigned number)
{
  struct job_writer job;

  assert_int_equal (create (&job, identity, name_of (number)), 0);
  assert_int_equal (job_end (&job, 0, NULL), 0);
  leave (&job);
}

/* Write the file NAME of the identity panel.  */
static void
write_file (const char *name, const char *text)
{
  char path[256];

  snprintf (path, sizeof path, DIRECTORY "/%s", name);
  scratch_write (scratch, path, text);
}

static gpg_error_t
take_name (void *context, const char *identity, const char *job)
{
  buffer_printf (context, "%s/%s ", identity, job + 17);
  return 0;
}

/* The jobs of IDENTITY are EXPECTED: identity and number, each with a blank
   behind it.  */
static void
assert_jobs (const char *identity, const char *expected)
{
  auto_buffer struct buffer names = BUFFER_EMPTY;

  assert_int_equal (
      job_each (&scratch->machine, identity, take_name, &names, &failure), 0);
  assert_string_equal (names.length ? names.bytes : "", expected);
}

static gpg_error_t
take_line (void *context, enum job_line kind, const char *line, size_t length)
{
  buffer_printf (context, "%d ", (int)kind);
  if (kind != JOB_HEAD && kind != JOB_END)
    buffer_append (context, line, length);
  buffer_string (context, "\n");
  return 0;
}

/* What READER has not read yet is EXPECTED.  */
static void
assert_read (struct job_reader *reader, const char *expected)
{
  auto_buffer struct buffer lines = BUFFER_EMPTY;

  assert_int_equal (job_read (reader, take_line, &lines), 0);
  assert_string_equal (lines.length ? lines.bytes : "", expected);
}

static void
assert_not_found (gpg_error_t err)
{
  assert_code (err, GPG_ERR_NOT_FOUND);
  assert_non_null (strstr (failure.text, "there is no job"));
}

/* --- Tests --- */

static void
written_and_read (void **state)
{
  struct writer_sink sink;
  struct job_writer job;
  struct job_reader reader;

  (void)state;
  assert_int_equal (create (&job, "panel", name_of (7)), 0);
  sink = job_sink (&job);
  assert_int_equal (
      job_open (&scratch->machine, "panel", name_of (7), &reader, &failure), 0);
  assert_true (job_lives (&reader));
  assert_read (&reader, "0 \n");
  assert_read (&reader, "");
  assert_int_equal (sink.status (sink.context, "PROGRESS", "50 \"%\""), 0);
  assert_read (&reader,
               "1 {\"status\":\"PROGRESS\",\"text\":\"50 \\\"%\\\"\"}\n");
  /* Of an answer only whole lines are there.  */
  assert_int_equal (sink.data (sink.context, "{\"a\":1}\n{\"b\"", 12), 0);
  assert_int_equal (sink.data (sink.context, NULL, 0), 0);
  assert_read (&reader, "2 {\"answer\":{\"a\":1}}\n");
  assert_int_equal (sink.data (sink.context, ":2}\n\"c\"\n", 8), 0);
  assert_int_equal (job_end (&job, 0, NULL), 0);
  assert_read (&reader, "2 {\"answer\":{\"b\":2}}\n2 {\"answer\":\"c\"}\n4 \n");
  assert_true (job_lives (&reader));
  leave (&job);
  assert_false (job_lives (&reader));
  job_close (&reader);
}

static void
what_the_lines_say (void **state)
{
  struct failure why = FAILURE_NONE;
  struct job_writer job;
  const char *text;
  char process[64];

  (void)state;
  assert_int_equal (create (&job, "panel", name_of (7)), 0);
  failure_detail_bytes (&why, "log", "a\nb\0\"", 5);
  fail (&why, GPG_ERR_LOCKED, "try \"again\"");
  assert_int_equal (job_end (&job, why.code, &why), 0);
  failure_release (&why);
  leave (&job);
  text = scratch_text (scratch, DIRECTORY "/0123456789abcdef.7");
  snprintf (process, sizeof process,
            "{\"job\":\"%s\",\"process\":%ld,"
            "\"started\":\"2",
            name_of (7), (long)getpid ());
  assert_memory_equal (text, process, strlen (process));
  assert_non_null (strstr (text, ",\"identity\":\"panel\","));
  assert_non_null (strstr (text, ",\"uid\":1000,"));
  assert_non_null (strstr (text, ",\"verb\":\"TEST SET\","));
  assert_non_null (strstr (text, "\"arguments\":{\"path\":[\"/x\"],"));
  assert_non_null (strstr (text, ",\"reason\":\"spring\""));
  assert_non_null (strstr (
      text, "}\n{\"detail\":\"log\",\"value\":\"a\\nb\\u0000\\\"\"}\n"));
  assert_non_null (strstr (text, "Z\",\"code\":173,"
                                 "\"advice\":\"try \\\"again\\\"\"}\n"));
}

static void
many_status_lines (void **state)
{
  struct writer_sink sink;
  struct job_writer job;
  struct stat stat;

  (void)state;
  assert_int_equal (create (&job, "panel", name_of (7)), 0);
  sink = job_sink (&job);
  for (unsigned i = 0; i < 2 * LIMIT_JOB_STATUS / 100; i++)
    assert_int_equal (
        sink.status (sink.context, "PROGRESS",
                     "a line that has a hundred characters with its keyword "
                     "and all that stands round it in the file"),
        0);
  assert_int_equal (fstat (job.fd, &stat), 0);
  assert_in_range (stat.st_size, LIMIT_JOB_STATUS, LIMIT_JOB_STATUS + 4096);
  assert_int_equal (job_end (&job, 0, NULL), 0);
  leave (&job);
}

/* What cannot be written does not disturb what is done, nor make it look
   undone; an end that cannot is missed.  */
static void
no_room (void **state)
{
  struct writer_sink sink;
  struct job_writer job;
  int full = open ("/dev/full", O_WRONLY | O_CLOEXEC);

  (void)state;
  assert_int_equal (create (&job, "panel", name_of (7)), 0);
  assert_true (full >= 0);
  assert_int_equal (dup2 (full, job.fd), job.fd);
  close (full);
  sink = job_sink (&job);
  assert_int_equal (sink.status (sink.context, "PROGRESS", "one"), 0);
  assert_int_equal (sink.data (sink.context, "{\"a\":1}\n", 8), 0);
  assert_code (job_end (&job, 0, NULL), GPG_ERR_ENOSPC);
  leave (&job);
}

static void
there_is_one_already (void **state)
{
  struct job_writer job;

  (void)state;
  make_ended ("panel", 7);
  assert_code (create (&job, "panel", name_of (7)), GPG_ERR_EEXIST);
  assert_non_null (strstr (failure.text, name_of (7)));
  assert_jobs ("panel", "panel/7 ");
}

static void
given_up_at_once (void **state)
{
  struct audit_subject subject = test_subject;
  struct job_writer job;

  (void)state;
  subject.call = name_of (7);
  assert_int_equal (create (&job, "panel", name_of (7)), 0);
  job_abandon (&job, &scratch->machine, &subject);
  assert_jobs ("panel", "");
}

static void
no_directory (void **state)
{
  struct job_writer job;

  (void)state;
  scratch_write (scratch, OWN_JOBS_DIR, "");
  assert_true (create (&job, "panel", name_of (7)));
  assert_non_null (strstr (failure.text, OWN_JOBS_DIR));
}

static void
all_jobs (void **state)
{
  (void)state;
  assert_jobs ("panel", "");
  assert_jobs (NULL, "");
  make_ended ("panel", 9);
  make_ended ("panel", 10);
  make_ended ("other", 1);
  assert_jobs ("panel", "panel/9 panel/10 ");
  assert_jobs ("other", "other/1 ");
  assert_jobs ("nobody", "");
  {
    auto_buffer struct buffer names = BUFFER_EMPTY;

    assert_int_equal (
        job_each (&scratch->machine, NULL, take_name, &names, NULL), 0);
    assert_int_equal (names.length, strlen ("panel/9 panel/10 other/1 "));
  }
}

static void
forgotten (void **state)
{
  struct job_writer job;
  struct machine *machine;

  (void)state;
  machine = &scratch->machine;
  assert_not_found (job_forget (machine, "panel", name_of (7), &failure));
  assert_int_equal (create (&job, "panel", name_of (7)), 0);
  assert_code (job_forget (machine, "panel", name_of (7), &failure),
               GPG_ERR_EBUSY);
  leave (&job);
  assert_not_found (job_forget (machine, "other", name_of (7), &failure));
  assert_int_equal (job_forget (machine, "panel", name_of (7), &failure), 0);
  assert_not_found (job_forget (machine, "panel", name_of (7), &failure));
  assert_jobs ("panel", "");
}

static void
so_many_are_kept (void **state)
{
  struct job_writer running, last;

  (void)state;
  limits.jobs_kept = 3;
  assert_int_equal (create (&running, "panel", name_of (1)), 0);
  make_ended ("other", 1);
  for (unsigned i = 2; i < 6; i++)
    make_ended ("panel", i);
  /* The one that runs counts, but stays.  */
  assert_jobs ("panel", "panel/1 panel/4 panel/5 ");
  limits.jobs_kept = 1;
  assert_int_equal (create (&last, "panel", name_of (6)), 0);
  assert_jobs ("panel", "panel/1 panel/6 ");
  assert_jobs ("other", "other/1 ");
  leave (&running);
  leave (&last);
}

/* What is no job is neither listed nor opened nor removed.  */
static void
foreign_things (void **state)
{
  struct job_reader reader;

  (void)state;
  make_ended ("panel", 1);
  write_file ("README", "");
  write_file ("0123456789abcdef.01", "");
  scratch_write (scratch, OWN_JOBS_DIR "/no identity", "");
  assert_int_equal (
      symlink ("0123456789abcdef.1",
               scratch_path (scratch, DIRECTORY "/0123456789abcdef.2")),
      0);
  scratch_mkdir (scratch, DIRECTORY "/0123456789abcdef.3");
  assert_int_equal (
      mkfifo (scratch_path (scratch, DIRECTORY "/0123456789abcdef.4"), 0600),
      0);
  assert_jobs ("panel", "panel/1 ");
  assert_jobs (NULL, "panel/1 ");
  for (unsigned i = 2; i < 5; i++)
    {
      assert_not_found (job_open (&scratch->machine, "panel", name_of (i),
                                  &reader, &failure));
      assert_not_found (
          job_forget (&scratch->machine, "panel", name_of (i), &failure));
    }
  limits.jobs_kept = 1;
  make_ended ("panel", 5);
  assert_jobs ("panel", "panel/5 ");
  assert_int_equal (
      access (scratch_path (scratch, DIRECTORY "/0123456789abcdef.4"), F_OK),
      0);
}

static void
odd_lines (void **state)
{
  struct job_reader reader;

  (void)state;
  make_ended ("panel", 1);
  write_file (
      "0123456789abcdef.1",
      "{\"job\":\n\n{\"new\":1}\nstatus\n{\"status\":\"A\"}\n{\"end\":");
  assert_int_equal (
      job_open (&scratch->machine, "panel", name_of (1), &reader, &failure), 0);
  assert_read (&reader, "0 \n1 {\"status\":\"A\"}\n");
  job_close (&reader);
  write_file ("0123456789abcdef.1", "");
  assert_int_equal (
      job_open (&scratch->machine, "panel", name_of (1), &reader, &failure), 0);
  assert_read (&reader, "");
  assert_false (job_lives (&reader));
  job_close (&reader);
}

static volatile sig_atomic_t told;

static void
note (int number)
{
  told = number;
}

static void
canceled (void **state)
{
  const struct sigaction action = { .sa_handler = note };
  struct job_writer job;
  struct job_reader reader;
  bool was;

  (void)state;
  told = 0;
  sigaction (JOB_CANCEL_SIGNAL, &action, NULL);
  assert_int_equal (create (&job, "panel", name_of (7)), 0);
  assert_int_equal (
      job_open (&scratch->machine, "panel", name_of (7), &reader, &failure), 0);
  assert_int_equal (job_cancel (&reader, getpid (), &was, &failure), 0);
  assert_true (was);
  assert_int_equal (told, JOB_CANCEL_SIGNAL);
  told = 0;
  leave (&job);
  /* It is another's number now.  */
  assert_int_equal (job_cancel (&reader, getpid (), &was, &failure), 0);
  assert_false (was);
  assert_int_equal (told, 0);
  job_close (&reader);
}

#undef TEST
#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown (function, setup_store, teardown_store)

int
main (void)
{
  const struct CMUnitTest tests[] = { TEST (written_and_read),
                                      TEST (what_the_lines_say),
                                      TEST (many_status_lines),
                                      TEST (no_room),
                                      TEST (there_is_one_already),
                                      TEST (given_up_at_once),
                                      TEST (no_directory),
                                      TEST (all_jobs),
                                      TEST (forgotten),
                                      TEST (so_many_are_kept),
                                      TEST (foreign_things),
                                      TEST (odd_lines),
                                      TEST (canceled) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
