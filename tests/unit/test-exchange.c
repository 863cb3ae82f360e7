/* test-exchange.c - tests of client/lib/exchange.c, line.c and handle.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include "fake.h"
#include "protocol/limits.h"
#include "protocol/link.h"

/* What callbacks saw.  */
struct seen
{
  char text[1000];
  gpg_error_t error; /* To return.  */
  int calls;
};

static gpg_error_t
see_status (void *opaque, const char *keyword, const char *text)
{
  struct seen *seen = opaque;
  size_t used = strlen (seen->text);

  seen->calls++;
  snprintf (seen->text + used, sizeof seen->text - used, "[%s|%s]", keyword,
            text);
  return seen->error;
}

static gpg_error_t
see_data (void *opaque, const char *bytes, size_t length)
{
  struct seen *seen = opaque;
  size_t used = strlen (seen->text);

  seen->calls++;
  snprintf (seen->text + used, sizeof seen->text - used, "%.*s|", (int)length,
            bytes);
  return seen->error;
}

static void
status_lines_and_comments (void **state)
{
  const struct fake_step steps[]
      = { FAKE_HELLO,
          { "X", "# a comment\n#\nS WARNING mind  the gap\nS ALONE\nOK\n", 0 },
          FAKE_END };
  struct seen seen = { .error = 0 };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  reeve_set_status_cb (reeve, see_status, &seen);
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, NULL, NULL), 0);
  assert_string_equal (seen.text,
                       "[#|a comment][#|][WARNING|mind  the gap][ALONE|]");
  fake_close (&fake, reeve);
}

static void
data_in_pieces (void **state)
{
  const struct fake_step steps[] = { FAKE_HELLO,
                                     { "X", "D a%25\nD b%0ac\nOK\n", 0 },
                                     { "X", "D \nD x\nOK\n", 0 },
                                     FAKE_END };
  struct seen seen = { .error = 0 };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);
  reeve_answer_t answer;

  (void)state;
  reeve_set_data_cb (reeve, see_data, &seen);
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, &answer, NULL), 0);
  assert_string_equal (seen.text, "a%|b\nc|");
  assert_string_equal (reeve_answer_bytes (answer, NULL), "");
  reeve_answer_release (answer);
  reeve_set_data_cb (reeve, NULL, NULL);
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, &answer, NULL), 0);
  assert_string_equal (reeve_answer_bytes (answer, NULL), "x");
  reeve_answer_release (answer);
  fake_close (&fake, reeve);
}

/* The stream stays in step when a callback fails.  */
static void
a_failing_callback (void **state)
{
  const struct fake_step steps[]
      = { FAKE_HELLO,
          { "X", "D a\nD b\nS PROGRESS x\nD c\nOK\n", 0 },
          { "Y", "S PROGRESS x\nS PROGRESS y\nD c\nOK\n", 0 },
          { "Z", "D a\nERR 536870971 no\n", 0 },
          { "NOP", "OK done\n", 0 },
          FAKE_END };
  struct seen seen = { .error = gpg_error (GPG_ERR_EIO) };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);
  gpg_error_t verdict;

  (void)state;
  reeve_set_data_cb (reeve, see_data, &seen);
  assert_code (reeve_call (reeve, "X", NULL, 0, NULL, &verdict), GPG_ERR_EIO);
  assert_int_equal (seen.calls, 1);
  reeve_set_status_cb (reeve, see_status, &seen);
  assert_code (reeve_call (reeve, "Y", NULL, 0, NULL, NULL), GPG_ERR_EIO);
  assert_int_equal (seen.calls, 2);
  assert_code (reeve_call (reeve, "Z", NULL, 0, NULL, &verdict), GPG_ERR_EIO);
  assert_int_equal (verdict, 0);
  assert_int_equal (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL), 0);
  assert_string_equal (reeve_ok_text (reeve), "done");
  fake_close (&fake, reeve);
}

static gpg_error_t
answer_inquiry (void *opaque, reeve_t reeve, const char *name,
                const char *parameters)
{
  struct seen *seen = opaque;
  gpg_error_t err;

  see_status (opaque, name, parameters);
  assert_code (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL),
               GPG_ERR_ASS_NESTED_COMMANDS);
  err = reeve_send (reeve, "one\n", 4);
  if (!err)
    err = reeve_send (reeve, "two", 3);
  return err ? err : seen->error;
}

static void
other_inquiries (void **state)
{
  const struct fake_step steps[] = { FAKE_HELLO,
                                     { "X", "INQUIRE APPROVAL of what\n", 0 },
                                     { "D one%0A", NULL, 0 },
                                     { "D two", NULL, 0 },
                                     { "END", "OK\n", 0 },
                                     { "X", "INQUIRE APPROVAL\n", 0 },
                                     { "D one%0A", NULL, 0 },
                                     { "D two", NULL, 0 },
                                     { "CAN", "ERR 536871189 canceled\n", 0 },
                                     { "X", "INQUIRE APPROVAL\n", 0 },
                                     { "CAN", "INQUIRE AGAIN\n", 0 },
                                     { "CAN", "ERR 536871189 canceled\n", 0 },
                                     { "NOP", "OK\n", 0 },
                                     FAKE_END };
  struct seen seen = { .error = 0 };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  reeve_set_inquire_cb (reeve, answer_inquiry, &seen);
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, NULL, NULL), 0);
  assert_string_equal (seen.text, "[APPROVAL|of what]");
  seen.error = gpg_error (GPG_ERR_EIO);
  assert_code (reeve_call (reeve, "X", NULL, 0, NULL, NULL), GPG_ERR_EIO);
  reeve_set_inquire_cb (reeve, NULL, NULL);
  assert_code (reeve_call (reeve, "X", NULL, 0, NULL, NULL),
               GPG_ERR_NOT_IMPLEMENTED);
  assert_non_null (strstr (reeve_error_text (reeve), "APPROVAL"));
  assert_int_equal (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL), 0);
  assert_code (reeve_send (reeve, "x", 1), GPG_ERR_INV_STATE);
  fake_close (&fake, reeve);
}

/* A server that answers REPLY: the connection is over, and stays over.  */
static void
assert_abandoned (const char *reply, size_t length, gpg_err_code_t code)
{
  const struct fake_step steps[]
      = { FAKE_HELLO, { "X", reply, length }, FAKE_END };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);
  reeve_answer_t answer;
  gpg_error_t verdict;
  int in, out;

  assert_code (reeve_call (reeve, "X", NULL, 0, &answer, &verdict), code);
  assert_null (answer);
  assert_int_equal (verdict, 0);
  assert_string_not_equal (reeve_error_text (reeve), "");
  assert_code (reeve_call (reeve, "Y", NULL, 0, NULL, NULL), code);
  assert_string_not_equal (reeve_error_text (reeve), "");
  reeve_get_fds (reeve, &in, &out);
  assert_int_equal (in, -1);
  assert_int_equal (out, -1);
  fake_close (&fake, reeve);
}

static void
breaches_end_the_connection (void **state)
{
  static const char *const replies[] = { "HELLO\n",
                                         "ok\n",
                                         "OKAY\n",
                                         "\n",
                                         "D\n",
                                         "D a%\n",
                                         "D a%4\n",
                                         "D %zz\n",
                                         "ERR\n",
                                         "ERR x\n",
                                         "ERR 0\n",
                                         "ERR 0 fine\n",
                                         "ERR -1\n",
                                         "ERR 17x\n",
                                         "S \n",
                                         "S\n",
                                         "ERR 99999999999 too much\n",
                                         "END\n",
                                         "S DETAIL\n",
                                         "S DETAIL a b\\n\nERR 536870971 x\n" };
  static char line[LIMIT_LINE + 20];

  (void)state;
  for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
    assert_abandoned (replies[i], 0, GPG_ERR_INV_RESPONSE);
  assert_abandoned ("OK\0x\n", 5, GPG_ERR_INV_RESPONSE);
  memset (line, 'x', sizeof line);
  memcpy (line, "S A", 3);
  assert_abandoned (line, sizeof line, GPG_ERR_INV_RESPONSE);
  line[LIMIT_LINE + 1] = '\n';
  assert_abandoned (line, LIMIT_LINE + 2, GPG_ERR_INV_RESPONSE);
}

static void
a_closed_connection (void **state)
{
  (void)state;
  assert_abandoned ("", 0, GPG_ERR_EOF);
  assert_abandoned ("D half a li", 0, GPG_ERR_EOF);
  assert_abandoned ("D a line\n", 0, GPG_ERR_EOF);
}

static void
too_many_details (void **state)
{
  static char reply[4000];

  (void)state;
  for (int i = 0; i < 65; i++)
    memcpy (reply + 20 * i, "S DETAIL name value\n", 21);
  assert_abandoned (reply, 0, GPG_ERR_INV_RESPONSE);
}

static void
the_longest_line_is_taken (void **state)
{
  static char line[LIMIT_LINE + 8];
  const struct fake_step steps[]
      = { FAKE_HELLO, { "X", line, 0 }, { "X", line, 0 }, FAKE_END };
  struct fake fake;
  reeve_t reeve;
  reeve_answer_t answer;
  size_t length;

  (void)state;
  memset (line, 'x', LIMIT_LINE);
  memcpy (line, "D ", 2);
  memcpy (line + LIMIT_LINE, "\r\nOK\r\n", 7);
  reeve = fake_open (&fake, steps);
  for (int i = 0; i < 2; i++)
    {
      assert_int_equal (reeve_call (reeve, "X", NULL, 0, &answer, NULL), 0);
      reeve_answer_bytes (answer, &length);
      assert_int_equal (length, LIMIT_LINE - 2);
      reeve_answer_release (answer);
    }
  fake_close (&fake, reeve);
}

static void
nul_bytes_in_data_are_kept (void **state)
{
  const struct fake_step steps[]
      = { FAKE_HELLO, { "X", "D a\0b%00\nOK\n", 13 }, FAKE_END };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);
  reeve_answer_t answer;
  size_t length;

  (void)state;
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, &answer, NULL), 0);
  assert_memory_equal (reeve_answer_bytes (answer, &length), "a\0b\0", 5);
  assert_int_equal (length, 4);
  reeve_answer_release (answer);
  fake_close (&fake, reeve);
}

static void
unasked_lines_end_the_connection (void **state)
{
  const struct fake_step steps[]
      = { FAKE_HELLO, { "X", "OK\nOK\n", 0 }, FAKE_END };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, NULL, NULL), 0);
  assert_code (reeve_call (reeve, "X", NULL, 0, NULL, NULL),
               GPG_ERR_INV_RESPONSE);
  fake_close (&fake, reeve);
}

static void
a_slow_answer_times_out (void **state)
{
  const struct fake_step steps[] = {
    FAKE_HELLO, { "X", "S PROGRESS x\nD ab", 0 }, { "", NULL, 0 }, FAKE_END
  };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);
  uint64_t start;

  (void)state;
  reeve_set_timeout (reeve, 0, 150);
  start = link_now ();
  assert_code (reeve_call (reeve, "X", NULL, 0, NULL, NULL), GPG_ERR_TIMEOUT);
  assert_in_range (link_now () - start, 140, 900);
  assert_code (reeve_call (reeve, "X", NULL, 0, NULL, NULL), GPG_ERR_TIMEOUT);
  fake_close (&fake, reeve);
}

static void
a_long_advice_is_whole (void **state)
{
  const struct fake_step steps[]
      = { FAKE_HELLO,
          { "X",
            "S DETAIL advice do this and that\n"
            "ERR 536870971 Not found <U> - do th...\n",
            0 },
          /* What another program said is no advice.  */
          { "X",
            "S DETAIL message it is not there\n"
            "ERR 536870971 Not found <U> - make it\n",
            0 },
          { "X", "ERR 536870971 only words\n", 0 },
          { "X", "ERR 536870971\n", 0 },
          FAKE_END };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, NULL, NULL), 536870971);
  assert_string_equal (reeve_error_text (reeve), "do this and that");
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, NULL, NULL), 536870971);
  assert_string_equal (reeve_error_text (reeve), "make it");
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, NULL, NULL), 536870971);
  assert_string_equal (reeve_error_text (reeve), "only words");
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, NULL, NULL), 536870971);
  assert_string_equal (reeve_error_text (reeve), "");
  fake_close (&fake, reeve);
}

static void
versions (void **state)
{
  (void)state;
  assert_non_null (reeve_check_version (NULL));
  assert_non_null (reeve_check_version (reeve_check_version (NULL)));
  assert_null (reeve_check_version ("999.0.0"));
  reeve_release (NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (status_lines_and_comments),
    cmocka_unit_test (data_in_pieces),
    cmocka_unit_test (a_failing_callback),
    cmocka_unit_test (other_inquiries),
    cmocka_unit_test (breaches_end_the_connection),
    cmocka_unit_test (a_closed_connection),
    cmocka_unit_test (too_many_details),
    cmocka_unit_test (the_longest_line_is_taken),
    cmocka_unit_test (nul_bytes_in_data_are_kept),
    cmocka_unit_test (unasked_lines_end_the_connection),
    cmocka_unit_test (a_slow_answer_times_out),
    cmocka_unit_test (a_long_advice_is_whole),
    cmocka_unit_test (versions),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
