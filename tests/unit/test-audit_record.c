/* test-audit_record.c - the text of audit records
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "auditlog.h"
#include "src/base/file.h"
#include "src/plan/plan.h"

static struct audit *audit;

static int
setup_audit (void **state)
{
  if (setup (state))
    return -1;
  audit = open_audit ();
  return 0;
}

static int
teardown_audit (void **state)
{
  audit_close (audit);
  return teardown (state);
}

static const struct verb login_verb
    = { .name = "LOGIN",
        .effect = EFFECT_WRITE,
        .args = "<user:string> <password:secret>" };

/* Log a call of VERB that ended with OUTCOME and TEXT.  */
static void
log_call (const struct verb *verb, const char *line, gpg_err_code_t outcome,
          const char *text)
{
  struct test_call test;
  struct call *call = call_make (&test, verb, line);

  if (text)
    fail (&call->failure, outcome, "%s", text);
  audit_call (audit, &test_subject, call, gpg_error (outcome), 1);
  call_end (&test);
}

static void
test_arguments (void **state)
{
  char line[700];

  (void)state;
  log_call (&set_verb, "--force /etc/hosts one \"t wo\" %22\"", 0, NULL);
  assert_says ("\"arguments\":{\"force\":[\"1\"],\"path\":[\"/etc/hosts\"],"
               "\"value\":[\"one\",\"t wo\",\"\\\"\\\"\"]},");
  log_call (&set_verb, "/x %FF%0A", 0, NULL);
  assert_says ("\"value\":[{\"base64\":\"/wo=\"}]},");
  log_call (&set_verb, "/x \"\"", 0, NULL);
  assert_says ("\"value\":[\"\"]},");

  /* Long ones are told by their hash.  */
  snprintf (line, sizeof line, "/x %0256d", 0);
  log_call (&set_verb, line, 0, NULL);
  assert_says ("\"value\":[\"00000");
  snprintf (line, sizeof line, "/x %0257d", 0);
  log_call (&set_verb, line, 0, NULL);
  assert_says ("\"value\":[{\"bytes\":257,\"sha256\":\"");
  assert_log (5);
}

static void
test_secret (void **state)
{
  struct test_call test;
  struct call *call = call_make (&test, &login_verb, "joe @");

  (void)state;
  /* Not asked for yet.  */
  audit_call (audit, &test_subject, call, gpg_error (GPG_ERR_CANCELED), 1);
  assert_says ("\"arguments\":{\"user\":[\"joe\"]},\"outcome\":\"canceled\"");
  assert_int_equal (arguments_answer (call->arguments, 1, "hunter2", 7, NULL),
                    0);
  audit_call (audit, &test_subject, call, 0, 1);
  assert_says (
      "\"arguments\":{\"user\":[\"joe\"],\"password\":[\"(secret)\"]},");
  assert_says_not ("hunter2");
  call_end (&test);
  call = call_make (&test, &get_verb, "/x");
  arguments_release (call->arguments);
  call->arguments = NULL;
  audit_call (audit, &test_subject, call, 0, 1);
  assert_says ("\"verb\":\"TEST GET\",\"outcome\"");
  call_end (&test);
}

static void
test_reason (void **state)
{
  struct audit_subject subject = test_subject;
  struct test_call test;
  struct call *call = call_make (&test, &get_verb, "--reason=mine /x");

  (void)state;
  subject.reason = "the session's";
  audit_call (audit, &subject, call, 0, 1);
  assert_says ("\"arguments\":{\"path\":[\"/x\"]},\"reason\":\"mine\",");
  call_end (&test);
  call = call_make (&test, &get_verb, "/x");
  audit_call (audit, &subject, call, 0, 1);
  assert_says ("\"reason\":\"the session's\",");
  call_end (&test);
}

static void
test_outcomes (void **state)
{
  struct test_call test;
  struct call *call = call_make (&test, &set_verb, "/x");

  (void)state;
  call->dry_run = true;
  audit_call (audit, &test_subject, call, 0, 1);
  assert_says (",\"dry_run\":true,\"outcome\":\"dry-run\",");
  call_end (&test);
  call = call_make (&test, &get_verb, "/x");
  call->dry_run = true;
  audit_call (audit, &test_subject, call, 0, 1);
  assert_says (",\"dry_run\":true,\"outcome\":\"ok\",");
  call_end (&test);
  log_call (&get_verb, "/x", GPG_ERR_FORBIDDEN, "a rule denies it");
  assert_says ("\"outcome\":\"refused\",\"error\":{\"code\":251,\"name\":"
               "\"Forbidden\",\"text\":\"a rule denies it\"},\"duration_us\"");
  log_call (&get_verb, "/x", GPG_ERR_NO_AUTH, NULL);
  assert_says ("\"outcome\":\"refused\",\"error\":{\"code\":314,");
  log_call (&get_verb, "/x", GPG_ERR_CONFLICT, NULL);
  assert_says ("\"outcome\":\"error\",\"error\":{\"code\":70,\"name\":"
               "\"Conflicting use\"}");
}

/* --- What is changed --- */

static gpg_error_t
no_evidence (const void *detail, struct buffer *json)
{
  (void)detail;
  (void)json;
  return gpg_error (GPG_ERR_ENOMEM);
}

static void
release_nothing (void *detail)
{
  (void)detail;
}

static void
test_plan (void **state)
{
  static const struct step_kind plain = { .name = "unit",
                                          .release = release_nothing };
  static const struct step_kind broken
      = { .name = "bad", .release = release_nothing, .evidence = no_evidence };
  struct file_image image;
  struct test_call test;
  struct call *call = call_make (&test, &set_verb, "/x");
  struct plan *plan;

  (void)state;
  assert_int_equal (plan_new (&plan), 0);
  call->plan = plan;
  assert_int_equal (audit_begin (audit, &test_subject, call, NULL), 0);
  assert_says_not ("\"plan\"");
  audit_end (audit, &test_subject, call, 0, 1);
  scratch_mkdir (scratch, "/etc");
  scratch_write (scratch, "/etc/file", "abc");
  assert_int_equal (
      file_read (&scratch->machine, "/etc/file", 100, &image, NULL, NULL), 0);
  assert_int_equal (plan_file_write (plan, "/etc/file", &image, "", 0), 0);
  assert_int_equal (plan_file_remove (plan, "/etc/file", &image), 0);
  file_image_release (&image);
  assert_int_equal (plan_file_write (plan, "/etc/a\"b", &image, "abc", 3), 0);
  assert_int_equal (plan_append (plan, &plain, "ssh.service", NULL), 0);
  assert_int_equal (audit_begin (audit, &test_subject, call, NULL), 0);
  audit_end (audit, &test_subject, call, 0, 1);
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define NIL "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  assert_says (
      ",\"plan\":[{\"kind\":\"file\",\"object\":\"/etc/file\",\"before\":"
      "\"sha256:" ABC "\",\"after\":\"sha256:" NIL "\"},"
      "{\"kind\":\"file\",\"object\":\"/etc/file\",\"before\":"
      "\"sha256:" ABC "\",\"after\":null},"
      "{\"kind\":\"file\",\"object\":\"/etc/a\\\"b\",\"before\":null,"
      "\"after\":\"sha256:" ABC "\"},"
      "{\"kind\":\"unit\",\"object\":\"ssh.service\"}],\"hash\":\"");
  assert_log (4);
  assert_int_equal (plan_append (plan, &broken, "x", NULL), 0);
  assert_int_equal (
      gpg_err_code (audit_begin (audit, &test_subject, call, NULL)),
      GPG_ERR_ENOMEM);
  assert_log (4);
  plan_release (plan);
  call_end (&test);
}

/* A plan that does not fit into a line is not begun.  */
static void
test_large_plan (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  static const struct step_kind plain = { .name = "unit",
                                          .release = release_nothing };
  struct test_call test;
  struct call *call = call_make (&test, &set_verb, "/x");
  char object[3000];

  (void)state;
  memset (object, '"', sizeof object);
  object[sizeof object - 1] = 0;
  assert_int_equal (plan_new (&call->plan), 0);
  for (int i = 0; i < 800; i++)
    assert_int_equal (plan_append (call->plan, &plain, object, NULL), 0);
  assert_int_equal (
      gpg_err_code (audit_begin (audit, &test_subject, call, &failure)),
      GPG_ERR_TOO_LARGE);
  assert_non_null (strstr (failure.text, "save fewer files"));
  plan_release (call->plan);
  call_end (&test);
  log_get (audit);
  assert_log (1);
}

/* --- The largest end --- */

static void
test_largest_end (void **state)
{
  static const char name[] = "\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\"
                             "\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\"
                             "\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\";
  static const struct noun noun = { .name = name };
  static char long_text[5000];
  struct audit_subject subject = { .call = long_text };
  struct test_call test;
  struct call *call = call_make (&test, &set_verb, "/x");
  char *end;

  (void)state;
  memset (long_text, '\x7f', sizeof long_text - 1);
  call->noun = &noun;
  assert_int_equal (audit_begin (audit, &subject, call, NULL), 0);
  fail (&call->failure, GPG_ERR_CONFLICT, "%s", long_text);
  memset (call->failure.text, '\x7f', strlen (call->failure.text));
  audit_end (audit, &subject, call, gpg_error (GPG_ERR_CONFLICT), UINT64_MAX);
  call_end (&test);
  assert_log (2);
  end = strchr (scratch_text (scratch, LOG), '\n') + 1;
  assert_int_equal (
      strncmp (strstr (end, "\"event\""), "\"event\":\"end\"", 13), 0);
  assert_true (strlen (end) <= AUDIT_END_MOST);
  assert_true (strlen (end) > AUDIT_END_MOST / 2);
}

/* Words are cut at a character.  */
static void
test_cut (void **state)
{
  char text[400];

  (void)state;
  memset (text, 'x', sizeof text);
  strcpy (text + 255, "\xc3\xa4"
                      "more");
  log_call (&get_verb, "/x", GPG_ERR_CONFLICT, text);
  assert_says ("xxxxxxxx\"},\"duration_us\"");
  assert_says_not ("base64");
  log_call (&get_verb, "/x", GPG_ERR_CONFLICT, "caf\xe9");
  assert_says ("\"text\":{\"base64\":\"Y2Fm6Q==\"}");
  assert_log (2);
}

#define AUDIT_TEST(function)                                                   \
  cmocka_unit_test_setup_teardown (function, setup_audit, teardown_audit)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    AUDIT_TEST (test_arguments),   AUDIT_TEST (test_secret),
    AUDIT_TEST (test_reason),      AUDIT_TEST (test_outcomes),
    AUDIT_TEST (test_plan),        AUDIT_TEST (test_large_plan),
    AUDIT_TEST (test_largest_end), AUDIT_TEST (test_cut),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
