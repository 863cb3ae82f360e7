/* test-call.c - tests of client/lib/call.c
   Copyright (C) 2026 The reeve authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <stdlib.h>
#include "fake.h"
#include "protocol/limits.h"
#include "protocol/memory.h"

static void
words_go_into_the_line (void **state)
{
  const struct fake_step steps[]
      = { FAKE_HELLO,
          { "AUG SET --reason=a%20b --quiet \"/a [b = '%22']\" %2D-c %40"
            " 100%25%0A \"\"",
            "OK\n", 0 },
          { "NOP", "OK\n", 0 },
          FAKE_END };
  const struct reeve_word words[] = { REEVE_OPT ("reason=a b"),
                                      REEVE_OPT ("quiet"),
                                      REEVE_ARG ("/a [b = '\"']"),
                                      REEVE_ARG ("--c"),
                                      { REEVE_ARGUMENT, "@@", 1 },
                                      REEVE_ARG ("100%\n"),
                                      REEVE_ARG ("") };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  assert_int_equal (reeve_call (reeve, "AUG SET", words, 7, NULL, NULL), 0);
  assert_int_equal (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL), 0);
  fake_close (&fake, reeve);
}

static void
content_is_asked_for_in_order (void **state)
{
  const struct fake_step steps[]
      = { FAKE_HELLO,
          { "X Y @ b @ d", "INQUIRE A\n", 0 },
          { "D one%25%0Atwo", NULL, 0 },
          { "END", "S PROGRESS x ? 1 2\nINQUIRE C\n", 0 },
          { "END", "D done\nOK\n", 0 },
          FAKE_END };
  const struct reeve_word words[] = { { REEVE_CONTENT, "one%\ntwo", 8 },
                                      REEVE_ARG ("b"),
                                      { REEVE_CONTENT, "", 0 },
                                      REEVE_ARG ("d") };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);
  reeve_answer_t answer;

  (void)state;
  assert_int_equal (reeve_call (reeve, "X Y", words, 4, &answer, NULL), 0);
  assert_string_equal (reeve_answer_bytes (answer, NULL), "done");
  reeve_answer_release (answer);
  fake_close (&fake, reeve);
}

/* A line of exactly the limit is sent whole; with one byte more its longest
   argument is asked for.  */
static void
what_does_not_fit_is_asked_for (void **state)
{
  static char text[LIMIT_LINE + 1];
  static char line[LIMIT_LINE + 1];
  static char data[LIMIT_LINE + 1];
  const struct fake_step steps[] = {
    FAKE_HELLO,        { line, "OK\n", 0 },  { "X a @ bb", "INQUIRE B\n", 0 },
    { data, NULL, 0 }, { "END", "OK\n", 0 }, FAKE_END
  };
  struct reeve_word words[] = { REEVE_ARG ("a"),
                                { REEVE_ARGUMENT, text, LIMIT_LINE - 7 },
                                REEVE_ARG ("bb") };
  struct fake fake;
  reeve_t reeve;

  (void)state;
  memset (text, 'x', LIMIT_LINE);
  snprintf (line, sizeof line, "X a %.*s bb", (int)LIMIT_LINE - 7, text);
  assert_int_equal (strlen (line), LIMIT_LINE);
  snprintf (data, sizeof data, "D %.*s", (int)LIMIT_LINE - 6, text);
  reeve = fake_open (&fake, steps);
  assert_int_equal (reeve_call (reeve, "X", words, 3, NULL, NULL), 0);
  words[1].length++;
  assert_int_equal (reeve_call (reeve, "X", words, 3, NULL, NULL), 0);
  fake_close (&fake, reeve);
}

static void
escapes_count_for_the_limit (void **state)
{
  static char text[600];
  const struct fake_step steps[]
      = { FAKE_HELLO, { "X @", "ERR 536870971 no\n", 0 }, FAKE_END };
  const struct reeve_word words[] = { { REEVE_ARGUMENT, text, 600 } };
  gpg_error_t verdict;
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  memset (text, '%', sizeof text);
  assert_int_equal (reeve_call (reeve, "X", words, 1, NULL, &verdict), 0);
  assert_int_equal (verdict, 536870971);
  fake_close (&fake, reeve);
}

static void
a_long_value_goes_in_many_lines (void **state)
{
  static char text[2500];
  static char lines[3][LIMIT_LINE + 1];
  const struct fake_step steps[] = { FAKE_HELLO,
                                     { "X @", "INQUIRE B\n", 0 },
                                     { lines[0], NULL, 0 },
                                     { lines[1], NULL, 0 },
                                     { lines[2], NULL, 0 },
                                     { "END", "OK\n", 0 },
                                     FAKE_END };
  const struct reeve_word words[] = { { REEVE_ARGUMENT, text, sizeof text } };
  struct fake fake;
  reeve_t reeve;

  (void)state;
  memset (text, 'x', sizeof text);
  snprintf (lines[0], sizeof lines[0], "D %.998s", text);
  snprintf (lines[1], sizeof lines[1], "D %.998s", text);
  snprintf (lines[2], sizeof lines[2], "D %.504s", text);
  reeve = fake_open (&fake, steps);
  assert_int_equal (reeve_call (reeve, "X", words, 1, NULL, NULL), 0);
  fake_close (&fake, reeve);
}

static void
bad_requests_are_not_sent (void **state)
{
  static const char *const commands[]
      = { "",         " ",     "AUG  GET", " AUG", "AUG ",
          "AUG\nNOP", "A%20B", "\"A\"",    "-A",   "A\tB" };
  static const char *const options[] = { "", "=x", "--a", "-a", "a b", "a\n" };
  static char big[LIMIT_VALUE + 1];
  const struct fake_step steps[]
      = { FAKE_HELLO, { "NOP", "OK\n", 0 }, FAKE_END };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);
  struct reeve_word word = { REEVE_ARGUMENT, "a\0b", 3 };

  (void)state;
  assert_code (reeve_call (reeve, "X", &word, 1, NULL, NULL),
               GPG_ERR_INV_VALUE);
  assert_string_not_equal (reeve_error_text (reeve), "");
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    assert_code (reeve_call (reeve, commands[i], NULL, 0, NULL, NULL),
                 GPG_ERR_INV_VALUE);
  for (size_t i = 0; i < sizeof options / sizeof *options; i++)
    {
      word = (struct reeve_word)REEVE_OPT (options[i]);
      assert_code (reeve_call (reeve, "X", &word, 1, NULL, NULL),
                   GPG_ERR_INV_VALUE);
    }
  memset (big, 'x', sizeof big);
  word = (struct reeve_word){ REEVE_CONTENT, big, sizeof big };
  assert_code (reeve_call (reeve, "X", &word, 1, NULL, NULL),
               GPG_ERR_TOO_LARGE);
  memcpy (big, "a=", 2);
  word = (struct reeve_word){ REEVE_OPTION, big, 1000 };
  assert_code (reeve_call (reeve, "X", &word, 1, NULL, NULL),
               GPG_ERR_TOO_LARGE);
  assert_int_equal (reeve_call (reeve, "NOP", NULL, 0, NULL, NULL), 0);
  assert_string_equal (reeve_error_text (reeve), "");
  fake_close (&fake, reeve);
}

static void
too_many_words_for_a_line (void **state)
{
  const struct fake_step steps[] = { FAKE_HELLO, FAKE_END };
  auto_free struct reeve_word *words = calloc (501, sizeof *words);
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  for (size_t i = 0; i < 501; i++)
    words[i] = (struct reeve_word)REEVE_ARG ("abc");
  assert_code (reeve_call (reeve, "X", words, 501, NULL, NULL),
               GPG_ERR_TOO_LARGE);
  fake_close (&fake, reeve);
}

static void
options_are_set (void **state)
{
  static char big[LIMIT_LINE];
  const struct fake_step steps[]
      = { FAKE_HELLO,
          { "OPTION reason=50%25%20off", "OK\n", 0 },
          { "OPTION x=", "ERR 536871086 Unknown option <U> - see HELP\n", 0 },
          FAKE_END };
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);

  (void)state;
  assert_int_equal (reeve_set_option (reeve, "reason", "50% off", NULL), 0);
  assert_code (reeve_set_option (reeve, "x", "", NULL), GPG_ERR_UNKNOWN_OPTION);
  assert_string_equal (reeve_error_text (reeve), "see HELP");
  assert_code (reeve_set_option (reeve, "a b", "", NULL), GPG_ERR_INV_VALUE);
  memset (big, 'x', LIMIT_LINE - 8);
  assert_code (reeve_set_option (reeve, "x", big, NULL), GPG_ERR_TOO_LARGE);
  fake_close (&fake, reeve);
}

static void
verdicts_come_apart (void **state)
{
  const struct fake_step steps[]
      = { FAKE_HELLO,
          { "X",
            "D part\nS DETAIL path /etc/a\\x0ab  c\nS DETAIL e \n"
            "ERR 536871163 Forbidden <User> - policy: no\n",
            0 },
          { "Y", "D x\nOK call 17\n", 0 },
          FAKE_END };
  const char *name, *value;
  reeve_answer_t answer;
  gpg_error_t verdict;
  struct fake fake;
  reeve_t reeve = fake_open (&fake, steps);
  size_t length;

  (void)state;
  assert_int_equal (reeve_call (reeve, "X", NULL, 0, &answer, &verdict), 0);
  assert_code (verdict, GPG_ERR_FORBIDDEN);
  assert_int_equal (gpg_err_source (verdict), GPG_ERR_SOURCE_USER_1);
  assert_string_equal (reeve_answer_bytes (answer, NULL), "part");
  reeve_answer_release (answer);
  assert_string_equal (reeve_error_text (reeve), "policy: no");
  assert_int_equal (reeve_detail_count (reeve), 2);
  reeve_detail (reeve, 0, &name, &value, &length);
  assert_string_equal (name, "path");
  assert_string_equal (value, "/etc/a\nb  c");
  assert_int_equal (length, 11);
  reeve_detail (reeve, 1, &name, &value, NULL);
  assert_string_equal (name, "e");
  assert_string_equal (value, "");
  reeve_detail (reeve, 2, &name, &value, &length);
  assert_null (name);
  assert_null (value);

  assert_int_equal (reeve_call (reeve, "Y", NULL, 0, &answer, &verdict), 0);
  assert_int_equal (verdict, 0);
  assert_string_equal (reeve_answer_bytes (answer, NULL), "x");
  reeve_answer_release (answer);
  assert_string_equal (reeve_ok_text (reeve), "call 17");
  assert_int_equal (reeve_detail_count (reeve), 0);
  fake_close (&fake, reeve);
}

static void
without_a_connection (void **state)
{
  reeve_answer_t answer;
  reeve_t reeve;

  (void)state;
  assert_int_equal (reeve_new (&reeve), 0);
  assert_code (reeve_call (reeve, "NOP", NULL, 0, &answer, NULL),
               GPG_ERR_ENOTCONN);
  assert_null (answer);
  reeve_release (reeve);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (words_go_into_the_line),
    cmocka_unit_test (content_is_asked_for_in_order),
    cmocka_unit_test (what_does_not_fit_is_asked_for),
    cmocka_unit_test (escapes_count_for_the_limit),
    cmocka_unit_test (a_long_value_goes_in_many_lines),
    cmocka_unit_test (bad_requests_are_not_sent),
    cmocka_unit_test (too_many_words_for_a_line),
    cmocka_unit_test (options_are_set),
    cmocka_unit_test (verdicts_come_apart),
    cmocka_unit_test (without_a_connection),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
