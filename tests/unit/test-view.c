/* test-view.c - tests of src/mod/job/view.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <string.h>
#include "check.h"
#include "protocol/memory.h"
#include "src/mod/job/view.h"

#define HEAD                                                                   \
  "{\"job\":\"0123456789abcdef.7\",\"process\":42,\"started\":\"S\","          \
  "\"identity\":\"panel\",\"uid\":7,\"verb\":\"PVE START\","                   \
  "\"arguments\":{\"vmid\":[\"100\"]},\"reason\":\"spring\"}"
#define TEXT_HEAD                                                              \
  "identity: panel\nverb: PVE START\nuid: 7\n"                                 \
  "arguments: {\"vmid\":[\"100\"]}\nreason: spring\nstarted: S\n"
#define FAILED "{\"end\":\"E\",\"code\":173,\"advice\":\"try again\"}"

static gpg_error_t
take_data (void *context, const char *bytes, size_t length)
{
  buffer_append (context, bytes, length);
  return buffer_error (context);
}

static void
take_one (struct view *view, enum job_line kind, const char *line)
{
  assert_int_equal (view_take (view, kind, line, strlen (line)), 0);
}

/* VIEW tells EXPECTED.  */
static void
assert_told (const struct view *view, enum output output, bool whole,
             const char *expected)
{
  auto_buffer struct buffer data = BUFFER_EMPTY;
  struct writer out = { .sink = { take_data, NULL, &data }, .output = output };

  assert_int_equal (view_write (view, &out, whole), 0);
  writer_release (&out);
  buffer_append (&data, "", 0);
  assert_string_equal (data.bytes ? data.bytes : "", expected);
}

static void
a_job_that_runs (void **state)
{
  auto_view struct view view = VIEW_NONE;

  (void)state;
  view.lives = true;
  take_one (&view, JOB_HEAD, HEAD);
  assert_string_equal (view_state (&view), "running");
  assert_int_equal (view_process (&view), 42);
  assert_told (&view, OUTPUT_TEXT, true,
               "job: 0123456789abcdef.7\nstate: running\n" TEXT_HEAD);
  take_one (&view, JOB_STATUS, "{\"status\":\"TASK\",\"text\":\"UPID:1\"}");
  take_one (&view, JOB_STATUS, "{\"status\":\"PROGRESS\",\"text\":\"10 %\"}");
  take_one (&view, JOB_STATUS, "{\"status\":\"PROGRESS\",\"text\":\"20 %\"}");
  take_one (&view, JOB_STATUS, "{\"status\":\"WARNING\",\"text\":\"hot\"}");
  take_one (&view, JOB_ANSWER, "{\"answer\":{\"changed\":true}}");
  assert_told (&view, OUTPUT_TEXT, true,
               "job: 0123456789abcdef.7\nstate: running\n" TEXT_HEAD
               "task: UPID:1\nprogress: 20 %\n");
  assert_told (&view, OUTPUT_TEXT, false,
               "job: 0123456789abcdef.7\nstate: running\nidentity: panel\n"
               "verb: PVE START\nstarted: S\ntask: UPID:1\n");
  /* It has come to its end, and not left.  */
  take_one (&view, JOB_END, FAILED);
  assert_told (&view, OUTPUT_TEXT, false,
               "job: 0123456789abcdef.7\nstate: running\nidentity: panel\n"
               "verb: PVE START\nstarted: S\ntask: UPID:1\n");
}

static void
a_job_that_is_done (void **state)
{
  auto_view struct view view = VIEW_NONE;

  (void)state;
  take_one (&view, JOB_HEAD, HEAD);
  assert_string_equal (view_state (&view), "interrupted");
  take_one (&view, JOB_END, "{\"end\":\"E\"}");
  assert_string_equal (view_state (&view), "done");
  assert_told (&view, OUTPUT_JSON, true,
               "{\"job\":\"0123456789abcdef.7\",\"state\":\"done\","
               "\"identity\":\"panel\",\"verb\":\"PVE START\",\"uid\":7,"
               "\"arguments\":{\"vmid\":[\"100\"]},\"reason\":\"spring\","
               "\"started\":\"S\",\"ended\":\"E\"}\n");
}

static void
a_job_that_failed (void **state)
{
  auto_view struct view view = VIEW_NONE;

  (void)state;
  take_one (&view, JOB_HEAD, HEAD);
  take_one (&view, JOB_DETAIL, "{\"detail\":\"lock\",\"value\":\"backup\"}");
  take_one (&view, JOB_DETAIL, "{\"detail\":\"log\",\"value\":\"a\\nb\"}");
  take_one (&view, JOB_END, FAILED);
  assert_string_equal (view_state (&view), "failed");
  assert_code (view.failure.code, GPG_ERR_LOCKED);
  assert_string_equal (view.failure.text, "try again");
  assert_told (&view, OUTPUT_TEXT, true,
               "job: 0123456789abcdef.7\nstate: failed\n" TEXT_HEAD
               "ended: E\nerror: Locked\nadvice: try again\n"
               "detail: lock backup\ndetail: log a\\x0ab\n");
  assert_told (&view, OUTPUT_JSON, true,
               "{\"job\":\"0123456789abcdef.7\",\"state\":\"failed\","
               "\"identity\":\"panel\",\"verb\":\"PVE START\",\"uid\":7,"
               "\"arguments\":{\"vmid\":[\"100\"]},\"reason\":\"spring\","
               "\"started\":\"S\",\"ended\":\"E\",\"error\":\"Locked\","
               "\"advice\":\"try again\","
               "\"detail\":[\"lock backup\",\"log a\\nb\"]}\n");
  assert_told (&view, OUTPUT_TEXT, false,
               "job: 0123456789abcdef.7\nstate: failed\nidentity: panel\n"
               "verb: PVE START\nstarted: S\nended: E\nerror: Locked\n");
}

static void
a_job_given_up (void **state)
{
  auto_view struct view view = VIEW_NONE;

  (void)state;
  take_one (&view, JOB_END, "{\"end\":\"E\",\"code\":99}");
  assert_string_equal (view_state (&view), "canceled");
  /* Without advice the class has to do.  */
  assert_string_equal (view.failure.text, gpg_strerror (GPG_ERR_CANCELED));
}

/* Nothing of this comes from a job.  */
static void
odd_lines (void **state)
{
  auto_view struct view view = VIEW_NONE;

  (void)state;
  take_one (&view, JOB_HEAD, "{\"job\":7,\"process\":\"x\",\"verb\":");
  assert_int_equal (view_process (&view), 0);
  take_one (&view, JOB_STATUS, "{\"status\":7,\"text\":\"x\"}");
  take_one (&view, JOB_STATUS, "{\"status\":\"TASK\"");
  take_one (&view, JOB_STATUS, "{\"status\":\"TASK\",\"text\":7}");
  take_one (&view, JOB_DETAIL, "{\"detail\":\"\",\"value\":\"x\"}");
  take_one (&view, JOB_DETAIL, "{\"detail\":\"x\"}");
  take_one (&view, JOB_END, "{\"end\":\"E\",\"code\":-1}");
  assert_told (&view, OUTPUT_TEXT, true, "job: 7\nstate: done\nended: E\n");
  take_one (&view, JOB_END, "{\"end\":7,\"code\":99999999}");
  assert_told (&view, OUTPUT_TEXT, true, "job: 7\nstate: done\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (a_job_that_runs),
                                      cmocka_unit_test (a_job_that_is_done),
                                      cmocka_unit_test (a_job_that_failed),
                                      cmocka_unit_test (a_job_given_up),
                                      cmocka_unit_test (odd_lines) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
