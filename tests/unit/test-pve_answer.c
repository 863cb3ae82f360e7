/* test-pve_answer.c - tests of src/mod/pve/answer.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include "failed.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/buffer.h"
#include "protocol/limits.h"
#include "src/mod/pve/answer.h"

#define JSON "application/json;charset=UTF-8"

static gpg_error_t
read_bytes (unsigned status, const char *reason, const char *type,
            const char *body, size_t length, struct answer *r_answer,
            struct failure *failure)
{
  const struct exchange exchange
      = { "PUT", "/nodes/n1/lxc/7001", status, reason, type, body, length };
  gpg_error_t err = answer_read (&exchange, r_answer, failure);

  assert_int_equal (!err, r_answer->verdict == VERDICT_DONE);
  assert_int_equal (!err, r_answer->data != NULL);
  assert_int_equal (!err, failure->text == NULL);
  if (!err)
    return 0;
  assert_int_equal (failure->code, err);
  assert_true (strlen (failure->text) <= LIMIT_ERROR_TEXT);
  assert_detail (failure, "request", "PUT /nodes/n1/lxc/7001");
  assert_int_equal (strtoul (failed_detail (failure, "status"), NULL, 10),
                    status);
  return err;
}

/* The answer fails so, and with these words.  */
static void
assert_fails (unsigned status, const char *reason, const char *type,
              const char *body, enum verdict verdict, gpg_err_code_t code,
              const char *words, struct failure *failure)
{
  auto_answer struct answer answer = ANSWER_NONE;

  assert_code (read_bytes (status, reason, type, body, body ? strlen (body) : 0,
                           &answer, failure),
               code);
  assert_int_equal (answer.verdict, verdict);
  if (!strstr (failure->text, words))
    print_error ("\"%s\" is not in \"%s\"\n", words, failure->text);
  assert_non_null (strstr (failure->text, words));
  /* What the server said is kept.  */
  if (verdict != VERDICT_GARBLED && *reason)
    assert_non_null (failed_detail (failure, "message"));
}

static void
good_ones_have_data (void **state)
{
  static const char list[] = "{\"total\":\"7\",\"data\":[1,2]}";
  auto_failure struct failure failure = FAILURE_NONE;
  struct answer answer;

  (void)state;
  assert_int_equal (
      read_bytes (200, "OK", JSON, list, sizeof list - 1, &answer, &failure),
      0);
  assert_int_equal (json_array_size (answer.data), 2);
  assert_int_equal (answer.total, 7);
  answer_release (&answer);
  assert_null (answer.data);
  assert_int_equal (
      read_bytes (200, "OK", NULL, "{\"data\":null}", 13, &answer, &failure),
      0);
  assert_true (json_is_null (answer.data));
  assert_int_equal (answer.total, 0);
  answer_release (&answer);
}

/* Numbers beyond 64 bits make no answer unreadable, nor does a NUL.  */
static void
odd_data_is_data (void **state)
{
  static const char body[] = "{\"data\":[18446744073709551615,\"a\\u0000b\"]}";
  auto_failure struct failure failure = FAILURE_NONE;
  auto_answer struct answer answer = ANSWER_NONE;

  (void)state;
  assert_int_equal (
      read_bytes (200, "OK", JSON, body, sizeof body - 1, &answer, &failure),
      0);
  assert_true (json_real_value (json_array_get (answer.data, 0)) > 1e19);
  assert_int_equal (json_string_length (json_array_get (answer.data, 1)), 3);
}

static void
what_is_no_json_is_garbled (void **state)
{
  static const char *const bodies[] = { "",
                                        "<html>",
                                        "[]",
                                        "{}",
                                        "{\"data\":1",
                                        "{\"data\":1}x",
                                        "{\"data\":1,\"data\":2}",
                                        "{\"data\":\"\377\"}",
                                        "{\"data\":1e999}" };

  (void)state;
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
    {
      auto_failure struct failure failure = FAILURE_NONE;

      assert_fails (200, "OK", JSON, bodies[i], VERDICT_GARBLED,
                    GPG_ERR_BAD_DATA, "correct its address", &failure);
    }
}

static void
depth_and_size_are_limited (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  auto_failure struct failure large = FAILURE_NONE;
  auto_buffer struct buffer body = BUFFER_EMPTY;
  struct answer answer;

  (void)state;
  buffer_string (&body, "{\"data\":");
  for (size_t i = 0; i < 100000; i++)
    buffer_append (&body, "[", 1);
  assert_code (
      read_bytes (200, "OK", JSON, body.bytes, body.length, &answer, &failure),
      GPG_ERR_BAD_DATA);
  buffer_clear (&body);
  buffer_string (&body, "{\"data\":\"");
  while (body.length < LIMIT_PVE_ANSWER - 2)
    buffer_append (&body, "a", 1);
  buffer_string (&body, "\"}");
  assert_int_equal (buffer_error (&body), 0);
  assert_int_equal (
      read_bytes (200, "OK", JSON, body.bytes, body.length, &answer, &large),
      0);
  answer_release (&answer);
  buffer_string (&body, " ");
  assert_code (
      read_bytes (200, "OK", JSON, body.bytes, body.length, &answer, &large),
      GPG_ERR_TOO_LARGE);
  assert_int_equal (answer.verdict, VERDICT_GARBLED);
}

static void
parameters_are_named (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  auto_failure struct failure odd = FAILURE_NONE;
  auto_failure struct failure none = FAILURE_NONE;

  (void)state;
  assert_fails (400, "Parameter verification failed.", JSON,
                "{\"data\":null,\"message\":\"Parameter verification failed.\\n"
                "\",\"errors\":{\"cores\":\"no integer\",\"memory\":\"too "
                "small\\n\"}}",
                VERDICT_PARAMETERS, GPG_ERR_INV_ARG, "cores, memory", &failure);
  assert_detail (&failure, "message", "Parameter verification failed.");
  assert_detail (&failure, "parameter-cores", "no integer");
  assert_detail (&failure, "parameter-memory", "too small");
  /* What is no name of a parameter makes no detail.  */
  assert_fails (400, "Parameter verification failed.", JSON,
                "{\"data\":null,\"errors\":{\"a b\":\"x\",\"\":\"y\",\"net0\":"
                "{\"bridge\":1},\"a\\nb\":\"z\"}}",
                VERDICT_PARAMETERS, GPG_ERR_INV_ARG, "not take net0:", &odd);
  assert_detail (&odd, "parameter-net0", "");
  assert_detail (&odd, "parameter-a b", NULL);
  assert_fails (400, "bad request", NULL, NULL, VERDICT_PARAMETERS,
                GPG_ERR_INV_ARG, "this: bad request", &none);
}

/* Of many only the first ones are told, and the words stay short.  */
static void
many_parameters_are_too_many (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  auto_buffer struct buffer body = BUFFER_EMPTY;
  size_t count = 0;

  (void)state;
  buffer_string (&body, "{\"errors\":{\"a\":\"x\"");
  for (size_t i = 0; i < LIMIT_PVE_PARAMETERS; i++)
    buffer_printf (&body, ",\"net%zu\":\"x\"", i);
  buffer_string (&body, "}}");
  assert_fails (400, "Parameter verification failed.", JSON, body.bytes,
                VERDICT_PARAMETERS, GPG_ERR_INV_ARG, "some parameters",
                &failure);
  for (const struct detail *detail = failure.details; detail;
       detail = detail->next)
    count += !strncmp (detail->name, "parameter-", 10);
  assert_int_equal (count, LIMIT_PVE_PARAMETERS);
}

static void
unknown_tasks_are_not_found (void **state)
{
  auto_failure struct failure failure = FAILURE_NONE;
  auto_failure struct failure bad = FAILURE_NONE;

  (void)state;
  assert_fails (400, "Parameter verification failed.", JSON,
                "{\"errors\":{\"upid\":\"no such task\"},\"data\":null}",
                VERDICT_NO_TASK, GPG_ERR_NOT_FOUND, "PVE TASKS", &failure);
  assert_detail (&failure, "parameter-upid", "no such task");
  assert_fails (400, "Parameter verification failed.", JSON,
                "{\"errors\":{\"upid\":\"unable to parse worker upid\"}}",
                VERDICT_NO_TASK, GPG_ERR_NOT_FOUND, "PVE TASKS", &bad);
}

/* Whatever the server writes, the words are the same: it never tells why.  */
static void
strangers_are_not_told_why (void **state)
{
  static const char *const reasons[]
      = { "Authentication failed!", "No ticket", "invalid token value!",
          "no such token 'x' for user 'u@pve'", "" };
  auto_failure struct failure first = FAILURE_NONE;

  (void)state;
  assert_fails (401, reasons[0], NULL, NULL, VERDICT_STRANGER, GPG_ERR_BAD_AUTH,
                "never says why", &first);
  for (size_t i = 1; i < sizeof reasons / sizeof *reasons; i++)
    {
      auto_failure struct failure failure = FAILURE_NONE;

      assert_fails (401, reasons[i], NULL, NULL, VERDICT_STRANGER,
                    GPG_ERR_BAD_AUTH, "never says why", &failure);
      assert_string_equal (failure.text, first.text);
    }
}

static void
what_is_forbidden_names_the_right (void **state)
{
  static const char reason[]
      = "Permission check failed (/vms/7001, VM.PowerMgmt)";
  auto_failure struct failure failure = FAILURE_NONE;
  auto_failure struct failure other = FAILURE_NONE;

  (void)state;
  assert_fails (403, reason, JSON, "{\"data\":null}", VERDICT_FORBIDDEN,
                GPG_ERR_FORBIDDEN, "VM.PowerMgmt on /vms/7001", &failure);
  assert_detail (&failure, "privilege", "VM.PowerMgmt");
  assert_detail (&failure, "path", "/vms/7001");
  assert_fails (403, "no access from there", NULL, NULL, VERDICT_FORBIDDEN,
                GPG_ERR_FORBIDDEN, "no access from there", &other);
  assert_detail (&other, "privilege", NULL);
}

static void
assert_500 (const char *text, enum verdict verdict, gpg_err_code_t code,
            const char *words, const char *lock)
{
  auto_failure struct failure old = FAILURE_NONE;
  auto_failure struct failure young = FAILURE_NONE;
  auto_buffer struct buffer body = BUFFER_EMPTY;

  /* Before 8.4 only the reason phrase said it.  */
  assert_fails (500, text, JSON, "{\"data\":null}", verdict, code, words, &old);
  buffer_printf (&body, "{\"message\":\"%s\\n\",\"data\":null}", text);
  assert_fails (500, "", JSON, body.bytes, verdict, code, words, &young);
  assert_detail (&young, "message", text);
  assert_detail (&old, "message", text);
  assert_detail (&young, "lock", lock);
}

static void
texts_decide (void **state)
{
  (void)state;
  assert_500 ("CT is locked (backup)", VERDICT_LOCKED, GPG_ERR_LOCKED,
              "later: CT is locked", "backup");
  assert_500 ("can't lock file '/run/a.lock' - got timeout", VERDICT_LOCKED,
              GPG_ERR_LOCKED, "later: can't lock", "/run/a.lock");
  assert_500 ("detected modified configuration - file changed by other user?",
              VERDICT_CHANGED, GPG_ERR_CONFLICT, "read it and try again", NULL);
  assert_500 ("CT 7001 already exists on node 'n1'", VERDICT_EXISTS,
              GPG_ERR_DUP_VALUE, "another: CT 7001 already", NULL);
  assert_500 ("CT 7001 already running", VERDICT_RUNNING, GPG_ERR_INV_STATE,
              "CT 7001 already running", NULL);
  assert_500 ("CT 7001 not running", VERDICT_STOPPED, GPG_ERR_INV_STATE,
              "CT 7001 not running", NULL);
  assert_500 ("storage 's1' does not exist", VERDICT_MISSING, GPG_ERR_NOT_FOUND,
              "storage 's1' does not exist", NULL);
  assert_500 ("hostname lookup 'n9' failed", VERDICT_MISSING, GPG_ERR_NOT_FOUND,
              "hostname lookup 'n9'", NULL);
  assert_500 ("no options specified", VERDICT_FAILED, GPG_ERR_SERVER_FAILED,
              "Proxmox: no options specified", NULL);
}

static void
bodies_of_each_kind_work (void **state)
{
  auto_failure struct failure plain = FAILURE_NONE;
  auto_failure struct failure empty = FAILURE_NONE;
  auto_failure struct failure page = FAILURE_NONE;
  auto_failure struct failure nothing = FAILURE_NONE;

  (void)state;
  assert_fails (501, "Unexpected content", "text/plain",
                "Unexpected content for method 'DELETE'\n", VERDICT_UNKNOWN,
                GPG_ERR_NOT_SUPPORTED, "content for method 'DELETE'", &plain);
  assert_detail (&plain, "message", "Unexpected content for method 'DELETE'");
  assert_fails (501, "method 'PATCH' not available", NULL, NULL,
                VERDICT_UNKNOWN, GPG_ERR_NOT_SUPPORTED,
                "Proxmox: method 'PATCH'", &empty);
  assert_fails (404, "Not Found", "text/html", "<html>", VERDICT_FAILED,
                GPG_ERR_SERVER_FAILED, "Proxmox: Not Found", &page);
  assert_fails (418, "", NULL, NULL, VERDICT_FAILED, GPG_ERR_SERVER_FAILED,
                "status 418 without a reason", &nothing);
}

static void
no_answer_is_told_apart (void **state)
{
  static const unsigned statuses[] = { 595, 596, 597, 599, 504 };

  (void)state;
  for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
    {
      auto_failure struct failure failure = FAILURE_NONE;

      assert_fails (statuses[i], "Connection refused", NULL, NULL, VERDICT_LOST,
                    GPG_ERR_UNFINISHED, "before doing it again", &failure);
    }
}

static void
nothing_is_followed (void **state)
{
  auto_failure struct failure moved = FAILURE_NONE;
  auto_failure struct failure found = FAILURE_NONE;

  (void)state;
  assert_fails (301, "Moved Permanently", "text/html", "<html>",
                VERDICT_ELSEWHERE, GPG_ERR_CONFIGURATION, "never followed",
                &moved);
  assert_fails (302, "Found", NULL, NULL, VERDICT_ELSEWHERE,
                GPG_ERR_CONFIGURATION, "never followed", &found);
}

/* A long text that begins with HEAD is cut in the words, and later in the
   detail, never within a character.  */
static void
assert_cut (const char *head)
{
  static const char letter[] = "\303\244";
  auto_failure struct failure failure = FAILURE_NONE;
  auto_buffer struct buffer text = BUFFER_EMPTY;
  const char *message;

  buffer_string (&text, head);
  while (text.length < 2 * LIMIT_PVE_MESSAGE)
    buffer_string (&text, letter);
  assert_fails (500, text.bytes, NULL, NULL, VERDICT_FAILED,
                GPG_ERR_SERVER_FAILED, "Proxmox: a", &failure);
  message = failed_detail (&failure, "message");
  assert_detail (&failure, "reason", NULL);
  assert_string_equal (failure.text + strlen (failure.text) - 2, letter);
  assert_true (strlen (failure.text) > LIMIT_ERROR_TEXT - 2);
  assert_string_equal (message + strlen (message) - 2, letter);
  assert_true (strlen (message) > LIMIT_PVE_MESSAGE - 2
               && strlen (message) <= LIMIT_PVE_MESSAGE);
}

static void
what_was_said_is_told_once (void **state)
{
  static const struct
  {
    const char *reason;
    const char *body;
    const char *told;    /* As the reason.  */
    const char *message; /* NULL: there is none.  */
  } cases[] = {
    { "no space", NULL, NULL, "no space" },
    { "no space", "{\"message\":\"no space\\n\"}", NULL, "no space" },
    { "no spaceleft ", "{\"message\":\"no space\\nleft \\n\"}", NULL,
      "no space\nleft" },
    { "no space", "{\"message\":\"no space left\"}", NULL, "no space left" },
    { "no space left", "{\"message\":\"no space\"}", "no space left",
      "no space" },
    { "Internal Error", "{\"message\":\"no space\"}", "Internal Error",
      "no space" },
    { "", "{\"message\":\"no space\"}", NULL, "no space" },
    { "", NULL, NULL, NULL },
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      auto_failure struct failure failure = FAILURE_NONE;

      assert_fails (500, cases[i].reason, JSON, cases[i].body, VERDICT_FAILED,
                    GPG_ERR_SERVER_FAILED, "Proxmox", &failure);
      assert_detail (&failure, "reason", cases[i].told);
      assert_detail (&failure, "message", cases[i].message);
    }
}

static void
long_texts_are_cut (void **state)
{
  (void)state;
  assert_cut ("a");
  assert_cut ("ab");
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (good_ones_have_data),
          cmocka_unit_test (odd_data_is_data),
          cmocka_unit_test (what_is_no_json_is_garbled),
          cmocka_unit_test (depth_and_size_are_limited),
          cmocka_unit_test (parameters_are_named),
          cmocka_unit_test (many_parameters_are_too_many),
          cmocka_unit_test (unknown_tasks_are_not_found),
          cmocka_unit_test (strangers_are_not_told_why),
          cmocka_unit_test (what_is_forbidden_names_the_right),
          cmocka_unit_test (texts_decide),
          cmocka_unit_test (bodies_of_each_kind_work),
          cmocka_unit_test (no_answer_is_told_apart),
          cmocka_unit_test (nothing_is_followed),
          cmocka_unit_test (what_was_said_is_told_once),
          cmocka_unit_test (long_texts_are_cut) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
