/* test-guard.c - tests of src/daemon/guard.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later

   libassuan's inquiry is played here: it shows lines to the monitor and ends
   as the test says.  */

#include "check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "src/daemon/session.h"

static unsigned hang_ups;

void
session_hang_up (void)
{
  hang_ups++;
}

/* What the client answers to the next inquiry.  */
static struct
{
  const char *line; /* What the monitor sees, or NULL.  */
  size_t line_length;
  const char *bytes; /* What libassuan makes of it, or NULL.  */
  size_t length;
  gpg_err_code_t code;
  struct session *session;
  uint64_t deadline; /* That held meanwhile.  */
  bool confidential;
  unsigned action;
} client;

gpg_error_t
assuan_inquire (assuan_context_t context, const char *keyword,
                unsigned char **r_buffer, size_t *r_length, size_t limit)
{
  assert_string_equal (keyword, "VALUE");
  assert_int_equal (limit, 10);
  assert_true (client.session->inquiring);
  client.deadline = client.session->link.deadline;
  if (client.line)
    client.action = session_monitor (context, client.session,
                                     ASSUAN_IO_FROM_PEER, client.line,
                                     client.line_length);
  if (client.bytes)
    {
      *r_buffer = malloc (client.length + 1);
      assert_non_null (*r_buffer);
      memcpy (*r_buffer, client.bytes, client.length);
      (*r_buffer)[client.length] = 0;
      *r_length = client.length;
    }
  return client.code ? gpg_error (client.code) : 0;
}

void
assuan_begin_confidential (assuan_context_t context)
{
  (void)context;
  client.confidential = true;
}

static struct daemon daemon_of_all;
static struct session session;
static unsigned counted;

void
account_line_refused (struct session *whose, enum refusal refusal,
                      gpg_error_t err, const char *text)
{
  (void)whose;
  (void)text;
  assert_int_equal (refusal, REFUSAL_PARSE);
  assert_int_not_equal (err, 0);
}

gpg_error_t
session_rate (struct session *whose, struct failure *failure)
{
  assert_ptr_equal (whose, &session);
  assert_null (failure);
  counted++;
  return 0;
}

static int
setup (void **state)
{
  (void)state;
  memset (&session, 0, sizeof session);
  memset (&client, 0, sizeof client);
  daemon_of_all.options.limits.line_ms = 30000;
  session.daemon = &daemon_of_all;
  client.session = &session;
  hang_ups = 0;
  counted = 0;
  return 0;
}

/* --- The monitor --- */

static unsigned
see_bytes (const char *line, size_t length)
{
  return session_monitor (NULL, &session, ASSUAN_IO_FROM_PEER, line, length);
}

static unsigned
see (const char *line)
{
  return see_bytes (line, strlen (line));
}

static void
passes_what_is_right (void **state)
{
  (void)state;
  assert_int_equal (see ("AUG GET /files"), 0);
  assert_int_equal (see (""), 0);
  /* Outside of an inquiry an escape is the request's own affair.  */
  assert_int_equal (see ("AUG SET /files 100%"), 0);
  assert_int_equal (see ("D %zz"), 0);
  session.inquiring = true;
  assert_int_equal (see ("D a%25b%0a%0A%fF"), 0);
  assert_int_equal (see ("d %41"), 0);
  assert_int_equal (see ("D "), 0);
  assert_int_equal (see ("D"), 0);
  assert_int_equal (see (""), 0);
  assert_int_equal (see ("END"), 0);
  assert_int_equal (see ("CAN"), 0);
  assert_int_equal (see ("# 100%"), 0);
  assert_false (session.bad_escape || session.nul_byte || session.broken);
  assert_int_equal (hang_ups, 0);
}

static void
drops_bad_escapes (void **state)
{
  static const char *const lines[]
      = { "D %",   "D %4",  "D abc%", "D abc%4",  "D %zz",
          "D %4z", "D %z4", "D %25%", "d %",      "D %%25",
          "D % 4", "D %0x", "D %-1",  "D a%41%4", "D \xc3%g1" };

  (void)state;
  session.inquiring = true;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    {
      session.bad_escape = false;
      assert_int_equal (see (lines[i]), ASSUAN_IO_MONITOR_IGNORE);
      assert_true (session.bad_escape);
    }
  /* Digits with a NUL among them.  */
  session.bad_escape = false;
  assert_int_equal (see_bytes ("D %\0001", 5), ASSUAN_IO_MONITOR_IGNORE);
  assert_true (session.bad_escape && session.nul_byte);
  session.bad_escape = false;
  assert_int_equal (see_bytes ("D %1\000", 5), ASSUAN_IO_MONITOR_IGNORE);
  assert_true (session.bad_escape);
  /* What stands behind the line's end is none of it.  */
  session.bad_escape = false;
  assert_int_equal (see_bytes ("D %41", 4), ASSUAN_IO_MONITOR_IGNORE);
  assert_int_equal (see_bytes ("D %41", 3), ASSUAN_IO_MONITOR_IGNORE);
  assert_true (session.bad_escape);
  assert_false (session.broken);
  assert_int_equal (hang_ups, 0);
  /* The mark stays when better lines follow.  */
  assert_int_equal (see ("D good"), 0);
  assert_true (session.bad_escape);
}

static void
a_nul_in_a_request_ends_all (void **state)
{
  (void)state;
  assert_int_equal (see_bytes ("NOP\0junk", 8), ASSUAN_IO_MONITOR_IGNORE);
  assert_int_equal (session.broken, GPG_ERR_INV_ARG);
  assert_int_equal (hang_ups, 1);
  assert_int_equal (see ("NOP"), ASSUAN_IO_MONITOR_IGNORE);
  assert_int_equal (see_bytes ("NOP\0junk", 8), ASSUAN_IO_MONITOR_IGNORE);
  assert_int_equal (hang_ups, 1);
}

static void
a_nul_in_an_answer_is_marked (void **state)
{
  (void)state;
  session.inquiring = true;
  assert_int_equal (see_bytes ("D a\0b", 5), 0);
  assert_true (session.nul_byte);
  assert_false (session.broken);
  assert_int_equal (see ("D b"), 0);
  assert_true (session.nul_byte);
  assert_int_equal (hang_ups, 0);
}

static void
a_long_line_ends_all (void **state)
{
  char line[LIMIT_LINE + 1];

  memset (line, 'a', sizeof line);
  for (int inquiring = 0; inquiring < 2; inquiring++)
    {
      setup (state);
      session.inquiring = inquiring;
      assert_int_equal (see_bytes (line, LIMIT_LINE), 0);
      assert_int_equal (hang_ups, 0);
      assert_int_equal (see_bytes (line, LIMIT_LINE + 1),
                        ASSUAN_IO_MONITOR_IGNORE);
      assert_int_equal (session.broken, GPG_ERR_LINE_TOO_LONG);
      assert_int_equal (hang_ups, 1);
      assert_int_equal (see ("NOP"), ASSUAN_IO_MONITOR_IGNORE);
    }
}

static void
what_goes_out_is_not_judged (void **state)
{
  char line[2 * LIMIT_LINE] = "D %";

  (void)state;
  session.inquiring = true;
  assert_int_equal (
      session_monitor (NULL, &session, ASSUAN_IO_TO_PEER, line, sizeof line),
      0);
  session.broken = GPG_ERR_INV_ARG;
  assert_int_equal (
      session_monitor (NULL, &session, ASSUAN_IO_TO_PEER, "OK", 2), 0);
  assert_false (session.bad_escape || session.nul_byte);
  assert_int_equal (hang_ups, 0);
}

/* --- Inquiries --- */

/* Inquire; the answer must fail with CODE and words that contain TEXT.  */
static void
refuses (gpg_err_code_t code, const char *text)
{
  auto_failure struct failure failure = FAILURE_NONE;
  char *bytes = (char *)"";
  size_t length = 1;

  assert_code (
      session_inquire (&session, "VALUE", 10, false, &bytes, &length, &failure),
      code);
  assert_null (bytes);
  assert_int_equal (length, 0);
  assert_non_null (failure.text);
  assert_non_null (strstr (failure.text, "VALUE"));
  assert_non_null (strstr (failure.text, text));
  assert_false (session.inquiring);
}

static void
hands_out_the_answer (void **state)
{
  char *bytes;
  size_t length;

  (void)state;
  client.bytes = "hello";
  client.length = 5;
  session.bad_escape = session.nul_byte = true;
  assert_int_equal (
      session_inquire (&session, "VALUE", 10, false, &bytes, &length, NULL), 0);
  assert_int_equal (length, 5);
  assert_string_equal (bytes, "hello");
  assert_false (session.inquiring);
  assert_false (client.confidential);
  free (bytes);
  assert_int_equal (
      session_inquire (&session, "VALUE", 10, true, &bytes, &length, NULL), 0);
  assert_true (client.confidential);
  free (bytes);
}

static void
the_earlier_deadline_holds (void **state)
{
  uint64_t now = link_now ();
  char *bytes;
  size_t length;

  (void)state;
  client.bytes = "";
  for (int i = 0; i < 3; i++)
    {
      uint64_t saved = i ? now + (i == 1 ? 1000 : 3600000) : 0;

      session.link.deadline = saved;
      assert_int_equal (
          session_inquire (&session, "VALUE", 10, false, &bytes, &length, NULL),
          0);
      free (bytes);
      assert_int_equal (session.link.deadline, saved);
      if (i == 1)
        assert_int_equal (client.deadline, saved);
      else
        assert_in_range (client.deadline, now + 30000, now + 90000);
    }
}

static void
words_for_what_the_client_did (void **state)
{
  (void)state;
  client.code = GPG_ERR_ASS_CANCELED;
  refuses (GPG_ERR_CANCELED, "canceled");
  client.code = GPG_ERR_ASS_TOO_MUCH_DATA;
  refuses (GPG_ERR_TOO_LARGE, "at most 10 bytes");
  client.code = GPG_ERR_ASS_UNEXPECTED_CMD;
  refuses (GPG_ERR_ASS_UNEXPECTED_CMD, "D lines and END, or CAN");
  client.code = GPG_ERR_EPIPE;
  refuses (GPG_ERR_EPIPE, gpg_strerror (GPG_ERR_EPIPE));
  assert_int_equal (session.broken, 0);
  assert_int_equal (hang_ups, 0);
}

static void
an_answer_with_a_nul_fails (void **state)
{
  (void)state;
  client.line = "D a\0b";
  client.line_length = 5;
  client.bytes = "a\0b";
  client.length = 3;
  refuses (GPG_ERR_INV_ARG, "NUL");
  /* As an escape it only shows when decoded.  */
  client.line = "D a%00b";
  client.line_length = 7;
  refuses (GPG_ERR_INV_ARG, "NUL");
  assert_int_equal (client.action, 0);
  assert_int_equal (hang_ups, 0);
}

static void
an_answer_with_a_bad_escape_fails (void **state)
{
  (void)state;
  client.line = "D 100%";
  client.line_length = 6;
  client.bytes = "";
  refuses (GPG_ERR_SYNTAX, "%25 is the sign");
  assert_int_equal (client.action, ASSUAN_IO_MONITOR_IGNORE);
  assert_int_equal (hang_ups, 0);
  assert_false (session.told);
}

static void
a_client_out_of_step_is_told_and_gone (void **state)
{
  client.code = GPG_ERR_ASS_LINE_TOO_LONG;
  refuses (GPG_ERR_LINE_TOO_LONG, "1000 bytes a line");
  assert_int_equal (session.broken, GPG_ERR_LINE_TOO_LONG);
  assert_true (session.told);
  assert_int_equal (hang_ups, 1);
  setup (state);
  client.code = GPG_ERR_ETIMEDOUT;
  refuses (GPG_ERR_TIMEOUT, "in time");
  assert_int_equal (session.broken, GPG_ERR_TIMEOUT);
  assert_true (session.told);
  assert_int_equal (hang_ups, 1);
}

#define TEST(name) cmocka_unit_test_setup (name, setup)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (passes_what_is_right),
    TEST (drops_bad_escapes),
    TEST (a_nul_in_a_request_ends_all),
    TEST (a_nul_in_an_answer_is_marked),
    TEST (a_long_line_ends_all),
    TEST (what_goes_out_is_not_judged),
    TEST (hands_out_the_answer),
    TEST (the_earlier_deadline_holds),
    TEST (words_for_what_the_client_did),
    TEST (an_answer_with_a_nul_fails),
    TEST (an_answer_with_a_bad_escape_fails),
    TEST (a_client_out_of_step_is_told_and_gone),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
